// Calls of which a summary could say what is so of the one that was run only.
#include "weft/execution/optimistic/row_fixture.hpp"

namespace weft::execution::optimistic::rows {
namespace {

using namespace evm;  // the opcodes' names
using evm::test::Code;

class OddCalls : public Rows {
protected:
    static constexpr Address behind = "0x00000000000000000000000000000000000be41d"_address;

    void deploy(const Address& address, const Code& code, const uint256& balance = 0) {
        state_.set_account(address,
                           {.nonce = 1, .balance = balance, .code_hash = state_.set_code(code.bytes())});
    }
    /// The token delegates to this account.
    void delegate_to(const Address& address) {
        deploy(token, evm::test::proxy());
        state_.set_storage(token, evm::test::proxy_slot, base::to_uint256(address));
    }
    Transaction call(const Address& from, const uint256& word) {
        Transaction tx = pay(from, token, 0);
        tx.gas_limit = 100'000;
        tx.data.resize(36);
        base::store_be(tx.data.data() + 4, word);
        return tx;
    }
    /// Sixty calls of the token, one of them with another word than the others.
    std::vector<Transaction> calls(size_t at, const uint256& word) {
        nonces_.clear();
        std::vector<Transaction> block;
        for (size_t i = 0; i < 60; ++i)
            block.push_back(call(numbered(i % rich_count), i == at ? word : uint256{}));
        return block;
    }
    static Code argument() { return Code().push(4).op(OP_CALLDATALOAD); }
};

TEST_F(OddCalls, TheHashOfASlotsValueIsAskedFor) {
    Code code = Code().push(0).op(OP_SLOAD).push(0).op(OP_MSTORE).push(32).push(0).op(OP_KECCAK256);
    deploy(token, Code(code).add(argument()).op(OP_EQ).push(1).op(OP_ADD).push(1).op(OP_SSTORE));
    paid(calls(59, 5));
    // What it is decides.
    code.add(argument()).op(OP_EQ);
    code.push(code.size() + 8).op(OP_JUMPI).push(2).push(1).op(OP_SSTORE).op(OP_JUMPDEST);
    deploy(token, code);
    const uint8_t zero[32]{};
    paid(calls(59, base::to_uint256(crypto::keccak256(zero))));
    ASSERT_TRUE(expected_);
    EXPECT_LT(expected_->receipts[59].gas_used, expected_->receipts[58].gas_used);
}

/// What a delegate that lacks gas leaves is enough to revert.
TEST_F(OddCalls, AFailureMayTakeLessThanAllGas) {
    Code code = Code().op(OP_CALLDATASIZE).push(0).push(0).op(OP_CALLDATACOPY);
    code.push(0).push(0).op(OP_CALLDATASIZE).push(0).push(base::to_uint256(behind));
    code.op(OP_GAS).op(OP_DELEGATECALL);
    code.push(code.size() + 8).op(OP_JUMPI).push(0).push(0).op(OP_REVERT);
    deploy(token, code.op(OP_JUMPDEST).op(OP_INVALID));
    deploy(behind, argument().push(0).op(OP_SSTORE));
    std::vector<Transaction> block = calls(0, 0);
    block[40].gas_limit = 26'000;
    paid(block);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->receipts[39].gas_used, 100'000U);
    EXPECT_LT(expected_->receipts[40].gas_used, 26'000U);
}

/// Who may not send is warm in the call that he seems to make.
TEST_F(OddCalls, TheDelegateSeemsToSend) {
    delegate_to(behind);
    deploy(behind, argument().push(0).op(OP_SSTORE), 1000 * fee);
    std::vector<Transaction> block{call(behind, 1)};
    block.front().nonce = 1;
    for (size_t i = 0; i < 60; ++i) block.push_back(call(numbered(i % rich_count), i));
    EXPECT_EQ(paid(block, {.on_invalid = OnInvalid::skip}), 60U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->skipped.size(), 1U);
}

TEST_F(OddCalls, APrecompileIsRunWhateverCodeLiesThere) {
    const Address point_addition = base::to_address(uint256{6});
    deploy(point_addition, Code().op(OP_STOP));
    delegate_to(point_addition);
    paid(calls(40, 5));  // no point
    ASSERT_TRUE(expected_);
    EXPECT_TRUE(expected_->receipts[39].success);
    EXPECT_FALSE(expected_->receipts[40].success);
}

TEST_F(OddCalls, GasTakenMayOverflow) {
    env_.revision = Revision::london;
    env_.context.gas_limit = ~uint64_t{0};
    for (uint64_t i = 0; i < rich_count; ++i)
        state_.set_account(numbered(i), {.nonce = 0, .balance = uint256{1} << 100});
    deploy(token, Code().op(OP_INVALID));
    std::vector<Transaction> block = calls(0, 0);
    block[30].gas_limit = block[31].gas_limit = (uint64_t{1} << 63) + 30'000;
    paid(block);
    EXPECT_FALSE(expected_);
    paid(block, {.on_invalid = OnInvalid::skip});
    // Nor do they fit together where they go one by one.
    paid(block, {}, 1, 0);
}

TEST_F(OddCalls, CodeMayBeCopiedLast) {
    Code code = Code().op(OP_CALLDATASIZE).push(0).push(0).op(OP_CALLDATACOPY);
    code.push(0).push(0).op(OP_CALLDATASIZE).push(0).push(base::to_uint256(behind));
    code.op(OP_GAS).op(OP_DELEGATECALL).push(4).op(OP_MLOAD).op(OP_SSTORE);
    deploy(token, code);
    for (const uint64_t to : {0, 0x10000}) {
        deploy(behind, Code().push(64).push(0).push(to).op(OP_CODECOPY));
        EXPECT_EQ(paid(calls(40, 5)), 60U);
    }
}

}  // namespace
}  // namespace weft::execution::optimistic::rows
