// The journal and the engine's location table: what each transaction's accesses cost.
#include <benchmark/benchmark.h>

#include "weft/evm/test_world.hpp"
#include "weft/execution/optimistic/versioned_state.hpp"

namespace {

using namespace weft;
using evm::test::World;

Address address_number(uint64_t i) { return base::to_address(uint256{i * 0x9e3779b97f4a7c15, i, ~i, 0}); }

void account_found(benchmark::State& state) {
    World world;
    world.begin();
    uint64_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(world.journal.account(address_number(i++ % 256)));
}
BENCHMARK(account_found);

void slot_found(benchmark::State& state) {
    World world;
    world.begin();
    auto* const account = world.journal.account(evm::test::contract);
    uint64_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(world.journal.slot(*account, i++ % 256));
}
BENCHMARK(slot_found);

void slot_set_and_reverted(benchmark::State& state) {
    World world;
    world.begin();
    auto* const slot = world.journal.slot(*world.journal.account(evm::test::contract), 1);
    uint64_t i = 0;
    for (auto _ : state) {
        const auto snapshot = world.journal.snapshot();
        for (int n = 0; n < 8; ++n) world.journal.set(*slot, i++);
        world.journal.revert(snapshot);
    }
    state.SetItemsProcessed(8 * state.iterations());
}
BENCHMARK(slot_set_and_reverted);

void balance_moved(benchmark::State& state) {
    World world;
    world.begin();
    auto *const from = world.journal.account(evm::test::sender), *const to =
                                                                     world.journal.account(evm::test::other);
    for (auto _ : state) {
        const auto snapshot = world.journal.snapshot();
        world.journal.debit(*from, 1);
        world.journal.credit(*to, 1);
        world.journal.revert(snapshot);
    }
}
BENCHMARK(balance_moved);

/// A block's locations, met for the first time and again.
void locations_interned(benchmark::State& state) {
    const MemoryState before;
    execution::optimistic::VersionedState versions;
    execution::optimistic::BlockMemory memory;
    const auto count = static_cast<uint64_t>(state.range(0));
    for (auto _ : state) {
        memory.reset();
        versions.begin_block(before, count);
        for (int round = 0; round < 2; ++round)
            for (uint64_t i = 0; i < count; ++i)
                benchmark::DoNotOptimize(versions.locate(address_number(i), memory));
    }
    state.SetItemsProcessed(2 * state.range(0) * state.iterations());
}
BENCHMARK(locations_interned)->Arg(1000);

}  // namespace
