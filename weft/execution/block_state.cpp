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

std::optional<ExecutionError> BlockState::add_transaction_root() {
    // A transaction that was left out has no receipt.
    if (!wants_transaction_roots() || result_.receipts.empty() || result_.receipts.back().state_root)
        return std::nullopt;
    auto root = options_.transaction_roots->root();
    if (!root) return std::move(root.error());
    result_.receipts.back().state_root = *root;
    return std::nullopt;
}

void BlockState::set_diff(StateDiff&& diff) {
    if (options_.sink != nullptr && stream_ == nullptr) options_.sink->commit_block(diff);
    result_.diff = std::move(diff);
}

std::optional<ExecutionError> BlockState::set_access_list(primitives::BlockAccessList&& list) {
    if (access_list_limit_ && primitives::item_count(list) > *access_list_limit_)
        return InvalidBlock{std::nullopt, Reason::access_list_too_large};
    if (options_.access_list != nullptr && list != *options_.access_list)
        return InvalidBlock{std::nullopt, Reason::access_list_differs};
    result_.access_list = std::move(list);
    return std::nullopt;
}

void SinkReporter::transaction_ended(Journal& journal) {
    accounts_.clear();
    slots_.clear();
    journal.visit_changes(
        [&](const state::AccountEntry& entry, const Account&) {
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
