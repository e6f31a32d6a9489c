#include "weft/trie/diff_batch.hpp"

#include <algorithm>

#include "weft/crypto/keccak.hpp"

namespace weft::trie {
namespace {

/// How many keys one thread hashes at a time, where several share an account's or all accounts'.
constexpr size_t hash_grain = 256;

/// About how many slots one thread makes ready at a time; an account with many more is cut.
constexpr uint32_t piece_size = 512;

/// How far ahead memory is asked for what is read in the order of hashes.
constexpr size_t ahead = 8;

/// Room for `count` elements, which are to be constructed. What was there is lost.
template <class T>
void make_room(base::FillableVector<T>& places, size_t count) {
    if (places.size() < count) places = base::unconstructed<T>(count + count / 4);
}

/// How many accounts and slots there are, counted until threads pay; the rest is counted beside other work.
size_t work_at_least(const StateDiff& diff) noexcept {
    size_t work = 0;
    for (size_t i = 0; i < diff.accounts.size() && work < Forest::much_work; ++i)
        work += 1 + diff.accounts[i].slots.size();
    return work;
}

}  // namespace

bool DiffBatch::take(const StateDiff& diff, Forest& forest) {
    account_count_ = diff.accounts.size();
    make_room(account_keys_, account_count_);
    make_room(account_hashes_, account_count_);
    make_room(account_values_, account_count_);
    make_room(account_changes_, account_count_);
    make_room(updates_, account_count_);
    forest.together(work_at_least(diff), [&] {
        forest.for_each(2, [&](size_t i) { i == 0 ? plan(diff) : hash_accounts(diff, forest); });
        make_room(slot_keys_, slot_count_);
        make_room(slot_order_, slot_count_);
        make_room(slot_spare_, slot_count_);
        make_room(slot_hashes_, slot_count_);
        make_room(slot_values_, slot_count_);
        make_room(slot_changes_, slot_count_);
        forest.for_each(1 + pieces_.size(), [&](size_t i) {
            if (i == 0) return put_accounts(diff, forest);
            const Piece& piece = pieces_[i - 1];
            piece.is_large ? put_large(diff, piece, forest) : put_small(diff, piece);
        });
    });
    if (is_repeated_.exchange(false, std::memory_order_relaxed)) {
        clear();
        return false;
    }
    uint32_t work = 0;
    for (AccountUpdate& update : std::span(updates_).first(account_count_)) {
        update.work_before = work;
        work += 1 + static_cast<uint32_t>(update.slots.size());
        update.work_through = work;
    }
    return true;
}

/// Counts, and cuts the slots into pieces: the large ones first, which take longest.
void DiffBatch::plan(const StateDiff& diff) {
    first_slots_.assign(1, 0);
    pieces_.clear();
    uint32_t first = 0;  // account of the next piece
    const auto end_piece = [&](uint32_t end, bool is_large) {
        if (first_slots_[first] != first_slots_[end])
            pieces_.insert(is_large ? pieces_.begin() : pieces_.end(), {first, end, is_large});
        first = end;
    };
    for (uint32_t i = 0; i < account_count_; ++i) {
        const auto count = static_cast<uint32_t>(diff.accounts[i].slots.size());
        const bool is_large = count > 2 * piece_size;
        if (is_large) end_piece(i, false);
        first_slots_.push_back(first_slots_.back() + count);
        if (first_slots_.back() - first_slots_[first] >= piece_size) end_piece(i + 1, is_large);
    }
    end_piece(static_cast<uint32_t>(account_count_), false);
    slot_count_ = first_slots_.back();
}

void DiffBatch::put_accounts(const StateDiff& diff, Forest& forest) {
    account_order_.resize(account_count_);
    account_spare_.resize(account_count_);
    for (uint32_t i = 0; i < account_count_; ++i) account_spare_[i] = {prefix_of(account_keys_[i]), i};
    std::vector<uint32_t> starts;
    cut_by_hash(account_spare_, account_order_, hash_grain, starts);
    forest.for_each(starts.size() - 1, [&](size_t i) {
        const size_t count = starts[i + 1] - starts[i];
        sort_spread(std::span(account_order_).subspan(starts[i], count),
                    std::span(account_spare_).subspan(starts[i], count), account_keys_);
        put_accounts(diff, starts[i], starts[i + 1]);
    });
}

void DiffBatch::hash_accounts(const StateDiff& diff, Forest& forest) {
    forest.for_ranges(account_count_, hash_grain, [&](size_t begin, size_t end) {
        std::array<crypto::KeccakJob, hash_grain> jobs;
        for (size_t i = begin; i < end; ++i)
            jobs[i - begin] = {diff.accounts[i].address.data(), Address::size(), account_keys_[i].data()};
        crypto::keccak256_batch({jobs.data(), end - begin});
    });
}

/// Makes the changes [begin, end) of the account trie.
void DiffBatch::put_accounts(const StateDiff& diff, size_t begin, size_t end) {
    if (begin == end) return;
    uint8_t* value = account_values_[begin].data();  // one after the other, with room for the longest
    for (size_t i = begin; i < end; ++i) {
        if (i + ahead < end) {
            const uint32_t next = account_order_[i + ahead].index;
            __builtin_prefetch(&account_keys_[next]);
            const auto* const account = reinterpret_cast<const std::byte*>(&diff.accounts[next].after);
            __builtin_prefetch(account);
            __builtin_prefetch(account + 64);
        }
        const uint32_t index = account_order_[i].index;
        const state::AccountDiff& account = diff.accounts[index];
        const Hash& hash = *std::construct_at(&account_hashes_[i], account_keys_[index]);
        if (i > begin && hash == account_hashes_[i - 1]) is_repeated_ = true;
        const AccountUpdate& update = *std::construct_at(
            &updates_[i],
            AccountUpdate{
                .removed = !account.after,
                .wiped = account.storage_wiped || !account.after,
                .slots = std::span(slot_changes_).subspan(first_slots_[index], account.slots.size())});
        const size_t size = account.after ? put_account(value, *account.after) : 0;
        std::construct_at(&account_changes_[i], Change{hash.view(), {value, size}, &update});
        value += size;
    }
}

/// The slots of accounts that have few.
void DiffBatch::put_small(const StateDiff& diff, const Piece& piece) {
    hash_slots(diff, piece, first_slots_[piece.first_account], first_slots_[piece.end_account]);
    for (uint32_t i = piece.first_account; i < piece.end_account; ++i) {
        const uint32_t begin = first_slots_[i], end = first_slots_[i + 1];
        for (uint32_t slot = begin; slot < end; ++slot)
            std::construct_at(&slot_order_[slot], Ordered{prefix_of(slot_keys_[slot]), slot});
        const std::span<Ordered> order = std::span(slot_order_).subspan(begin, end - begin);
        sort_spread(order, std::span(slot_spare_).subspan(begin, end - begin), slot_keys_);
        put_slots(diff.accounts[i], begin, order, begin);
    }
}

/// The slots of an account that has many, with all that help.
void DiffBatch::put_large(const StateDiff& diff, const Piece& piece, Forest& forest) {
    const uint32_t begin = first_slots_[piece.first_account], end = first_slots_[piece.end_account];
    forest.for_ranges(end - begin, hash_grain, [&](size_t from, size_t to) {
        hash_slots(diff, piece, begin + static_cast<uint32_t>(from), begin + static_cast<uint32_t>(to));
        for (auto slot = begin + static_cast<uint32_t>(from); slot < begin + to; ++slot)
            std::construct_at(&slot_spare_[slot], Ordered{prefix_of(slot_keys_[slot]), slot});
    });
    const std::span<Ordered> order = std::span(slot_order_).subspan(begin, end - begin);
    const std::span<Ordered> spare = std::span(slot_spare_).subspan(begin, end - begin);
    std::vector<uint32_t> starts;
    cut_by_hash(spare, order, piece_size, starts);
    forest.for_each(starts.size() - 1, [&](size_t i) {
        const size_t count = starts[i + 1] - starts[i];
        sort_spread(order.subspan(starts[i], count), spare.subspan(starts[i], count), slot_keys_);
        put_slots(diff.accounts[piece.first_account], begin, order.subspan(starts[i], count),
                  begin + starts[i]);
    });
}

/// Hashes the keys of these of all slots, which are in the piece.
void DiffBatch::hash_slots(const StateDiff& diff, const Piece& piece, uint32_t begin, uint32_t end) {
    std::array<crypto::KeccakJob, 64> jobs;
    std::array<Hash, 64> keys;
    uint32_t owner = piece.first_account;
    while (begin < end) {
        const uint32_t count = std::min(static_cast<uint32_t>(jobs.size()), end - begin);
        for (uint32_t i = 0; i < count; ++i) {
            while (begin + i >= first_slots_[owner + 1]) ++owner;
            keys[i] = base::to_hash(diff.accounts[owner].slots[begin + i - first_slots_[owner]].key);
            jobs[i] = {keys[i].data(), Hash::size(), slot_keys_[begin + i].data()};
        }
        crypto::keccak256_batch({jobs.data(), count});
        begin += count;
    }
}

/// Makes the changes from place `at` on, of slots of one account in their order. first_slot: the account's.
void DiffBatch::put_slots(const state::AccountDiff& account, uint32_t first_slot, std::span<Ordered> order,
                          uint32_t at) {
    if (order.empty()) return;
    uint8_t* value = slot_values_[at].data();  // one after the other, with room for the longest
    for (size_t i = 0; i < order.size(); ++i, ++at) {
        if (i + ahead < order.size()) {
            const uint32_t next = order[i + ahead].index;
            __builtin_prefetch(&slot_keys_[next]);
            const uint256& after = account.slots[next - first_slot].after;
            __builtin_prefetch(&after.limb.front());
            __builtin_prefetch(&after.limb.back());  // may lie in the next line
        }
        const uint32_t index = order[i].index;
        const uint256& number = account.slots[index - first_slot].after;
        const Hash& hash = *std::construct_at(&slot_hashes_[at], slot_keys_[index]);
        if (i > 0 && hash == slot_hashes_[at - 1]) is_repeated_ = true;
        uint8_t* const end = number.is_zero() ? value : put_number(value, number);
        std::construct_at(&slot_changes_[at], Change{hash.view(), {value, end}});
        value = end;
    }
}

}  // namespace weft::trie
