// Summaries of calls that proxies hand on.
#include <gtest/gtest.h>

#include "weft/evm/test_summary.hpp"

namespace weft::evm::test {
namespace {

class SummaryDelegation : public testing::Test {
protected:
    /// The contract is to delegate to this code.
    void deploy(const Code& way, const Code& code) {
        world.deploy(contract, way);
        world.deploy(nobody, code);
        world.state.set_storage(contract, proxy_slot, base::to_uint256(nobody));
    }
    SummaryWorld world;
};

TEST_F(SummaryDelegation, IsTheSameCallOfOtherCode) {
    const Code code = mapping(Code().op(OP_CALLER), 1).op(OP_DUP1).op(OP_SLOAD).push(4).op(OP_CALLDATALOAD);
    deploy(proxy(),
           Code(code).op(OP_ADD).op(OP_SWAP1).op(OP_SSTORE).op(OP_ADDRESS).push(0).push(0).op(OP_LOG1));
    Bytes input(36, 1), another(36, 0);
    const auto summary = world.summary_of(sender, input);
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->delegate(), nobody);
    EXPECT_EQ(summary->places().size(), 2u);
    for (const Address& from : {sender, third})
        for (const Bytes& one : {input, another}) {
            ASSERT_TRUE(said(world, *summary, from, one).has_value());
            EXPECT_EQ(said(world, *summary, from, one), real(world, from, one));
        }
    // All gas but the reserve is not sure to be enough, with it it is.
    const CallOutcome outcome = *real(world, sender, input);
    Message message = world.begin_call(sender, input);
    message.gas = static_cast<uint64_t>(outcome.used + summary->reserve(outcome.used));
    EXPECT_EQ(world.machine.execute(message, world.transaction).status, Status::success);
    message = world.begin_call(sender, input);
    message.gas = static_cast<uint64_t>(outcome.used + 100);
    EXPECT_NE(world.machine.execute(message, world.transaction).status, Status::success);
    // To another one it isn't.
    world.deploy(other, Code{OP_STOP});
    world.state.set_storage(contract, proxy_slot, base::to_uint256(other));
    EXPECT_FALSE(said(world, *summary, third, input).has_value());
}

TEST_F(SummaryDelegation, MayRevert) {
    deploy(proxy(), argument(0).push(1).op(OP_SSTORE).call(OP_REVERT, {0, 32}));
    const auto summary = world.summary_of(sender, words({1}));
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->ending(), Summary::Ending::revert);
    for (const uint64_t value : {0, 1, 7})
        EXPECT_EQ(said(world, *summary, third, words({value})), real(world, third, words({value})));
}

/// The way of proxies with one thing otherwise.
Code delegating(const Code& size, uint64_t from, uint64_t to, const Code& gas) {
    Code code = Code().op(OP_CALLDATASIZE).push(from).push(0).op(OP_CALLDATACOPY).push(0).push(0);
    return code.add(size).push(to).push(proxy_slot).op(OP_SLOAD).add(gas).op(OP_DELEGATECALL);
}

TEST_F(SummaryDelegation, OtherwiseIsRefused) {
    const Code whole{OP_CALLDATASIZE}, all{OP_GAS}, store = argument(0).push(0).op(OP_SSTORE);
    Bytes input = words({5, 6});
    const auto is_said = [&](const Code& way, const Code& code) {
        deploy(way, code);
        EXPECT_TRUE(real(world, sender, input).has_value());
        return world.summary_of(sender, input).has_value();
    };
    EXPECT_TRUE(is_said(delegating(whole, 0, 0, all), store));
    EXPECT_FALSE(is_said(delegating(Code().push(32), 0, 0, all), store));
    EXPECT_FALSE(is_said(delegating(whole, 1, 0, all), store));
    EXPECT_FALSE(is_said(delegating(whole, 0, 1, all), store));
    EXPECT_FALSE(is_said(delegating(whole, 0, 0, Code().push(100'000)), store));
    const Code one = delegating(whole, 0, 0, all);
    EXPECT_FALSE(is_said(Code().add(one).add(one), store));
    EXPECT_FALSE(is_said(one, {OP_INVALID}));                    // takes all but one 64th
    EXPECT_FALSE(is_said(one, Code().call(OP_REVERT, {0, 0})));  // and the call succeeds
    EXPECT_FALSE(is_said(one, {}));
    EXPECT_FALSE(is_said(one, one));
    const Code read = Code().push(0).op(OP_SLOAD);
    world.deploy(other, store);
    EXPECT_FALSE(is_said(one, Code().raw("ef0100").raw(to_hex(other.view()))));
    // What was undone isn't read.
    EXPECT_FALSE(is_said(Code().add(one).add(read).op(OP_INVALID),
                         Code().add(read).push(0).op(OP_SSTORE).call(OP_REVERT, {0, 0})));
    // Nor is what merely happens to be the same.
    input = words({0, 0});
    EXPECT_TRUE(is_said(one, store));
    EXPECT_FALSE(is_said(delegating(whole, 1, 0, all), store));
    EXPECT_FALSE(is_said(Code()
                             .op(OP_CALLDATASIZE)
                             .push(0)
                             .push(0)
                             .op(OP_CALLDATACOPY)
                             .push(32)
                             .push(0)
                             .op(OP_CALLDATASIZE)
                             .push(0)
                             .push(proxy_slot)
                             .op(OP_SLOAD)
                             .op(OP_GAS)
                             .op(OP_DELEGATECALL)
                             .push(0)
                             .op(OP_MLOAD)
                             .push(1)
                             .op(OP_SSTORE),
                         argument(1).give()));
}

}  // namespace
}  // namespace weft::evm::test
