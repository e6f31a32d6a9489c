// The functions of the workload's token as summaries.
#include <gtest/gtest.h>

#include <random>

#include "weft/evm/test_summary.hpp"
#include "weft/workload/artifacts.hpp"
#include "weft/workload/layout.hpp"

namespace weft::workload {
namespace {

using artifacts::token;
using evm::Summary;
using evm::SummaryValues;

struct TokenWorld : evm::test::SummaryWorld {
    TokenWorld() { deploy(evm::test::contract, Bytes(token.code.begin(), token.code.end())); }
};

Bytes call_data(uint32_t selector, std::initializer_list<uint256> arguments) {
    Bytes out(4 + 32 * arguments.size());
    for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(selector >> (24 - 8 * i));
    uint8_t* at = out.data() + 4;
    for (const uint256& argument : arguments) {
        base::store_be(at, argument);
        at += 32;
    }
    return out;
}

TEST(TokenSummary, Transfer) {
    TokenWorld world;
    const Bytes input = call_data(token.selector("transfer(address,uint256)"), {0xb0b, 0});
    const auto summary = world.summary_of(evm::test::sender, input);
    ASSERT_TRUE(summary.has_value());
    SummaryValues values;
    SummaryValues::Call call{evm::test::sender, input};
    ASSERT_EQ(values.evaluate(*summary, {&call, 1}), 1u);
    evm::test::Way way;
    EXPECT_EQ(world.said(*summary, values, 0), world.real(evm::test::sender, input, way));
}

}  // namespace
}  // namespace weft::workload
