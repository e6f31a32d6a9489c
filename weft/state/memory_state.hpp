#pragma once

#include <map>
#include <memory>
#include <vector>

#include "weft/base/hash_map.hpp"
#include "weft/state/diff.hpp"
#include "weft/state/reader.hpp"

namespace weft::state {

/// A whole state in memory: built once (or between blocks), then read by any number of threads at once.
/// The setters are for one thread, while nobody reads. A copy is independent.
class MemoryState final : public StateReader {
public:
    /// Room for so many accounts and slots without growing.
    void reserve(size_t accounts, size_t slots);

    /// Makes the account what is given; its storage stays. The code of code_hash is given by set_code.
    void set_account(const Address& address, const Account& account);
    /// Removes the account and its storage.
    void remove_account(const Address& address);
    /// Sets one slot; zero removes it. The account need not exist yet, and does not come to exist by this.
    void set_storage(const Address& address, const uint256& key, const uint256& value);
    void clear_storage(const Address& address);
    /// Adds code; returns its hash.
    Hash set_code(Bytes code);
    /// The same where the hash is known. Precondition: keccak256(code) == hash.
    void set_code(const Hash& hash, Bytes code);
    void set_block_hash(uint64_t number, const Hash& hash);

    /// Makes this the state after a block whose state before it was. The diff's `before` values are not
    /// looked at.
    void apply(const StateDiff& diff);

    [[nodiscard]] ReadResult<std::optional<Account>> account(const Address& address) const override;
    [[nodiscard]] ReadResult<uint256> storage(const Address& address, const uint256& key) const override;
    [[nodiscard]] ReadResult<bool> has_storage(const Address& address) const override;
    [[nodiscard]] ReadResult<Bytes> code(const Hash& code_hash) const override;
    [[nodiscard]] ReadResult<std::shared_ptr<const Bytes>> shared_code(const Hash& code_hash) const override;
    [[nodiscard]] ReadResult<Hash> block_hash(uint64_t number) const override;
    /// Brings the places near the core, many at a time; nothing for a state that is small enough to lie
    /// there.
    void prefetch(std::span<const Location> locations) const override;

    /// How many accounts exist.
    [[nodiscard]] size_t account_count() const noexcept { return account_count_; }
    /// The code, or nullptr if it is not known. The pointer holds until the next change.
    [[nodiscard]] const Bytes* find_code(const Hash& code_hash) const noexcept;
    [[nodiscard]] const std::map<uint64_t, Hash>& block_hashes() const noexcept { return block_hashes_; }

    /// Calls visit(const Address&, const Account&) for every account that exists, in no particular order.
    template <class Visit>
    void for_each_account(Visit&& visit) const {
        for (const AccountEntry& entry : accounts_)
            if (entry.exists) visit(entry.address, entry.account);
    }
    /// Calls visit(const uint256& key, const uint256& value) for every slot of the account that isn't zero.
    template <class Visit>
    void for_each_slot(const Address& address, Visit&& visit) const {
        const AccountEntry* const entry = find_account(address);
        if (entry == nullptr) return;
        for (uint32_t i = entry->first_slot; i != none; i = slots_[i].next)
            if (slots_[i].value) visit(slots_[i].key, slots_[i].value);
    }

    /// Equal content: accounts, slots that aren't zero, and the codes of the accounts. Block hashes don't
    /// count.
    friend bool operator==(const MemoryState& a, const MemoryState& b);

private:
    static constexpr uint32_t none = ~0U;

    struct AccountEntry {
        Address address;
        bool exists = false;
        uint32_t first_slot = none;  ///< a chain through slots_, slots that became zero included
        uint32_t slots_in_use = 0;   ///< how many of the chain aren't zero
        Account account;
    };
    struct SlotEntry {
        Address address;
        uint32_t next = none;
        uint256 key;
        uint256 value;
    };
    struct CodeEntry {
        Hash hash;
        std::shared_ptr<const Bytes> code;
    };
    [[nodiscard]] const CodeEntry* find_code_entry(const Hash& code_hash) const noexcept;

    /// Open addressing from hashes to positions in a dense array: the position is the low half of a cell, the
    /// hash's high half is the other. So most misses and all hits look at one cell and one entry.
    class Index {
    public:
        template <class IsEqual>
        [[nodiscard]] uint32_t find(uint64_t hash, IsEqual&& is_equal) const noexcept {
            if (cells_.empty()) return none;
            const size_t mask = cells_.size() - 1;
            for (size_t i = hash & mask; cells_[i] != free_cell; i = (i + 1) & mask)
                if (cells_[i] >> 32 == hash >> 32 && is_equal(static_cast<uint32_t>(cells_[i])))
                    return static_cast<uint32_t>(cells_[i]);
            return none;
        }
        void prefetch(uint64_t hash) const noexcept {
            if (!cells_.empty()) __builtin_prefetch(&cells_[hash & (cells_.size() - 1)]);
        }
        /// The first entry that find() would look at, if any.
        template <class Visit>
        void visit_first(uint64_t hash, Visit&& visit) const noexcept {
            static_cast<void>(find(hash, [&](uint32_t position) {
                visit(position);
                return true;
            }));
        }
        /// hash_of(position) gives an entry's hash again when the table grows.
        template <class HashOf>
        void insert(uint64_t hash, uint32_t position, HashOf&& hash_of) {
            if (2 * (size_ + 1) > cells_.size()) rebuild(2 * cells_.size(), hash_of);
            place(hash, position);
            ++size_;
        }
        template <class HashOf>
        void reserve(size_t entries, HashOf&& hash_of) {
            if (2 * entries > cells_.size()) rebuild(2 * entries, hash_of);
        }

    private:
        static constexpr uint64_t free_cell = ~0ULL;
        void place(uint64_t hash, uint32_t position) noexcept {
            const size_t mask = cells_.size() - 1;
            size_t i = hash & mask;
            while (cells_[i] != free_cell) i = (i + 1) & mask;
            cells_[i] = (hash >> 32 << 32) | position;
        }
        template <class HashOf>
        void rebuild(size_t cells, HashOf&& hash_of) {
            cells_.assign(std::bit_ceil(std::max<size_t>(cells, 16)), free_cell);
            for (uint32_t position = 0; position < size_; ++position) place(hash_of(position), position);
        }

        std::vector<uint64_t> cells_;
        uint32_t size_ = 0;
    };

    [[nodiscard]] uint64_t hash_of(const Address& address, const uint256& key) const noexcept {
        return hasher_(hasher_(address), key);
    }
    [[nodiscard]] auto hash_of_account() const noexcept {
        return [this](uint32_t i) { return hasher_(accounts_[i].address); };
    }
    [[nodiscard]] auto hash_of_slot() const noexcept {
        return [this](uint32_t i) { return hash_of(slots_[i].address, slots_[i].key); };
    }
    [[nodiscard]] const AccountEntry* find_account(const Address& address) const noexcept;
    [[nodiscard]] uint32_t find_slot(const Address& address, const uint256& key) const noexcept;
    AccountEntry& account_entry(const Address& address);

    base::Hasher hasher_;
    std::vector<AccountEntry> accounts_;
    std::vector<SlotEntry> slots_;
    std::vector<CodeEntry> codes_;
    Index account_index_, slot_index_, code_index_;
    std::map<uint64_t, Hash> block_hashes_;
    size_t account_count_ = 0;
};

}  // namespace weft::state

namespace weft {
using state::MemoryState;
}  // namespace weft
