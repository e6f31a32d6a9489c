#pragma once

#include "weft/trie/forest.hpp"

namespace weft::trie {

/// The changes that take back what some logs hold.
class UndoBatch {
public:
    explicit UndoBatch(std::vector<std::unique_ptr<UndoLog>> logs);
    /// Valid as long as the batch is.
    [[nodiscard]] std::span<const Change> changes() const noexcept { return changes_; }
    /// Ends the batch.
    [[nodiscard]] std::vector<std::unique_ptr<UndoLog>> take_logs() noexcept { return std::move(logs_); }

private:
    struct Line {
        const UndoLog* log;
        const UndoLog::Entry* entry;
    };
    void add_account(std::span<const Line> lines);

    std::vector<std::unique_ptr<UndoLog>> logs_;
    std::vector<Change> slots_;
    std::vector<AccountUpdate> updates_;
    std::vector<Change> changes_;
};

}  // namespace weft::trie
