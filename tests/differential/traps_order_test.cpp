// DESIGN's traps that have to do with order: who pays whom first, what the whole prefix decides, values that
// come back.
#include "tests/differential/assembler.hpp"
#include "tests/differential/traps.hpp"

namespace weft::differential {
namespace {

using namespace evm;  // the opcodes' names
using execution::OnInvalid;
using execution::Reason;
using execution::Skipped;

constexpr uint64_t ether = 1'000'000'000'000'000'000;
const Address alice = numbered(1), bob = numbered(2), carol = numbered(3), poor = numbered(4),
              contract = numbered(10);
const Address nobody = numbered(60);

World world_of_two(Revision revision = Revision::osaka) {
    World world(revision);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    return world;
}

TEST(Traps, SenderFundedInTheBlock) {
    World world = world_of_two();
    world.price = 1;
    world.call(alice, poor, 21000 + 5);
    world.call(poor, nobody, 5).gas_limit = 21000;
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.balance(nobody), uint256{5});
    EXPECT_EQ(after.account(poor), (Account{.nonce = 1, .balance = 0}));
}

TEST(Traps, SenderFundedAfterItsTransaction) {
    World world = world_of_two();
    world.price = 1;
    world.call(alice, poor, 21000 + 4);
    world.call(poor, nobody, 5).gas_limit = 21000;
    world.call(alice, poor, 1);
    expect_invalid_everywhere(world, 1, Reason::insufficient_balance);
    const After after = succeed_everywhere(world, OnInvalid::skip);
    EXPECT_EQ(after.result.skipped, (std::vector<Skipped>{{1, Reason::insufficient_balance}}));
    EXPECT_EQ(after.balance(poor), uint256{21005});
}

TEST(Traps, ChainOfSendersEachFundedByTheOneBefore) {
    World world = world_of_two();
    world.price = 1;
    constexpr uint64_t length = 20;
    Address from = alice;
    for (uint64_t i = 0; i < length; ++i) {
        const Address to = numbered(100 + i);
        world.call(from, to, uint256{21000} * (length - i)).gas_limit = 21000;
        from = to;
    }
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.balance(from), uint256{21000});
    EXPECT_EQ(after.balance(numbered(100)), uint256{0});
    EXPECT_EQ(after.result.receipts.size(), length);
}

TEST(Traps, FeeRecipientSendsMostTransactions) {
    World world = world_of_two();
    const Address coinbase = world.scenario.env.context.coinbase;
    world.account(coinbase, 1'000'000);
    world.scenario.env.context.base_fee = 1;
    world.price = 2;
    for (uint64_t i = 0; i < 40; ++i) {
        if (i == 7 || i == 30) {
            world.call(alice, nobody, 1);
        } else {
            world.call(coinbase, numbered(100 + i), 10).gas_limit = 21000;
        }
    }
    const After after = succeed_everywhere(world);
    // Its own priority fees come back to it; what is left of them is what alice pays.
    EXPECT_EQ(after.balance(coinbase), uint256{1'000'000 - 38 * (21000 + 10) + 2 * 2 * 21000});
    EXPECT_EQ(after.account(coinbase).nonce, 38u);
}

TEST(Traps, FeeRecipientSpendsTheFeesOfTheBlock) {
    World world = world_of_two();
    const Address coinbase = world.scenario.env.context.coinbase;
    world.price = 3;
    world.call(alice, nobody, 1);  // 63,000 for the fee recipient
    world.price = 1;
    world.call(coinbase, nobody, 42000).gas_limit = 21000;
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.balance(coinbase), uint256{21000});
    world.scenario.transactions.back().value = 42001;
    expect_invalid_everywhere(world, 1, Reason::insufficient_balance);
}

TEST(Traps, FeeRecipientIsAContractThatReadsItsBalance) {
    World world = world_of_two();
    const Address coinbase = world.scenario.env.context.coinbase;
    world.contract(coinbase, Assembler{}.op({OP_SELFBALANCE}).argument(0).op({OP_SSTORE}).code(), 7);
    world.price = 1;
    world.call(alice, nobody, 1);
    world.call(bob, coinbase, 2, {0});
    world.call(alice, nobody, 1);
    world.call(bob, coinbase, 2, {1});
    const After after = succeed_everywhere(world);
    const auto& receipts = after.result.receipts;
    EXPECT_EQ(after.slot(coinbase, 0), uint256{7 + 2 + 21000});
    EXPECT_EQ(after.slot(coinbase, 1), uint256{7 + 2 + 2 + 2 * 21000 + receipts[1].gas_used});
    EXPECT_EQ(after.balance(coinbase), uint256{7 + 4 + after.result.gas_used});
}

TEST(Traps, FeeRecipientIsAPrecompile) {
    World world = world_of_two();
    const Address identity = base::to_address(uint256{4});
    world.scenario.env.context.coinbase = identity;
    world.price = 1;
    world.contract(contract, Assembler{}.push(identity).op({OP_BALANCE}).store_at(0).code());
    world.call(alice, identity, 5);
    world.call(bob, contract);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(contract, 0), uint256{5 + 21015});
    EXPECT_EQ(after.balance(identity), uint256{5 + after.result.gas_used});
}

TEST(Traps, StaticFaultInTransaction7DoesNotOutrankADynamicOneIn3) {
    World world = world_of_two();
    for (int i = 0; i < 10; ++i) world.call(i % 2 == 0 ? alice : bob, nobody, 1);
    world.scenario.transactions[3].value = uint256{ether} * 2;
    world.scenario.transactions[7].gas_limit = 20999;
    expect_invalid_everywhere(world, 3, Reason::insufficient_balance);
    world.scenario.transactions[3].value = 1;
    expect_invalid_everywhere(world, 7, Reason::intrinsic_gas_too_low);
}

TEST(Traps, SegmentWithAnInvalidTransactionCommitsItsPrefix) {
    World world = world_of_two();
    for (int i = 0; i < 9; ++i) world.call(i % 2 == 0 ? alice : bob, numbered(100 + i % 3), 1);
    world.scenario.transactions[4].gas_limit = 20999;  // alice's third: those after it have the wrong nonce
    const After after = succeed_everywhere(world, OnInvalid::skip);
    EXPECT_EQ(after.result.skipped, (std::vector<Skipped>{{4, Reason::intrinsic_gas_too_low},
                                                          {6, Reason::nonce_too_high},
                                                          {8, Reason::nonce_too_high}}));
    EXPECT_EQ(after.result.receipts.size(), 6u);
    EXPECT_EQ(after.account(alice).nonce, 2u);
    EXPECT_EQ(after.account(bob).nonce, 4u);
}

TEST(Traps, GasLimitOfTheBlockCountsWhatWasUsed) {
    World world = world_of_two();
    world.scenario.env.context.gas_limit = 100'000;
    for (int i = 0; i < 5; ++i) world.call(i % 2 == 0 ? alice : bob, nobody, 1).gas_limit = 50'000;
    world.scenario.transactions[4].gas_limit = 37'000;
    world.scenario.transactions[4].sender = carol;
    world.scenario.transactions[4].nonce = 0;
    world.account(carol, 1000);
    expect_invalid_everywhere(world, 3, Reason::gas_limit_reached);  // 63,000 are used
    const After after = succeed_everywhere(world, OnInvalid::skip);
    EXPECT_EQ(after.result.skipped, (std::vector<Skipped>{{3, Reason::gas_limit_reached}}));
    EXPECT_EQ(after.result.gas_used, 84'000u);
}

TEST(Traps, BlobGasLimitOfTheBlock) {
    World world = world_of_two();
    for (const size_t blobs : {4, 4, 2, 1}) {
        Transaction& tx = world.call(blobs == 2 ? bob : alice, nobody);
        tx.type = TxType::blob;
        tx.chain_id = 1;
        tx.max_fee_per_blob_gas = 1;
        tx.blob_versioned_hashes.assign(blobs, Hash{{{1}}});
    }
    expect_invalid_everywhere(world, 2, Reason::blob_gas_limit_reached);
    const After after = succeed_everywhere(world, OnInvalid::skip);
    EXPECT_EQ(after.result.skipped, (std::vector<Skipped>{{2, Reason::blob_gas_limit_reached}}));
    EXPECT_EQ(after.result.blob_gas_used, 9 * execution::gas_per_blob);
}

TEST(Traps, BlocksWhereEveryTransactionIsInvalidEnd) {
    World world = world_of_two();
    for (int i = 0; i < 100; ++i) world.call(i % 2 == 0 ? alice : bob, nobody, 1).nonce += 1 + i % 3;
    expect_invalid_everywhere(world, 0, Reason::nonce_too_high);
    const After after = succeed_everywhere(world, OnInvalid::skip);
    EXPECT_EQ(after.result.receipts.size() + after.result.skipped.size(), 100u);
    EXPECT_TRUE(after.result.receipts.empty());
    EXPECT_TRUE(after.result.diff.accounts.empty());
}

TEST(Traps, LastTransactionIsInvalid) {
    World world = world_of_two();
    for (int i = 0; i < 30; ++i) world.call(i % 2 == 0 ? alice : bob, numbered(100 + i), 1);
    world.scenario.transactions.back().nonce = 3;
    expect_invalid_everywhere(world, 29, Reason::nonce_too_low);
}

TEST(Traps, AbaOfASlot) {
    World world = world_of_two();
    world.account(carol, uint256{ether});
    // Word 1 to the slot that word 0 names; then what it was is added to slot 8.
    Assembler code;
    code.argument(0).op({OP_SLOAD}).push(8).op({OP_SLOAD, OP_ADD}).store_at(8);
    code.argument(1).argument(0).op({OP_SSTORE});
    world.contract(contract, code.code());
    world.scenario.before.set_storage(contract, 0, 1);
    world.call(alice, contract, 0, {0, 2});
    world.call(bob, contract, 0, {0, 1});
    world.call(carol, contract, 0, {0, 1});
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(contract, 8), uint256{1 + 2 + 1});
    ASSERT_NE(after.diff(contract), nullptr);
    EXPECT_EQ(after.diff(contract)->slots, (base::FillableVector<state::SlotDiff>{{8, 0, 4}}));
}

TEST(Traps, AbaOfABalanceAndOfCode) {
    World world = world_of_two(Revision::prague);
    world.account(carol, uint256{ether});
    Assembler code;
    code.push(bob)
        .op({OP_BALANCE})
        .argument(0)
        .op({OP_SSTORE})
        .push(bob)
        .op({OP_EXTCODEHASH})
        .argument(1)
        .op({OP_SSTORE});
    world.contract(contract, code.code());
    world.call(alice, contract, 0, {0, 10});
    world.delegate(alice, bob, contract, 0);
    world.call(carol, bob, 50, {20, 21});
    world.call(carol, contract, 0, {1, 11});
    world.nonces[bob] = 1;
    world.call(bob, carol, 50);
    world.delegate(alice, bob, Address{}, 2);
    world.call(carol, contract, 0, {2, 12});
    const After after = succeed_everywhere(world);
    const uint256 none = base::to_uint256(crypto::empty_code_hash);
    EXPECT_EQ(after.slot(contract, 0), uint256{ether});
    EXPECT_EQ(after.slot(contract, 1), uint256{ether + 50});
    EXPECT_EQ(after.slot(contract, 2), uint256{ether});
    EXPECT_EQ(after.slot(contract, 10), none);
    EXPECT_NE(after.slot(contract, 11), none);
    EXPECT_EQ(after.slot(contract, 12), none);
    EXPECT_EQ(after.slot(bob, 20), uint256{ether + 50});
}

TEST(Traps, CumulativeGasAndStatusInReceipts) {
    for (const Revision revision : {Revision::frontier, Revision::byzantium, Revision::osaka}) {
        World world = world_of_two(revision);
        world.contract(contract, Assembler{}.op({OP_INVALID}).code());
        world.call(alice, nobody, 1);
        world.call(bob, contract).gas_limit = 50'000;
        world.call(alice, nobody, 1);
        const After after = succeed_everywhere(world);
        ASSERT_EQ(after.result.receipts.size(), 3u);
        EXPECT_EQ(after.result.receipts[0].cumulative_gas_used, 21'000u);
        EXPECT_EQ(after.result.receipts[1].cumulative_gas_used, 71'000u);
        EXPECT_EQ(after.result.receipts[2].cumulative_gas_used, 92'000u);
        EXPECT_FALSE(after.result.receipts[1].success);
        EXPECT_TRUE(after.result.receipts[2].success);
    }
}

TEST(Traps, LongTransactionAtTheHead) {
    World world = world_of_two();
    Assembler code;
    code.repeat(20'000, [](Assembler& inner) { inner.push(1).op({OP_POP}); }).add_to(0, 1);
    world.contract(contract, code.code());
    world.call(alice, contract);
    for (uint64_t i = 0; i < 200; ++i) world.call(bob, numbered(100 + i), 1);
    world.call(alice, contract);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(contract, 0), uint256{2});
    EXPECT_EQ(after.account(bob).nonce, 200u);
    EXPECT_GT(after.result.receipts[0].gas_used, 400'000u);
}

TEST(Traps, OneCounterThatEveryTransactionIncrements) {
    World world = world_of_two();
    world.contract(contract, Assembler{}.add_to(0, 1).code());
    for (int i = 0; i < 60; ++i) world.call(i % 3 == 0 ? alice : bob, contract);
    EXPECT_EQ(succeed_everywhere(world).slot(contract, 0), uint256{60});
}

TEST(Traps, BalancesNearTwoToThe256) {
    World world = world_of_two();
    world.account(carol, uint256::max() - uint256{5});
    world.account(poor, 100);
    world.contract(contract, Assembler{}.push(poor).op({OP_BALANCE}).store_at(0).code());
    world.call(carol, poor, uint256::max() - uint256{50});  // wraps: 49 are left of 100
    world.call(poor, nobody, 60);
    world.call(alice, contract);
    expect_invalid_everywhere(world, 1, Reason::insufficient_balance);
    world.scenario.transactions[1].value = 49;
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.balance(poor), uint256{0});
    EXPECT_EQ(after.balance(nobody), uint256{49});
}

}  // namespace
}  // namespace weft::differential
