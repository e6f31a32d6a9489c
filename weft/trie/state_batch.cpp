#include "weft/trie/state_batch.hpp"

#include <algorithm>

#include "weft/crypto/keccak.hpp"
#include "weft/trie/state_rlp.hpp"

namespace weft::trie {
namespace {

/// How many keys are hashed at once, by one thread.
constexpr size_t hash_grain = 256;

/// About how many slots are sorted at once; an account with many more is cut.
constexpr uint32_t piece_size = 512;

/// How far ahead memory is asked for what is read in the order of hashes.
constexpr size_t ahead = 8;

/// What tells addresses apart, if no one chose them not to.
uint64_t low_bits(const Address& address) noexcept {
    uint64_t word;
    std::memcpy(&word, address.data() + 12, sizeof word);
    return word ^ word >> 32 ^ word >> 56;
}

}  // namespace

/// bits: low_bits(address)
uint32_t StateBatch::name_of(const Address& address, uint64_t bits) {
    uint32_t& recent = recent_names_[bits % recent_names_.size()];
    if (recent == 0 || names_[recent - 1] != address) {
        names_.push_back(address);
        recent = static_cast<uint32_t>(names_.size());
    }
    return recent - 1;
}

void StateBatch::add(const Address& address, const std::optional<state::Account>& account,
                     bool storage_wiped) {
    const bool is_wiped = storage_wiped || !account;
    const uint64_t bits = low_bits(address);
    const uint32_t name = name_of(address, bits);
    uint32_t& recent = recent_accounts_[bits % recent_accounts_.size()];
    if (!is_wiped && recent != 0) {
        NotedAccount& noted = accounts_[recent - 1];
        if (noted.name == name && noted.time > fixed_at_) {
            noted.account = *account;
            return;
        }
    }
    accounts_.push_back({.name = name,
                         .time = ++time_,
                         .exists = account.has_value(),
                         .is_wiped = is_wiped,
                         .account = account.value_or(state::Account{})});
    recent = static_cast<uint32_t>(accounts_.size());
    if (is_wiped) fixed_at_ = time_;
}

void StateBatch::add(const Address& address, const uint256& key, const uint256& value) {
    const uint64_t bits = low_bits(address);
    const uint32_t name = name_of(address, bits);
    uint32_t& recent = recent_slots_[(key.limb[0] ^ bits) % recent_slots_.size()];
    if (recent != 0) {
        NotedSlot& noted = slots_[recent - 1];
        if (noted.key == key && noted.name == name && noted.time > fixed_at_) {
            noted.value = value;
            return;
        }
    }
    slots_.push_back({name, ++time_, key, value});
    recent = static_cast<uint32_t>(slots_.size());
}

void StateBatch::add(std::span<const state::CommittedAccount> accounts,
                     std::span<const state::CommittedSlot> slots) {
    for (const auto& account : accounts) add(account.address, account.value, account.storage_wiped);
    for (const auto& slot : slots) add(slot.address, slot.key, slot.value);
}

void StateBatch::add(const StateDiff& diff) {
    for (const state::AccountDiff& account : diff.accounts) {
        add(account.address, account.after, account.storage_wiped);
        for (const state::SlotDiff& slot : account.slots) add(account.address, slot.key, slot.after);
    }
}

void StateBatch::clear() {
    accounts_.clear();
    slots_.clear();
    names_.clear();
    name_hashes_.clear();
    slot_keys_.clear();
    time_ = fixed_at_ = 0;
    recent_names_.fill(0);
    recent_accounts_.fill(0);
    recent_slots_.fill(0);
}

void StateBatch::hash_keys(Forest& forest) {
    const size_t first_name = name_hashes_.size(), first_slot = slot_keys_.size();
    name_hashes_.resize(names_.size());
    slot_keys_.resize(slots_.size());
    const size_t parts = (names_.size() - first_name + hash_grain - 1) / hash_grain;
    const size_t slot_parts = (slots_.size() - first_slot + hash_grain - 1) / hash_grain;
    forest.for_each(parts + slot_parts, [&](size_t i) {
        const size_t begin = i < parts ? first_name + i * hash_grain : first_slot + (i - parts) * hash_grain;
        if (i < parts)
            hash_names(begin, std::min(names_.size(), begin + hash_grain));
        else
            hash_slots(begin, std::min(slots_.size(), begin + hash_grain));
    });
}

void StateBatch::hash_names(size_t begin, size_t end) {
    std::array<crypto::KeccakJob, 64> jobs;
    while (begin < end) {
        const size_t count = std::min(jobs.size(), end - begin);
        for (size_t i = 0; i < count; ++i)
            jobs[i] = {names_[begin + i].data(), Address::size(), name_hashes_[begin + i].data()};
        crypto::keccak256_batch({jobs.data(), count});
        begin += count;
    }
}

void StateBatch::hash_slots(size_t begin, size_t end) {
    std::array<crypto::KeccakJob, 64> jobs;
    std::array<Hash, 64> keys;
    while (begin < end) {
        const size_t count = std::min(jobs.size(), end - begin);
        for (size_t i = 0; i < count; ++i) {
            keys[i] = base::to_hash(slots_[begin + i].key);
            jobs[i] = {keys[i].data(), Hash::size(), slot_keys_[begin + i].data()};
        }
        crypto::keccak256_batch({jobs.data(), count});
        begin += count;
    }
}

/// Puts together the names that are one account, in the order of the hashes.
void StateBatch::gather_accounts(Forest& forest) {
    order_.resize(names_.size());
    for (uint32_t i = 0; i < names_.size(); ++i) order_[i] = {prefix_of(name_hashes_[i]), i};
    cut_by_hash(order_, spare_, starts_);
    forest.for_ranges(starts_.size() - 1, piece_size / 8, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i)
            sort_by_hash(std::span(order_).subspan(starts_[i], starts_[i + 1] - starts_[i]), name_hashes_);
    });
    gathered_.clear();
    account_of_name_.resize(names_.size());
    for (size_t i = 0; i < order_.size(); ++i) {
        const uint32_t name = order_[i].index;
        if (i == 0 || order_[i].prefix != order_[i - 1].prefix ||
            name_hashes_[name] != name_hashes_[order_[i - 1].index])
            gathered_.push_back({.name = name,
                                 .latest = nullptr,
                                 .wiped_at = 0,
                                 .is_wiped = false,
                                 .slots_begin = 0,
                                 .slots_end = 0});
        account_of_name_[name] = static_cast<uint32_t>(gathered_.size() - 1);
    }
    for (const NotedAccount& noted : accounts_) {
        Account& account = gathered_[account_of_name_[noted.name]];
        account.latest = &noted;
        if (!noted.is_wiped) continue;
        account.is_wiped = true;
        account.wiped_at = noted.time;
    }
}

/// Puts each account's slots together.
void StateBatch::gather_slots() {
    const auto account_of = [&](const NotedSlot& slot) -> Account& {
        return gathered_[account_of_name_[slot.name]];
    };
    const auto counts = [&](const NotedSlot& slot) { return slot.time > account_of(slot).wiped_at; };
    for (const NotedSlot& slot : slots_)
        if (counts(slot)) ++account_of(slot).slots_end;
    uint32_t total = 0;
    for (Account& account : gathered_) {
        const uint32_t count = account.slots_end;
        account.slots_begin = account.slots_end = total;
        total += count;
    }
    slot_order_.resize(total);
    for (uint32_t i = 0; i < slots_.size(); ++i)
        if (counts(slots_[i])) slot_order_[account_of(slots_[i]).slots_end++] = {prefix_of(slot_keys_[i]), i};
    slot_hashes_.resize(total);
    slot_values_.resize(total);
    slot_changes_.resize(total);
}

/// Small accounts together, large ones in parts whose hashes begin alike.
void StateBatch::cut_into_pieces() {
    pieces_.clear();
    uint32_t first = 0;  // of the accounts that the next piece of small ones begins with
    const auto end_piece = [&](uint32_t end_account) {
        const uint32_t begin = first < gathered_.size() ? gathered_[first].slots_begin : 0;
        const uint32_t end = end_account == 0 ? 0 : gathered_[end_account - 1].slots_end;
        if (first < end_account && begin != end) pieces_.push_back({first, end_account, begin, end});
        first = end_account;
    };
    for (uint32_t i = 0; i < gathered_.size(); ++i) {
        const Account& account = gathered_[i];
        const uint32_t count = account.slots_end - account.slots_begin;
        if (count <= 2 * piece_size) {
            if (account.slots_end - gathered_[first].slots_begin >= piece_size) end_piece(i + 1);
            continue;
        }
        end_piece(i);
        first = i + 1;
        cut_by_hash(std::span(slot_order_).subspan(account.slots_begin, count), spare_, starts_);
        for (size_t bucket = 1, begin = 0; bucket < starts_.size(); ++bucket) {
            const uint32_t end = starts_[bucket];
            if (end - begin < piece_size && bucket + 1 < starts_.size()) continue;
            pieces_.push_back(
                {i, i + 1, account.slots_begin + static_cast<uint32_t>(begin), account.slots_begin + end});
            begin = end;
        }
    }
    end_piece(static_cast<uint32_t>(gathered_.size()));
}

void StateBatch::make_slot_changes(Piece& piece) {
    const auto part = [&](uint32_t begin, uint32_t end) {
        return make_slot_changes(std::span(slot_order_).subspan(begin, end - begin), begin);
    };
    const Account& only = gathered_[piece.first_account];
    if (only.slots_begin != piece.begin || only.slots_end != piece.end) {
        if (piece.end_account == piece.first_account + 1) {
            piece.unique_end = part(piece.begin, piece.end);
            return;
        }
    }
    for (uint32_t i = piece.first_account; i < piece.end_account; ++i) {
        Account& account = gathered_[i];
        if (account.slots_begin != account.slots_end)
            account.slots_end = part(account.slots_begin, account.slots_end);
    }
}

/// Makes the changes of slots that come to stand from place `at` on, each once, with its latest value;
/// returns where they end.
uint32_t StateBatch::make_slot_changes(std::span<Ordered> order, uint32_t at) {
    sort_by_hash(order, slot_keys_);
    for (size_t i = 0; i < order.size(); ++i) {
        if (i + ahead < order.size()) {
            __builtin_prefetch(&slot_keys_[order[i + ahead].index]);
            __builtin_prefetch(&slots_[order[i + ahead].index].value);
        }
        const uint32_t index = order[i].index;
        const bool is_latest = i + 1 == order.size() || order[i + 1].prefix != order[i].prefix ||
                               slot_keys_[order[i + 1].index] != slot_keys_[index];
        if (!is_latest) continue;
        const uint256& number = slots_[index].value;
        slot_hashes_[at] = slot_keys_[index];
        uint8_t* const value = slot_values_[at].data();
        const uint8_t* const end = number.is_zero() ? value : put_number(value, number);
        slot_changes_[at] = {slot_hashes_[at].view(), {value, end}};
        ++at;
    }
    return at;
}

/// Closes the gaps that slots noted twice leave between the parts of a large account.
void StateBatch::join_parts() {
    for (size_t i = 0; i < pieces_.size();) {
        if (pieces_[i].unique_end == 0) {
            ++i;
            continue;
        }
        Account& account = gathered_[pieces_[i].first_account];
        uint32_t end = account.slots_begin;
        for (const uint32_t owner = pieces_[i].first_account;
             i < pieces_.size() && pieces_[i].first_account == owner; ++i) {
            const auto from = slot_changes_.begin() + pieces_[i].begin;
            const uint32_t count = pieces_[i].unique_end - pieces_[i].begin;
            if (end != pieces_[i].begin) std::copy_n(from, count, slot_changes_.begin() + end);
            end += count;
        }
        account.slots_end = end;
    }
}

void StateBatch::make_account_changes(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
        if (i + ahead < end) {
            const Account& next = gathered_[i + ahead];
            __builtin_prefetch(&name_hashes_[next.name]);
            if (next.latest != nullptr) {
                __builtin_prefetch(next.latest);
                __builtin_prefetch(reinterpret_cast<const std::byte*>(next.latest + 1) - 1);
            }
        }
        const Account& account = gathered_[i];
        Change& change = account_changes_[i];
        account_hashes_[i] = name_hashes_[account.name];
        change = {account_hashes_[i].view(), {}, &updates_[i]};
        if (account.latest != nullptr && account.latest->exists)
            change.value = {account_values_[i].data(),
                            put_account(account_values_[i].data(), account.latest->account)};
        AccountUpdate& update = updates_[i];
        update.removed = account.latest != nullptr && !account.latest->exists;
        update.wiped = account.is_wiped;
        update.slots =
            std::span(slot_changes_).subspan(account.slots_begin, account.slots_end - account.slots_begin);
    }
}

std::span<const Change> StateBatch::changes(Forest& forest) {
    hash_keys(forest);
    gather_accounts(forest);
    gather_slots();
    cut_into_pieces();
    forest.for_each(pieces_.size(), [&](size_t i) { make_slot_changes(pieces_[i]); });
    join_parts();
    account_hashes_.resize(gathered_.size());
    account_values_.resize(gathered_.size());
    updates_.resize(gathered_.size());
    account_changes_.resize(gathered_.size());
    forest.for_ranges(gathered_.size(), piece_size / 2,
                      [&](size_t begin, size_t end) { make_account_changes(begin, end); });
    uint32_t work = 0;
    for (AccountUpdate& update : updates_) {
        update.work_before = work;
        work += 1 + static_cast<uint32_t>(update.slots.size());
        update.work_through = work;
    }
    return account_changes_;
}

}  // namespace weft::trie
