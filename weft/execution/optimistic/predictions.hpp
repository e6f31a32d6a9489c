#pragma once

#include <atomic>
#include <vector>

#include "weft/execution/optimistic/versioned_state.hpp"
#include "weft/primitives/access_list.hpp"

namespace weft::execution::optimistic {

/// Puts what an access list says of a block into its multi-version state: a run then finds, where an earlier
/// segment has published nothing yet, what the list says that this segment will leave. The list may be wrong:
/// validation compares with what is committed, and predictions are void there.
class Predictions {
public:
    /// nullptr: nothing is known. The list outlives the block.
    void begin_block(const primitives::BlockAccessList* list) noexcept {
        list_ = list;
        positions_.clear();
    }
    [[nodiscard]] bool empty() const noexcept { return list_ == nullptr; }
    /// The batch's transactions are the block's steps from `first` on, `positions` their segments'.
    /// Precondition: no other thread.
    void begin_batch(primitives::BlockAccessIndex first, std::vector<Position>&& positions) noexcept {
        first_ = first;
        positions_ = std::move(positions);
        next_.store(0, std::memory_order_relaxed);
    }
    /// Takes the next few accounts of the list; false: there are none. By many threads at once.
    bool publish_some(VersionedState& versions, BlockMemory& memory, CodeCache& codes);

private:
    void publish(const primitives::AccountChanges& account, VersionedState& versions, BlockMemory& memory,
                 CodeCache& codes) const;
    void publish_slots(const primitives::AccountChanges& account, AccountLocation* location,
                       VersionedState& versions, BlockMemory& memory) const;
    /// The position of the segment that has this step; 0: it is not of the batch.
    [[nodiscard]] Position position_of(primitives::BlockAccessIndex step) const noexcept {
        return step >= first_ && step - first_ < positions_.size() ? positions_[step - first_] : 0;
    }

    const primitives::BlockAccessList* list_ = nullptr;
    primitives::BlockAccessIndex first_ = 0;
    std::vector<Position> positions_;
    alignas(64) std::atomic<size_t> next_{0};
};

}  // namespace weft::execution::optimistic
