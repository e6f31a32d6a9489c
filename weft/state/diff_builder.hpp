#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
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
    uint64_t prefix = 0;  ///< the address's first eight bytes, as a number; Changes::add() fills it in
};

/// An address's first eight bytes as a number: in the order of addresses, but for equal ones.
[[nodiscard]] inline uint64_t leading_bytes(const Address& address) noexcept {
    uint64_t bytes;
    std::memcpy(&bytes, address.data(), sizeof bytes);
    return __builtin_bswap64(bytes);
}

/// A slot with another value than before; or with any value but zero, where the account was wiped. Its
/// account is among the AccountChanges.
struct SlotChange {
    const uint32_t* rank;  ///< its account's
    const uint256* key;
    const uint256* before;
    const uint256* after;
};

/// Memory for what lives as long as a function: the first of it on the stack, so that a small block's diff
/// asks the system for its own memory only.
class ShortLivedMemory {
public:
    [[nodiscard]] std::pmr::memory_resource* get() noexcept { return &resource_; }

private:
    std::array<std::byte, 4096> here_;
    std::pmr::monotonic_buffer_resource resource_{here_.data(), here_.size()};
};

/// Some of a block's changes, in any order.
struct Changes {
    explicit Changes(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
        : accounts(memory), slots(memory), codes(memory) {}
    std::pmr::vector<AccountChange> accounts;
    std::pmr::vector<SlotChange> slots;
    std::pmr::vector<const Code*> codes;  ///< that came into being

    /// Adds an account; find_code() gives its code after the block, if that is new.
    template <class FindCode>
    void add(const AccountChange& change, FindCode&& find_code) {
        accounts.push_back(change);
        accounts.back().prefix = leading_bytes(*change.address);
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
