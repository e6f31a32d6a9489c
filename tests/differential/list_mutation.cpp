#include "tests/differential/list_mutation.hpp"

#include <algorithm>

namespace weft::differential {
namespace {

using primitives::AccountChanges;
using primitives::BlockAccessIndex;

/// Adds, drops, moves or changes an entry of a list of changes by index.
template <class Changes, class Alter>
void mutate_changes(Changes& changes, Random& random, Alter&& alter) {
    const uint64_t kind = random.below(3);
    if (changes.empty() || kind == 0) {
        const auto index = static_cast<BlockAccessIndex>(random.below(12));
        using Change = typename Changes::value_type;
        const auto at = std::ranges::lower_bound(changes, index, {}, &Change::index);
        if (at != changes.end() && at->index == index) return alter(*at);
        Change change;
        change.index = index;
        alter(change);
        changes.insert(at, change);
    } else if (kind == 1) {
        changes.erase(changes.begin() + static_cast<std::ptrdiff_t>(random.below(changes.size())));
    } else {
        alter(changes[random.below(changes.size())]);
    }
}

void add_read(AccountChanges& account, const uint256& slot) {
    const auto is_changed = [&](const auto& change) { return change.slot == slot; };
    if (std::ranges::any_of(account.storage_changes, is_changed)) return;
    const auto at = std::ranges::lower_bound(account.storage_reads, slot,
                                             [](const uint256& a, const uint256& b) { return a < b; });
    if (at == account.storage_reads.end() || *at != slot) account.storage_reads.insert(at, slot);
}

void mutate_storage(AccountChanges& account, Random& random) {
    auto& changes = account.storage_changes;
    auto& reads = account.storage_reads;
    switch (random.below(4)) {
        case 0:
            if (!changes.empty()) changes[random.below(changes.size())].value += random.below(3) + 1;
            break;
        case 1: {
            if (changes.empty()) break;
            const uint256 slot = random.pick(changes).slot;
            std::erase_if(changes, [&](const auto& change) { return change.slot == slot; });
            add_read(account, slot);
            break;
        }
        case 2:
            if (!reads.empty())
                reads.erase(reads.begin() + static_cast<std::ptrdiff_t>(random.below(reads.size())));
            break;
        default:
            add_read(account, random.below(8));
    }
}

void mutate_once(BlockAccessList& list, Random& random) {
    if (list.empty() || random.chance(10)) {
        AccountChanges account;
        account.address = base::to_address(uint256{random.below(1 << 20)});
        const auto at = std::ranges::lower_bound(list, account.address, {}, &AccountChanges::address);
        if (at == list.end() || at->address != account.address) list.insert(at, account);
        return;
    }
    const size_t at = random.below(list.size());
    AccountChanges& account = list[at];
    switch (random.below(8)) {
        case 0:
            list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
            break;
        case 1:
        case 2:
            mutate_changes(account.balance_changes, random,
                           [&](auto& change) { change.balance += random.below(1000) + 1; });
            break;
        case 3:
            mutate_changes(account.nonce_changes, random,
                           [&](auto& change) { change.nonce += random.below(3) + 1; });
            break;
        case 4:
            mutate_changes(account.code_changes, random, [&](auto& change) {
                change.code.push_back(static_cast<uint8_t>(random.below(256)));
            });
            break;
        default:
            mutate_storage(account, random);
    }
}

BlockAccessIndex any_step(Random& random) {
    const BlockAccessIndex at_the_ends[] = {0, 1U << 31, ~BlockAccessIndex{0}};
    return random.chance(30) ? random.pick(at_the_ends) : static_cast<BlockAccessIndex>(random.below(14));
}

uint256 any_value(Random& random) {
    const uint256 at_the_ends[] = {{}, (uint256{1} << 254) - 1, uint256{1} << 254, uint256::max()};
    return random.chance(50) ? random.pick(at_the_ends) : uint256{random.below(1'000'000)};
}

void disorder_once(BlockAccessList& list, Random& random) {
    if (list.empty()) list.emplace_back();
    AccountChanges& account = list[random.below(list.size())];
    switch (random.below(7)) {
        case 0: {
            AccountChanges again = account;
            list.push_back(std::move(again));
            break;
        }
        case 1:
            std::swap(account, list[random.below(list.size())]);
            break;
        case 2:
            account.balance_changes.push_back({any_step(random), any_value(random)});
            break;
        case 3:
            account.nonce_changes.push_back(
                {any_step(random), random.chance(50) ? ~uint64_t{0} : random.below(4)});
            break;
        case 4:
            account.code_changes.push_back(
                {any_step(random), Bytes(random.below(60), static_cast<uint8_t>(random.below(256)))});
            break;
        case 5:
            account.storage_changes.push_back({random.below(6), any_step(random), any_value(random)});
            break;
        default:
            account.storage_reads.insert(account.storage_reads.begin(), random.below(8));
    }
}

}  // namespace

void disorder(BlockAccessList& list, Random& random) {
    for (uint64_t i = 1 + random.below(8); i > 0; --i) disorder_once(list, random);
}

void mutate(BlockAccessList& list, Random& random) {
    const BlockAccessList before = list;
    while (list == before) mutate_once(list, random);
}

}  // namespace weft::differential
