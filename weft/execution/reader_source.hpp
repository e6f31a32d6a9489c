#pragma once

#include <optional>

#include "weft/state/journal.hpp"

namespace weft::execution {

/// The source of a journal that stands directly on the state before the block. Keeps the first error.
class ReaderSource final : public state::Source {
public:
    explicit ReaderSource(CodeCache& codes) : codes_(codes) {}
    void begin_block(const StateReader& reader) noexcept {
        reader_ = &reader;
        error_.reset();
    }
    [[nodiscard]] const std::optional<StateError>& error() const noexcept { return error_; }

    [[nodiscard]] const StateReader& reader() const noexcept { return *reader_; }
    void prefetch(std::span<const state::Location> locations) const noexcept override {
        reader_->prefetch(locations);
    }
    bool load(state::AccountEntry& account) noexcept override;
    bool load(state::SlotEntry& slot) noexcept override;
    std::optional<bool> has_storage(state::AccountEntry& account) noexcept override;
    const Code* code(const state::AccountEntry& account) noexcept override;
    std::optional<Hash> block_hash(uint64_t number) noexcept override;

private:
    template <class T>
    bool keep_error(state::ReadResult<T>& read) noexcept {
        if (read) return false;
        if (!error_) error_ = std::move(read.error());
        return true;
    }

    CodeCache& codes_;
    const StateReader* reader_ = nullptr;
    std::optional<StateError> error_;
};

}  // namespace weft::execution
