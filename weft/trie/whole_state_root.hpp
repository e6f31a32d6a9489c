#pragma once

#include "weft/state/commit.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::trie {

/// The commitment of a state that is computed anew whenever it is asked for: for small states, and to hold
/// the incremental one against.
class WholeStateRoot final : public state::RootSink {
public:
    explicit WholeStateRoot(MemoryState state) : state_(std::move(state)) {}
    void commit(std::span<const state::CommittedAccount> accounts,
                std::span<const state::CommittedSlot> slots) override;
    [[nodiscard]] state::ReadResult<Hash> root() override;

private:
    MemoryState state_;
};

}  // namespace weft::trie
