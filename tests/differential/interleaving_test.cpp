#include "tests/differential/interleaving.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/differential/assembler.hpp"
#include "tests/differential/traps.hpp"
#include "weft/execution/waiting_reader.hpp"

namespace weft::differential {
namespace {

/// One optimistic run; who took the steps.
std::vector<uint8_t> trace_of(const Scenario& scenario, unsigned threads, uint64_t seed,
                              const std::shared_ptr<base::ThreadPool>& pool,
                              execution::ExecutionStatistics& statistics,
                              execution::Speculation speculation = {}) {
    SeededInterleaving interleaving(seed);
    execution::ContextOptions options{
        .executor = execution::ExecutorKind::optimistic, .threads = threads, .pool = pool};
    options.speculation = speculation;
    options.speculation.segment_transactions = 1;
    options.speculation.interleaving = &interleaving;
    execution::ExecutionContext context(options);
    static_cast<void>(execution::execute<>(scenario.env, scenario.transactions, scenario.before, context,
                                           {.on_invalid = execution::OnInvalid::skip}));
    statistics = context.statistics();
    return interleaving.trace();
}

TEST(Interleaving, EqualSeedsGiveEqualRuns) {
    const auto pool = std::make_shared<base::ThreadPool>(3U);
    std::set<std::vector<uint8_t>> traces;
    for (uint64_t scenario_seed = 0; scenario_seed < 10; ++scenario_seed) {
        const Scenario scenario = make_random_scenario(scenario_seed);
        for (uint64_t seed = 0; seed < 4; ++seed) {
            execution::ExecutionStatistics first, second;
            const auto trace = trace_of(scenario, 3, seed, pool, first);
            EXPECT_EQ(trace, trace_of(scenario, 3, seed, pool, second)) << scenario_seed << ", " << seed;
            EXPECT_EQ(first.speculative, second.speculative);
            EXPECT_EQ(first.repaired, second.repaired);
            traces.insert(trace);
        }
    }
    EXPECT_GT(traces.size(), 20u);  // and different seeds different ones
}

/// One transaction again and again; all but the first are left out.
Scenario many_transactions(size_t count) {
    Scenario scenario = make_random_scenario(1);
    const Transaction pattern = scenario.transactions.front();
    scenario.transactions.assign(count, pattern);
    return scenario;
}

TEST(Interleaving, WhatMayTakeLongBeginsBeforeItsTurn) {
    const auto pool = std::make_shared<base::ThreadPool>(1U);
    execution::ExecutionStatistics statistics;
    static_cast<void>(trace_of(many_transactions(50), 2, 1, pool, statistics, {.early_percent = 20}));
    EXPECT_GT(statistics.early, 0u);
    EXPECT_LT(statistics.early, 25u);
    EXPECT_EQ(statistics.speculative + statistics.head + statistics.repaired, statistics.segments);
}

/// How many runs of a chain of transactions were refuted, each of which squares what the one before it left.
size_t refuted_of_a_chain(const StateReader& before, const World& world,
                          const std::shared_ptr<base::ThreadPool>& pool) {
    SeededInterleaving interleaving(1);
    execution::ContextOptions options{
        .executor = execution::ExecutorKind::optimistic, .threads = 2, .pool = pool};
    options.speculation = {.segment_transactions = 1, .interleaving = &interleaving};
    execution::ExecutionContext context(options);
    EXPECT_TRUE(execution::execute<>(world.scenario.env, world.scenario.transactions, before, context));
    return context.statistics().repaired + context.statistics().rerun;
}

TEST(Interleaving, WhatAlwaysConflictsIsLeftToTheCursorUnlessReadsWait) {
    using namespace evm;
    World world(Revision::osaka);
    const Address contract = numbered(10);
    Assembler square;
    square.push(0).op({OP_SLOAD, OP_DUP1, OP_MUL}).store_at(0);
    world.contract(contract, square.code());
    world.scenario.before.set_storage(contract, 0, 3);
    for (uint64_t i = 0; i < 200; ++i) {
        world.account(numbered(100 + i), uint256{1'000'000'000'000'000'000});
        world.call(numbered(100 + i), contract);
    }
    const auto pool = std::make_shared<base::ThreadPool>(1U);
    const size_t in_memory = refuted_of_a_chain(world.scenario.before, world, pool);
    const size_t waiting = refuted_of_a_chain(execution::WaitingReader(world.scenario.before), world, pool);
    EXPECT_GE(in_memory, 8u);
    EXPECT_LT(in_memory, 30u);
    EXPECT_GT(waiting, 60u);
}

TEST(Interleaving, WithoutThreadsTheCallerTakesEveryWorkersPart) {
    const auto pool = std::make_shared<base::ThreadPool>(0U);
    execution::ExecutionStatistics statistics;
    const auto trace = trace_of(make_random_scenario(3), 2, 1, pool, statistics);
    EXPECT_FALSE(trace.empty());
}

}  // namespace
}  // namespace weft::differential
