#include "weft/evm/eip3155.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "weft/evm/test_world.hpp"

namespace weft::evm::test {
namespace {

std::string trace(World& world, const Code& code, uint64_t gas) {
    std::ostringstream out;
    Eip3155Tracer tracer(out);
    world.machine.set_inspector(&tracer);
    (void)world.run(code, gas);
    return out.str();
}

TEST(Eip3155, OneLineForEachInstruction) {
    World world;
    EXPECT_EQ(
        trace(world, Code{}.push(0x40).op(OP_DUP1).op(OP_MSTORE), 100),
        R"({"pc":0,"op":96,"gas":"0x64","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":2,"op":128,"gas":"0x61","gasCost":"0x3","memSize":0,"stack":["0x40"],"depth":1,"refund":0,"opName":"DUP1"}
{"pc":3,"op":82,"gas":"0x5e","gasCost":"0xc","memSize":0,"stack":["0x40","0x40"],"depth":1,"refund":0,"opName":"MSTORE"}
{"pc":4,"op":0,"gas":"0x52","gasCost":"0x0","memSize":96,"stack":[],"depth":1,"refund":0,"opName":"STOP"}
{"output":"","gasUsed":"0x12"}
)");
}

TEST(Eip3155, ErrorsStandAtTheInstructionThatFails) {
    World world;
    EXPECT_EQ(
        trace(world, Code{}.push(1).op(OP_ADD), 100),
        R"x({"pc":0,"op":96,"gas":"0x64","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":2,"op":1,"gas":"0x61","gasCost":"0x3","memSize":0,"stack":["0x1"],"depth":1,"refund":0,"opName":"ADD","error":"stack underflow (1 \u003c=\u003e 2)"}
{"output":"","gasUsed":"0x64","error":"stack underflow (1 \u003c=\u003e 2)"}
)x");
    const std::string out_of_gas = trace(world, Code{}.push(1).op(OP_SLOAD), 200);
    EXPECT_NE(out_of_gas.find(R"("gasCost":"0x834")"), std::string::npos) << out_of_gas;
    EXPECT_NE(out_of_gas.find(R"("error":"out of gas")"), std::string::npos) << out_of_gas;
}

TEST(Eip3155, ACallsCostHoldsTheGasItPassesOn) {
    World world;
    world.deploy(other, Code{}.push(1));
    const std::string lines = trace(
        world, Code{}.call(OP_CALL, {0x1000, word_of_address(other), 0, 0, 0, 0, 0}).op(OP_POP), 100'000);
    EXPECT_NE(lines.find(R"("gasCost":"0x1a28")"), std::string::npos) << lines;  // 2600 + 4096
    EXPECT_NE(lines.find(R"("depth":2,"refund":0,"opName":"PUSH1")"), std::string::npos) << lines;
    EXPECT_NE(
        lines.find(R"("gasCost":"0x2","memSize":0,"stack":["0x1"],"depth":1,"refund":0,"opName":"POP")"),
        std::string::npos)
        << lines;
}

std::string last_lines(const std::string& lines, int count) {
    size_t at = lines.size();
    for (int i = 0; i <= count && at != std::string::npos && at != 0; ++i) at = lines.rfind('\n', at - 1);
    return lines.substr(at == std::string::npos ? 0 : at + 1);
}

// What geth 1.17.10 prints for these codes: `evm run --trace --trace.format json --gas 100000 CODE`.
TEST(Eip3155, WhatFailsWhileItExecutesStandsTwiceAsInGeth) {
    World world;
    EXPECT_EQ(
        last_lines(trace(world, Code{}.push(0x40).push(0x20).op(OP_REVERT), 100'000), 3),
        R"({"pc":4,"op":253,"gas":"0x1869a","gasCost":"0x9","memSize":0,"stack":["0x40","0x20"],"depth":1,"refund":0,"opName":"REVERT"}
{"pc":4,"op":253,"gas":"0x1869a","gasCost":"0x9","memSize":96,"stack":[],"depth":1,"refund":0,"opName":"REVERT","error":"execution reverted"}
{"output":")" +
            std::string(128, '0') +
            R"(","gasUsed":"0xf","error":"execution reverted"}
)");
    EXPECT_EQ(
        last_lines(trace(world, Code{}.push(0xff).op(OP_JUMP), 100'000), 3),
        R"({"pc":2,"op":86,"gas":"0x1869d","gasCost":"0x8","memSize":0,"stack":["0xff"],"depth":1,"refund":0,"opName":"JUMP"}
{"pc":2,"op":86,"gas":"0x1869d","gasCost":"0x8","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"JUMP","error":"invalid jump destination"}
{"output":"","gasUsed":"0x186a0","error":"invalid jump destination"}
)");
    EXPECT_EQ(
        last_lines(trace(world, Code{}.push(1).push(0x20).push(0).op(OP_RETURNDATACOPY), 100'000), 3),
        R"({"pc":6,"op":62,"gas":"0x18697","gasCost":"0x9","memSize":0,"stack":["0x1","0x20","0x0"],"depth":1,"refund":0,"opName":"RETURNDATACOPY"}
{"pc":6,"op":62,"gas":"0x18697","gasCost":"0x9","memSize":32,"stack":[],"depth":1,"refund":0,"opName":"RETURNDATACOPY","error":"return data out of bounds"}
{"output":"","gasUsed":"0x186a0","error":"return data out of bounds"}
)");
}

TEST(Eip3155, NamesAreGeths) {
    World world;
    EXPECT_EQ(
        trace(world, Code{}.op(OP_PREVRANDAO).op(static_cast<Opcode>(0xe3)), 100'000),
        R"({"pc":0,"op":68,"gas":"0x186a0","gasCost":"0x2","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"DIFFICULTY"}
{"pc":1,"op":227,"gas":"0x1869e","gasCost":"0x0","memSize":0,"stack":["0x0"],"depth":1,"refund":0,"opName":"CALLF"}
{"pc":1,"op":227,"gas":"0x1869e","gasCost":"0x0","memSize":0,"stack":["0x0"],"depth":1,"refund":0,"opName":"CALLF","error":"invalid opcode: CALLF"}
{"output":"","gasUsed":"0x186a0","error":"invalid opcode: CALLF"}
)");
}

TEST(Eip3155, WhatMemoryCannotBePaidForIsReckonedAsInGeth) {
    World world;
    EXPECT_EQ(
        last_lines(trace(world, Code{}.push(0xffffffff).push(0xffffffff).op(OP_RETURN), 100'000), 2),
        R"({"pc":10,"op":243,"gas":"0x1869a","gasCost":"0x800030000000","memSize":0,"stack":["0xffffffff","0xffffffff"],"depth":1,"refund":0,"opName":"RETURN","error":"out of gas"}
{"output":"","gasUsed":"0x186a0","error":"out of gas"}
)");
    EXPECT_EQ(
        last_lines(trace(world, Code{}.push(0xffffffffffffffff).op(OP_MLOAD), 100'000), 2),
        R"({"pc":9,"op":81,"gas":"0x1869d","gasCost":"0x3","memSize":0,"stack":["0xffffffffffffffff"],"depth":1,"refund":0,"opName":"MLOAD","error":"gas uint64 overflow"}
{"output":"","gasUsed":"0x186a0","error":"gas uint64 overflow"}
)");
}

TEST(Eip3155, Eip3529TheRefundOfAnSstoreStandsAtIt) {
    World world;
    const std::string lines =
        trace(world, Code{}.push(1).push(0).op(OP_SSTORE).push(0).push(0).op(OP_SSTORE), 100'000);
    EXPECT_NE(lines.find(R"("stack":["0x1","0x0"],"depth":1,"refund":0,"opName":"SSTORE")"),
              std::string::npos)
        << lines;
    EXPECT_NE(lines.find(R"("stack":["0x0","0x0"],"depth":1,"refund":19900,"opName":"SSTORE")"),
              std::string::npos)
        << lines;
}

/// The line of what couldn't be paid for, from its pc on.
std::string unpaid(Revision revision, const Code& code, uint64_t gas) {
    World world(revision);
    const std::string line = last_lines(trace(world, code, gas), 2);
    return line.substr(0, line.find('\n'));
}

// What geth 1.17.10 prints for these codes: `evm run --trace --prestate GENESIS --gas GAS CODE`.
TEST(Eip3155, WhatCannotBePaidForIsReckonedWithColdPlacesAsInGeth) {
    EXPECT_EQ(
        unpaid(Revision::london, Code{}.push(1).op(OP_SLOAD), 50),
        R"({"pc":2,"op":84,"gas":"0x2f","gasCost":"0x834","memSize":0,"stack":["0x1"],"depth":1,"refund":0,"opName":"SLOAD","error":"out of gas"})");
    EXPECT_EQ(
        unpaid(Revision::london, Code{}.push(0x20).push(0).push(0).push(0xaa).op(OP_EXTCODECOPY), 121),
        R"({"pc":8,"op":60,"gas":"0x6d","gasCost":"0xa2e","memSize":0,"stack":["0x20","0x0","0x0","0xaa"],"depth":1,"refund":0,"opName":"EXTCODECOPY","error":"out of gas"})");
    Code warm = Code{}.push(0xaa).op(OP_BALANCE).op(OP_POP);
    warm.push(0x20).push(0).push(0).push(0).push(0xaa).push(1000).op(OP_STATICCALL);
    EXPECT_EQ(
        unpaid(Revision::london, warm, 2725),
        R"({"pc":17,"op":250,"gas":"0x66","gasCost":"0x44f","memSize":0,"stack":["0x20","0x0","0x0","0x0","0xaa","0x3e8"],"depth":1,"refund":0,"opName":"STATICCALL","error":"out of gas"})");
    EXPECT_EQ(
        unpaid(Revision::cancun, Code{}.push(0).push(uint64_t{1} << 63).push(0).push(0).op(OP_CREATE2),
               100'000),
        R"({"pc":15,"op":245,"gas":"0x18694","gasCost":"0x7d00","memSize":0,"stack":["0x0","0x8000000000000000","0x0","0x0"],"depth":1,"refund":0,"opName":"CREATE2","error":"out of gas: gas uint64 overflow"})");
}

TEST(Eip3155, AStaticCallWithValueToAColdAccountFailsAsInGeth) {
    for (const auto& [revision, words] : {std::pair{Revision::london, "out of gas: out of gas"},
                                          std::pair{Revision::prague, "out of gas: write protection"}}) {
        World world(revision);
        world.deploy(other, Code{}.call(OP_CALL, {0, 0x9999, 1, 0, 0, 0, 0}));
        const std::string lines =
            trace(world, Code{}.call(OP_STATICCALL, {200, word_of_address(other), 0, 0, 0, 0}), 100'000);
        EXPECT_NE(lines.find(std::string(R"("opName":"CALL","error":")") + words), std::string::npos)
            << lines;
    }
}

TEST(Eip3155, WhatCannotBePaidForInOldForksIsReckonedAsInGeth) {
    EXPECT_EQ(
        unpaid(Revision::frontier, Code{}.call(OP_CALL, {0x989680, 7, 1, 0, 0, 0, 0}), 100'000),
        R"({"pc":16,"op":241,"gas":"0x1868b","gasCost":"0x991b78","memSize":0,"stack":["0x0","0x0","0x0","0x0","0x1","0x7","0x989680"],"depth":1,"refund":0,"opName":"CALL","error":"out of gas"})");
    EXPECT_EQ(
        unpaid(Revision::tangerine_whistle, Code{}.push(0x1234).op(OP_SELFDESTRUCT), 6003),
        R"({"pc":3,"op":255,"gas":"0x1770","gasCost":"0x7530","memSize":0,"stack":["0x1234"],"depth":1,"refund":24000,"opName":"SELFDESTRUCT","error":"out of gas"})");
}

TEST(Eip3155, InnerExitsToo) {
    World world;
    std::ostringstream out;
    Eip3155Tracer tracer(out, {.inner_exits = true});
    world.machine.set_inspector(&tracer);
    // A creation with more value than there is, then SELFDESTRUCT, which geth tells as a call.
    (void)world.run(Code{}.push(0).push(0).push(uint64_t{1} << 62).op(OP_CREATE).op(OP_SELFDESTRUCT),
                    100'000);
    const std::string lines = out.str();
    EXPECT_NE(lines.find(R"("opName":"CREATE"}
{"output":"","gasUsed":"0x0","error":"insufficient balance for transfer"}
)"),
              std::string::npos)
        << lines;
    EXPECT_NE(lines.find(R"("opName":"SELFDESTRUCT"}
{"output":"","gasUsed":"0x0"}
{"output":"","gasUsed":)"),
              std::string::npos)
        << lines;
}

}  // namespace
}  // namespace weft::evm::test
