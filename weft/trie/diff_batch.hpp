#pragma once

#include <array>
#include <atomic>
#include <span>
#include <vector>

#include "weft/base/fillable_vector.hpp"
#include "weft/state/diff.hpp"
#include "weft/trie/forest.hpp"
#include "weft/trie/hash_order.hpp"
#include "weft/trie/state_rlp.hpp"

namespace weft::trie {

/// A block's changes as its tries take them: keys hashed, in the order of the hashes, values encoded. A diff
/// names each account and slot once, so nothing has to be put together, and it may go when it was taken.
class DiffBatch {
public:
    /// Precondition: empty(). forest: has the threads that help. False: the diff is none, for it names an
    /// account or a slot twice; nothing is taken.
    [[nodiscard]] bool take(const StateDiff& diff, Forest& forest);

    [[nodiscard]] bool empty() const noexcept { return account_count_ == 0; }
    /// How many accounts and slots there are.
    [[nodiscard]] size_t size() const noexcept { return account_count_ + slot_count_; }
    /// The changes of the account trie, with those of the storage tries below; valid until clear().
    [[nodiscard]] std::span<const Change> changes() const noexcept {
        return std::span(account_changes_).first(account_count_);
    }
    /// Keeps the memory.
    void clear() noexcept { account_count_ = slot_count_ = 0; }

private:
    /// Accounts whose slots one thread makes ready, or a single one with so many that they are cut.
    struct Piece {
        uint32_t first_account;
        uint32_t end_account;
        bool is_large = false;
    };

    void plan(const StateDiff& diff);
    void hash_accounts(const StateDiff& diff, Forest& forest);
    void put_accounts(const StateDiff& diff, Forest& forest);
    void put_accounts(const StateDiff& diff, size_t begin, size_t end);
    void put_small(const StateDiff& diff, const Piece& piece);
    void put_large(const StateDiff& diff, const Piece& piece, Forest& forest);
    void hash_slots(const StateDiff& diff, const Piece& piece, uint32_t begin, uint32_t end);
    void put_slots(const state::AccountDiff& account, uint32_t first_slot, std::span<Ordered> order,
                   uint32_t at);

    std::atomic<bool> is_repeated_{false};  ///< something is named twice
    size_t account_count_ = 0;
    size_t slot_count_ = 0;
    std::vector<uint32_t> first_slots_;  ///< by account of the diff: where its slots begin among all; the end
    std::vector<Piece> pieces_;
    // In the diff's order.
    base::FillableVector<Hash> account_keys_, slot_keys_;
    base::FillableVector<Ordered> slot_order_, slot_spare_;
    std::vector<Ordered> account_order_, account_spare_;
    // In the tries' order; each account's slots where the diff has them.
    base::FillableVector<Hash> account_hashes_, slot_hashes_;
    base::FillableVector<std::array<uint8_t, account_room>> account_values_;
    base::FillableVector<std::array<uint8_t, 33>> slot_values_;
    base::FillableVector<Change> account_changes_, slot_changes_;
    base::FillableVector<AccountUpdate> updates_;
};

}  // namespace weft::trie
