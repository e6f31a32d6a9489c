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
    // Changes::add() fills in what follows.
    uint32_t number = 0;  ///< names the account to its slots; none: it has no changed ones
    uint64_t prefix = 0;  ///< the address's first eight bytes, as a number
    static constexpr uint32_t none = ~uint32_t{0};
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
    const uint32_t* number;  ///< its account's
    const uint256* key;
    const uint256* before;
    const uint256* after;
    uint64_t prefix;  ///< the key's highest limb
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

/// Some of a block's changes, in any order. Threads add to different ones, with memory reserved before.
struct Changes {
    explicit Changes(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
        : accounts(memory), slots(memory) {}
    uint32_t first_number = 0;  ///< its accounts have the numbers from here on, other parts' have others
    std::pmr::vector<AccountChange> accounts;
    std::pmr::vector<SlotChange> slots;
    std::vector<const Code*> codes;  ///< that came into being

    /// Adds an account; find_code() gives its code after the block, if that is new.
    /// number: where its slots look for the account's number; nullptr: none of its slots changed.
    template <class FindCode>
    void add(const AccountChange& change, uint32_t* number, FindCode&& find_code) {
        AccountChange& added = accounts.emplace_back(change);
        added.prefix = leading_bytes(*change.address);
        added.number = AccountChange::none;
        if (number != nullptr)
            *number = added.number = first_number + static_cast<uint32_t>(accounts.size() - 1);
        const bool new_code =
            change.after != nullptr && change.after->code_hash != crypto::empty_code_hash &&
            (change.before == nullptr || change.before->code_hash != change.after->code_hash);
        if (new_code) codes.push_back(find_code());
    }
    /// Adds a slot; number: where add() notes its account's.
    void add(const uint32_t& number, const uint256& key, const uint256& before, const uint256& after) {
        slots.push_back({&number, &key, &before, &after, key.limb[3]});
    }
};

/// The canonical diff of these changes, each account and slot once among all parts. A storage that wasn't
/// there before the block can't have been wiped: `wiped` then only says what it says of the slots.
/// pool: who helps; may be null.
[[nodiscard]] StateDiff build_diff(std::span<const Changes> parts, base::ThreadPool* pool);

}  // namespace weft::state
