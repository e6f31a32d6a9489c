#include "weft/execution/optimistic/record.hpp"

#include <vector>

namespace weft::execution::optimistic {
namespace {

using state::AccountEntry;
using state::SlotEntry;

/// In a walk along places that lie far apart: asks for some of those that come next, in two steps.
template <class Places, class LocationOf>
void prefetch_ahead(const Places& places, size_t i, LocationOf&& location_of) noexcept {
    constexpr size_t ahead = 6;
    if (i + 2 * ahead < places.size()) __builtin_prefetch(location_of(places[i + 2 * ahead]));
    if (i + ahead < places.size()) prefetch_newest(*location_of(places[i + ahead]));
}

/// True if nothing about the account as it was before can have mattered.
bool rests_on_nothing(const AccountEntry& entry) {
    return entry.observed == 0 && entry.least.is_zero() && entry.most == Journal::unbounded_balance;
}

/// What the journal did to the account; 0 changes: nothing.
void fill(AccountVersion& version, const AccountEntry& entry) {
    uint8_t changes = 0;
    if (entry.now.balance != entry.base.balance) {
        if (entry.observed & state::observed_balance) {
            changes |= AccountVersion::balance_set;
        } else {
            changes |= AccountVersion::balance_added;
            version.added = entry.now.balance - entry.base.balance;
        }
    }
    if (entry.now.nonce != entry.base.nonce) changes |= AccountVersion::nonce_set;
    if (entry.now.code_hash != entry.base.code_hash) changes |= AccountVersion::code_set;
    version.after = {entry.now, entry.exists};
    if (entry.exists) {
        if (changes != 0 || !entry.base_exists) changes |= AccountVersion::made_to_exist;
    } else if (entry.base_exists || entry.removed || entry.wiped) {
        changes |= AccountVersion::removed;
        version.after = {};
    }
    if (entry.wiped)
        changes |= AccountVersion::storage_wiped;
    else if (entry.storage_cleared)
        changes |= AccountVersion::storage_known;
    version.changes = changes;
}

bool is_changed(const AccountEntry& entry) {
    return entry.exists != entry.base_exists || entry.removed || entry.wiped || entry.now != entry.base;
}

bool is_changed(const SlotEntry& slot) {
    const uint256& now = Journal::value_now(slot);
    return slot.account->wiped ? !now.is_zero() : now != slot.base;
}

AccountRead read_of(const AccountEntry& entry, base::Arena& arena) {
    AccountRead read{.location = static_cast<AccountLocation*>(entry.origin),
                     .value = static_cast<const AccountState*>(entry.seen),
                     .bounds = nullptr,
                     .observed = entry.observed,
                     .is_final = entry.seen != nullptr};
    if (!read.is_final) read.value = arena.make<AccountState>(entry.base, entry.base_exists);
    if (!entry.least.is_zero() || entry.most != Journal::unbounded_balance)
        read.bounds = arena.make<AccountRead::Bounds>(entry.least, entry.most);
    return read;
}

SlotRead read_of(const SlotEntry& slot, base::Arena& arena) {
    SlotRead read{.location = static_cast<SlotLocation*>(slot.origin), .bounds = nullptr, .value = slot.base};
    if (slot.interval != nullptr)
        read.bounds = arena.make<SlotRead::Bounds>(slot.interval->least, slot.interval->most);
    else if (slot.may_commute)
        read.location->did_not_commute();
    return read;
}

/// What the run leaves there.
SlotVersion* version_of(const SlotEntry& slot, base::Arena& arena) {
    if (Journal::floats(slot)) {
        auto* const sum = arena.make<SlotSum>();
        sum->changes = SlotVersion::sum;
        sum->added = slot.now - slot.base;
        return sum;
    }
    auto* const version = arena.make<SlotVersion>();
    version->value = Journal::value_now(slot);
    return version;
}

bool holds(const SlotRead& read, const VersionedState& versions, Position position) {
    uint256 now;
    if (!versions.read(*read.location, position, now)) return false;
    if (read.bounds != nullptr ? read.bounds->least <= now && now <= read.bounds->most : now == read.value)
        return true;
    read.location->try_to_commute();
    return false;
}

bool holds(const AccountRead& read, const VersionedState& versions, Position position) {
    const uint8_t observed = read.observed;
    if (read.is_final && read.value == versions.known(*read.location, position) &&
        (observed & (state::observed_no_storage | state::observed_storage)) == 0)
        return true;
    AccountState spare;
    const auto found = versions.read(*read.location, position, spare);
    if (!found) return false;
    const Account& now = (*found)->account;
    const Account& then = read.value->account;
    if ((observed & state::observed_balance) && now.balance != then.balance) return false;
    if (read.bounds != nullptr && now.balance < read.bounds->least) return false;
    // Without a comparison, too, a balance that sums could make wrap is read exactly.
    const uint256& most = read.bounds != nullptr ? read.bounds->most : Journal::unbounded_balance;
    if (!(observed & state::observed_balance) && most < now.balance) return false;
    if ((observed & state::observed_nonce) && now.nonce != then.nonce) return false;
    if ((observed & state::observed_code) && now.code_hash != then.code_hash) return false;
    if ((observed & state::observed_existence) && (*found)->exists != read.value->exists) return false;
    if ((observed & state::observed_identity) && now.nonce == 0 && now.code_hash == crypto::empty_code_hash)
        return false;
    if (observed & (state::observed_no_storage | state::observed_storage)) {
        const auto has_storage = versions.has_storage(*read.location, position);
        if (!has_storage || *has_storage != ((observed & state::observed_storage) != 0)) return false;
    }
    return true;
}

}  // namespace

Record make_record(const Journal& journal, VersionedState& versions, BlockMemory& memory, Position position,
                   Footing footing) {
    const bool with_reads = footing == Footing::speculative;
    // The counts are not known before: the arrays are as long as they can get, and cut afterwards.
    auto& arena = memory.arena;
    Record record;
    const size_t accounts = journal.accounts().size();
    const size_t slots = journal.slots().size();
    if (with_reads) {
        record.account_reads = {
            static_cast<AccountRead*>(arena.allocate(accounts * sizeof(AccountRead), alignof(AccountRead))),
            0};
        record.slot_reads = {
            static_cast<SlotRead*>(arena.allocate(slots * sizeof(SlotRead), alignof(SlotRead))), 0};
    }
    using AccountWrite = std::pair<AccountLocation*, AccountVersion*>;
    using SlotWrite = std::pair<SlotLocation*, SlotVersion*>;
    auto* account_writes =
        static_cast<AccountWrite*>(arena.allocate(accounts * sizeof(AccountWrite), alignof(AccountWrite)));
    auto* slot_writes =
        static_cast<SlotWrite*>(arena.allocate(slots * sizeof(SlotWrite), alignof(SlotWrite)));
    size_t account_read_count = 0, slot_read_count = 0, account_write_count = 0, slot_write_count = 0;

    for (size_t i = 0; i < accounts; ++i) {
        constexpr size_t ahead = 8;
        if (i + ahead < accounts) base::prefetch(journal.accounts()[i + ahead], sizeof(AccountEntry));
        const AccountEntry* entry = journal.accounts()[i];
        if (!entry->known) continue;
        auto* location = static_cast<AccountLocation*>(entry->origin);
        if (with_reads && !rests_on_nothing(*entry))
            record.account_reads.data()[account_read_count++] = read_of(*entry, arena);
        if (!is_changed(*entry)) continue;
        auto* version = arena.make<AccountVersion>();
        version->position = position;
        fill(*version, *entry);
        if (footing == Footing::committed)
            version->state.store(VersionState::committed, std::memory_order_relaxed);
        account_writes[account_write_count++] = {location, version};
    }
    for (SlotEntry* slot : journal.slots()) {
        if (!slot->loaded) continue;
        if (with_reads && slot->from_source)
            record.slot_reads.data()[slot_read_count++] = read_of(*slot, arena);
        if (!is_changed(*slot)) continue;
        // A slot of a cleared storage was never asked for.
        if (slot->origin == nullptr)
            slot->origin =
                versions.locate(static_cast<AccountLocation*>(slot->account->origin), slot->key, memory);
        auto* location = static_cast<SlotLocation*>(slot->origin);
        SlotVersion* const version = version_of(*slot, arena);
        version->position = position;
        record.sums += version->is_sum() ? 1 : 0;
        if (footing == Footing::committed)
            version->state.store(VersionState::committed, std::memory_order_relaxed);
        slot_writes[slot_write_count++] = {location, version};
    }
    record.account_reads = record.account_reads.data() != nullptr
                               ? std::span(record.account_reads.data(), account_read_count)
                               : std::span<AccountRead>{};
    record.slot_reads = record.slot_reads.data() != nullptr
                            ? std::span(record.slot_reads.data(), slot_read_count)
                            : std::span<SlotRead>{};
    record.account_versions = {account_writes, account_write_count};
    record.slot_versions = {slot_writes, slot_write_count};
    return record;
}

void publish(const Record& record) {
    for (const auto& [location, version] : record.slot_versions) insert(location->newest, version);
    for (const auto& [location, version] : record.account_versions) {
        insert(location->newest, version);
        if (version->changes & AccountVersion::storage_cleared)
            location->ever_cleared.store(true, std::memory_order_release);
    }
}

void withdraw(const Record& record) {
    for (const auto& [location, version] : record.slot_versions)
        version->state.store(VersionState::withdrawn, std::memory_order_release);
    for (const auto& [location, version] : record.account_versions)
        version->state.store(VersionState::withdrawn, std::memory_order_release);
}

bool holds(const Record& record, const VersionedState& versions, Position position) {
    for (const SlotRead& read : record.slot_reads)
        if (!holds(read, versions, position)) return false;
    const auto location_of = [](const AccountRead& read) { return read.location; };
    for (size_t i = 0; i < record.account_reads.size(); ++i) {
        prefetch_ahead(record.account_reads, i, location_of);
        if (!holds(record.account_reads[i], versions, position)) return false;
    }
    return true;
}

state::ReadResult<void> commit(const Record& record, const VersionedState& versions, Position position) {
    for (size_t i = 0; i < record.account_versions.size(); ++i) {
        prefetch_ahead(record.account_versions, i, [](const auto& pair) { return pair.first; });
        const auto& [location, version] = record.account_versions[i];
        const AccountState* before = versions.known(*location, position);
        AccountState spare;
        if (before == nullptr) {
            auto read = versions.read(*location, position, spare);
            if (!read) return std::unexpected(std::move(read.error()));
            before = *read;
        }
        version->complete(*before);
        version->state.store(VersionState::committed, std::memory_order_release);
    }
    for (const auto& [location, version] : record.slot_versions) {
        if (version->is_sum()) {
            if (auto read = versions.read(*location, position, version->value); !read) return read;
            version->value += sum_of(*version).added;
        }
        version->state.store(VersionState::committed, std::memory_order_release);
    }
    return {};
}

void report(const Record& record, CommitSink& sink) {
    std::vector<CommittedAccount> accounts;
    for (const auto& [location, version] : record.account_versions) {
        const bool wiped = (version->changes & AccountVersion::storage_wiped) != 0;
        auto& out = accounts.emplace_back(location->address, std::nullopt, wiped);
        if (version->after.exists) out.value = version->after.account;
    }
    std::vector<CommittedSlot> slots;
    for (const auto& [location, version] : record.slot_versions)
        slots.push_back({location->account->address, location->key, version->value});
    if (!accounts.empty() || !slots.empty()) sink.commit(accounts, slots);
}

}  // namespace weft::execution::optimistic
