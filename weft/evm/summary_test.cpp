// A summary must say of every call for which its conditions hold what the machine does, and hold for none
// that goes another way.
#include <gtest/gtest.h>

#include <algorithm>

#include "weft/evm/test_summary.hpp"

namespace weft::evm::test {
namespace {

// ---- Storage

class StorageCharges : public testing::TestWithParam<Revision> {};

/// Two SSTOREs to one slot, of whatever was, is and becomes there.
TEST_P(StorageCharges, AreTheMachines) {
    SummaryWorld world(GetParam());
    world.deploy(contract, Code()
                               .add(argument(0))
                               .push(7)
                               .op(OP_SSTORE)
                               .add(argument(1))
                               .push(7)
                               .op(OP_SSTORE)
                               .push(8)
                               .op(OP_SLOAD)
                               .push(1)
                               .op(OP_ADD)
                               .push(8)
                               .op(OP_SSTORE));
    const auto summary = world.summary_of(sender, words({1, 2}));
    ASSERT_TRUE(summary.has_value());
    ASSERT_EQ(summary->places().size(), 2u);
    for (uint64_t original = 0; original < 3; ++original)
        for (uint64_t first = 0; first < 4; ++first)
            for (uint64_t second = 0; second < 4; ++second) {
                world.state.set_storage(contract, 7, original);
                const Bytes input = words({first, second});
                const auto told = said(world, *summary, sender, input);
                ASSERT_TRUE(told.has_value());
                EXPECT_EQ(told, real(world, sender, input));
            }
    EXPECT_EQ(summary->places()[1].charge, storage_charge(rules_of(GetParam()), 0, 0, 1));
}

INSTANTIATE_TEST_SUITE_P(Revisions, StorageCharges, testing::ValuesIn(revisions));

Code slot_of(uint64_t key) { return Code().push(key).op(OP_SLOAD); }

/// balance[caller] -= argument 1; balance[argument 0] += argument 1
Code moving() {
    return mapping(Code().op(OP_CALLER), 1)
        .op(OP_DUP1)
        .op(OP_SLOAD)
        .add(argument(1))
        .op(OP_SWAP1)
        .op(OP_SUB)
        .op(OP_SWAP1)
        .op(OP_SSTORE)
        .add(mapping(argument(0), 1))
        .op(OP_DUP1)
        .op(OP_SLOAD)
        .add(argument(1))
        .op(OP_ADD)
        .op(OP_SWAP1)
        .op(OP_SSTORE);
}

TEST(SummaryPlaces, AreToldApartOrAreOne) {
    SummaryWorld world;
    world.deploy(contract, moving());
    world.state.set_storage(contract, 0, 100);
    const uint256 self = base::to_uint256(sender), another = base::to_uint256(third);
    const Bytes to_self = words({self, 5}), to_other = words({another, 5});
    const auto apart = world.summary_of(sender, to_other), one = world.summary_of(sender, to_self);
    ASSERT_TRUE(apart && one);
    EXPECT_EQ(apart->places().size(), 2u);
    EXPECT_EQ(one->places().size(), 1u);
    EXPECT_EQ(said(world, *apart, sender, to_other), real(world, sender, to_other));
    EXPECT_EQ(said(world, *one, sender, to_self), real(world, sender, to_self));
    EXPECT_EQ(said(world, *one, third, to_other), real(world, third, to_other));
    EXPECT_EQ(said(world, *apart, third, to_self), real(world, third, to_self));
    EXPECT_FALSE(said(world, *apart, sender, to_self).has_value());
    EXPECT_FALSE(said(world, *apart, third, to_other).has_value());
    EXPECT_FALSE(said(world, *one, sender, to_other).has_value());
}

TEST(SummaryPlaces, ReadOnlyOnesStay) {
    SummaryWorld world;
    world.deploy(contract, Code().push(1).op(OP_SLOAD).op(OP_POP).push(5).push(2).op(OP_SSTORE));
    const auto summary = world.summary_of(sender, {});
    ASSERT_TRUE(summary.has_value());
    ASSERT_EQ(summary->places().size(), 2u);
    EXPECT_FALSE(summary->places()[0].stored);
    EXPECT_TRUE(summary->places()[1].stored);
    uint256 value = 77;
    StorageCharge charge{1, 1};
    EXPECT_TRUE(summary->apply(0, nullptr, value, charge));
    EXPECT_EQ(value, uint256{77});
    EXPECT_EQ(charge, StorageCharge{});
}

// ---- Ends

class SummaryEndings : public testing::TestWithParam<Revision> {};

/// What was stored costs what it did, and comes to nothing.
TEST_P(SummaryEndings, UndoWhatWasDone) {
    using Ending = Summary::Ending;
    SummaryWorld world(GetParam());
    const auto ends_with = [&](const Code& end, Ending ending) {
        const Code does = argument(0).push(7).op(OP_SSTORE).push(0).push(0).op(OP_LOG0);
        world.deploy(contract, Code().add(does).add(argument(1)).push(7).op(OP_SSTORE).add(end));
        world.state.set_storage(contract, 7, 5);
        const auto summary = world.summary_of(sender, words({0, 2}));
        ASSERT_TRUE(summary.has_value());
        EXPECT_EQ(summary->ending(), ending);
        EXPECT_TRUE(summary->logs().empty());
        EXPECT_FALSE(summary->places()[0].stored);
        for (uint64_t original = 0; original < 3; ++original)
            for (uint64_t i = 0; i < 9; ++i) {
                world.state.set_storage(contract, 7, original);
                const Bytes input = words({i / 3, i % 3});
                const auto told = said(world, *summary, third, input);
                ASSERT_TRUE(told.has_value());
                EXPECT_EQ(told, real(world, third, input));
                EXPECT_EQ(told->slots.at(7), uint256{original});
            }
    };
    if (GetParam() >= Revision::byzantium)
        ends_with(Code().push(0x1234).push(7).op(OP_MSTORE).call(OP_REVERT, {3, 99}), Ending::revert);
    ends_with({OP_INVALID}, Ending::failure);
    ends_with(Code().raw("0c"), Ending::failure);
    ends_with(Code().call(OP_JUMP, {0}), Ending::failure);
    ends_with(Code().call(OP_JUMPI, {3, 1}), Ending::failure);
}

INSTANTIATE_TEST_SUITE_P(Revisions, SummaryEndings, testing::ValuesIn(revisions));

// ---- Slots together

/// balance[argument 0] += argument 1 - argument 1 * slot 1 / 100, if the caller's own limit isn't below slot
/// 2 nor this below what is kept back
Code taking_fees() {
    const auto fee = argument(1).push(1).op(OP_SLOAD).op(OP_MUL).push(100).op(OP_SWAP1).op(OP_DIV);
    Code out;
    out.add(mapping(Code().op(OP_CALLER), 9))
        .op(OP_SLOAD)
        .push(2)
        .op(OP_SLOAD)
        .op(OP_GT)
        .push(0)
        .op(OP_JUMPI);
    out.add(fee).push(2).op(OP_SLOAD).op(OP_LT).push(0).op(OP_JUMPI);
    return out.add(fee)
        .add(argument(1))
        .op(OP_SUB)
        .add(mapping(argument(0), 1))
        .op(OP_DUP1)
        .op(OP_SLOAD)
        .op(OP_DUP3)
        .op(OP_ADD)
        .op(OP_SWAP1)
        .op(OP_SSTORE)
        .push(64)
        .op(OP_MSTORE)
        .push(1)
        .op(OP_SLOAD)
        .push(32)
        .push(64)
        .op(OP_LOG1);
}

TEST(SummaryPins, AreOnWhatAllCallsShare) {
    SummaryWorld world;
    world.deploy(contract, taking_fees());
    const auto limit_of = [](const Address& who) {
        uint8_t words[64];
        base::store_be(words, base::to_uint256(who));
        base::store_be(words + 32, 9);
        return base::to_uint256(crypto::keccak256({words, 64}));
    };
    for (const uint64_t rate : {0, 3}) {
        world.state.set_storage(contract, 1, rate);
        world.state.set_storage(contract, 2, 500);
        world.state.set_storage(contract, limit_of(sender), 600);
        world.state.set_storage(contract, limit_of(third), 501);
        const Bytes first = words({0xb0b, 2000}), second = words({0xca401, 1000});
        const auto summary = world.summary_of(sender, first);
        ASSERT_TRUE(summary.has_value());
        ASSERT_EQ(summary->places().size(), 4u);
        for (const Summary::Place& place : summary->places())
            EXPECT_EQ(place.pinned, &place == &summary->places()[1] || &place == &summary->places()[2]);
        for (const Address& from : {sender, third}) {
            ASSERT_TRUE(said(world, *summary, from, second).has_value());
            EXPECT_EQ(said(world, *summary, from, second), real(world, from, second));
        }
        world.state.set_storage(contract, limit_of(third), 499);
        EXPECT_FALSE(said(world, *summary, third, second).has_value());
        for (const uint64_t pinned : {1, 2}) {
            const uint256 before = world.stored(pinned);
            world.state.set_storage(contract, pinned, before + 1);
            EXPECT_FALSE(said(world, *summary, sender, second).has_value());
            world.state.set_storage(contract, pinned, before);
        }
    }
}

/// Keys and topics may be of a pinned slot; and of one that a condition says is the caller.
TEST(SummaryPins, MakeKeysAndLogs) {
    SummaryWorld world;
    Code code = mapping(slot_of(0), 5).op(OP_DUP1).op(OP_SLOAD).push(1).op(OP_ADD).op(OP_SWAP1).op(OP_SSTORE);
    code.add(slot_of(0)).push(0).push(0).op(OP_LOG1);
    const Code both = code, log = Code().add(slot_of(0)).push(0).push(0).op(OP_LOG1),
               key = Code().push(1).add(mapping(slot_of(0), 5)).op(OP_SSTORE);
    for (const Code& one : {both, log, key}) {
        world.deploy(contract, one);
        world.state.set_storage(contract, 0, 77);
        const auto summary = world.summary_of(sender, {});
        ASSERT_TRUE(summary.has_value());
        EXPECT_TRUE(summary->places()[0].pinned);
        EXPECT_EQ(said(world, *summary, third, {}), real(world, third, {}));
        world.state.set_storage(contract, 0, 78);
        EXPECT_FALSE(said(world, *summary, third, {}).has_value());
    }
}

/// Of a thing that has an owner: its slot is at the thing's number, and each is another's.
TEST(SummaryConditions, SayWhatASlotHolds) {
    SummaryWorld world;
    const Code owner = argument(0).op(OP_SLOAD).push((uint256{1} << 160) - 1).op(OP_AND);
    Code code = Code().add(owner).op(OP_CALLER).op(OP_SUB).push(0).op(OP_JUMPI);
    code.add(owner).push(32).op(OP_MSTORE).push(64).push(0).op(OP_KECCAK256);  // a key of the owner
    code.op(OP_DUP1).op(OP_SLOAD).push(1).op(OP_ADD).op(OP_SWAP1).op(OP_SSTORE);
    code.add(argument(1))
        .add(owner)
        .push(0)
        .push(0)
        .op(OP_LOG2)
        .add(argument(1))
        .add(argument(0))
        .op(OP_SSTORE);
    world.deploy(contract, code);
    const uint256 high = uint256{7} << 160;
    world.state.set_storage(contract, 1000, base::to_uint256(sender));
    world.state.set_storage(contract, 1001, base::to_uint256(third) + high);
    const auto summary = world.summary_of(sender, words({1000, 3}));
    ASSERT_TRUE(summary.has_value());
    for (const Summary::Place& place : summary->places()) EXPECT_FALSE(place.pinned);
    const Bytes input = words({1001, 4});
    ASSERT_TRUE(said(world, *summary, third, input).has_value());
    EXPECT_EQ(said(world, *summary, third, input), real(world, third, input));
    EXPECT_FALSE(said(world, *summary, sender, input).has_value());
}

// ---- Calls

TEST(SummaryValues, AreOfTheSummaryAskedForLast) {
    SummaryWorld world;
    const auto summary_of = [&](uint64_t constant) {
        world.deploy(contract, argument(0).push(constant).op(OP_ADD).push(0).op(OP_SSTORE));
        return world.summary_of(sender, words({1}));
    };
    SummaryValues values;
    for (uint64_t constant = 1; constant < 20; ++constant) {
        const auto summary = summary_of(constant);  // mostly where the one before was
        ASSERT_TRUE(summary.has_value());
        // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): that is the point
        const Summary copy = *summary;
        const Bytes input = words({1000});
        const SummaryValues::Call call{sender, input};
        for (const Summary* one : {&*summary, &copy}) {
            ASSERT_EQ(values.evaluate(*one, {&call, 1}), 1u);
            EXPECT_EQ(values.value(one->places()[0].needs.at(0), 0), uint256{1000 + constant});
        }
    }
}

TEST(SummaryValues, InputOfAnotherSizeIsRefused) {
    SummaryWorld world;
    world.deploy(contract, argument(0).push(0).op(OP_SSTORE));
    for (const size_t size : {1u, 31u, 32u, 33u}) {
        const Bytes input(size, 0xab);
        const auto summary = world.summary_of(sender, input);
        ASSERT_TRUE(summary.has_value());
        EXPECT_EQ(summary->input_size(), size);
        EXPECT_EQ(said(world, *summary, sender, input), real(world, sender, input));
        EXPECT_FALSE(said(world, *summary, sender, Bytes(size - 1, 0xab)).has_value());
        EXPECT_FALSE(said(world, *summary, sender, Bytes(size + 1, 0xab)).has_value());
    }
}

/// A condition that says what a word is makes others of the same word needless, not itself.
TEST(SummaryConditions, HoldThoughOthersImplyThem) {
    SummaryWorld world;
    Code code;
    const auto skip_if = [&](const Code& condition) {
        const size_t after = code.size() + condition.size() + 6;
        code.add(condition)
            .op(OP_PUSH2)
            .op(static_cast<Opcode>(after >> 8))
            .op(static_cast<Opcode>(after & 0xff))
            .op(OP_JUMPI)
            .op(OP_PC)
            .op(OP_POP)
            .op(OP_JUMPDEST);
    };
    skip_if(argument(0).push(100).op(OP_LT));
    skip_if(argument(0).push(7).op(OP_EQ));
    skip_if(argument(0).push(42).op(OP_EQ));
    skip_if(argument(1).op(OP_ISZERO));
    skip_if(argument(1).add(argument(0)).op(OP_SUB));
    skip_if(Code().push(0).op(OP_SLOAD).push(9).op(OP_EQ));
    skip_if(Code().push(0).op(OP_SLOAD).push(8).op(OP_EQ));
    world.deploy(contract, code);
    std::vector<uint256> some{0, 7, 8, 9, 42, 43, 100, 101, uint256::max()};
    for (const uint256& a : some)
        for (const uint256& b : some) {
            const uint256 slot = some[(a.limb[0] + b.limb[0]) % some.size()];
            world.state.set_storage(contract, 0, slot);
            Way way;
            ASSERT_TRUE(world.real(sender, words({a, b}), way).has_value());
            const auto summary = world.summary_of(sender, words({a, b}));
            ASSERT_TRUE(summary.has_value());
            for (const uint256& c : some)
                for (const uint256& d : some) {
                    world.state.set_storage(contract, 0, some[(c.limb[0] * 3 + d.limb[0]) % some.size()]);
                    Way other_way;
                    const auto now = world.real(sender, words({c, d}), other_way);
                    const auto told = said(world, *summary, sender, words({c, d}));
                    ASSERT_EQ(told.has_value(), way == other_way);
                    if (told) ASSERT_EQ(told, now);
                }
        }
}

/// Whatever lies beside it or was there before.
TEST(SummaryMemory, HoldsWhatWasWrittenLast) {
    SummaryWorld world;
    Code code = argument(0).push(8).op(OP_MSTORE).add(argument(1)).push(4).op(OP_MSTORE);
    code.add(argument(0)).push(96).op(OP_MSTORE8).push(70).push(3).push(100).op(OP_CALLDATACOPY);
    code.push(4).op(OP_MLOAD).push(0).op(OP_SSTORE);    // the second word
    code.push(107).op(OP_MLOAD).push(1).op(OP_SSTORE);  // from the middle of the input
    code.push(138).op(OP_MLOAD).push(2).op(OP_SSTORE);  // up to what was copied of it, beyond its end
    code.push(170).op(OP_MLOAD).push(3).op(OP_SSTORE);  // and beyond that
    world.deploy(contract, code);
    const auto summary = world.summary_of(sender, words({1, 2}));
    ASSERT_TRUE(summary.has_value());
    Random random(6);
    for (int i = 0; i < 20; ++i) {
        const Bytes input = words({pick_word(random), pick_word(random)});
        const auto told = said(world, *summary, sender, input);
        ASSERT_TRUE(told.has_value());
        EXPECT_EQ(told, real(world, sender, input));
    }
}

TEST(SummaryMemory, HoldsWholeWords) {
    SummaryWorld world;
    Code code = argument(0).push(0x25).op(OP_MSTORE).add(argument(1)).push(0x45).op(OP_MSTORE);
    code.push(32).push(33).push(0x65).op(OP_CALLDATACOPY);  // beyond the input from its 31st byte on
    code.push(32).push(1).push(0x85).op(OP_CODECOPY);       //
    code.push(0x45).op(OP_MLOAD).push(0xa5).op(OP_MSTORE);  // a copy of a word
    code.push(4 * 32).push(0x25).op(OP_KECCAK256).push(0x105).op(OP_MSTORE);
    code.push(8 * 32).push(0x25).op(OP_LOG0).push(0).push(0).op(OP_RETURN);
    world.deploy(contract, code);
    const auto summary = world.summary_of(sender, words({1, 2}));
    ASSERT_TRUE(summary.has_value());
    Random random(5);
    for (int i = 0; i < 20; ++i) {
        const Bytes input = words({pick_word(random), pick_word(random)});
        const auto told = said(world, *summary, sender, input);
        ASSERT_TRUE(told.has_value());
        EXPECT_EQ(told, real(world, sender, input));
    }
}

/// Each revision asks for the machine's surroundings by other opcodes; they are the same for all calls.
TEST(SummaryConstants, AreTheBlocks) {
    SummaryWorld world;
    Code code;
    uint64_t slot = 0;
    for (const Opcode opcode : {OP_ADDRESS, OP_CALLVALUE, OP_CALLDATASIZE, OP_CODESIZE, OP_RETURNDATASIZE,
                                OP_COINBASE, OP_TIMESTAMP, OP_NUMBER, OP_PREVRANDAO, OP_GASLIMIT, OP_CHAINID,
                                OP_BASEFEE, OP_BLOBBASEFEE, OP_PC, OP_MSIZE})
        code.op(opcode).push(slot++).op(OP_SSTORE);
    code.push(2).push(100).op(OP_EXP).push(slot).op(OP_SSTORE);
    world.deploy(contract, code);
    const auto summary = world.summary_of(sender, words({1}));
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(said(world, *summary, third, words({2})), real(world, third, words({2})));
}

// ---- What no summary can say

struct Unsayable {
    const char* name;
    Code code;
};
class SummaryRefusal : public testing::TestWithParam<Unsayable> {};

TEST_P(SummaryRefusal, IsNoSummary) {
    SummaryWorld world;
    world.deploy(contract, GetParam().code);
    world.state.set_storage(contract, base::to_uint256(sender), 77);
    world.state.set_storage(contract, 0, 9);
    // That it isn't for another reason.
    if (std::string_view(GetParam().name).starts_with("Fails"))
        EXPECT_FALSE(real(world, sender, words({32, 1})).has_value());
    else
        EXPECT_TRUE(real(world, sender, words({32, 1})).has_value());
    EXPECT_FALSE(world.summary_of(sender, words({32, 1})).has_value());
}

Code changed(uint64_t key) {
    return Code().push(key).op(OP_SLOAD).push(1).op(OP_ADD).push(key).op(OP_SSTORE);
}
Code many_writes(uint64_t count) {
    Code out;
    for (uint64_t i = 0; i < count; ++i) out.push(i).push(i % 4 * 32).op(OP_MSTORE);
    return out;
}
Code many_places(uint64_t count) {
    Code out;
    for (uint64_t i = 0; i < count; ++i) out.add(slot_of(i)).op(OP_POP);
    return out;
}
Code many_logs(uint64_t count) {
    Code out;
    for (uint64_t i = 0; i < count; ++i) out.push(0).push(0).op(OP_LOG0);
    return out;
}
/// A chain of sums, each of the one before and a constant, of a slot or an input's word.
Code many_sums(Code first, uint64_t count) {
    for (uint64_t i = 1; i <= count; ++i) first.push(i).op(OP_XOR).add(argument(1)).op(OP_ADD);
    return first.push(0).op(OP_SSTORE);
}

INSTANTIATE_TEST_SUITE_P(
    All, SummaryRefusal,
    testing::Values(
        Unsayable{"Call", Code().call(OP_CALL, {50'000, 0x1234, 0, 0, 0, 0, 0})},
        Unsayable{"Staticcall", Code().call(OP_STATICCALL, {50'000, 4, 0, 0, 0, 0})},
        Unsayable{"Create", Code().call(OP_CREATE, {0, 0, 0})},
        Unsayable{"Selfdestruct", Code().call(OP_SELFDESTRUCT, {1})},
        Unsayable{"Balance", Code().call(OP_BALANCE, {1})}, Unsayable{"Selfbalance", {OP_SELFBALANCE}},
        Unsayable{"Extcodesize", Code().call(OP_EXTCODESIZE, {1})},
        Unsayable{"Blockhash", Code().call(OP_BLOCKHASH, {1})},
        Unsayable{"Gas", Code().op(OP_GAS).push(0).op(OP_SSTORE)},
        Unsayable{"GasCompared", Code().op(OP_GAS).push(5).op(OP_LT).push(7).op(OP_JUMPI).op(OP_JUMPDEST)},
        Unsayable{"Gasprice", {OP_GASPRICE}}, Unsayable{"Blobhash", Code().call(OP_BLOBHASH, {0})},
        Unsayable{"Tload", Code().call(OP_TLOAD, {1})}, Unsayable{"Tstore", Code().call(OP_TSTORE, {1, 2})},
        Unsayable{"Mcopy", Code().call(OP_MCOPY, {0, 32, 32})},
        Unsayable{"Callcode", Code().call(OP_CALLCODE, {50'000, 0x1234, 0, 0, 0, 0, 0})},
        Unsayable{"DelegationToNobody", proxy()}, Unsayable{"ExpOfInput", argument(0).push(2).op(OP_EXP)},
        Unsayable{"LoadAtInput", argument(0).op(OP_CALLDATALOAD)},
        Unsayable{"MemoryAtInput", argument(0).op(OP_MLOAD)},
        Unsayable{"MemoryOverlapping",
                  Code().call(OP_MSTORE, {0, 1}).call(OP_MSTORE, {1, 2}).call(OP_MLOAD, {0})},
        Unsayable{"MemoryInParts", Code().call(OP_MSTORE, {0, 1}).call(OP_MLOAD, {31})},
        Unsayable{"MemoryInEqualParts",
                  argument(2).push(0).op(OP_MSTORE).call(OP_MLOAD, {1}).push(0).op(OP_SSTORE)},
        Unsayable{"MemoryOfAByte", Code().call(OP_MSTORE8, {0, 1}).call(OP_MLOAD, {0})},
        Unsayable{"MemoryOfManyWrites", many_writes(1025)},
        Unsayable{"HashOfParts", Code().call(OP_KECCAK256, {0, 33})},
        Unsayable{"HashOfFive", argument(0).push(0).op(OP_MSTORE).call(OP_KECCAK256, {0, 160})},
        Unsayable{"CopyOfParts", Code().call(OP_CALLDATACOPY, {0, 0, 33}).call(OP_MLOAD, {2})},
        Unsayable{"CodeInParts", Code().call(OP_CODECOPY, {0, 0, 1}).call(OP_MLOAD, {0})},
        Unsayable{"HugeCopy", Code().call(OP_CALLDATACOPY, {0, 0, 65 * 32})},
        Unsayable{"JumpToInput", argument(0).push(24).op(OP_SWAP1).op(OP_SUB).op(OP_JUMP).op(OP_JUMPDEST)},
        Unsayable{"ReturnAtInput", argument(0).push(0).op(OP_RETURN)},
        Unsayable{"KeyOfAChangedSlot", slot_of(0).op(OP_SLOAD).op(OP_POP).add(changed(0))},
        Unsayable{"StoreAtAChangedSlot", Code().push(1).add(slot_of(0)).op(OP_SSTORE).add(changed(0))},
        Unsayable{"ChangedSlotStoredElsewhere", slot_of(0).push(1).op(OP_SSTORE).add(changed(0))},
        Unsayable{
            "ConditionOnTwoChanged", slot_of(0)
                                         .add(slot_of(1))
                                         .op(OP_EQ)
                                         .push(10)
                                         .op(OP_JUMPI)
                                         .op(OP_JUMPDEST)
                                         .add(changed(0))
                                         .add(changed(1))},
        Unsayable{"LogOfAChangedSlot", slot_of(0).push(0).push(0).op(OP_LOG1).add(changed(0))},
        Unsayable{"LogDataOfAChangedSlot",
                  slot_of(0).push(0).op(OP_MSTORE).call(OP_LOG0, {0, 32}).add(changed(0))},
        Unsayable{"LogOfTheCallersOwn",  // another's is hardly the same
                  Code().op(OP_CALLER).op(OP_SLOAD).push(0).push(0).op(OP_LOG1)},
        Unsayable{"LogOfParts", Code().call(OP_LOG0, {0, 31})}, Unsayable{"ManyPlaces", many_places(17)},
        Unsayable{"ManyLogs", many_logs(9)}, Unsayable{"ManySums", many_sums(argument(0), 130)},
        Unsayable{"ManySumsOfASlot", many_sums(slot_of(0), 17)}, Unsayable{"FailsByUnderflow", {OP_POP}},
        Unsayable{"FailsByGas", Code().push(0).push(uint256{1} << 32).op(OP_MSTORE)},
        Unsayable{"NoCode", {}}),
    [](const auto& info) { return info.param.name; });

/// Just below the limits.
TEST(SummaryLimits, AreReached) {
    for (const Code& code : {many_places(16), many_logs(8), many_writes(1024), many_sums(argument(0), 80),
                             many_sums(slot_of(0), 16)}) {
        SummaryWorld world;
        world.deploy(contract, code);
        const Bytes input = words({3, 4});
        const auto summary = world.summary_of(sender, input);
        ASSERT_TRUE(summary.has_value());
        EXPECT_EQ(said(world, *summary, sender, input), real(world, sender, input));
    }
}

/// What no summary can say is not run on: here there would be no end to it.
TEST(SummaryRefusals, EndTheRun) {
    const Code jump_back = Code().op(OP_JUMPDEST).push(0).op(OP_JUMP);
    const Code calls_itself = Code()
                                  .push(0)
                                  .push(0)
                                  .push(0)
                                  .push(0)
                                  .push(0)
                                  .op(OP_ADDRESS)
                                  .op(OP_GAS)
                                  .op(OP_CALL)
                                  .op(OP_JUMPDEST)
                                  .push(13)
                                  .op(OP_JUMP);
    const Code sees_gas = Code().op(OP_JUMPDEST).op(OP_GAS).op(OP_POP).push(0).op(OP_JUMP);
    for (const Code& code : {jump_back, sees_gas, calls_itself}) {
        SummaryWorld world;
        world.deploy(contract, code);
        Message message = world.begin_call(sender, {});
        message.gas = int64_t{1} << 50;
        EXPECT_FALSE(summarize(world.machine, message, world.transaction).has_value());
    }
}

TEST(SummaryRefusals, OfDelegatedCode) {
    SummaryWorld world;
    world.deploy(other, Code().push(1).push(0).op(OP_SSTORE));
    world.deploy(contract, Code().raw("ef0100").raw(to_hex(other.view())));
    EXPECT_EQ(real(world, sender, {})->slots.size(), 1u);
    EXPECT_FALSE(world.summary_of(sender, {}).has_value());
}

TEST(SummaryRefusals, OfMessages) {
    SummaryWorld world;
    world.deploy(contract, Code().push(1).push(0).op(OP_SSTORE));
    const auto made = [&](auto change) {
        Message message = world.begin_call(sender, {});
        change(message);
        return summarize(world.machine, message, world.transaction).has_value();
    };
    EXPECT_TRUE(made([](Message&) {}));
    EXPECT_FALSE(made([](Message& message) { message.value = 1; }));
    EXPECT_FALSE(made([](Message& message) { message.is_static = true; }));
    EXPECT_FALSE(made([](Message& message) { message.sender = third; }));  // not the origin
    EXPECT_FALSE(made([](Message& message) { message.gas = 20'000; }));
}

}  // namespace
}  // namespace weft::evm::test
