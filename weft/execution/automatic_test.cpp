// Which executor AutomaticExecutor chooses: a run in order leaves no segments in the statistics.
#include <gtest/gtest.h>

#include "weft/base/hex.hpp"
#include "weft/execution/cost_estimate.hpp"
#include "weft/execution/executor.hpp"
#include "weft/execution/optimistic/engine.hpp"
#include "weft/execution/waiting_reader.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;

constexpr Address to = "0x00000000000000000000000000000000000000aa"_address;

Address account(uint64_t number) {
    Address address = to;
    address[0] = static_cast<uint8_t>(number);
    address[1] = static_cast<uint8_t>(number >> 8U);
    return address;
}

/// Payments, each of which may use as much gas, though none uses more than a payment does.
struct Payouts {
    Payouts(uint64_t count, uint64_t gas_limit) {
        for (uint64_t i = 0; i < count; ++i) {
            state.set_account(account(i), {.balance = 1'000'000'000});
            Transaction tx;
            tx.sender = account(i);
            tx.to = account(i + 1);
            tx.gas_limit = gas_limit;
            tx.value = 5;
            transactions.push_back(std::move(tx));
        }
        env.context.gas_limit = 200'000'000;
        env.context.chain_id = 1;
        env.revision = Revision::prague;  // from Amsterdam on an access list is made
        env.system_calls = false;
    }
    /// The statistics of a run on two threads, where the header says this. The result is that in order.
    ExecutionStatistics run(uint64_t gas_used) {
        env.gas_used = gas_used;
        ExecutionContext sequential({.executor = ExecutorKind::sequential}), automatic({.threads = 2});
        const auto result = execute(env, transactions, state, automatic);
        EXPECT_TRUE(result);
        EXPECT_EQ(result, execute(env, transactions, state, sequential));
        return automatic.statistics();
    }

    MemoryState state;
    std::vector<Transaction> transactions;
    BlockEnv env;
};

constexpr uint64_t few = 400;    // not by owner of account
constexpr uint64_t many = 2000;  // by owner of account

TEST(Automatic, GasThatTheHeaderSaysNobodyUsedIsNoWork) {
    Payouts payouts(few, 210'000);
    // Calls of nothing, with limits that promise a lot.
    for (size_t i = 0; i < 4; ++i) {
        payouts.transactions[i].gas_limit = 6'500'000;
        payouts.transactions[i].data = {1};
    }
    EXPECT_EQ(payouts.run(few * transfer_gas + 4 * 40).segments, 0U);
    EXPECT_EQ(payouts.run(few * transfer_gas + 400'000).segments, 0U);
}

TEST(Automatic, GasThatTheHeaderSaysWasUsedIsWork) {
    Payouts payouts(few, 210'000);
    EXPECT_GT(payouts.run(few * transfer_gas + 5'000'000).segments, 0U);
}

TEST(Automatic, NoMoreIsExpectedThanTheLimitsPromise) {
    Payouts payouts(few, transfer_gas);
    EXPECT_EQ(payouts.run(few * transfer_gas + 5'000'000).segments, 0U);
}

TEST(Automatic, WithoutAHeaderTheLimitsAreBelieved) {
    Payouts payouts(few, 210'000);
    EXPECT_GT(payouts.run(0).segments, 0U);
    EXPECT_GT(payouts.run(few * transfer_gas - 1).segments, 0U);
}

TEST(Automatic, ManyPaymentsGoByOwnerOfAccount) {
    EXPECT_EQ(Payouts(many, transfer_gas).run(many * transfer_gas).by_owner, many);
    // With more gas than they need they may go to contracts; so they don't, and are nothing to share out.
    const ExecutionStatistics in_order = Payouts(many, 50'000).run(many * transfer_gas);
    EXPECT_EQ(in_order.by_owner, 0U);
    EXPECT_EQ(in_order.segments, 0U);
}

/// One context's segments in some blocks one after the other, before which runs of `conflicting` transactions
/// of it were refuted again and again.
std::vector<uint64_t> segments_after_conflicts(const Payouts& block, size_t conflicting,
                                               const StateReader& reader) {
    ExecutionContext context({.threads = 2});
    auto& conflicts = context.memory<optimistic::Engine::Memory>().conflicts;
    for (size_t i = 0; i < conflicting; ++i)
        for (int run = 0; run < 16; ++run)
            conflicts.refuted(optimistic::traits_of(block.transactions[i], conflicts.hasher()));
    std::vector<uint64_t> out;
    for (int i = 0; i < 6; ++i) {
        EXPECT_TRUE(execute(block.env, block.transactions, reader, context));
        out.push_back(std::min<uint64_t>(context.statistics().segments, 1));
    }
    return out;
}

TEST(Automatic, WhatWasAChainRunsInOrderForSomeBlocks) {
    const Payouts block(few, 210'000);
    using Blocks = std::vector<uint64_t>;
    EXPECT_EQ(segments_after_conflicts(block, 0, block.state), (Blocks{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(segments_after_conflicts(block, few * 4 / 5, block.state), (Blocks{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(segments_after_conflicts(block, few, block.state), (Blocks{0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(segments_after_conflicts(block, few, WaitingReader(block.state)), (Blocks{1, 1, 1, 1, 1, 1}));
}

TEST(Automatic, AHeaderTellsTheGasItsBlockUsed) {
    Block block;
    block.header.gas_used = 123'456;
    EXPECT_EQ(make_block_env(block, primitives::mainnet()).gas_used, 123'456U);
}

}  // namespace
}  // namespace weft::execution
