#include "weft/state/diff_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>

#include "weft/base/prefetch.hpp"

namespace weft::state {
namespace {

/// What is sorted: sixteen bytes, nearly always told apart by the first eight.
template <class T>
struct Keyed {
    uint64_t prefix;
    const T* item;
};
using KeyedAccount = Keyed<AccountChange>;
using KeyedSlot = Keyed<SlotChange>;

bool less(const KeyedAccount& a, const KeyedAccount& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : *a.item->address < *b.item->address;
}
bool less(const KeyedSlot& a, const KeyedSlot& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : *a.item->key < *b.item->key;
}

/// Addresses and slot numbers are mostly hashes: one pass by their leading bits leaves buckets of a few
/// elements. Those of one bucket, all of them in the worst case, are sorted by comparing.
template <class T>
void sort(std::span<Keyed<T>> items, base::ThreadPool* pool) {
    constexpr size_t few = 64;
    const auto by_key = [](const Keyed<T>& a, const Keyed<T>& b) { return less(a, b); };
    if (items.size() <= few) {
        std::ranges::sort(items, by_key);
        return;
    }
    uint64_t most = 0;
    for (const auto& item : items) most |= item.prefix;
    const int bits = std::min(16, static_cast<int>(std::bit_width(items.size())) - 3);
    const int shift = std::max(0, static_cast<int>(std::bit_width(most)) - bits);
    std::vector<uint32_t> ends((size_t{1} << bits) + 1);
    for (const auto& item : items) ++ends[(item.prefix >> shift) + 1];
    for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
    const auto sorted = std::make_unique_for_overwrite<Keyed<T>[]>(items.size());
    for (const auto& item : items) sorted[ends[item.prefix >> shift]++] = item;
    base::parallel_for(pool, ends.size() - 1, 256, [&](size_t begin, size_t end) {
        const size_t first = begin == 0 ? 0 : ends[begin - 1];
        for (size_t bucket = begin, from = first; bucket < end; from = ends[bucket++])
            std::sort(&sorted[from], &sorted[0] + ends[bucket], by_key);
        std::copy(&sorted[first], &sorted[0] + ends[end - 1], items.begin() + static_cast<ptrdiff_t>(first));
    });
}

/// Calls visit for the items from begin to end, in an order in which they lie far apart: what one points to
/// is asked for some items before it comes.
template <class T, class Visit>
void visit_far(std::span<const Keyed<T>> items, size_t begin, size_t end, Visit&& visit) {
    constexpr size_t ahead = 8;
    for (size_t i = begin; i < end; ++i) {
        if (i + 2 * ahead < end) __builtin_prefetch(items[i + 2 * ahead].item);
        if (i + ahead < end) {
            const T& next = *items[i + ahead].item;
            if constexpr (std::is_same_v<T, AccountChange>)
                base::prefetch(next.address, 1);
            else
                base::prefetch(next.key, 1);
            base::prefetch(next.before, sizeof *next.before);
            base::prefetch(next.after, sizeof *next.after);
        }
        visit(i, *items[i].item);
    }
}

/// All accounts, ascending by address; notes the ranks of those whose slots changed.
std::pmr::vector<KeyedAccount> order_accounts(std::span<const Changes> parts, base::ThreadPool* pool,
                                              ShortLivedMemory& memory) {
    std::pmr::vector<KeyedAccount> order(memory.get()), with_slots(memory.get());
    size_t count = 0;
    for (const Changes& part : parts) count += part.accounts.size();
    order.reserve(count);
    for (const Changes& part : parts)
        for (const AccountChange& change : part.accounts) {
            order.push_back({change.prefix, &change});
            if (change.rank != nullptr) with_slots.push_back(order.back());
        }
    sort<AccountChange>(order, pool);
    for (const KeyedAccount& account : with_slots) {
        const auto at = std::ranges::lower_bound(
            order, account, [](const KeyedAccount& a, const KeyedAccount& b) { return less(a, b); });
        *account.item->rank = static_cast<uint32_t>(at - order.begin());
    }
    return order;
}

/// The slots of each account of a diff together.
struct GroupedSlots {
    explicit GroupedSlots(ShortLivedMemory& memory) : slots(memory.get()), ends(memory.get()) {}
    std::pmr::vector<KeyedSlot> slots;
    std::pmr::vector<uint32_t> ends;  ///< one past the last slot, by account; empty if there are no slots
    [[nodiscard]] std::span<KeyedSlot> of(size_t account) noexcept {
        if (ends.empty()) return {};
        const size_t first = account == 0 ? 0 : ends[account - 1];
        return std::span(slots).subspan(first, ends[account] - first);
    }
};

GroupedSlots group(std::span<const Changes> parts, size_t accounts, ShortLivedMemory& memory) {
    GroupedSlots out(memory);
    size_t count = 0;
    for (const Changes& part : parts) count += part.slots.size();
    if (count == 0) return out;
    out.ends.resize(accounts + 1);
    for (const Changes& part : parts)
        for (const SlotChange& slot : part.slots) ++out.ends[*slot.rank + 1];
    for (size_t i = 1; i <= accounts; ++i) out.ends[i] += out.ends[i - 1];
    out.slots.resize(count);
    // Afterwards each end is where the next account's slots begin.
    for (const Changes& part : parts)
        for (const SlotChange& slot : part.slots)
            out.slots[out.ends[*slot.rank]++] = {slot.key->limb[3], &slot};
    return out;
}

void fill_slots(AccountDiff& out, std::span<KeyedSlot> slots, bool wiped, base::ThreadPool* pool) {
    sort(slots, pool);
    out.slots = base::unconstructed<SlotDiff>(slots.size());
    base::parallel_for(pool, slots.size(), 2048, [&](size_t begin, size_t end) {
        visit_far<SlotChange>(slots, begin, end, [&](size_t i, const SlotChange& slot) {
            std::construct_at(&out.slots[i], *slot.key, wiped ? uint256{} : *slot.before, *slot.after);
        });
    });
}

void fill_account(AccountDiff& out, const AccountChange& change) {
    out.address = *change.address;
    if (change.before != nullptr) out.before = *change.before;
    if (change.after != nullptr) out.after = *change.after;
    out.storage_wiped = change.wiped && change.before != nullptr;
}

std::vector<CodeDiff> unique_codes(std::span<const Changes> parts) {
    std::vector<const Code*> codes;
    for (const Changes& part : parts) codes.insert(codes.end(), part.codes.begin(), part.codes.end());
    std::ranges::sort(codes, {}, [](const Code* code) { return code->hash(); });
    std::vector<CodeDiff> out;
    for (const Code* code : codes)
        if (out.empty() || out.back().hash != code->hash())
            out.push_back({code->hash(), Bytes(code->bytes().begin(), code->bytes().end())});
    return out;
}

}  // namespace

StateDiff build_diff(std::span<const Changes> parts, base::ThreadPool* pool) {
    ShortLivedMemory memory;
    const std::pmr::vector<KeyedAccount> order = order_accounts(parts, pool, memory);
    GroupedSlots grouped = group(parts, order.size(), memory);

    // So many slots are worth to be shared out by themselves.
    constexpr size_t many = 4096;
    StateDiff diff;
    diff.accounts = base::unconstructed<AccountDiff>(order.size());
    base::parallel_for(pool, order.size(), 1024, [&](size_t begin, size_t end) {
        visit_far<AccountChange>(order, begin, end, [&](size_t i, const AccountChange& change) {
            AccountDiff& out = *std::construct_at(&diff.accounts[i]);
            fill_account(out, change);
            const auto slots = grouped.of(i);
            if (!slots.empty() && slots.size() < many) fill_slots(out, slots, change.wiped, nullptr);
        });
    });
    for (size_t i = 0; i < grouped.ends.size() && i < order.size(); ++i)
        if (grouped.of(i).size() >= many)
            fill_slots(diff.accounts[i], grouped.of(i), order[i].item->wiped, pool);
    diff.codes = unique_codes(parts);
    return diff;
}

}  // namespace weft::state
