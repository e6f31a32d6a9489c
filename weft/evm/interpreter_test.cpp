#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "weft/evm/create_address.hpp"
#include "weft/evm/interpreter.hpp"
#include "weft/evm/test_world.hpp"

namespace weft::evm::test {
namespace {

struct OpcodeCase {
    const char* name;
    Opcode opcode;
    std::vector<uint256> operands;  ///< the first on top
    uint256 result;
};
const uint256 minus_one = uint256::max();
const uint256 lowest{0, 0, 0, uint64_t{1} << 63};

class Operation : public testing::TestWithParam<OpcodeCase> {};

/// The operands reach the opcode once as constants in the code and once as call data, which nothing can fold.
TEST_P(Operation, GivesTheSameFromConstantsAndFromCallData) {
    const OpcodeCase& c = GetParam();
    Code constants, loaded, mixed;
    Bytes input;
    for (size_t i = c.operands.size(); i-- > 0;) {
        constants.push(c.operands[i]);
        loaded.push(input.size()).op(OP_CALLDATALOAD);
        if (i == 0)
            mixed.push(c.operands[i]);
        else
            mixed.push(input.size()).op(OP_CALLDATALOAD);
        const size_t at = input.size();
        input.resize(at + 32);
        base::store_be(input.data() + at, c.operands[i]);
    }
    for (Code* code : {&constants, &loaded, &mixed}) {
        code->op(c.opcode).give();
        World world;
        const CallResult result = world.run(*code, 1'000'000, input);
        ASSERT_EQ(result.status, Status::success) << c.name;
        EXPECT_EQ(word(result.output), c.result) << c.name << " " << base::to_quantity(word(result.output));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Operation,
    testing::Values(
        OpcodeCase{"ADD", OP_ADD, {3, 4}, 7}, OpcodeCase{"ADD wraps", OP_ADD, {2, minus_one}, 1},
        OpcodeCase{"MUL", OP_MUL, {7, 6}, 42}, OpcodeCase{"MUL wraps", OP_MUL, {3, minus_one}, uint256{} - 3},
        OpcodeCase{"SUB", OP_SUB, {10, 3}, 7}, OpcodeCase{"SUB wraps", OP_SUB, {3, 10}, uint256{} - 7},
        OpcodeCase{"DIV", OP_DIV, {100, 7}, 14}, OpcodeCase{"DIV by zero", OP_DIV, {100, 0}, 0},
        OpcodeCase{"SDIV", OP_SDIV, {uint256{} - 7, 2}, uint256{} - 3},
        OpcodeCase{"SDIV lowest", OP_SDIV, {lowest, minus_one}, lowest},
        OpcodeCase{"SDIV by zero", OP_SDIV, {minus_one, 0}, 0},
        OpcodeCase{"MOD by zero", OP_MOD, {lowest, 0}, 0},
        OpcodeCase{"SMOD by zero", OP_SMOD, {minus_one, 0}, 0},
        OpcodeCase{"ADDMOD by zero", OP_ADDMOD, {minus_one, 2, 0}, 0},
        OpcodeCase{"MULMOD by zero", OP_MULMOD, {minus_one, 2, 0}, 0}, OpcodeCase{"MOD", OP_MOD, {100, 7}, 2},
        OpcodeCase{"SMOD", OP_SMOD, {uint256{} - 7, 4}, uint256{} - 3},
        OpcodeCase{"ADDMOD", OP_ADDMOD, {minus_one, 2, 10}, 7},
        OpcodeCase{"MULMOD", OP_MULMOD, {minus_one, minus_one, 12}, 9},
        OpcodeCase{"EXP", OP_EXP, {3, 5}, 243}, OpcodeCase{"EXP zero", OP_EXP, {0, 0}, 1},
        OpcodeCase{"SIGNEXTEND", OP_SIGNEXTEND, {0, 0xff}, minus_one},
        OpcodeCase{"SIGNEXTEND second limb",
                   OP_SIGNEXTEND,
                   {8, uint256{5, 0x80, 7, 9}},
                   uint256{5, ~uint64_t{0x7f}, ~uint64_t{0}, ~uint64_t{0}}},
        OpcodeCase{"SIGNEXTEND third limb",
                   OP_SIGNEXTEND,
                   {23, uint256{5, 6, uint64_t{1} << 63, 9}},
                   uint256{5, 6, uint64_t{1} << 63, ~uint64_t{0}}},
        OpcodeCase{"SIGNEXTEND fourth limb",
                   OP_SIGNEXTEND,
                   {30, uint256{5, 6, 7, uint64_t{0xab7f} << 48}},
                   uint256{5, 6, 7, uint64_t{0x7f} << 48}},
        OpcodeCase{"SIGNEXTEND of all bytes", OP_SIGNEXTEND, {31, uint256{5, 6, 7, 8}}, uint256{5, 6, 7, 8}},
        OpcodeCase{"SIGNEXTEND positive", OP_SIGNEXTEND, {0, 0x17f}, 0x7f},
        OpcodeCase{"SIGNEXTEND all", OP_SIGNEXTEND, {31, lowest}, lowest},
        OpcodeCase{"SIGNEXTEND far", OP_SIGNEXTEND, {lowest, 0xff}, 0xff}, OpcodeCase{"LT", OP_LT, {1, 2}, 1},
        OpcodeCase{"LT equal", OP_LT, {2, 2}, 0}, OpcodeCase{"GT", OP_GT, {3, 2}, 1},
        OpcodeCase{"SLT", OP_SLT, {minus_one, 0}, 1}, OpcodeCase{"SGT", OP_SGT, {0, minus_one}, 1},
        OpcodeCase{"EQ", OP_EQ, {9, 9}, 1}, OpcodeCase{"EQ high", OP_EQ, {9, uint256{9, 0, 0, 1}}, 0},
        OpcodeCase{"ISZERO", OP_ISZERO, {0}, 1}, OpcodeCase{"ISZERO high", OP_ISZERO, {lowest}, 0},
        OpcodeCase{"AND", OP_AND, {0xf0f0, 0xff00}, 0xf000}, OpcodeCase{"OR", OP_OR, {0xf0, 0x0f}, 0xff},
        OpcodeCase{"XOR", OP_XOR, {0xff, 0x0f}, 0xf0}, OpcodeCase{"NOT", OP_NOT, {0}, minus_one},
        OpcodeCase{"BYTE first", OP_BYTE, {0, lowest}, 0x80},
        OpcodeCase{"BYTE last", OP_BYTE, {31, 0x1234}, 0x34},
        OpcodeCase{"BYTE beyond", OP_BYTE, {32, minus_one}, 0}, OpcodeCase{"SHL", OP_SHL, {255, 1}, lowest},
        OpcodeCase{"SHL out", OP_SHL, {256, 1}, 0}, OpcodeCase{"SHR", OP_SHR, {255, lowest}, 1},
        OpcodeCase{"SHR far", OP_SHR, {lowest, minus_one}, 0},
        OpcodeCase{"SAR", OP_SAR, {254, lowest}, uint256{} - 2},
        OpcodeCase{"SAR far", OP_SAR, {lowest, lowest}, minus_one},
        OpcodeCase{"CLZ, EIP-7939", OP_CLZ, {1}, 255}, OpcodeCase{"CLZ of zero", OP_CLZ, {0}, 256},
        OpcodeCase{"CALLDATALOAD beyond", OP_CALLDATALOAD, {minus_one}, 0}));

TEST(Interpreter, RunsOffTheEndOfCodeSuccessfully) {
    World world;
    const CallResult result = world.run(Code{}.push(1).push(2).op(OP_ADD), 100);
    EXPECT_EQ(result.status, Status::success);
    EXPECT_EQ(result.gas_left, 91);
}

TEST(Interpreter, PadsPushDataBeyondTheEndOfCode) {
    World world;
    EXPECT_EQ(world.run(Code{}.raw("7fffff"), 100).gas_left, 97);
}

TEST(Interpreter, UndefinedOpcodeTakesAllGas) {
    World world;
    EXPECT_EQ(world.run(Code{}.raw("0c")).status, Status::invalid_instruction);
    EXPECT_EQ(world.run(Code{}.raw("fe")).gas_left, 0);
}

TEST(Interpreter, JumpsOnlyToJumpdests) {
    World world;
    EXPECT_EQ(world.run(Code{}.raw("600456fe5b00")).status, Status::success);               // JUMP 4
    EXPECT_EQ(world.run(Code{}.raw("600356fe5b00")).status, Status::bad_jump_destination);  // to INVALID
    EXPECT_EQ(world.run(Code{}.raw("600456605b5b00")).status,
              Status::bad_jump_destination);                                     // into PUSH data
    EXPECT_EQ(world.run(Code{}.raw("60016005575b00")).status, Status::success);  // JUMPI 5
    EXPECT_EQ(world.run(Code{}.raw("600060ff5700")).status, Status::success);    // not taken
    EXPECT_EQ(world.run(Code{}.raw("600160ff5700")).status, Status::bad_jump_destination);
    // The same with a destination that the translation doesn't know.
    EXPECT_EQ(world.run(Code{}.raw("3615600701565b00")).status,
              Status::bad_jump_destination);  // ISZERO(CALLDATASIZE) + 7 = 8
    EXPECT_EQ(world.run(Code{}.raw("3615600501565b00")).status, Status::success);  // 6
    EXPECT_EQ(
        world.run(Code{}.raw("7f0000000000000000000000000000000100000000000000000000000000000022565b00"))
            .status,
        Status::bad_jump_destination);
}

TEST(Program, FindsEveryJumpdestHoweverDense) {
    std::mt19937_64 random(7);
    for (const unsigned one_of : {1U, 2U, 5U, 12U, 40U})
        for (const size_t crowd : {0U, 10U, 300U}) {
            // JUMPDESTs at random, after a crowd of them; POPs and one-byte PUSHes, whose data may look like
            // one.
            Bytes code(crowd, OP_JUMPDEST);
            for (size_t i = 0; i < 4000; ++i) {
                const uint64_t drawn = random();
                code.push_back(drawn % one_of == 0 ? OP_JUMPDEST : drawn % 7 == 0 ? OP_PUSH1 : OP_POP);
            }
            for (const bool traced : {false, true}) {
                state::CodeSpace space;
                state::CodeArena arena(space);
                Program& program = *Program::make(code, primitives::newest_revision, traced, arena);
                std::vector<bool> expected(code.size());
                bool data = false;
                for (size_t pc = 0; pc < code.size(); ++pc) {
                    expected[pc] = !data && code[pc] == OP_JUMPDEST;
                    data = !data && code[pc] == OP_PUSH1;
                }
                std::vector<size_t> order(code.size());
                std::iota(order.begin(), order.end(), 0);
                std::shuffle(order.begin(), order.end(), random);
                std::set<const Instruction*> heads;
                for (const size_t pc : order) {
                    Status why{};
                    const Instruction* const found = program.reach(pc, why);
                    ASSERT_EQ(found != nullptr, expected[pc]) << one_of << ' ' << crowd << ' ' << pc;
                    EXPECT_EQ(program.jump_target(pc), found);
                    if (found != nullptr)
                        EXPECT_TRUE(heads.insert(found).second) << pc;
                    else
                        EXPECT_EQ(why, Status::bad_jump_destination);
                }
                EXPECT_EQ(program.jump_target(code.size()), nullptr);
                EXPECT_EQ(program.jump_target(~uint64_t{0}), nullptr);
                EXPECT_EQ(program.jump_target(uint64_t{1} << 32), nullptr);
            }
        }
}

/// Init code whose translation ends before `tail`, to which the caller's value jumps.
static CallResult create_jumping(World& world, bool conditional, const Code& tail) {
    Code init;
    if (conditional) init.push(1);
    init.op(OP_CALLVALUE).op(conditional ? OP_JUMPI : OP_JUMP).op(OP_STOP).op(OP_INVALID).add(tail);
    world.begin();
    Message message = World::message(1'000'000, init.bytes(), conditional ? 6 : 4);
    message.kind = CallKind::create;
    return world.machine.execute(message, world.transaction);
}

TEST(Interpreter, InitCodeMayJumpBeyondItsTranslation) {
    for (const bool conditional : {false, true}) {
        World world;
        const Code tail = Code{OP_JUMPDEST}.push(1).push(0).op(OP_RETURN);  // installs one byte
        EXPECT_EQ(create_jumping(world, conditional, tail).status, Status::success) << conditional;
        EXPECT_EQ(world.journal.code(*world.journal.account(contract))->bytes().size(), 1U);
        // One byte further there is none.
        EXPECT_EQ(create_jumping(world, conditional, Code{OP_STOP}.add(tail)).status,
                  Status::bad_jump_destination);
    }
}

TEST(Program, AJumpPassesOverBlocksThatOnlyLeadOn) {
    // Jumps forward and back through JUMPDESTs that do nothing else, each charged for where it is entered.
    Code code;
    code.op(OP_CALLDATASIZE).push(10).op(OP_ADD).op(OP_JUMP).raw("fefefefefe");  // to 10 + size
    code.op(OP_JUMPDEST).push(25).op(OP_JUMP).raw("fefefefefefe");               // 10: to 25
    code.op(OP_JUMPDEST).op(OP_JUMPDEST).push(10).op(OP_JUMP);                   // 20, 21: to 10
    code.op(OP_JUMPDEST).push(7).op(OP_GAS).op(OP_STOP);                         // 25
    World world;
    world.deploy(contract, code);
    constexpr uint64_t to_there = 2 + 3 + 3 + 8, end = 1 + 3 + 2, hop = 1 + 3 + 8;
    const auto entered = [&](size_t size) { return 1'000'000 - world.call(1'000'000, Bytes(size)).gas_left; };
    EXPECT_EQ(entered(11), to_there + 2 * hop + end);
    EXPECT_EQ(entered(10), to_there + 1 + 2 * hop + end);
    EXPECT_EQ(entered(0), to_there + hop + end);
    EXPECT_EQ(entered(15), to_there + end);
    EXPECT_EQ(entered(1), 1'000'000U);
    EXPECT_EQ(world.call(to_there + hop + end).status, Status::success);
    EXPECT_EQ(world.call(to_there + hop + end - 1).status, Status::out_of_gas);
    // A loop of nothing else ends by its gas, or when it is told to.
    world.deploy(contract, Code{}.op(OP_JUMPDEST).push(4).op(OP_JUMP).op(OP_JUMPDEST).push(0).op(OP_JUMP));
    EXPECT_EQ(world.call(100'000).status, Status::out_of_gas);
    const std::atomic<bool> doomed{true};
    world.machine.set_stop_flag(&doomed);
    EXPECT_EQ(world.call(~uint64_t{0} >> 2).status, Status::aborted);
}

TEST(Program, EachInstructionHasItsSymbolicForm) {
    for (size_t i = 0; i < operation_count; ++i)
        EXPECT_EQ(symbolic_form(handler_offset(handler_table(false)[i])).handler,
                  handler_offset(symbolic_handler_table()[i]))
            << i;
}

TEST(Program, ALongCodeWithoutJumpsIsTranslatedInPieces) {
    Code code;
    for (int i = 0; i < 2000; ++i) code.op(OP_GAS).op(OP_POP);
    code.push(1).push(0).op(OP_SSTORE);
    World world;
    world.deploy(contract, code);
    EXPECT_EQ(world.call(2000).status, Status::out_of_gas);
    const state::Code& kept = **world.codes->get((*world.state.account(contract))->code_hash, world.state);
    const size_t after_some = Program::of(kept, world.revision, false)->size();
    EXPECT_EQ(world.call(2000 * 4 + 6 + 22100).status, Status::success);
    EXPECT_EQ(world.storage(contract, 0), 1);
    EXPECT_GT(Program::of(kept, world.revision, false)->size(), 2 * after_some);
}

TEST(Program, IsTranslatedAsFarAsItsJumpsLead) {
    // A jump over what follows, and behind it what no jump goes to.
    Code code;
    code.push(5).push(6).op(OP_JUMP).op(OP_INVALID).op(OP_JUMPDEST).op(OP_STOP);
    code.op(OP_INVALID).raw("5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b");
    state::CodeSpace space;
    state::CodeArena arena(space);
    Program& program = *Program::make(code.bytes(), primitives::newest_revision, false, arena);
    EXPECT_NE(program.jump_target(6), nullptr);
    EXPECT_EQ(program.jump_target(9), nullptr);
    const size_t first = program.size();
    Status why{};
    EXPECT_NE(program.reach(9, why), nullptr);
    EXPECT_GT(program.size(), first);
}

TEST(Interpreter, ChargesEachOpcodeInALoopExactly) {
    // PUSH1 10; loop: JUMPDEST PUSH1 1 SWAP1 SUB DUP1 PUSH1 2 JUMPI STOP
    World world;
    const Code loop = Code{}.raw(
        "600a5b6001900380600257"
        "00");
    const uint64_t round = 1 + 3 + 3 + 3 + 3 + 3 + 10, all = 3 + 10 * round;
    EXPECT_EQ(world.run(loop, all).status, Status::success);
    EXPECT_EQ(world.call(all).gas_left, 0);
    EXPECT_EQ(world.call(all + 5).gas_left, 5);
    EXPECT_EQ(world.call(all - 1).status, Status::out_of_gas);
}

TEST(Interpreter, ChargesEachJumpdestOfARunFromWhereItIsEntered) {
    // PUSH1 5 + i; JUMP; INVALID; INVALID; then JUMPDEST four times, PUSH1 7, POP, STOP
    for (uint64_t i = 0; i < 4; ++i) {
        Code code;
        code.push(5 + i).op(OP_JUMP).op(OP_INVALID).op(OP_INVALID);
        for (int n = 0; n < 4; ++n) code.op(OP_JUMPDEST);
        code.push(7).op(OP_POP).op(OP_STOP);
        World world;
        const uint64_t cost = 3 + 8 + (4 - i) + 3 + 2;
        EXPECT_EQ(world.run(code, cost).status, Status::success) << i;
        EXPECT_EQ(world.run(code, cost + 5).gas_left, 5u) << i;
        EXPECT_EQ(world.run(code, cost - 1).status, Status::out_of_gas) << i;
    }
}

TEST(Interpreter, FallsIntoARunOfJumpdests) {
    // The run is the loop's head and is fallen into first: PUSH1 3; JUMPDEST x 2; PUSH1 1 SWAP1 SUB DUP1
    // PUSH1 2 JUMPI STOP
    World world;
    const Code code = Code().raw("60035b5b600190038060025700");
    const uint64_t loop = 2 + 3 + 3 + 3 + 3 + 3 + 10;
    EXPECT_EQ(world.run(code, 1000).gas_left, 1000 - 3 - 3 * loop);
    EXPECT_EQ(world.run(Code().raw("5b5b5b"), 3).status, Status::success);
    EXPECT_EQ(world.run(Code().raw("5b5b5b"), 2).status, Status::out_of_gas);
    EXPECT_EQ(world.run(Code().raw("5b5b50"), 100).status, Status::stack_underflow);
}

TEST(Interpreter, MulmodByTheSameModulusAgainAndAgain) {
    // 2^255 - 19 six times, another modulus between; operands above the modulus too.
    const uint256 modulus = (uint256{1} << 255) - 19;
    for (const uint256& a : {uint256{5}, modulus - 1, modulus, uint256::max()}) {
        Code code;
        uint256 expected;
        code.push(0);
        for (int i = 0; i < 6; ++i) {
            // sum = sum + a * a mod m, then 9 * 9 mod 7 on top of it, dropped
            code.push(0).op(OP_CALLDATALOAD).push(a).push(a).op(OP_MULMOD).op(OP_ADD);
            code.push(7).push(9).push(9).op(OP_MULMOD).op(OP_ADD);
            expected += base::mul_mod(a, a, modulus) + 4;
        }
        code.give();
        World world;
        Bytes input(32);
        base::store_be(input.data(), modulus);
        EXPECT_EQ(word(world.run(code, 100'000, input).output), expected);
    }
}

/// Pushes the call data's word `index`, which no translation knows.
Code input_word(uint64_t index) { return Code().push(32 * index).op(OP_CALLDATALOAD); }

TEST(Interpreter, ComparisonsJumpForwardAndBack) {
    for (const Opcode opcode : {OP_LT, OP_GT, OP_EQ})
        for (const bool unless : {false, true})
            for (const bool back : {false, true})
                for (const auto& [a, b] : {std::pair<uint256, uint256>{1, 2}, {2, 1}, {2, 2}}) {
                    // The comparison jumps to code that gives 1, before it or after it, or falls through to
                    // 0.
                    Code code, one;
                    one.op(OP_JUMPDEST).push(1).give();
                    if (back) code.push(3 + one.size()).op(OP_JUMP).add(one).op(OP_JUMPDEST);
                    code.add(input_word(1)).add(input_word(0)).op(opcode);
                    if (unless) code.op(OP_ISZERO);
                    const size_t zero_size = Code().push(0).give().size();
                    code.push(back ? 3 : code.size() + 3 + zero_size).op(OP_JUMPI).push(0).give();
                    if (!back) code.add(one);
                    Bytes input(64);
                    base::store_be(input.data(), a);
                    base::store_be(input.data() + 32, b);
                    const bool holds = opcode == OP_LT ? a < b : opcode == OP_GT ? b < a : a == b;
                    World world;
                    EXPECT_EQ(word(world.run(code, 100'000, input).output),
                              uint256{holds != unless ? 1u : 0u})
                        << int{opcode} << unless << back;
                }
}

TEST(Interpreter, DupsAfterPushesAndBeforeAdditions) {
    World world;
    Bytes input(160);
    for (size_t i = 0; i < 5; ++i) input[32 * i + 31] = static_cast<uint8_t>(10 + i);
    for (int n = 2; n <= 6; ++n) {
        // The words 14 (below) to 10 (top) lie on the stack; PUSH 7, DUPn, SUB: the n-th with 7 on top,
        // less 7.
        Code words;
        for (uint64_t i = 5; i-- > 0;) words.add(input_word(i));
        const auto dup = static_cast<Opcode>(OP_DUP1 + n - 1);
        EXPECT_EQ(word(world.run(Code(words).push(7).op(dup).op(OP_SUB).give(), 10'000, input).output),
                  uint256{static_cast<uint64_t>(10 + n - 2 - 7)});
        if (n > 5) continue;
        EXPECT_EQ(word(world.run(Code(words).op(dup).op(OP_ADD).give(), 10'000, input).output),
                  uint256{static_cast<uint64_t>(10 + n - 1 + 10)});
    }
    // Two small numbers at once keep their order, next to larger ones too.
    EXPECT_EQ(
        word(world.run(Code().push(0xffff).push(1).add(input_word(0)).op(OP_POP).op(OP_SUB).give()).output),
        uint256{} - 0xfffe);
    EXPECT_EQ(
        word(world.run(Code().push(0x10000).push(1).add(input_word(0)).op(OP_POP).op(OP_SUB).give()).output),
        uint256{} - 0xffff);
}

TEST(Interpreter, Dup2MstoreGrowsMemoryAndKeepsTheOffset) {
    // offset and value from call data: DUP2 MSTORE, then the offset is still there: MLOAD it.
    World world;
    Bytes input(64);
    input[30] = 1;  // 256
    input[63] = 0x2a;
    const Code code = Code()
                          .add(input_word(0))
                          .add(input_word(1))
                          .op(OP_DUP1)
                          .op(OP_POP)
                          .op(OP_DUP2)
                          .op(OP_MSTORE)
                          .op(OP_MLOAD)
                          .give();
    EXPECT_EQ(word(world.run(code, 10'000, input).output), uint256{0x2a});
    input[24] = 1;  // far beyond what the gas pays for
    EXPECT_EQ(world.run(code, 10'000, input).status, Status::out_of_gas);
}

TEST(Interpreter, AndWithAWideConstant) {
    World world;
    const uint256 mask{~uint64_t{0}, 0xff, 0, uint64_t{1} << 63};
    const Bytes input(32, 0xa5);
    const uint256 data = base::load_be(input.data());
    EXPECT_EQ(word(world.run(input_word(0).push(mask).op(OP_AND).give(), 10'000, input).output), data & mask);
}

TEST(Interpreter, ChecksTheStack) {
    World world;
    EXPECT_EQ(world
                  .run(Code{}.raw("6001"
                                  "01"))
                  .status,
              Status::stack_underflow);
    Code full;
    for (int i = 0; i < 1024; ++i) full.op(OP_ADDRESS);
    EXPECT_EQ(world.run(full).status, Status::success);
    EXPECT_EQ(world.run(Code{}.add(full).op(OP_ADDRESS)).status, Status::stack_overflow);
    // A block that goes up and down again: the height in between counts.
    Code almost;
    for (int i = 0; i < 1023; ++i) almost.op(OP_ADDRESS);
    EXPECT_EQ(world.run(Code{}.add(almost).raw("5b6001600101")).status, Status::stack_overflow);
    EXPECT_EQ(world.run(Code{}.add(almost).raw("5b60015050")).status, Status::success);
    // Folded constants count, too.
    EXPECT_EQ(world.run(Code{}.add(almost).raw("60016001015000")).status, Status::stack_overflow);
    EXPECT_EQ(world.run(Code{}.add(full).op(OP_DUP1)).status, Status::stack_overflow);
    EXPECT_EQ(world.run(Code{}.raw("60018f")).status, Status::stack_underflow);  // DUP16
    EXPECT_EQ(world.run(Code{}.raw("600190")).status, Status::stack_underflow);  // SWAP1
}

TEST(Interpreter, GasIsExactWhereItIsObserved) {
    // GAS in the middle of pure code: what follows it is not charged yet.
    World world;
    const CallResult result = world.run(
        Code{}.push(1).push(2).op(OP_ADD).op(OP_GAS).push(3).op(OP_ADD).op(OP_SWAP1).op(OP_POP).give(),
        100'000);
    EXPECT_EQ(word(result.output), uint256{100'000 - 9 - 2 + 3});
}

TEST(Interpreter, AnEarlyFailureNeverHidesAStateAccess) {
    // SLOAD, then pure code that can't be paid for: the slot has been read.
    World world;
    const Code code = Code{}.push(1).op(OP_SLOAD).push(2).push(3).op(OP_ADD);
    EXPECT_EQ(world.run(code, 3 + 2100 + 8).status, Status::out_of_gas);
    EXPECT_EQ(world.source.slot_reads, 1);
    // And pure code before it that can't be paid for: it has not been read.
    World second;
    EXPECT_EQ(second.run(code, 2).status, Status::out_of_gas);
    EXPECT_EQ(second.source.slot_reads, 0);
    // Nor where the access itself can't be paid for.
    World last;
    EXPECT_EQ(last.run(code, 3 + 2099).status, Status::out_of_gas);
    EXPECT_EQ(last.source.slot_reads, 0);
}

TEST(Interpreter, MemoryGrowsByWordsAndCostsQuadratically) {
    World world;
    EXPECT_EQ(world.run(Code{}.raw("600051505900"), 1000).gas_left, 1000 - 3 - 3 - 3 - 2 - 2);
    EXPECT_EQ(word(world.run(Code{}.push(33).op(OP_MLOAD).op(OP_POP).op(OP_MSIZE).give()).output),
              uint256{96});
    const uint64_t words = 1000, cost = 3 * words + words * words / 512;
    EXPECT_EQ(world.run(Code{}.push(32 * (words - 1)).op(OP_MLOAD), 6 + cost).gas_left, 0);
    EXPECT_EQ(world.call(5 + cost).status, Status::out_of_gas);
    for (const uint256& far : {minus_one, uint256{~0ULL - 31}, uint256{1ULL << 62}, uint256{0, 1, 0, 0}})
        EXPECT_EQ(world.run(Code{}.push(1).push(far).op(OP_MSTORE)).status, Status::out_of_gas);
    EXPECT_EQ(world.run(Code{}.push(0).push(minus_one).op(OP_KECCAK256).give()).status,
              Status::success);  // of nothing, anywhere
}

TEST(Interpreter, MemoryBeyondTheBudgetIsNoOutcomeOfTheEvm) {
    World world;
    EXPECT_EQ(world.run(Code{}.push(1).push(uint64_t{1} << 30).op(OP_MSTORE), uint64_t{1} << 50).status,
              Status::resource_limit);
}

TEST(Interpreter, MemoryIsZeroAgainForTheNextCall) {
    World world;
    world.deploy(other, Code{}.push(64).op(OP_MLOAD).give());
    world.deploy(third, Code{}.push(minus_one).push(64).op(OP_MSTORE));
    Code code;
    code.call(OP_CALL, {100'000, word_of_address(third), 0, 0, 0, 0, 0}).op(OP_POP);
    code.call(OP_CALL, {100'000, word_of_address(other), 0, 0, 0, 0, 32})
        .op(OP_POP)
        .push(0)
        .op(OP_MLOAD)
        .give();
    EXPECT_EQ(word(world.run(code).output), uint256{0});
}

TEST(Interpreter, KeccakAgreesWithAndWithoutTheCache) {
    for (const uint64_t size : {0, 1, 31, 32, 33, 63, 64, 65, 136}) {
        Code code;
        for (uint64_t at = 0; at < 160; at += 32) code.push(uint256{at + 1, 2, 3, at}).push(at).op(OP_MSTORE);
        code.push(size).push(5).op(OP_KECCAK256).op(OP_POP).push(size).push(5).op(OP_KECCAK256).give();
        World world;
        const CallResult result = world.run(code);
        Bytes memory(160);
        for (uint64_t at = 0; at < 160; at += 32)
            base::store_be(memory.data() + at, uint256{at + 1, 2, 3, at});
        EXPECT_EQ(word(result.output), base::to_uint256(keccak256(BytesView{memory}.subspan(5, size))))
            << size;
    }
}

TEST(Interpreter, CopiesPadWithZeros) {
    World world;
    const Bytes input{1, 2, 3};
    Code code;
    code.push(minus_one).push(0).op(OP_MSTORE).call(OP_CALLDATACOPY, {0, 1, 32}).push(0).op(OP_MLOAD).give();
    EXPECT_EQ(word(world.run(code, 100'000, input).output), uint256(0, 0, 0, 0x0203ULL << 48));
    code = Code{};
    code.push(minus_one)
        .push(0)
        .op(OP_MSTORE)
        .call(OP_CODECOPY, {0, minus_one, 32})
        .push(0)
        .op(OP_MLOAD)
        .give();
    EXPECT_EQ(word(world.run(code).output), uint256{0});
}

TEST(Interpreter, McopyMovesOverlappingMemoryEip5656) {
    World world;
    Code code;
    code.push(uint256{1, 2, 3, 4})
        .push(0)
        .op(OP_MSTORE)
        .call(OP_MCOPY, {8, 0, 32})
        .push(8)
        .op(OP_MLOAD)
        .give();
    EXPECT_EQ(word(world.run(code).output), uint256(1, 2, 3, 4));
    EXPECT_EQ(world.run(Code{}.call(OP_MCOPY, {0, 1000, 32}).op(OP_MSIZE).give()).status, Status::success);
    EXPECT_EQ(word(world.call().output), uint256{1056});  // 1032 rounded up
}

TEST(Interpreter, StopFlagEndsLoopsAndCalls) {
    World world;
    std::atomic<bool> doomed{true};
    world.machine.set_stop_flag(&doomed);
    EXPECT_EQ(world.run(Code{}.raw("5b600056")).status, Status::aborted);
    EXPECT_EQ(world.run(Code{}.raw("5b3656")).status, Status::aborted);
    EXPECT_EQ(world.run(Code{}.raw("600054")).status, Status::aborted);
    EXPECT_EQ(world.run(Code{}.call(OP_CALL, {0, 1, 0, 0, 0, 0, 0})).status, Status::aborted);
    EXPECT_EQ(world.run(Code{}.raw("6001600201")).status, Status::success);
    doomed = false;
    EXPECT_EQ(world.run(Code{}.raw("5b600056")).status, Status::out_of_gas);
}

TEST(Interpreter, AFailingSourceEndsTheRunAtEveryRead) {
    Code code;
    code.push(1).op(OP_SLOAD).op(OP_POP).push(5).push(2).op(OP_SSTORE).push(other).op(OP_BALANCE).op(OP_POP);
    code.push(other)
        .op(OP_EXTCODEHASH)
        .op(OP_POP)
        .push(third)
        .op(OP_EXTCODESIZE)
        .op(OP_POP)
        .push(999)
        .op(OP_BLOCKHASH)
        .op(OP_POP);
    code.call(OP_CALL, {50'000, word_of_address(other), 0, 0, 0, 0, 0})
        .op(OP_POP)
        .call(OP_CREATE, {0, 0, 0})
        .op(OP_POP);
    code.push(nobody).op(OP_SELFDESTRUCT);
    int reads = 0;
    {
        World world;
        world.deploy(other, Code{}.raw("60006000fd"));
        world.deploy(third, Code{}.raw("00"));
        ASSERT_EQ(world.run(code).status, Status::success);
        reads = world.source.reads;
        EXPECT_GE(reads, 10);
    }
    for (int at = 0; at < reads; ++at) {
        World world;
        world.deploy(other, Code{}.raw("60006000fd"));
        world.deploy(third, Code{}.raw("00"));
        world.source.fail_at = at;
        EXPECT_EQ(world.run(code).status, Status::state_error) << at;
    }
}

TEST(CreateAddress, OfKnownContracts) {
    // The first of mainnet's accounts that are well known to have created, and EIP-1014's examples.
    const Address from = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"_address;
    EXPECT_EQ(create_address(from, 0), "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"_address);
    EXPECT_EQ(create_address(from, 1), "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"_address);
    EXPECT_EQ(create2_address({}, 0, Bytes{0}), "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"_address);
    EXPECT_EQ(create2_address("0x00000000000000000000000000000000deadbeef"_address, 0xcafebabe,
                              *from_hex("deadbeef")),
              "0x60f3f640a8508fc6a86d45df051962668e1e8ac7"_address);
}

}  // namespace
}  // namespace weft::evm::test
