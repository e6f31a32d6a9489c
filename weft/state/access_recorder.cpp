#include "weft/state/access_recorder.hpp"

#include "weft/state/access_list_builder.hpp"

namespace weft::state {

void AccessRecorder::transaction_ended(Journal& journal) {
    using Step = AccountStep<AccountEntry>;
    journal.visit_changes(
        [&](AccountEntry& entry, const Account& before) {
            const Account& now = entry.now;
            uint8_t changes = 0;
            if (now.balance != before.balance) changes |= Step::balance_changed;
            if (now.nonce != before.nonce) changes |= Step::nonce_changed;
            if (now.code_hash != before.code_hash) changes |= Step::code_changed;
            if (changes != 0)
                accounts_.push_back({&entry, index_, changes, now.nonce, now.balance, entry.code});
        },
        [&](SlotEntry& entry) {
            const uint256& now = Journal::value_now(entry);
            if (now != entry.original) slots_.push_back({&entry, index_, now});
        });
}

primitives::BlockAccessList make_access_list(const Journal& journal, const AccessRecorder& recorder) {
    AccessListBuilder builder;
    builder.reserve(journal.accounts().size(), journal.slots().size());
    for (AccountEntry* entry : journal.accounts())
        if (entry->loaded) builder.access(entry->address, entry->rank);
    for (const SlotEntry* entry : journal.slots())
        if (entry->loaded) builder.access(entry->account->rank, entry->key);
    builder.order_accounts();
    for (const auto& step : recorder.accounts()) builder.change(step, 0);
    for (const auto& step : recorder.slots()) builder.change(step, 0);
    return builder.take();
}

}  // namespace weft::state
