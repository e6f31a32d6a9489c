#pragma once

#include <optional>
#include <vector>

#include "weft/base/fillable_vector.hpp"
#include "weft/state/account.hpp"

namespace weft::state {

/// A storage slot that changed; zero stands for a slot that is not there.
struct SlotDiff {
    uint256 key;
    uint256 before;
    uint256 after;
    friend bool operator==(const SlotDiff&, const SlotDiff&) = default;
};

/// What changed in one account. `before` and `after` are absent where the account did not or does not exist.
struct AccountDiff {
    Address address;
    std::optional<Account> before;
    std::optional<Account> after;
    /// Created: `before` is absent. Destroyed: `after` is absent. Both follow from the two fields above.
    [[nodiscard]] bool created() const noexcept { return !before && after; }
    [[nodiscard]] bool destroyed() const noexcept { return before && !after; }
    /// Every slot the account had before is zero, except those in `slots`; these then have a value after that
    /// isn't zero, and no value before (zero), known or not: a wiped storage is not read.
    bool storage_wiped = false;
    base::FillableVector<SlotDiff>
        slots;  ///< by key, ascending; no entry with before == after unless storage_wiped
    friend bool operator==(const AccountDiff&, const AccountDiff&) = default;
};

/// Code that came into being. Sorted by hash in a StateDiff.
struct CodeDiff {
    Hash hash;
    Bytes code;
    friend bool operator==(const CodeDiff&, const CodeDiff&) = default;
};

/// The net effect of a block, in one canonical form: accounts ascending by address, no net no-ops.
/// Two executions with the same effect give equal StateDiffs.
struct StateDiff {
    base::FillableVector<AccountDiff> accounts;
    std::vector<CodeDiff> codes;  ///< every new code hash among accounts' `after`, once
    friend bool operator==(const StateDiff&, const StateDiff&) = default;
};

}  // namespace weft::state

namespace weft {
using state::StateDiff;
}  // namespace weft
