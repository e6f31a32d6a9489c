#include "weft/state/access_list_builder.hpp"

#include <algorithm>
#include <cstring>

namespace weft::state {
namespace {

/// Appends a change, or puts it in the place of one with the same index.
template <class Changes>
auto& at_index(Changes& changes, primitives::BlockAccessIndex index) {
    if (changes.empty() || changes.back().index != index) changes.emplace_back().index = index;
    return changes.back();
}

}  // namespace

uint64_t AccessListBuilder::prefix_of(const Address& address) noexcept {
    uint64_t prefix;
    std::memcpy(&prefix, address.data(), sizeof prefix);
    return __builtin_bswap64(prefix);
}

void AccessListBuilder::order_accounts() {
    std::ranges::sort(accounts_, [](const AccountItem& a, const AccountItem& b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : *a.address < *b.address;
    });
    list_.resize(accounts_.size());
    for (size_t i = 0; i < accounts_.size(); ++i) {
        *accounts_[i].rank = static_cast<uint32_t>(i);
        list_[i].address = *accounts_[i].address;
    }
}

void AccessListBuilder::change(primitives::AccountChanges& account, primitives::BlockAccessIndex index,
                               uint8_t changes, const uint256& balance, uint64_t nonce, const Code* code) {
    using Step = AccountStep<AccountEntry>;
    if (changes & Step::balance_changed) at_index(account.balance_changes, index).balance = balance;
    if (changes & Step::nonce_changed) at_index(account.nonce_changes, index).nonce = nonce;
    if (!(changes & Step::code_changed)) return;
    Bytes& bytes = at_index(account.code_changes, index).code;
    bytes.clear();
    if (code != nullptr) bytes.assign(code->bytes().begin(), code->bytes().end());
}

void AccessListBuilder::sort(std::vector<SlotItem>& items) {
    std::ranges::sort(items, [](const SlotItem& a, const SlotItem& b) {
        if (*a.rank != *b.rank) return *a.rank < *b.rank;
        if (*a.key != *b.key) return *a.key < *b.key;
        return a.sequence < b.sequence;
    });
}

primitives::BlockAccessList AccessListBuilder::take() {
    sort(reads_);
    sort(writes_);
    auto read = reads_.begin();
    auto write = writes_.begin();
    for (uint32_t rank = 0; rank < list_.size(); ++rank) {
        primitives::AccountChanges& account = list_[rank];
        auto& changes = account.storage_changes;
        for (; write != writes_.end() && *write->rank == rank; ++write) {
            const primitives::SlotChange& change = changes_[write->sequence];
            const bool replaces = !changes.empty() && changes.back().slot == change.slot &&
                                  changes.back().index == change.index;
            if (replaces)
                changes.back().value = change.value;
            else
                changes.push_back(change);
        }
        auto changed = changes.begin();
        for (; read != reads_.end() && *read->rank == rank; ++read) {
            while (changed != changes.end() && changed->slot < *read->key) ++changed;
            if (changed == changes.end() || changed->slot != *read->key)
                account.storage_reads.push_back(*read->key);
        }
    }
    return std::move(list_);
}

}  // namespace weft::state
