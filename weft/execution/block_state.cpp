#include "weft/execution/block_state.hpp"

namespace weft::execution {

ExecutionError error_of(evm::Status status) {
    switch (status) {
        case evm::Status::aborted:
            return Cancelled{};
        case evm::Status::resource_limit:
            return ResourceLimit{};
        default:
            return StateError{};
    }
}

void SinkReporter::transaction_ended(Journal& journal) {
    accounts_.clear();
    slots_.clear();
    journal.visit_changes(
        [&](const state::AccountEntry& entry) {
            auto& out =
                accounts_.emplace_back(entry.address, std::nullopt, entry.wiped_in == journal.transaction());
            if (entry.exists) out.value = entry.now;
        },
        [&](const state::SlotEntry& entry) {
            slots_.push_back({entry.account->address, entry.key, Journal::value_now(entry)});
        });
    if (!accounts_.empty() || !slots_.empty()) sink_->commit(accounts_, slots_);
}

}  // namespace weft::execution
