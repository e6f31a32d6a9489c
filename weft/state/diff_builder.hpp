#pragma once

#include <vector>

#include "weft/state/code.hpp"
#include "weft/state/diff.hpp"

namespace weft::state {

/// An account that changed, or whose storage did, as a diff's maker holds it. The pointers outlive
/// build_diff.
struct AccountChange {
    const Address* address;
    const Account* before;  ///< nullptr: there was none
    const Account* after;   ///< nullptr: there is none
    const Code* code;       ///< of `after`; needed only where the code hash changed
    bool wiped;             ///< see AccountDiff::storage_wiped
    uint32_t* rank;         ///< where build_diff notes the account's place in the diff
};

/// A slot with another value than before; or with any value but zero, where the account was wiped. Its
/// account is among the AccountChanges.
struct SlotChange {
    const uint32_t* rank;  ///< its account's
    const uint256* key;
    const uint256* before;
    const uint256* after;
};

/// The canonical diff of these changes, which may come in any order, each account and slot once. A storage
/// that wasn't there before the block can't have been wiped: `wiped` then only says what it says of the
/// slots.
[[nodiscard]] StateDiff build_diff(std::vector<AccountChange>& accounts, std::vector<SlotChange>& slots);

}  // namespace weft::state
