#include "weft/state/diff_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

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

/// Items on their way into order: those of a bucket come before those of the next, in any order.
/// Addresses and slot numbers are mostly hashes, so by their leading bits alone buckets have about one each.
/// Those of one bucket, all of them in the worst case, are sorted by comparing.
template <class T>
class Buckets {
public:
    /// Room for `count` items. Only here `memory` is asked; it must outlive this.
    Buckets(size_t count, std::pmr::memory_resource* memory)
        : bits_(count <= few ? 0 : std::min(16, static_cast<int>(std::bit_width(count)) - 1)),
          items_(static_cast<Keyed<T>*>(memory->allocate(count * sizeof(Keyed<T>), alignof(Keyed<T>))),
                 count),
          ends_((size_t{1} << bits_) + 1, memory) {}

    /// each(f) calls f(const Keyed<T>&) for the items, the same ones whenever it is called.
    template <class Each>
    void fill(Each&& each) {
        const auto bucket = [shift = 63 - bits_](uint64_t prefix) { return prefix >> 1 >> shift; };
        each([&](const Keyed<T>& item) { ++ends_[bucket(item.prefix) + 1]; });
        for (size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
        // Afterwards each is where the next bucket begins.
        each([&](const Keyed<T>& item) { items_[ends_[bucket(item.prefix)]++] = item; });
        ends_.pop_back();
    }

    [[nodiscard]] size_t size() const noexcept { return items_.size(); }

    /// Calls visit(i, item) for all items in their order, i being the place there: those of a range by one
    /// thread, one after the other. They lie far apart: what one points to is asked for some items before.
    template <class Visit>
    void visit_all(base::ThreadPool* pool, Visit&& visit) {
        // Of few items, too, each thread has some; of many, long ranges, for at an end nothing is asked for.
        const size_t in_a_range = std::clamp<size_t>(items_.size() / 8, 64, 1024);
        const size_t grain = ends_.size() * in_a_range / std::max(items_.size(), in_a_range);
        base::parallel_for(pool, ends_.size(), grain, [&](size_t begin, size_t end) {
            const size_t first = begin == 0 ? 0 : ends_[begin - 1];
            for (size_t from = first; begin < end; from = ends_[begin++]) sort(from, ends_[begin]);
            const size_t last = ends_[end - 1];
            for (size_t i = first; i < last; ++i) {
                ask(i, last);
                visit(i, *items_[i].item);
            }
        });
    }

private:
    static constexpr size_t few = 64;
    void sort(size_t begin, size_t end) {
        if (end - begin < 2) return;
        std::sort(items_.data() + begin, items_.data() + end,
                  [](const Keyed<T>& a, const Keyed<T>& b) { return less(a, b); });
    }
    /// Asks the cache for what will be visited after item i.
    void ask(size_t i, size_t last) const noexcept {
        constexpr size_t ahead = 16;
        if (i + 2 * ahead < last) __builtin_prefetch(items_[i + 2 * ahead].item);
        if (i + ahead >= last) return;
        const T& next = *items_[i + ahead].item;
        if constexpr (std::is_same_v<T, AccountChange>)
            base::prefetch(next.address, 1);
        else
            base::prefetch(next.key, 1);
        base::prefetch(next.before, sizeof *next.before);
        base::prefetch(next.after, sizeof *next.after);
    }

    int bits_;
    std::span<Keyed<T>> items_;        ///< in the memory given
    std::pmr::vector<uint32_t> ends_;  ///< one past the last item, by bucket
};

/// So many slots of an account are worth to be shared out by themselves.
constexpr size_t many_slots = 4096;

/// The slots of each account of a diff together.
class GroupedSlots {
public:
    GroupedSlots(std::span<const Changes> parts, ShortLivedMemory& memory)
        : ends_(memory.get()), large_(memory.get()) {
        size_t accounts = 0, count = 0;
        for (const Changes& part : parts) {
            accounts = std::max(accounts, part.first_number + part.accounts.size());
            count += part.slots.size();
        }
        if (count == 0) return;
        ends_.resize(accounts + 1);
        for (const Changes& part : parts)
            for (const SlotChange& slot : part.slots) ++ends_[*slot.number + 1];
        for (size_t i = 1; i <= accounts; ++i) ends_[i] += ends_[i - 1];
        slots_ = {
            static_cast<KeyedSlot*>(memory.get()->allocate(count * sizeof(KeyedSlot), alignof(KeyedSlot))),
            count};
        // Afterwards each end is where the next account's slots begin.
        for (const Changes& part : parts)
            for (const SlotChange& slot : part.slots) slots_[ends_[*slot.number]++] = {slot.prefix, &slot};
        if (count < many_slots) return;
        for (uint32_t i = 0; i < accounts; ++i)
            if (of(i).size() >= many_slots) large_.push_back({i, order(of(i), memory.get())});
    }

    /// In no order.
    [[nodiscard]] std::span<KeyedSlot> of(uint32_t number) noexcept {
        if (number == AccountChange::none) return {};
        const size_t first = number == 0 ? 0 : ends_[number - 1];
        return slots_.subspan(first, ends_[number] - first);
    }
    static Buckets<SlotChange> order(std::span<const KeyedSlot> slots, std::pmr::memory_resource* memory) {
        Buckets<SlotChange> out(slots.size(), memory);
        out.fill([&](auto&& f) {
            for (const KeyedSlot& slot : slots) f(slot);
        });
        return out;
    }

    /// An account with many slots.
    struct Large {
        uint32_t number;
        Buckets<SlotChange> slots;
        AccountDiff* out = nullptr;
        bool wiped = false;
    };
    [[nodiscard]] std::span<Large> large() noexcept { return large_; }

private:
    std::span<KeyedSlot> slots_;       ///< in the memory given
    std::pmr::vector<uint32_t> ends_;  ///< one past the last slot, by account; empty if there are no slots
    std::pmr::vector<Large> large_;
};

void fill_slots(AccountDiff& out, Buckets<SlotChange>& slots, bool wiped, base::ThreadPool* pool) {
    out.slots = base::unconstructed<SlotDiff>(slots.size());
    slots.visit_all(pool, [&](size_t i, const SlotChange& slot) {
        std::construct_at(&out.slots[i], *slot.key, wiped ? uint256{} : *slot.before, *slot.after);
    });
}

void fill_account(AccountDiff& out, const AccountChange& change, GroupedSlots& grouped) {
    out.address = *change.address;
    if (change.before != nullptr) out.before = *change.before;
    if (change.after != nullptr) out.after = *change.after;
    out.storage_wiped = change.wiped && change.before != nullptr;
    const auto slots = grouped.of(change.number);
    if (slots.empty()) return;
    if (slots.size() < many_slots) {
        ShortLivedMemory memory;
        auto ordered = GroupedSlots::order(slots, memory.get());
        fill_slots(out, ordered, change.wiped, nullptr);
    } else {
        const auto large = std::ranges::find(grouped.large(), change.number, &GroupedSlots::Large::number);
        large->out = &out;
        large->wiped = change.wiped;
    }
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
    size_t count = 0;
    for (const Changes& part : parts) count += part.accounts.size();
    Buckets<AccountChange> accounts(count, memory.get());
    std::optional<GroupedSlots> grouped;
    const auto order = [&](unsigned task) {
        // Only the first task, this thread's, asks for memory.
        if (task == 0) {
            grouped.emplace(parts, memory);
        } else {
            accounts.fill([&](auto&& f) {
                for (const Changes& part : parts)
                    for (const AccountChange& change : part.accounts) f(KeyedAccount{change.prefix, &change});
            });
        }
    };
    constexpr size_t worth_sharing = 2048;
    if (pool != nullptr && count >= worth_sharing) {
        pool->run(2, order);
    } else {
        order(0);
        order(1);
    }

    StateDiff diff;
    diff.accounts = base::unconstructed<AccountDiff>(accounts.size());
    accounts.visit_all(pool, [&](size_t i, const AccountChange& change) {
        fill_account(*std::construct_at(&diff.accounts[i]), change, *grouped);
    });
    for (auto& account : grouped->large()) fill_slots(*account.out, account.slots, account.wiped, pool);
    diff.codes = unique_codes(parts);
    return diff;
}

}  // namespace weft::state
