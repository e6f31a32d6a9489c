// Root computation: 10,000 changed accounts and 100,000 changed slots of one storage, on a standing state of
// 1,000,000 accounts, one of which has a storage of 1,000,000 slots. Blocks of such changes one after
// another; the same data as bench/peers (deterministic). Usage:
//   weft_trie_bench [--blocks N] [--threads N] [--accounts N] [--slots N] [--changed-accounts N]
//   [--changed-slots N]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>

#include "weft/base/hex.hpp"
#include "weft/trie/state_trie.hpp"

namespace {

using namespace weft;
using Clock = std::chrono::steady_clock;

struct Sizes {
    uint64_t accounts = 1'000'000;
    uint64_t slots = 1'000'000;
    uint64_t changed_accounts = 10'000;
    uint64_t changed_slots = 100'000;
};

/// splitmix64: the peers have the same.
uint64_t mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

Address address_of(uint64_t i) {
    Address out{};
    for (unsigned k = 0; k < 8; ++k) out[k] = static_cast<uint8_t>(mix(i) >> (8 * k));
    for (unsigned k = 0; k < 8; ++k) out[12 + k] = static_cast<uint8_t>(i >> (8 * k));
    return out;
}

Account account_of(uint64_t i, uint64_t block) {
    return {.nonce = block, .balance = uint256{mix(i * 1000 + block)} * uint256{1'000'000'007}};
}

uint256 value_of(uint64_t i, uint64_t block) { return uint256{mix(i * 1000 + block) | 1}; }

/// The i-th of `count` different numbers below `below`, other ones in each block.
uint64_t pick(uint64_t i, uint64_t count, uint64_t below, uint64_t block) {
    const uint64_t stride = below / count;
    return i * stride + mix(block * 1'000'003 + i) % stride;
}

MemoryState make_state(const Sizes& sizes) {
    MemoryState state;
    state.reserve(sizes.accounts, sizes.slots);
    for (uint64_t i = 0; i < sizes.accounts; ++i) state.set_account(address_of(i), account_of(i, 0));
    for (uint64_t i = 0; i < sizes.slots; ++i) state.set_storage(address_of(0), i, value_of(i, 0));
    return state;
}

/// A block's changes, as executors give them. owner: the account with the large storage, as it is.
StateDiff make_block(const Sizes& sizes, uint64_t number, Account& owner) {
    StateDiff block;
    const auto change = [&](uint64_t i, const Account& after) -> state::AccountDiff& {
        state::AccountDiff& account = block.accounts.emplace_back();
        account.address = address_of(i);
        account.after = after;
        return account;
    };
    for (uint64_t i = 0; i < sizes.changed_accounts; ++i) {
        const uint64_t account = pick(i, sizes.changed_accounts, sizes.accounts, number);
        if (account == 0) owner = account_of(0, number);
        if (account != 0 || sizes.changed_slots == 0) change(account, account_of(account, number));
    }
    if (sizes.changed_slots != 0) {
        state::AccountDiff& account = change(0, owner);
        for (uint64_t i = 0; i < sizes.changed_slots; ++i) {
            const uint64_t slot = pick(i, sizes.changed_slots, sizes.slots, number);
            account.slots.push_back({slot, {}, value_of(slot, number)});
        }
    }
    std::ranges::sort(block.accounts, {}, &state::AccountDiff::address);
    return block;
}

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void measure(const Sizes& sizes, const MemoryState& state, unsigned threads, uint64_t blocks) {
    const auto pool = threads > 1 ? std::make_unique<base::ThreadPool>(threads - 1) : nullptr;
    const auto start = Clock::now();
    StateTrie trie(state, {.pool = pool.get()});
    static_cast<void>(trie.root());
    const double build = milliseconds_since(start);
    const auto built = trie.statistics();
    fmt::print("{} thread{}: {} nodes, {:.1f} MB, {:.1f} bytes a node; built in {:.0f} ms\n", threads,
               threads == 1 ? "" : "s", built.nodes, static_cast<double>(built.bytes) / 1e6,
               static_cast<double>(built.bytes) / static_cast<double>(built.nodes), build);

    std::vector<double> times, commits;
    const std::clock_t cpu_start = std::clock();
    Hash root;
    Account owner = account_of(0, 0);
    for (uint64_t number = 1; number <= blocks; ++number) {
        const StateDiff block = make_block(sizes, number, owner);
        const auto begin = Clock::now();
        trie.commit(block);
        commits.push_back(milliseconds_since(begin));
        root = *trie.root();
        times.push_back(milliseconds_since(begin));
    }
    const auto after = trie.statistics();
    const double cpu =
        1e3 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC / static_cast<double>(blocks);
    std::ranges::sort(times);
    std::ranges::sort(commits);
    const double median = times[times.size() / 2];
    const double hashes = static_cast<double>(after.hashes - built.hashes) / static_cast<double>(blocks);
    const auto keys = static_cast<double>(sizes.changed_accounts + sizes.changed_slots);
    fmt::print(
        "{} thread{}: block best {:.2f} ms, median {:.2f} ms (commit {:.2f}, CPU time {:.2f}); {:.0f} nodes "
        "and {:.0f} keys "
        "hashed "
        "a block, {:.2f} million a second; root {}\n",
        threads, threads == 1 ? "" : "s", times.front(), median, commits[commits.size() / 2], cpu, hashes,
        keys, (hashes + keys) / median / 1e3, to_hex(root));
}

}  // namespace

int main(int argc, char** argv) {
    Sizes sizes;
    uint64_t blocks = 15, threads = 0;
    const std::pair<std::string_view, uint64_t*> options[] = {
        {"--blocks", &blocks},           {"--threads", &threads},
        {"--accounts", &sizes.accounts}, {"--changed-accounts", &sizes.changed_accounts},
        {"--slots", &sizes.slots},       {"--changed-slots", &sizes.changed_slots}};
    for (int i = 1; i + 1 < argc; i += 2)
        for (const auto& [name, value] : options)
            if (name == argv[i]) *value = std::strtoull(argv[i + 1], nullptr, 10);
    const MemoryState state = make_state(sizes);
    for (const unsigned count : {1U, 2U})
        if (threads == 0 || threads == count) measure(sizes, state, count, blocks);
    return 0;
}
