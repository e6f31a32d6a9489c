#include "weft/state/diff_builder.hpp"
#include "weft/state/journal.hpp"

namespace weft::state {

StateDiff make_diff(const Journal& journal) {
    ShortLivedMemory memory;
    Changes changes(memory.get());
    changes.slots.reserve(journal.slots().size());
    for (SlotEntry* slot : journal.slots()) {
        if (!slot->loaded) continue;
        AccountEntry& account = *slot->account;
        const uint256& now = Journal::value_now(*slot);
        if (account.wiped ? now.is_zero() : now == slot->base) continue;
        account.slots_changed = true;
        changes.add(account.rank, slot->key, slot->base, now);
    }
    changes.accounts.reserve(journal.accounts().size());
    for (AccountEntry* entry : journal.accounts()) {
        if (!entry->loaded) continue;
        const bool changed = entry->exists != entry->base_exists ||
                             (entry->exists && entry->now != entry->base) ||
                             (entry->wiped && entry->base_exists) || entry->slots_changed;
        if (!changed) continue;
        changes.add({&entry->address, entry->base_exists ? &entry->base : nullptr,
                     entry->exists ? &entry->now : nullptr, entry->wiped},
                    entry->slots_changed ? &entry->rank : nullptr, [&] { return entry->code; });
    }
    return build_diff({&changes, 1}, nullptr);
}

}  // namespace weft::state
