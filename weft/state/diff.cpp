#include <algorithm>
#include <cstdint>

#include "weft/state/diff_builder.hpp"
#include "weft/state/journal.hpp"

namespace weft::state {
namespace {

/// What is sorted: sixteen bytes, nearly always told apart by the first eight.
template <class T>
struct Keyed {
    uint64_t prefix;
    const T* item;
};

void sort_accounts(std::vector<Keyed<AccountChange>>& keyed) {
    std::ranges::sort(keyed, [](const auto& a, const auto& b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : *a.item->address < *b.item->address;
    });
}

/// By account, then by key.
void sort_slots(std::vector<SlotChange>& slots) {
    std::ranges::sort(slots, [](const SlotChange& a, const SlotChange& b) {
        return *a.rank != *b.rank ? *a.rank < *b.rank : *a.key < *b.key;
    });
}

uint64_t prefix_of(const Address& address) {
    uint64_t prefix;
    std::memcpy(&prefix, address.data(), sizeof prefix);
    return __builtin_bswap64(prefix);
}

std::vector<CodeDiff> unique_codes(std::vector<const Code*>& codes) {
    std::ranges::sort(codes, {}, [](const Code* code) { return code->hash(); });
    std::vector<CodeDiff> out;
    for (const Code* code : codes)
        if (out.empty() || out.back().hash != code->hash())
            out.push_back({code->hash(), Bytes(code->bytes().begin(), code->bytes().end())});
    return out;
}

}  // namespace

StateDiff build_diff(std::vector<AccountChange>& accounts, std::vector<SlotChange>& slots) {
    std::vector<Keyed<AccountChange>> order;
    order.reserve(accounts.size());
    for (const auto& change : accounts) order.push_back({prefix_of(*change.address), &change});
    sort_accounts(order);
    for (size_t i = 0; i < order.size(); ++i) *order[i].item->rank = static_cast<uint32_t>(i);
    sort_slots(slots);

    StateDiff diff;
    diff.accounts.resize(order.size());
    std::vector<const Code*> codes;
    size_t next = 0;
    for (size_t i = 0; i < order.size(); ++i) {
        const AccountChange& change = *order[i].item;
        AccountDiff& out = diff.accounts[i];
        out.address = *change.address;
        if (change.before != nullptr) out.before = *change.before;
        if (change.after != nullptr) out.after = *change.after;
        out.storage_wiped = change.wiped && change.before != nullptr;
        const size_t first = next;
        while (next < slots.size() && *slots[next].rank == i) ++next;
        out.slots.reserve(next - first);
        for (size_t j = first; j < next; ++j)
            out.slots.push_back(
                {*slots[j].key, change.wiped ? uint256{} : *slots[j].before, *slots[j].after});
        const bool new_code =
            change.after != nullptr && change.after->code_hash != crypto::empty_code_hash &&
            (change.before == nullptr || change.before->code_hash != change.after->code_hash);
        if (new_code) codes.push_back(change.code);
    }
    diff.codes = unique_codes(codes);
    return diff;
}

StateDiff make_diff(const Journal& journal) {
    std::vector<SlotChange> slots;
    for (SlotEntry* slot : journal.slots()) {
        if (!slot->loaded) continue;
        AccountEntry& account = *slot->account;
        const uint256& now = Journal::value_now(*slot);
        if (account.wiped ? now.is_zero() : now == slot->base) continue;
        account.slots_changed = true;
        slots.push_back({&account.rank, &slot->key, &slot->base, &now});
    }
    std::vector<AccountChange> accounts;
    accounts.reserve(journal.accounts().size());
    for (AccountEntry* entry : journal.accounts()) {
        if (!entry->loaded) continue;
        const bool changed = entry->exists != entry->base_exists ||
                             (entry->exists && entry->now != entry->base) ||
                             (entry->wiped && entry->base_exists) || entry->slots_changed;
        if (!changed) continue;
        accounts.push_back({&entry->address, entry->base_exists ? &entry->base : nullptr,
                            entry->exists ? &entry->now : nullptr, entry->code, entry->wiped, &entry->rank});
    }
    return build_diff(accounts, slots);
}

}  // namespace weft::state
