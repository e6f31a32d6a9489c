// DESIGN's traps that have to do with accounts coming and going: created, destroyed, credited, delegated,
// empty.
#include "tests/differential/assembler.hpp"
#include "tests/differential/traps.hpp"
#include "weft/evm/create_address.hpp"

namespace weft::differential {
namespace {

using namespace evm;  // the opcodes' names

constexpr uint64_t ether = 1'000'000'000'000'000'000;
const Address alice = numbered(1), bob = numbered(2), factory = numbered(10), victim = numbered(11),
              reader = numbered(12);
const Address beneficiary = numbered(50), nobody = numbered(60), target = numbered(61);

std::string name_of_revision(const testing::TestParamInfo<Revision>& info) {
    std::string name(primitives::name_of(info.param));
    std::erase(name, ' ');
    return name;
}

/// Destroys itself if called with a word that isn't zero, else adds 10 to slot 0 and 1 to slot 4.
Bytes destructible() {
    Assembler code;
    code.argument(0).when([](Assembler& inner) { inner.destroy(beneficiary); });
    return code.add_to(0, 10).add_to(4, 1).code();
}

/// Storage[0] is 1 and storage[3] is 5 after the constructor, whatever they were before.
Bytes child_init_code() { return init_code_for(destructible(), Assembler{}.add_to(0, 1).add_to(3, 5)); }

World world_with_factory(Revision revision) {
    World world(revision);
    world.account(alice, uint256{ether});
    world.contract(factory, Assembler{}.create2(child_init_code(), 0, 0).store_at(7).code());
    return world;
}

class DestroyAndCreate2 : public testing::TestWithParam<Revision> {};
INSTANTIATE_TEST_SUITE_P(All, DestroyAndCreate2,
                         testing::Values(Revision::constantinople, Revision::istanbul, Revision::london,
                                         Revision::shanghai, Revision::cancun, Revision::osaka),
                         name_of_revision);

TEST_P(DestroyAndCreate2, OneAddressInOneBlock) {
    const Address child = create2_address(factory, 0, child_init_code());
    World world = world_with_factory(GetParam());
    world.call(alice, factory);
    world.call(alice, child);          // slot 0: 11, slot 4: 1
    world.call(alice, child);          // 21, 2
    world.call(alice, child, 0, {1});  // gone, before Cancun
    world.call(alice, factory);        // 1 and 0 again, or a collision
    world.call(alice, child, 1);       // 11 and 1 again, or 31 and 3
    const After after = succeed_everywhere(world);
    const bool destroys = GetParam() < Revision::cancun;  // EIP-6780
    EXPECT_EQ(after.slot(child, 0), uint256(destroys ? 11 : 31));
    EXPECT_EQ(after.slot(child, 3), uint256{5});
    EXPECT_EQ(after.slot(child, 4), uint256(destroys ? 1 : 3));
    EXPECT_EQ(after.slot(factory, 7), destroys ? base::to_uint256(child) : uint256{});
    EXPECT_EQ(after.account(child).nonce, 1u);
}

TEST_P(DestroyAndCreate2, AnOldContractComesBackWithItsStorageWiped) {
    const Address child = create2_address(factory, 0, child_init_code());
    World world = world_with_factory(GetParam());
    world.contract(child, destructible(), 9);
    world.scenario.before.set_storage(child, 0, 100);
    world.scenario.before.set_storage(child, 5, 7);
    world.call(alice, child, 0, {1});
    world.call(alice, factory);
    world.call(alice, child);
    const After after = succeed_everywhere(world);
    const state::AccountDiff* diff = after.diff(child);
    ASSERT_NE(diff, nullptr);
    const bool destroys = GetParam() < Revision::cancun;
    EXPECT_EQ(diff->storage_wiped, destroys);
    using Slots = base::FillableVector<state::SlotDiff>;
    const Slots slots = destroys ? Slots{{0, 0, 11}, {3, 0, 5}, {4, 0, 1}} : Slots{{0, 100, 110}, {4, 0, 1}};
    EXPECT_EQ(diff->slots, slots);
    EXPECT_EQ(after.slot(child, 5), uint256(destroys ? 0 : 7));
    EXPECT_EQ(after.balance(beneficiary), uint256{9});
}

TEST(Traps, DestroyedAndRecreatedInEveryTransactionOfTheBlock) {
    const Address child = create2_address(factory, 0, child_init_code());
    World world = world_with_factory(Revision::shanghai);
    for (int i = 0; i < 8; ++i) {
        world.call(alice, factory);
        world.call(alice, child);
        world.call(alice, child, 0, {1});
    }
    const After after = succeed_everywhere(world);
    EXPECT_FALSE(after.exists(child));
    EXPECT_EQ(after.diff(child), nullptr);
    for (const Receipt& receipt : after.result.receipts) EXPECT_TRUE(receipt.success);
}

TEST(Traps, DestroyThenCredit) {
    World world(Revision::shanghai);
    world.account(alice, uint256{ether});
    world.contract(victim, destructible(), 5);
    world.scenario.before.set_storage(victim, 0, 4);
    world.call(alice, victim, 0, {1});
    world.call(alice, victim, 3);  // an account without code by now
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.account(victim), (Account{.nonce = 0, .balance = 3}));
    EXPECT_EQ(after.balance(beneficiary), uint256{5});
    ASSERT_NE(after.diff(victim), nullptr);
    EXPECT_TRUE(after.diff(victim)->storage_wiped);
    EXPECT_EQ(after.result.receipts[1].gas_used, 21000u);
}

TEST(Traps, CreditInTheTransactionThatDestroysIsBurnt) {
    World world(Revision::shanghai);
    world.account(alice, uint256{ether});
    world.contract(victim, Assembler{}.destroy(beneficiary).code(), 5);
    world.contract(factory, Assembler{}.call(victim, 0).op({OP_POP}).call(nobody, 1).op({OP_POP}).code(),
                   100);
    Assembler both;
    both.call(victim, 0).op({OP_POP}).call(victim, 2).op({OP_POP});
    world.contract(reader, both.code(), 100);
    world.call(alice, reader);
    const After after = succeed_everywhere(world);
    // The second call runs the code again, which hands on the 2 as well.
    EXPECT_EQ(after.balance(beneficiary), uint256{7});
    EXPECT_EQ(after.balance(reader), uint256{98});
    EXPECT_FALSE(after.exists(victim));
}

TEST(Traps, Eip6780DestroysOnlyWhatTheTransactionMade) {
    World world(Revision::cancun);
    world.account(alice, uint256{ether});
    world.contract(victim, destructible(), 5);
    world.call(alice, victim, 0, {1});
    const Bytes ends_itself = Assembler{}.add_to(0, 1).destroy(beneficiary).code();
    world.create(alice, ends_itself, 8);
    world.call(alice, create_address(alice, 1), 6);
    const After after = succeed_everywhere(world);
    EXPECT_NE(after.account(victim).code_hash, crypto::empty_code_hash);
    EXPECT_EQ(after.balance(victim), uint256{0});
    EXPECT_EQ(after.balance(beneficiary), uint256{13});
    EXPECT_EQ(after.account(create_address(alice, 1)), (Account{.nonce = 0, .balance = 6}));
}

TEST(Traps, Eip7702RedelegationReadByLaterTransactions) {
    World world(Revision::prague);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    world.contract(factory, Assembler{}.add_to(0, 1).code());
    world.contract(victim, Assembler{}.add_to(0, 100).code());
    world.delegate(alice, bob, factory, 0);
    world.call(alice, bob);
    world.delegate(alice, bob, victim, 1);
    world.call(alice, bob);
    world.delegate(alice, bob, Address{}, 2);
    world.call(alice, bob);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(bob, 0), uint256{101});
    EXPECT_EQ(after.account(bob).nonce, 3u);
    EXPECT_EQ(after.account(bob).code_hash, crypto::empty_code_hash);
    EXPECT_EQ(after.result.receipts[5].gas_used, 21000u);
}

TEST(Traps, Eip7702StaleAuthorizationIsPassedOver) {
    World world(Revision::prague);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    world.contract(factory, Assembler{}.add_to(0, 1).code());
    world.call(bob, nobody, 1);  // bob's nonce is 1 now
    world.delegate(alice, bob, factory, 0);
    world.call(alice, bob);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(bob, 0), uint256{0});
    EXPECT_EQ(after.account(bob).code_hash, crypto::empty_code_hash);
}

TEST(Traps, Eip7702RefundForAnAuthorityThatExistsOnlySinceThisBlock) {
    const auto gas_of_delegation = [](uint64_t credit) {
        World world(Revision::prague);
        world.account(alice, uint256{ether});
        world.account(bob, uint256{ether});
        world.call(bob, nobody, credit);
        world.delegate(alice, nobody, factory, 0);
        return succeed_everywhere(world).result.receipts.at(1).gas_used;
    };
    EXPECT_EQ(gas_of_delegation(0), 46000u);
    EXPECT_EQ(gas_of_delegation(1), 46000u - 46000 / 5);  // 12,500 back, but at most a fifth (EIP-3529)
}

class TouchOfAnEmptyAccount : public testing::TestWithParam<Revision> {
protected:
    static bool removes() { return GetParam() >= Revision::spurious_dragon; }
};
INSTANTIATE_TEST_SUITE_P(All, TouchOfAnEmptyAccount,
                         testing::Values(Revision::frontier, Revision::homestead, Revision::tangerine_whistle,
                                         Revision::spurious_dragon, Revision::istanbul, Revision::osaka),
                         name_of_revision);

TEST_P(TouchOfAnEmptyAccount, Eip158) {
    World world(GetParam());
    world.account(alice, uint256{ether});
    world.scenario.before.set_account(target, {});
    world.call(alice, target);
    world.call(alice, nobody);
    world.call(alice, numbered(70), 1);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.exists(target), !removes());
    EXPECT_EQ(after.exists(nobody), !removes());
    EXPECT_EQ(after.diff(target) != nullptr, removes());
}

TEST_P(TouchOfAnEmptyAccount, Eip158OfTheFeeRecipient) {
    for (const bool existed : {false, true}) {
        World world(GetParam());
        const Address coinbase = world.scenario.env.context.coinbase;
        world.account(alice, uint256{ether});
        if (existed) world.scenario.before.set_account(coinbase, {});
        world.call(alice, nobody, 1);  // for nothing: the fee is zero
        world.call(alice, nobody, 1);
        EXPECT_EQ(succeed_everywhere(world).exists(coinbase), !removes()) << existed;
        world.price = 2;
        world.call(alice, nobody, 1);
        EXPECT_EQ(succeed_everywhere(world).balance(coinbase), uint256{42000}) << existed;
    }
}

TEST(Traps, Eip158TouchedThenCreditedThenTouched) {
    World world(Revision::byzantium);
    world.account(alice, uint256{ether});
    world.scenario.before.set_account(target, {});
    world.call(alice, target);
    world.call(alice, target, 1);
    world.call(alice, target);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.account(target), (Account{.balance = 1}));
    ASSERT_NE(after.diff(target), nullptr);
    EXPECT_TRUE(after.diff(target)->before.has_value());
}

/// RIPEMD-160's precompile stays touched by a call that fails, unless it is the transaction's
/// (execution-specs, spurious_dragon, incorporate_child_on_error and process_message_call).
TEST(Traps, Eip158Ripemd160StaysTouchedByACallThatFails) {
    const Address ripemd160 = base::to_address(uint256{3}), middle = base::to_address(uint256{0x3333});
    for (const bool whole : {false, true}) {
        World world(Revision::byzantium);
        world.account(alice, uint256{ether});
        world.scenario.before.set_account(ripemd160, {});
        world.contract(middle, Assembler{}.call(ripemd160, 0).op({OP_POP}).revert().code());
        Assembler top;
        top.call(middle, 0).op({OP_POP});
        if (whole) top.revert();
        world.contract(factory, top.code());
        world.call(alice, factory);
        const After after = succeed_everywhere(world);
        EXPECT_EQ(after.result.receipts[0].success, !whole);
        EXPECT_EQ(after.exists(ripemd160), whole);
    }
}

/// What `reads` leaves on the stack in transaction 1, when transaction 0 has sent `credit` to `nobody`.
uint256 seen_after_credit(uint64_t credit, Revision revision, const Assembler& reads, uint64_t fee = 0) {
    World world(revision);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    Assembler code = reads;
    world.contract(reader, code.store_at(0).code(), 10);
    world.price = fee;
    world.call(bob, nobody, credit);
    world.call(alice, reader);
    return succeed_everywhere(world).slot(reader, 0);
}

TEST(Traps, ExistenceByExtcodehashOfAnAccountKnownOnlyByDeltas) {
    Assembler code;
    code.push(nobody).op({OP_EXTCODEHASH});
    for (const Revision revision : {Revision::constantinople, Revision::osaka}) {
        EXPECT_EQ(seen_after_credit(0, revision, code), uint256{0});
        EXPECT_EQ(seen_after_credit(1, revision, code), base::to_uint256(crypto::empty_code_hash));
    }
}

TEST(Traps, ExistenceByExtcodehashOfTheFeeRecipient) {
    Assembler code;
    code.op({OP_COINBASE, OP_EXTCODEHASH});
    EXPECT_EQ(seen_after_credit(1, Revision::osaka, code, 0), uint256{0});
    EXPECT_EQ(seen_after_credit(1, Revision::osaka, code, 1), base::to_uint256(crypto::empty_code_hash));
}

TEST(Traps, ExistenceByNewAccountGasOfCall) {
    Assembler code;
    code.op({OP_GAS}).call(nobody, 1, 0).op({OP_POP, OP_GAS, OP_SWAP1, OP_SUB});
    for (const Revision revision : {Revision::spurious_dragon, Revision::berlin, Revision::osaka})
        EXPECT_EQ(seen_after_credit(0, revision, code) - seen_after_credit(1, revision, code),
                  uint256{25000});
    // Before EIP-158 a call of no value brings it into being.
    EXPECT_EQ(seen_after_credit(0, Revision::homestead, code),
              seen_after_credit(1, Revision::homestead, code));
}

TEST(Traps, ExistenceByNewAccountGasOfSelfdestruct) {
    for (const Revision revision : {Revision::spurious_dragon, Revision::istanbul, Revision::osaka}) {
        const auto gas_used = [&](uint64_t credit) {
            World world(revision);
            world.account(alice, uint256{ether});
            world.account(bob, uint256{ether});
            world.contract(victim, Assembler{}.destroy(nobody).code(), 5);
            world.contract(factory, Assembler{}
                                        .op({OP_GAS})
                                        .call(victim, 0)
                                        .op({OP_POP, OP_GAS, OP_SWAP1, OP_SUB})
                                        .store_at(0)
                                        .code());
            world.call(bob, nobody, credit);
            world.call(alice, factory);
            const After after = succeed_everywhere(world);
            EXPECT_EQ(after.balance(nobody), uint256{5 + credit});
            return after.slot(factory, 0);
        };
        EXPECT_EQ(gas_used(0) - gas_used(1), uint256{25000});
    }
}

TEST(Traps, ExistenceOfAContractThatTheBlockHasDestroyed) {
    // What SELFDESTRUCT costs depends on whether its beneficiary is empty, which it asks without asking for
    // the code.
    for (const Revision revision : {Revision::spurious_dragon, Revision::london, Revision::shanghai}) {
        const auto gas_used = [&](bool destroys) {
            World world(revision);
            world.account(alice, uint256{ether});
            world.account(bob, uint256{ether});
            world.contract(victim, destructible());
            world.contract(factory, Assembler{}.destroy(victim).code(), 5);
            world.call(bob, victim, 0, {destroys ? 1 : 0});
            world.call(alice, factory);
            const After after = succeed_everywhere(world);
            EXPECT_EQ(after.balance(victim), uint256{5});
            return after.result.receipts.at(1).gas_used;
        };
        // Before EIP-3529 SELFDESTRUCT brings 24,000 back, but at most half of the gas used: 51,003 or
        // 26,003.
        const uint64_t more = gas_used(true) - gas_used(false);
        EXPECT_EQ(more, revision >= Revision::london ? 25000u : (51003u - 24000u) - (26003u - 13001u))
            << primitives::name_of(revision);
    }
}

TEST(Traps, BalanceAndCodeSizeOfAnAccountKnownOnlyByDeltas) {
    EXPECT_EQ(seen_after_credit(77, Revision::osaka, Assembler{}.push(nobody).op({OP_BALANCE})), uint256{77});
    EXPECT_EQ(seen_after_credit(77, Revision::osaka, Assembler{}.push(nobody).op({OP_EXTCODESIZE})),
              uint256{0});
}

TEST(Traps, LazyBalanceOfAnAccountThatBecomesAContract) {
    World world(Revision::osaka);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    const Address born = create_address(alice, 0);
    Assembler constructor, runtime;
    constructor.op({OP_SELFBALANCE}).store_at(0);
    runtime.op({OP_SELFBALANCE}).store_at(1);
    world.call(bob, born, 30);
    world.create(alice, init_code_for(runtime.code(), constructor), 5);
    world.call(bob, born, 100);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(born, 0), uint256{35});
    EXPECT_EQ(after.slot(born, 1), uint256{135});
    EXPECT_EQ(after.balance(born), uint256{135});
    EXPECT_EQ(after.account(born).nonce, 1u);
}

TEST(Traps, Eip7610StorageWithoutCodeOrNonceIsACollision) {
    const Address child = create2_address(factory, 0, child_init_code());
    World world = world_with_factory(Revision::osaka);
    world.scenario.before.set_account(child, {.balance = 1});
    world.scenario.before.set_storage(child, 9, 1);
    world.call(alice, child, 2);
    world.call(alice, factory);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(factory, 7), uint256{0});
    EXPECT_EQ(after.account(child), (Account{.balance = 3}));
}

TEST(Traps, Eip7610StorageWipedEarlierInTheBlockIsNone) {
    const Address child = create2_address(factory, 0, child_init_code());
    World world = world_with_factory(Revision::shanghai);
    world.contract(child, destructible());
    world.scenario.before.set_storage(child, 9, 1);
    world.call(alice, child, 0, {1});
    world.call(alice, child, 2);  // an account with a balance, without code
    world.call(alice, factory);
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(factory, 7), base::to_uint256(child));
    EXPECT_EQ(after.account(child).balance, uint256{2});
    EXPECT_EQ(after.slot(child, 9), uint256{0});
}

}  // namespace
}  // namespace weft::differential
