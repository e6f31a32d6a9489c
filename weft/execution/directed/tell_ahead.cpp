#include "weft/execution/directed/tell_ahead.hpp"

#include "weft/crypto/keccak.hpp"

namespace weft::execution::directed {
namespace {

bool has_account_changes(const primitives::AccountChanges& account) {
    return !account.balance_changes.empty() || !account.nonce_changes.empty() ||
           !account.code_changes.empty();
}

/// The account after all changes.
void apply(const primitives::AccountChanges& changes, Account& account) {
    if (!changes.balance_changes.empty()) account.balance = changes.balance_changes.back().balance;
    if (!changes.nonce_changes.empty()) account.nonce = changes.nonce_changes.back().nonce;
    if (changes.code_changes.empty()) return;
    const Bytes& code = changes.code_changes.back().code;
    account.code_hash = code.empty() ? crypto::empty_code_hash : crypto::keccak256(code);
}

}  // namespace

std::vector<state::Location> locations_of(const primitives::BlockAccessList& list) {
    std::vector<state::Location> out;
    for (const primitives::AccountChanges& account : list) {
        out.push_back({account.address, std::nullopt});
        for (const uint256& slot : account.storage_reads) out.push_back({account.address, slot});
        const uint256* last = nullptr;
        for (const primitives::SlotChange& change : account.storage_changes) {
            if (last == nullptr || *last != change.slot) out.push_back({account.address, change.slot});
            last = &change.slot;
        }
    }
    return out;
}

bool tell_ahead(const primitives::BlockAccessList& list, const StateReader& before, state::CommitSink& sink) {
    std::vector<Address> addresses;
    addresses.reserve(list.size());
    for (const primitives::AccountChanges& account : list) addresses.push_back(account.address);
    std::vector<std::optional<Account>> known(addresses.size());
    if (!before.accounts(addresses, known)) return false;

    std::vector<state::CommittedAccount> accounts;
    for (size_t i = 0; i < addresses.size(); ++i) {
        Account account = known[i].value_or(Account{});
        if (!has_account_changes(list[i])) {
            // Whether an empty account was touched, and so is gone (EIP-161), the list doesn't tell. No chain
            // of today has one (EIP-7523).
            if (known[i] && account.is_empty()) return false;
            continue;
        }
        apply(list[i], account);
        auto& out = accounts.emplace_back(addresses[i], std::nullopt, false);
        if (!account.is_empty()) out.value = account;
    }
    std::vector<state::CommittedSlot> slots;
    for (const primitives::AccountChanges& account : list) {
        const auto& changes = account.storage_changes;
        for (size_t i = 0; i < changes.size(); ++i) {
            const bool is_last = i + 1 == changes.size() || changes[i + 1].slot != changes[i].slot;
            if (is_last) slots.push_back({account.address, changes[i].slot, changes[i].value});
        }
    }
    sink.commit(accounts, slots);
    return true;
}

}  // namespace weft::execution::directed
