// The root after a few changes on a standing trie.
#include <benchmark/benchmark.h>

#include "weft/trie/state_trie.hpp"

namespace {

using namespace weft;

Address address_number(uint64_t i) { return base::to_address(uint256{i * 0x9e3779b97f4a7c15, i, ~i, 0}); }

/// state.range(0) accounts of 100,000 change.
void trie_update(benchmark::State& state) {
    constexpr uint64_t all = 100'000;
    MemoryState before;
    for (uint64_t i = 0; i < all; ++i) before.set_account(address_number(i), {.nonce = i, .balance = i});
    StateTrie trie(before);
    const auto changed = static_cast<uint64_t>(state.range(0));
    std::vector<state::CommittedAccount> changes(changed);
    uint64_t round = 0;
    for (auto _ : state) {
        ++round;
        for (uint64_t i = 0; i < changed; ++i)
            changes[i] = {address_number(i * (all / changed)), Account{.nonce = round, .balance = i}};
        trie.commit(changes, {});
        benchmark::DoNotOptimize(trie.root());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(trie_update)->Arg(1)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
