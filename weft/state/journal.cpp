#include "weft/state/journal.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weft::state {
namespace {

/// Geth kept the RIPEMD-160 precompile touched when the call that touched it failed for want of gas (block
/// 2,675,119), and so does every client since (EIP-161, EIP-716).
constexpr Address ripemd160_address{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}}};

}  // namespace

Journal::Journal(CodeCache& codes) : codes_(codes) {}

void Journal::reset(Source& source, const JournalRules& rules) noexcept {
    source_ = &source;
    rules_ = rules;
    visit_ = 0;
    arena_.reset();
    account_table_.clear();
    slot_table_.clear();
    begin_run();
    transaction_ = 0;
}

void Journal::begin_run() noexcept {
    ++run_;
    ++transaction_;  // no stamp is of now
    transient_table_.clear();
    last_account_ = nullptr;
    last_slot_ = nullptr;
    accounts_.clear();
    slots_.clear();
    undo_.clear();
    touched_.clear();
    destroyed_.clear();
    logs_.clear();
    refund_ = 0;
}

void Journal::begin_transaction() noexcept {
    ++transaction_;
    undo_.clear();
    touched_.clear();
    destroyed_.clear();
    logs_.clear();
    refund_ = 0;
    transient_table_.clear();
}

void Journal::end_transaction() {
    for (AccountEntry* entry : destroyed_)
        if (entry->destroyed_in == transaction_) carry_out_destruction(*entry);
    if (rules_.eip161)
        for (AccountEntry* entry : touched_)
            if (entry->touched_in == transaction_ && is_empty(*entry)) {
                set_exists(*entry, false);  // noted, for visit_changes
                entry->removed = true;
            }
    if (observer_ != nullptr) observer_->transaction_ended(*this);
}

void Journal::carry_out_destruction(AccountEntry& entry) {
    entry.observed |= observed_balance | observed_nonce | observed_code | observed_existence;
    // For visit_changes; nothing reverts any more.
    undo_.push_back({Undo::Kind::balance_set, &entry, entry.now.balance});
    undo_.push_back({Undo::Kind::nonce_set, &entry, entry.now.nonce});
    undo_.push_back({Undo::Kind::code_hash_set, &entry, base::to_uint256(entry.now.code_hash)});
    entry.now = Account{};
    entry.code = nullptr;
    entry.exists = false;
    entry.storage_cleared = true;
    entry.wiped = true;
    entry.wiped_in = transaction_;
    ++entry.generation;
    entry.destroyed_in = 0;
    entry.created_in = 0;
}

AccountEntry& Journal::entry_of(const Address& address) noexcept {
    // Runs of operations on one account are the rule: SLOADs of the running contract, transfers of one
    // sender.
    if (last_account_ != nullptr && last_account_->address == address) return *last_account_;
    const uint64_t hash = account_table_.hash(address);
    AccountEntry* entry =
        account_table_.find(hash, [&](const AccountEntry& e) { return e.address == address; });
    if (entry == nullptr) {
        entry = arena_.make<AccountEntry>();
        entry->address = address;
        entry->always_warm = rules_.always_warm != nullptr && rules_.always_warm(rules_.context, address);
        entry->run = run_;
        account_table_.insert(hash, entry);
        accounts_.push_back(entry);
    } else if (entry->run != run_) {
        renew(*entry);
    }
    last_account_ = entry;
    return *entry;
}

void Journal::prefetch(std::span<const Location> locations) const noexcept {
    const AccountEntry* owner = nullptr;  // of the slot before
    while (!locations.empty()) {
        const auto some = locations.first(std::min(prefetched_at_once, locations.size()));
        locations = locations.subspan(some.size());
        // The tables' lines of all of them, then the entries that these name.
        std::array<uint64_t, prefetched_at_once> hashes;
        std::array<const AccountEntry*, prefetched_at_once> owners;
        for (size_t i = 0; i < some.size(); ++i) {
            const auto& [address, key] = some[i];
            if (!key) {
                hashes[i] = account_table_.hash(address);
                account_table_.prefetch(hashes[i]);
                continue;
            }
            if (owner == nullptr || owner->address != address) owner = find(address);
            owners[i] = owner;
            if (owner == nullptr) continue;
            hashes[i] = slot_table_.hash(owner, *key);
            slot_table_.prefetch(hashes[i]);
        }
        std::array<Location, prefetched_at_once> asked;
        size_t count = 0;
        for (size_t i = 0; i < some.size(); ++i) {
            const bool asks =
                !some[i].slot ? will_ask_for(account_table_.prefetch_entry(hashes[i], sizeof(AccountEntry)))
                              : owners[i] == nullptr ||
                                    will_ask_for(slot_table_.prefetch_entry(hashes[i], sizeof(SlotEntry)));
            if (asks) asked[count++] = some[i];
        }
        if (count != 0) source_->prefetch({asked.data(), count});
    }
}

bool Journal::know(AccountEntry& entry) noexcept {
    if (entry.known) return true;
    if (!source_->load(entry)) return false;
    entry.known = true;
    entry.now = entry.base;
    entry.exists = entry.base_exists;
    entry.most = unbounded_balance;
    if (unbounded_balance < entry.base.balance) entry.observed |= observed_balance;
    return true;
}

AccountEntry* Journal::load(AccountEntry& entry) noexcept {
    if (!know(entry)) return nullptr;
    entry.loaded = true;
    return &entry;
}

SlotEntry& Journal::entry_of(AccountEntry& account, const uint256& key) noexcept {
    // An SLOAD and the SSTORE of what comes of it are the rule.
    if (last_slot_ != nullptr && last_slot_->account == &account && last_slot_->key == key)
        return *last_slot_;
    const uint64_t hash = slot_table_.hash(&account, key);
    SlotEntry* entry =
        slot_table_.find(hash, [&](const SlotEntry& e) { return e.account == &account && e.key == key; });
    if (entry == nullptr) {
        entry = arena_.make<SlotEntry>();
        entry->account = &account;
        entry->key = key;
        entry->run = run_;
        slot_table_.insert(hash, entry);
        slots_.push_back(entry);
    } else if (entry->run != run_) {
        renew(*entry);
    }
    last_slot_ = entry;
    return *entry;
}

/// What load() doesn't set. Stamps are of transactions that are over.
void Journal::renew(AccountEntry& entry) noexcept {
    entry.run = run_;
    entry.observed = 0;
    entry.known = false;
    entry.loaded = false;
    entry.storage_cleared = false;
    entry.removed = false;
    entry.wiped = false;
    entry.code = nullptr;
    entry.base = {};
    entry.least = {};
    accounts_.push_back(&entry);
}

void Journal::renew(SlotEntry& entry) noexcept {
    entry.run = run_;
    entry.loaded = false;
    entry.from_source = false;
    entry.may_commute = false;
    entry.interval = nullptr;
    entry.base = {};
    slots_.push_back(&entry);
}

SlotEntry* Journal::see(SlotEntry& entry) noexcept {
    if (!entry.loaded) {
        if (!entry.account->storage_cleared) {
            if (!source_->load(entry)) return nullptr;
            entry.from_source = true;
            if (entry.may_commute) [[unlikely]]
                entry.interval = arena_.make<SlotInterval>(entry.base, uint256::max() - entry.base);
        }
        entry.loaded = true;
        entry.now = entry.base;
        entry.generation = entry.account->generation;
    } else if (entry.generation != entry.account->generation) {
        entry.now = {};
        entry.generation = entry.account->generation;
        if (entry.interval != nullptr) entry.interval->now_floats = false;
    }
    entry.original = entry.now;
    if (entry.interval != nullptr) [[unlikely]]
        entry.interval->original_floats = entry.interval->now_floats;
    entry.seen_in = transaction_;
    return &entry;
}

void Journal::set(SlotEntry& entry, const uint256& value, bool floats) {
    const bool floated = std::exchange(entry.interval->now_floats, floats);
    undo_.push_back({floated ? Undo::Kind::slot_moved : Undo::Kind::slot_set, &entry, entry.now});
    entry.now = value;
}

bool Journal::is_empty(AccountEntry& entry) noexcept {
    const bool has_identity = entry.now.nonce != 0 || entry.now.code_hash != crypto::empty_code_hash;
    if (has_identity) {
        // Where the identity came with this journal, the steps that made it have observed what it rests on.
        if (entry.base.nonce != 0 || entry.base.code_hash != crypto::empty_code_hash)
            entry.observed |= observed_identity;
        return false;
    }
    entry.observed |= observed_nonce | observed_code;
    return !covers(entry, 1);
}

/// With d = now - base, the question was whether base + d >= amount. The answer stays the same for every base
/// of at least amount - d (yes), or below it (no).
void Journal::note_comparison(AccountEntry& entry, const uint256& amount, bool covered) noexcept {
    const uint256& now = entry.now.balance;
    const uint256& base = entry.base.balance;
    if (covered) {
        const uint256 slack = now - amount;
        if (slack < base && entry.least < base - slack) entry.least = base - slack;
    } else {
        uint256 bound;
        if (!uint256::add_carry(base, amount - now - 1, bound) && bound < entry.most) entry.most = bound;
    }
}

bool Journal::covers(AccountEntry& entry, const uint256& amount) noexcept {
    const bool covered = !(entry.now.balance < amount);
    if (!(entry.observed & observed_balance)) note_comparison(entry, amount, covered);
    return covered;
}

void Journal::credit(AccountEntry& entry, const uint256& amount) {
    touch(entry);
    if (amount.is_zero()) return;
    undo_.push_back({Undo::Kind::balance_set, &entry, entry.now.balance});
    const bool overflows = uint256::add_carry(entry.now.balance, amount, entry.now.balance);
    if (overflows || unbounded_balance < entry.now.balance) entry.observed |= observed_balance;
    if (!entry.exists) set_exists(entry, true);
}

void Journal::debit(AccountEntry& entry, const uint256& amount) {
    touch(entry);
    if (amount.is_zero()) return;
    undo_.push_back({Undo::Kind::balance_set, &entry, entry.now.balance});
    entry.now.balance -= amount;
}

void Journal::set_nonce(AccountEntry& entry, uint64_t nonce) {
    touch(entry);
    undo_.push_back({Undo::Kind::nonce_set, &entry, entry.now.nonce});
    entry.observed |= observed_nonce;
    entry.now.nonce = nonce;
    if (!entry.exists) set_exists(entry, true);
}

void Journal::set_code(AccountEntry& entry, BytesView code) {
    touch(entry);
    entry.observed |= observed_code;
    uint256 before_code;
    before_code.limb[0] = reinterpret_cast<uint64_t>(entry.code);
    undo_.push_back({Undo::Kind::code_set, &entry, before_code});
    undo_.push_back({Undo::Kind::code_hash_set, &entry, base::to_uint256(entry.now.code_hash)});
    entry.now.code_hash = code.empty() ? crypto::empty_code_hash : keccak256(code);
    entry.code = codes_.insert(entry.now.code_hash, code);
    if (!entry.exists) set_exists(entry, true);
}

std::optional<bool> Journal::has_storage(AccountEntry& entry) noexcept {
    if (entry.storage_cleared) return false;
    const auto had = source_->has_storage(entry);
    if (had) entry.observed |= *had ? observed_storage : observed_no_storage;
    return had;
}

void Journal::set_exists(AccountEntry& entry, bool exists) {
    undo_.push_back({Undo::Kind::existence_set, &entry, uint64_t{entry.exists}});
    entry.exists = exists;
}

void Journal::touch(AccountEntry& entry) {
    if (!rules_.eip161) {
        if (!exists(entry)) set_exists(entry, true);
        return;
    }
    if (entry.touched_in == transaction_) return;
    undo_.push_back({Undo::Kind::touched, &entry, uint64_t{entry.touched_in}});
    entry.touched_in = transaction_;
    touched_.push_back(&entry);
}

void Journal::create(AccountEntry& entry) {
    touch(entry);
    undo_.push_back({Undo::Kind::created, &entry, uint64_t{entry.created_in}});
    entry.created_in = transaction_;
    // What has_storage said of the base makes this true for good, whether the creation stands or not.
    entry.storage_cleared = true;
    if (!entry.exists) set_exists(entry, true);
}

bool Journal::destroy(AccountEntry& entry) {
    touch(entry);
    if (entry.destroyed_in == transaction_) return false;
    undo_.push_back({Undo::Kind::destroyed, &entry, uint64_t{entry.destroyed_in}});
    entry.destroyed_in = transaction_;
    destroyed_.push_back(&entry);
    return true;
}

Journal::TransientEntry* Journal::find_transient(const AccountEntry& account,
                                                 const uint256& key) const noexcept {
    return transient_table_.find(transient_table_.hash(&account, key), [&](const TransientEntry& e) {
        return e.account == &account && e.key == key;
    });
}

uint256 Journal::transient(const AccountEntry& account, const uint256& key) const noexcept {
    const TransientEntry* entry = find_transient(account, key);
    return entry != nullptr ? entry->value : uint256{};
}

void Journal::set_transient(AccountEntry& account, const uint256& key, const uint256& value) {
    TransientEntry* entry = find_transient(account, key);
    if (entry == nullptr) {
        entry = arena_.make<TransientEntry>(&account, key, uint256{});
        transient_table_.insert(transient_table_.hash(&account, key), entry);
    }
    undo_.push_back({Undo::Kind::transient_set, entry, entry->value});
    entry->value = value;
}

void Journal::revert(const Snapshot& snapshot) noexcept {
    while (undo_.size() > snapshot.undo) {
        undo(undo_.back());
        undo_.pop_back();
    }
    logs_.resize(snapshot.logs);
    refund_ = snapshot.refund;
}

void Journal::undo(const Undo& record) noexcept {
    auto* account = static_cast<AccountEntry*>(record.entry);
    auto* slot = static_cast<SlotEntry*>(record.entry);
    const auto stamp = static_cast<uint32_t>(record.before.low());
    switch (record.kind) {
        case Undo::Kind::account_warmed:
            account->warm_in = stamp;
            break;
        case Undo::Kind::slot_warmed:
            slot->warm_in = stamp;
            break;
        case Undo::Kind::slot_set:
        case Undo::Kind::slot_moved:
            slot->now = record.before;
            if (slot->interval != nullptr) [[unlikely]]
                slot->interval->now_floats = record.kind == Undo::Kind::slot_moved;
            break;
        case Undo::Kind::balance_set:
            account->now.balance = record.before;
            break;
        case Undo::Kind::nonce_set:
            account->now.nonce = record.before.low();
            break;
        case Undo::Kind::code_hash_set:
            account->now.code_hash = base::to_hash(record.before);
            break;
        case Undo::Kind::code_set:
            account->code = reinterpret_cast<const Code*>(record.before.low());
            break;
        case Undo::Kind::existence_set:
            account->exists = stamp != 0;
            break;
        case Undo::Kind::touched:
            if (account->address != ripemd160_address) account->touched_in = stamp;
            break;
        case Undo::Kind::created:
            account->created_in = stamp;
            break;
        case Undo::Kind::destroyed:
            account->destroyed_in = stamp;
            break;
        case Undo::Kind::transient_set:
            static_cast<TransientEntry*>(record.entry)->value = record.before;
            break;
    }
}

}  // namespace weft::state
