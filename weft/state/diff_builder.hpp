#pragma once

#include <span>
#include <vector>

#include "weft/base/thread_pool.hpp"
#include "weft/state/code.hpp"
#include "weft/state/diff.hpp"

namespace weft::state {

/// An account that changed, or whose storage did, as a diff's maker holds it. The pointers outlive
/// build_diff.
struct AccountChange {
    const Address* address;
    const Account* before;  ///< nullptr: there was none
    const Account* after;   ///< nullptr: there is none
    bool wiped;             ///< see AccountDiff::storage_wiped
    /// Where build_diff notes the account's place in the diff; nullptr: none of its slots changed.
    uint32_t* rank;
};

/// A slot with another value than before; or with any value but zero, where the account was wiped. Its
/// account is among the AccountChanges.
struct SlotChange {
    const uint32_t* rank;  ///< its account's
    const uint256* key;
    const uint256* before;
    const uint256* after;
};

/// Some of a block's changes, in any order.
struct Changes {
    std::vector<AccountChange> accounts;
    std::vector<SlotChange> slots;
    std::vector<const Code*> codes;  ///< that came into being

    /// Adds an account; find_code() gives its code after the block, if that is new.
    template <class FindCode>
    void add(const AccountChange& change, FindCode&& find_code) {
        accounts.push_back(change);
        const bool new_code =
            change.after != nullptr && change.after->code_hash != crypto::empty_code_hash &&
            (change.before == nullptr || change.before->code_hash != change.after->code_hash);
        if (new_code) codes.push_back(find_code());
    }
};

/// The canonical diff of these changes, each account and slot once among all parts. A storage that wasn't
/// there before the block can't have been wiped: `wiped` then only says what it says of the slots.
/// pool: who helps; may be null.
[[nodiscard]] StateDiff build_diff(std::span<const Changes> parts, base::ThreadPool* pool);

}  // namespace weft::state
