#pragma once

#include <span>
#include <vector>

#include "weft/state/commit.hpp"
#include "weft/state/diff.hpp"
#include "weft/trie/forest.hpp"
#include "weft/trie/hash_order.hpp"
#include "weft/trie/state_rlp.hpp"

namespace weft::trie {

/// Changes of a state as they are committed, and what they amount to for its tries: keys hashed, sorted, each
/// once, with the latest value.
class StateBatch {
public:
    /// Commits are noted in their order; costs little, so that it may stand in an executor's way.
    void add(std::span<const state::CommittedAccount> accounts, std::span<const state::CommittedSlot> slots);
    void add(const Address& address, const std::optional<state::Account>& account, bool storage_wiped);
    void add(const Address& address, const uint256& key, const uint256& value);
    void add(const StateDiff& diff);

    [[nodiscard]] bool empty() const noexcept { return accounts_.empty() && slots_.empty(); }
    /// How many changes were noted.
    [[nodiscard]] size_t size() const noexcept { return accounts_.size() + slots_.size(); }
    void clear();

    /// The changes of the account trie, with those of the storage tries below; valid until the next call of
    /// anything. forest: has the threads that help.
    [[nodiscard]] std::span<const Change> changes(Forest& forest);

private:
    /// A name is an address that came up. One account may have several, where it came up long ago.
    struct NotedAccount {
        uint32_t name;
        uint32_t time;
        bool exists;
        bool is_wiped;  ///< storage of before this time is gone
        state::Account account;
    };
    struct NotedSlot {
        uint32_t name;
        uint32_t time;
        uint256 key;
        uint256 value;
    };
    /// What comes together to one account.
    struct Account {
        uint32_t name;               ///< one of its names
        const NotedAccount* latest;  ///< nullptr: only slots changed
        uint32_t wiped_at;           ///< slots noted before don't count
        bool is_wiped;
        uint32_t slots_begin;
        uint32_t slots_end;
    };

    /// Slots that one thread sorts and makes changes of: those of some accounts, or a part of one account's.
    struct Piece {
        uint32_t first_account;
        uint32_t end_account;
        uint32_t begin;
        uint32_t end;
        uint32_t unique_end = 0;  ///< of a part: where its changes end
    };

    uint32_t name_of(const Address& address, uint64_t bits);
    void hash_keys(Forest& forest);
    void hash_names(size_t begin, size_t end);
    void hash_slots(size_t begin, size_t end);
    void gather_accounts(Forest& forest);
    void gather_slots();
    void cut_into_pieces();
    void make_slot_changes(Piece& piece);
    uint32_t make_slot_changes(std::span<Ordered> order, uint32_t at);
    void join_parts();
    void make_account_changes(size_t begin, size_t end);

    std::vector<NotedAccount> accounts_;
    std::vector<NotedSlot> slots_;
    std::vector<Address> names_;
    uint32_t time_ = 0;
    /// When storage was last wiped, of any account: what was noted before stays so.
    uint32_t fixed_at_ = 0;
    /// Hot accounts and slots change in every commit: where they were noted of late, so that they are hashed
    /// once. One place for each hash of a name; 0: nothing, else an index and one.
    std::array<uint32_t, 256> recent_names_{};
    std::array<uint32_t, 256> recent_accounts_{};
    std::array<uint32_t, 1024> recent_slots_{};

    /// The hashes of names_ and of the keys of slots_, as many as there are yet.
    std::vector<Hash> name_hashes_, slot_keys_;

    // What changes() makes.
    std::vector<Ordered> order_, spare_;
    std::vector<uint32_t> starts_;
    std::vector<Account> gathered_;
    std::vector<uint32_t> account_of_name_;
    std::vector<Ordered> slot_order_;  ///< by account, then by key
    std::vector<Piece> pieces_;
    // Of the slots, then of the accounts, in the order of the tries.
    std::vector<Hash> slot_hashes_;
    std::vector<std::array<uint8_t, 33>> slot_values_;
    std::vector<Change> slot_changes_;
    std::vector<Hash> account_hashes_;
    std::vector<std::array<uint8_t, account_room>> account_values_;
    std::vector<AccountUpdate> updates_;
    std::vector<Change> account_changes_;
};

}  // namespace weft::trie
