// Slots that are added to and compared, but not looked at, are no conflicts: speculative runs that met
// another value there stand, and the result is the sequential one.
#include "tests/differential/assembler.hpp"
#include "tests/differential/traps.hpp"

namespace weft::differential {
namespace {

using namespace evm;  // the opcodes' names

constexpr uint64_t ether = 1'000'000'000'000'000'000;
constexpr uint64_t senders = 40;
const Address contract = numbered(10);

[[nodiscard]] Address sender(uint64_t number) { return numbered(100 + number); }

/// Each of `senders` calls the contract once, with its number and `word`.
World calls_to(const Assembler& code, const uint256& word, Revision revision = Revision::osaka) {
    World world(revision);
    world.contract(contract, code.code());
    for (uint64_t i = 0; i < senders; ++i) {
        world.account(sender(i), uint256{ether});
        world.call(sender(i), contract, 0, {1000 + i, word});
    }
    return world;
}

/// A credit of the second word to slot 0, with Solidity's check, and a mark in the sender's own slot.
Assembler credit() {
    Assembler code;
    code.argument(1).push(0).op({OP_SLOAD, OP_DUP1, OP_SWAP2, OP_ADD, OP_DUP1, OP_SWAP2, OP_GT});
    code.when([](Assembler& overflow) { overflow.revert(); });
    code.store_at(0);
    return code.push(1).argument(0).op({OP_SSTORE});
}

/// A debit of the second word from slot 0; reverts where there isn't enough.
Assembler debit() {
    Assembler code;
    code.argument(1).push(0).op({OP_SLOAD, OP_DUP2, OP_DUP2, OP_LT});
    code.when([](Assembler& missing) { missing.revert(); });
    code.op({OP_SUB}).store_at(0);
    return code.push(1).argument(0).op({OP_SSTORE});
}

/// Runs it in order and with every first run on the state before the block, so that each segment but the
/// first meets a stale value; expects the same result.
struct Stale {
    execution::ExecutionStatistics statistics;
    After after;
};
Stale run_stale(const World& world, Mode mode) {
    Runs runs;
    mode.stale_first_run = true;
    const Outcome oracle = runs.sequential(world.scenario);
    const Outcome outcome = runs.optimistic(world.scenario, mode);
    EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt) << to_string(mode);
    EXPECT_EQ(inconsistency(world.scenario, outcome), std::nullopt) << to_string(mode);
    Stale out{outcome.statistics, {.result = {}, .state = world.scenario.before}};
    if (outcome.result) {
        out.after.result = *outcome.result;
        out.after.state.apply(outcome.result->diff);
    }
    return out;
}

TEST(Commuting, CreditsAllStand) {
    World world = calls_to(credit(), 5);
    world.scenario.before.set_storage(contract, 0, 100);
    const Stale stale = run_stale(world, {.slots_commute = true});
    EXPECT_EQ(stale.statistics.repaired, 0u);
    EXPECT_EQ(stale.statistics.sums, senders);
    EXPECT_EQ(stale.after.slot(contract, 0), uint256{100 + 5 * senders});
    EXPECT_EQ(stale.after.slot(contract, 1007), uint256{1});
}

TEST(Commuting, AValueThatWasSetIsChangedThoughTheRunMetTheSame) {
    World world(Revision::osaka);
    world.contract(contract, Assembler{}.argument(0).store_at(0).code());
    world.scenario.before.set_storage(contract, 0, 5);
    for (const uint64_t word : {6, 6, 7, 5}) {
        world.account(sender(world.scenario.transactions.size()), uint256{ether});
        world.call(sender(world.scenario.transactions.size()), contract, 0, {word});
    }
    // The second segment meets 5, where 6 is when its turn comes: anything but 7 will do.
    const Stale stale = run_stale(world, {.segment_transactions = 2, .slots_commute = true});
    EXPECT_EQ(stale.statistics.repaired, 0u);
    EXPECT_EQ(stale.after.slot(contract, 0), uint256{5});
}

TEST(Commuting, IsTriedOnceARunWasRefuted) {
    World world = calls_to(credit(), 5);
    world.scenario.before.set_storage(contract, 0, 100);
    const Stale stale = run_stale(world, {});
    EXPECT_EQ(stale.statistics.repaired, 1u);
    EXPECT_EQ(stale.statistics.sums, senders - 2);  // the first run needed no repair
}

TEST(Commuting, IsTriedOnOtherSlotsOfTheStorageOnceSomeDid) {
    // Each of twenty slots is credited twice.
    constexpr uint64_t slots = senders / 2;
    Assembler code;
    const auto slot = [&]() -> Assembler& { return code.push(slots).argument(0).op({OP_MOD}); };
    code.argument(1);
    slot().op({OP_SLOAD, OP_ADD});
    slot().op({OP_SSTORE});
    code.push(1).argument(0).op({OP_SSTORE});
    World world = calls_to(code, 5);
    for (uint64_t i = 0; i < slots; ++i) world.scenario.before.set_storage(contract, i, 100);
    const Stale stale = run_stale(world, {});
    EXPECT_EQ(stale.statistics.repaired, 4u);
    EXPECT_EQ(stale.statistics.sums, slots - 4);
    for (uint64_t i = 0; i < slots; ++i) EXPECT_EQ(stale.after.slot(contract, i), uint256{110});
}

TEST(Commuting, IsGivenUpWhereTheValueIsLookedAt) {
    Assembler code = credit();
    code.push(0).op({OP_SLOAD}).push(0).op({OP_MSTORE}).push(32).push(0).op({OP_LOG0});
    World world = calls_to(code, 5);
    world.scenario.before.set_storage(contract, 0, 100);
    const Stale stale = run_stale(world, {});
    EXPECT_EQ(stale.statistics.sums, 0u);
    EXPECT_EQ(stale.statistics.reexecuted_transactions, senders - 1);
}

TEST(Commuting, EmptySlotIsAConflict) {
    // The first to write pays for the place, the others don't.
    const Stale stale = run_stale(calls_to(credit(), 5), {.slots_commute = true});
    EXPECT_EQ(stale.statistics.reexecuted_transactions, senders - 1);
    EXPECT_EQ(stale.after.slot(contract, 0), uint256{5 * senders});
}

TEST(Commuting, DebitsStandAsLongAsThereIsEnough) {
    World world = calls_to(debit(), 5);
    world.scenario.before.set_storage(contract, 0, 5 * 30 + 3);
    const Stale stale = run_stale(world, {.slots_commute = true});
    EXPECT_EQ(stale.statistics.repaired, senders - 30);
    EXPECT_EQ(stale.after.slot(contract, 0), uint256{3});
    EXPECT_FALSE(stale.after.result.receipts[30].success);
    EXPECT_TRUE(stale.after.result.receipts[29].success);
}

TEST(Commuting, OverflowIsSeen) {
    World world = calls_to(credit(), 5);
    world.scenario.before.set_storage(contract, 0, uint256::max() - uint256{5 * 20 + 1});
    const Stale stale = run_stale(world, {.slots_commute = true});
    EXPECT_EQ(stale.statistics.reexecuted_transactions, senders - 20);
    EXPECT_EQ(stale.after.slot(contract, 0), uint256::max() - 1);
}

TEST(Commuting, ReaderBetweenCreditsSeesTheirSum) {
    // Without call data the contract gives what slot 0 holds, and the observer stores that.
    const Address observer = numbered(11);
    Assembler code;
    code.op({OP_CALLDATASIZE, OP_ISZERO}).when([](Assembler& gives) {
        gives.push(0).op({OP_SLOAD}).push(0).op({OP_MSTORE}).push(32).push(0).op({OP_RETURN});
    });
    code.argument(1).push(0).op({OP_SLOAD, OP_ADD}).store_at(0);
    Assembler asks;
    asks.push(32).push(0).push(0).push(0).push(contract).op({OP_GAS, OP_STATICCALL, OP_POP});
    asks.push(0).op({OP_MLOAD}).store_at(1);
    World world(Revision::osaka);
    world.contract(contract, code.code());
    world.contract(observer, asks.code());
    world.scenario.before.set_storage(contract, 0, 100);
    for (uint64_t i = 0; i < senders; ++i) {
        world.account(sender(i), uint256{ether});
        if (i == 25)
            world.call(sender(i), observer);
        else
            world.call(sender(i), contract, 0, {0, 7});
    }
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(observer, 1), uint256{100 + 25 * 7});
    EXPECT_EQ(after.slot(contract, 0), uint256{100 + (senders - 1) * 7});
    EXPECT_EQ(run_stale(world, {.slots_commute = true}).statistics.repaired, 1u);
}

TEST(Commuting, WipedStorageEndsTheSum) {
    // Without call data it destroys itself.
    Assembler code;
    code.op({OP_CALLDATASIZE, OP_ISZERO}).when([](Assembler& inner) { inner.destroy(numbered(50)); });
    code.argument(1).push(0).op({OP_SLOAD, OP_ADD}).store_at(0);
    World world(Revision::shanghai);
    world.contract(contract, code.code());
    world.scenario.before.set_storage(contract, 0, 100);
    for (uint64_t i = 0; i < senders; ++i) {
        world.account(sender(i), uint256{ether});
        if (i == 20)
            world.call(sender(i), contract);
        else
            world.call(sender(i), contract, 0, {0, 7});
    }
    const After after = succeed_everywhere(world);
    EXPECT_FALSE(after.exists(contract));
    EXPECT_EQ(after.slot(contract, 0), uint256{0});
}

TEST(Commuting, AccessListsHaveTheValues) {
    World world = calls_to(credit(), 5);
    world.scenario.before.set_storage(contract, 0, 100);
    Runs runs;
    execution::ExecutionOptions options;
    options.record_access_list = true;
    const Outcome oracle = runs.sequential(world.scenario, options);
    const Outcome outcome =
        runs.optimistic(world.scenario, {.stale_first_run = true, .slots_commute = true}, options);
    EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt);
    EXPECT_EQ(outcome.statistics.sums, 0u);
}

TEST(Commuting, EveryInterleavingGivesTheSequentialResult) {
    World world = calls_to(credit(), 5);
    world.scenario.before.set_storage(contract, 0, 100);
    for (uint64_t i = 0; i < senders; i += 3) world.scenario.transactions[i].data[63] = 9;
    Runs runs;
    const Outcome oracle = runs.sequential(world.scenario);
    uint64_t sums = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        const Mode mode{.threads = 2 + static_cast<unsigned>(seed % 2),
                        .segment_transactions = 1 + seed % 3,
                        .refuse_percent = seed % 4 == 0 ? 30U : 0U,
                        .interleaving = seed,
                        .seed = seed};
        const Outcome outcome = runs.optimistic(world.scenario, mode);
        ASSERT_EQ(difference(oracle.result, outcome.result), std::nullopt) << to_string(mode);
        ASSERT_EQ(inconsistency(world.scenario, outcome), std::nullopt) << to_string(mode);
        sums += outcome.statistics.sums;
    }
    EXPECT_GT(sums, 100u);
}

}  // namespace
}  // namespace weft::differential
