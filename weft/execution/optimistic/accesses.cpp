#include "weft/execution/optimistic/accesses.hpp"

#include "weft/state/access_list_builder.hpp"

namespace weft::execution::optimistic {
namespace {

template <class T>
std::span<T> allocate(BlockMemory& memory, size_t count) {
    // T may well be a pointer. NOLINTNEXTLINE(bugprone-sizeof-expression)
    return {static_cast<T*>(memory.arena.allocate(count * sizeof(T), alignof(T))), count};
}

AccountLocation* location_of(const state::AccountEntry& entry) {
    return static_cast<AccountLocation*>(entry.origin);
}

/// A slot of a storage that was cleared was never asked for, and has no location yet.
SlotLocation* location_of(const state::SlotEntry& entry, VersionedState& versions, BlockMemory& memory) {
    if (entry.origin != nullptr) return static_cast<SlotLocation*>(entry.origin);
    return versions.locate(location_of(*entry.account), entry.key, memory);
}

bool is_floating(const state::AccountEntry& entry) { return !(entry.observed & state::observed_balance); }

constexpr uint32_t none = ~uint32_t{0};

void take_account_steps(Accesses& out, const state::AccessRecorder& recorder, BlockMemory& memory) {
    using Step = Accesses::AccountStep;
    const auto& steps = recorder.accounts();
    out.account_steps = allocate<Step>(memory, steps.size());
    out.floating = allocate<Accesses::Floating>(memory, steps.size());
    // An entry's rank says whether the account is among the floating ones.
    for (const auto& step : steps) step.account->rank = none;
    size_t count = 0, floating = 0;
    for (const auto& step : steps) {
        state::AccountEntry& entry = *step.account;
        AccountLocation* const location = location_of(entry);
        uint8_t changes = step.changes;
        if ((changes & Step::balance_changed) && is_floating(entry)) {
            changes |= Step::balance_floats;
            if (std::exchange(entry.rank, 0) == none)
                out.floating[floating++] = {location, entry.base.balance};
        }
        out.account_steps[count++] = {location, step.index, changes, step.nonce, step.balance, step.code};
    }
    out.floating = out.floating.first(floating);
}

}  // namespace

Accesses make_accesses(const Journal& journal, const state::AccessRecorder& recorder,
                       VersionedState& versions, BlockMemory& memory) {
    Accesses out;
    out.accounts = allocate<AccountLocation*>(memory, journal.accounts().size());
    size_t count = 0;
    for (const state::AccountEntry* entry : journal.accounts())
        if (entry->loaded) out.accounts[count++] = location_of(*entry);
    out.accounts = out.accounts.first(count);

    out.slots = allocate<SlotLocation*>(memory, journal.slots().size());
    count = 0;
    for (const state::SlotEntry* entry : journal.slots())
        if (entry->loaded) out.slots[count++] = location_of(*entry, versions, memory);
    out.slots = out.slots.first(count);

    take_account_steps(out, recorder, memory);

    out.slot_steps = allocate<Accesses::SlotStep>(memory, recorder.slots().size());
    count = 0;
    for (const auto& step : recorder.slots())
        out.slot_steps[count++] = {location_of(*step.slot, versions, memory), step.index, step.value};
    return out;
}

state::ReadResult<void> fix_balances(const Accesses& accesses, const VersionedState& versions,
                                     Position position) {
    bool any = false;
    for (uint32_t i = 0; i < accesses.floating.size(); ++i) {
        auto& [account, balance] = accesses.floating[i];
        AccountState spare;
        auto before = versions.read(*account, position, spare);
        if (!before) return std::unexpected(std::move(before.error()));
        balance = (*before)->account.balance - balance;
        any |= !balance.is_zero();
        account->rank = i;
    }
    if (!any) return {};
    for (Accesses::AccountStep& step : accesses.account_steps)
        if (step.changes & Accesses::AccountStep::balance_floats)
            step.balance += accesses.floating[step.account->rank].balance;
    return {};
}

primitives::BlockAccessList make_access_list(std::span<const Accesses> segments) {
    state::AccessListBuilder builder;
    for (const Accesses& segment : segments) {
        for (AccountLocation* account : segment.accounts) {
            if (!std::exchange(account->listed, true)) builder.access(account->address, account->rank);
        }
        for (SlotLocation* slot : segment.slots) {
            if (!std::exchange(slot->listed, true)) builder.access(slot->account->rank, slot->key);
        }
    }
    builder.order_accounts();
    for (const Accesses& segment : segments) {
        for (const auto& step : segment.account_steps) builder.change(step, segment.first);
        for (const auto& step : segment.slot_steps) builder.change(step, segment.first);
    }
    return builder.take();
}

}  // namespace weft::execution::optimistic
