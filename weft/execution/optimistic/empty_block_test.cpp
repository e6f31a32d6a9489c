// A block without transactions still begins and ends.
#include "weft/execution/optimistic/row_fixture.hpp"

namespace weft::execution::optimistic::rows {
namespace {

TEST_F(Rows, TheEndOfABlockFindsWhatItsBeginningLeft) {
    env_.revision = Revision::cancun;
    env_.system_calls = true;
    env_.parent_beacon_block_root = Hash{{{1}}};
    // What is called first (EIP-4788) sends all that it has to who is then paid a withdrawal.
    const auto code = evm::test::Code().push(base::to_uint256(nobody)).op(evm::OP_SELFDESTRUCT).bytes();
    state_.set_account("0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address,
                       {.nonce = 1, .balance = 5, .code_hash = state_.set_code(code)});
    env_.withdrawals.push_back({0, 0, nobody, 1});
    paid({});
    ASSERT_TRUE(expected_);
    EXPECT_EQ(after(nobody)->balance, uint256{1'000'000'005});
}

}  // namespace
}  // namespace weft::execution::optimistic::rows
