#pragma once

#include <span>
#include <vector>

#include "weft/execution/optimistic/versioned_state.hpp"
#include "weft/state/access_recorder.hpp"

namespace weft::execution::optimistic {

/// What a segment accessed and changed, transaction by transaction, for the block's access list (EIP-7928).
/// Steps count from the segment's first included transaction. Lives in a worker's block memory.
struct Accesses {
    using AccountStep = state::AccountStep<AccountLocation>;
    using SlotStep = state::SlotStep<SlotLocation>;
    /// An account whose balance the run did not need to know: the steps' balances, marked so, lack what the
    /// balance before the segment was more than the run's.
    struct Floating {
        AccountLocation* account;
        uint256 balance;  ///< the run's; after fix_balances() what is lacking
    };
    std::span<AccountLocation*> accounts;
    std::span<SlotLocation*> slots;
    std::span<AccountStep> account_steps;
    std::span<SlotStep> slot_steps;
    std::span<Floating> floating;
    primitives::BlockAccessIndex first = 0;  ///< the block's step that is the segment's step 0
};

/// Takes a finished run's accesses out of its journal.
[[nodiscard]] Accesses make_accesses(const Journal& journal, const state::AccessRecorder& recorder,
                                     VersionedState& versions, BlockMemory& memory);
/// Puts the balances that float right, by what is committed before `position`. Error: the state before the
/// block could not be read.
[[nodiscard]] state::ReadResult<void> fix_balances(const Accesses& accesses, const VersionedState& versions,
                                                   Position position);
/// The list of all committed segments, in the block's order.
[[nodiscard]] primitives::BlockAccessList make_access_list(std::span<const Accesses> segments);

}  // namespace weft::execution::optimistic
