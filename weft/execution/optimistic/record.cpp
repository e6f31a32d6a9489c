#include "weft/execution/optimistic/record.hpp"

#include <new>
#include <optional>
#include <vector>

namespace weft::execution::optimistic {
namespace {

using state::AccountEntry;
using state::SlotEntry;

/// In a walk along accounts that lie far apart: asks for some of those that come next, in two steps.
void prefetch_ahead(std::span<const AccountUse> uses, size_t i) noexcept {
    constexpr size_t ahead = 6;
    if (i + 2 * ahead < uses.size()) __builtin_prefetch(uses[i + 2 * ahead].location);
    if (i + ahead < uses.size()) prefetch_newest(*uses[i + ahead].location);
}

/// What the journal did to the account, as AccountVersion::Change; nullopt: nothing.
std::optional<uint8_t> changes_of(const AccountEntry& entry) {
    uint8_t changes = 0;
    if (entry.now.balance != entry.base.balance)
        changes |= entry.observed & state::observed_balance ? AccountVersion::balance_set
                                                            : AccountVersion::balance_added;
    if (entry.now.nonce != entry.base.nonce) changes |= AccountVersion::nonce_set;
    if (entry.now.code_hash != entry.base.code_hash) changes |= AccountVersion::code_set;
    const bool is_same = changes == 0 && entry.exists == entry.base_exists;
    if (is_same && !entry.removed && !entry.wiped) return std::nullopt;
    if (entry.exists) {
        if (changes != 0 || !entry.base_exists) changes |= AccountVersion::made_to_exist;
    } else if (entry.base_exists || entry.removed || entry.wiped) {
        changes |= AccountVersion::removed;
    }
    if (entry.wiped)
        changes |= AccountVersion::storage_wiped;
    else if (entry.storage_cleared)
        changes |= AccountVersion::storage_known;
    return changes;
}

AccountVersion* version_of(const AccountEntry& entry, uint8_t changes, Position position, VersionState state,
                           base::Arena& arena) {
    void* const place = arena.allocate(sizeof(AccountVersion), alignof(AccountVersion));
    const bool removed = (changes & AccountVersion::removed) != 0;
    return ::new (place) AccountVersion{
        {position, state, changes, nullptr},
        changes & AccountVersion::balance_added ? entry.now.balance - entry.base.balance : uint256{},
        removed ? AccountState{} : AccountState{entry.now, entry.exists}};
}

bool is_changed(const SlotEntry& slot) {
    const uint256& now = Journal::value_now(slot);
    if (slot.account->wiped) return !now.is_zero();
    // A value that was set is one even if it is the base's, as long as the run may rest on another base.
    return now != slot.base || (slot.interval != nullptr && !Journal::floats(slot));
}

/// What the run asked of the account as it was before; false: nothing about it can have mattered.
bool note_read(AccountUse& use, const AccountEntry& entry, base::Arena& arena) {
    const bool is_bounded = !entry.least.is_zero() || entry.most != Journal::unbounded_balance;
    use.observed = entry.observed;
    use.is_read = entry.observed != 0 || is_bounded;
    use.value = static_cast<const AccountState*>(entry.seen);
    use.is_final = use.value != nullptr;
    use.bounds = is_bounded ? arena.make<AccountUse::Bounds>(entry.least, entry.most) : nullptr;
    if (use.is_read && !use.is_final) use.value = arena.make<AccountState>(entry.base, entry.base_exists);
    return use.is_read;
}

/// What the run asked of the slot as it was before.
void note_read(SlotUse& use, const SlotEntry& slot, base::Arena& arena) {
    use.value = static_cast<const uint256*>(slot.seen);
    use.is_final = use.value != nullptr;
    if (!use.is_final) use.value = arena.make<uint256>(slot.base);
    if (slot.interval != nullptr)
        use.bounds =
            arena.make<SlotUse::Bounds>(slot.interval->least(slot.base), slot.interval->most(slot.base));
    else if (slot.may_commute)
        use.location->did_not_commute();
}

/// What the run leaves there.
SlotVersion* version_of(const SlotEntry& slot, base::Arena& arena) {
    if (Journal::floats(slot)) {
        auto* const sum = arena.make<SlotSum>();
        sum->changes = SlotVersion::sum;
        sum->value = slot.now;  // as it is if what was before stays what the run found
        sum->added = slot.now - slot.base;
        return sum;
    }
    auto* const version = arena.make<SlotVersion>();
    version->value = Journal::value_now(slot);
    return version;
}

/// Whether what the run found is what is committed, and known to be so at a glance.
bool is_as_found(const SlotUse& use, const VersionedState& versions, Position position) {
    return use.is_final && use.value == versions.known(*use.location, position, use.version);
}

bool holds(const SlotUse& use, const VersionedState& versions, Position position) {
    if (use.value == nullptr || is_as_found(use, versions, position)) return true;
    uint256 now;
    if (!versions.read(*use.location, position, now)) return false;
    if (now == *use.value) return true;
    if (use.bounds != nullptr && !(now < use.bounds->least) && !(use.bounds->most < now)) return true;
    use.location->try_to_commute();
    return false;
}

/// Whether what the run found is what is committed, and known to be so at a glance.
bool is_as_found(const AccountUse& use, const VersionedState& versions, Position position) {
    return use.is_final && use.value == versions.known(*use.location, position, use.version);
}

bool holds(const AccountUse& read, const VersionedState& versions, Position position) {
    const uint8_t observed = read.observed;
    if (!read.is_read) return true;
    if (is_as_found(read, versions, position) &&
        (observed & (state::observed_no_storage | state::observed_storage)) == 0)
        return true;
    AccountState spare;
    const auto found = versions.read(*read.location, position, spare, read.version);
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
    const VersionState state = with_reads ? VersionState::published : VersionState::committed;
    // The counts are not known before: the arrays are as long as they can get, and cut afterwards.
    auto& arena = memory.arena;
    const auto room_for = [&]<class T>(size_t count) {
        return static_cast<T*>(arena.allocate(count * sizeof(T), alignof(T)));
    };
    const auto& accounts = journal.accounts();
    const size_t slots = journal.slots().size();
    auto* const uses = room_for.template operator()<AccountUse>(accounts.size());
    auto* const slot_uses = room_for.template operator()<SlotUse>(slots);
    size_t use_count = 0, slot_use_count = 0;
    Record record;

    for (size_t i = 0; i < accounts.size(); ++i) {
        constexpr size_t ahead = 8;
        if (i + ahead < accounts.size()) base::prefetch(accounts[i + ahead], sizeof(AccountEntry));
        const AccountEntry& entry = *accounts[i];
        if (!entry.known) continue;
        AccountUse& use = uses[use_count];
        const bool is_read = with_reads && note_read(use, entry, arena);
        const auto changes = changes_of(entry);
        if (!is_read && !changes) continue;
        use.location = static_cast<AccountLocation*>(entry.origin);
        use.version = changes ? version_of(entry, *changes, position, state, arena) : nullptr;
        ++use_count;
    }
    for (SlotEntry* slot : journal.slots()) {
        const bool is_read = with_reads && slot->from_source;
        const bool changes = slot->loaded && is_changed(*slot);
        if (!slot->loaded || (!is_read && !changes)) continue;
        // A slot of a cleared storage was never asked for.
        if (slot->origin == nullptr)
            slot->origin =
                versions.locate(static_cast<AccountLocation*>(slot->account->origin), slot->key, memory);
        SlotUse& use = *::new (&slot_uses[slot_use_count++]) SlotUse{static_cast<SlotLocation*>(slot->origin),
                                                                     nullptr, nullptr, nullptr, false};
        if (is_read) note_read(use, *slot, arena);
        if (!changes) continue;
        use.version = version_of(*slot, arena);
        use.version->position = position;
        use.version->state.store(state, std::memory_order_relaxed);
        record.sums += use.version->is_sum() ? 1 : 0;
    }
    record.accounts = {uses, use_count};
    record.slots = {slot_uses, slot_use_count};
    return record;
}

void publish(const Record& record) {
    for (const SlotUse& use : record.slots)
        if (use.version != nullptr) insert(use.location->newest, use.version);
    for (const AccountUse& use : record.accounts) {
        if (use.version == nullptr) continue;
        insert(use.location->newest, use.version);
        if (use.version->changes & AccountVersion::storage_cleared)
            use.location->ever_cleared.store(true, std::memory_order_release);
    }
}

void withdraw(const Record& record) {
    for (const SlotUse& use : record.slots)
        if (use.version != nullptr)
            use.version->state.store(VersionState::withdrawn, std::memory_order_release);
    for (const AccountUse& use : record.accounts)
        if (use.version != nullptr)
            use.version->state.store(VersionState::withdrawn, std::memory_order_release);
}

bool holds(const Record& record, const VersionedState& versions, Position position) {
    for (const SlotUse& use : record.slots)
        if (!holds(use, versions, position)) return false;
    for (size_t i = 0; i < record.accounts.size(); ++i) {
        prefetch_ahead(record.accounts, i);
        if (!holds(record.accounts[i], versions, position)) return false;
    }
    return true;
}

state::ReadResult<void> commit(const Record& record, const VersionedState& versions, Position position) {
    for (const AccountUse& use : record.accounts) {
        if (use.version == nullptr) continue;
        // Where the run stood on the same value, what it left there is right as it is.
        if (!is_as_found(use, versions, position)) {
            AccountState spare;
            auto before = versions.read(*use.location, position, spare, use.version);
            if (!before) return std::unexpected(std::move(before.error()));
            use.version->complete(**before);
        }
        use.version->state.store(VersionState::committed, std::memory_order_release);
    }
    // The other slots' versions are final as they are, and needn't be touched.
    if (record.sums == 0) return {};
    for (const SlotUse& use : record.slots) {
        if (use.version == nullptr || !use.version->is_sum()) continue;
        if (!is_as_found(use, versions, position)) {
            uint256 before;
            if (auto read = versions.read(*use.location, position, before); !read) return read;
            use.version->value = before + sum_of(*use.version).added;
        }
        use.version->state.store(VersionState::committed, std::memory_order_release);
    }
    return {};
}

void report(const Record& record, CommitSink& sink) {
    std::vector<CommittedAccount> accounts;
    for (const AccountUse& use : record.accounts) {
        if (use.version == nullptr) continue;
        const bool wiped = (use.version->changes & AccountVersion::storage_wiped) != 0;
        auto& out = accounts.emplace_back(use.location->address, std::nullopt, wiped);
        if (use.version->after.exists) out.value = use.version->after.account;
    }
    std::vector<CommittedSlot> slots;
    for (const SlotUse& use : record.slots)
        if (use.version != nullptr)
            slots.push_back({use.location->account->address, use.location->key, use.version->value});
    if (!accounts.empty() || !slots.empty()) sink.commit(accounts, slots);
}

}  // namespace weft::execution::optimistic
