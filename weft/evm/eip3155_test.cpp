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

}  // namespace
}  // namespace weft::evm::test
