#pragma once

#include <gtest/gtest.h>

#include "weft/evm/inspector.hpp"
#include "weft/evm/test_summary.hpp"
#include "weft/execution/executor_impl.hpp"
#include "weft/execution/optimistic/row.hpp"
#include "weft/state/forwarding_reader.hpp"
#include "weft/state/memory_state.hpp"

/// What the tests of rows share.
namespace weft::execution::optimistic::rows {

using base::operator""_address;

inline constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;
inline constexpr Address contract = "0x00000000000000000000000000000000000000c1"_address;
inline constexpr Address delegated = "0x00000000000000000000000000000000000000de"_address;
inline constexpr Address empty = "0x00000000000000000000000000000000000000e0"_address;
inline constexpr Address nobody = "0x00000000000000000000000000000000000000ee"_address;
inline constexpr Address token = "0x0000000000000000000000000000000000000c01"_address;
inline constexpr uint64_t price = 10;
inline constexpr uint64_t fee = 21000 * price;
inline constexpr size_t rich_count = 8;

inline Address numbered(uint64_t number) { return base::to_address(uint256{0xaa0000 + number}); }

/// Moves tokens: its input is four bytes, the recipient and the amount; balances lie at their holders'
/// numbers. Reverts where the sender has too little; asked with a single byte it dies.
inline Bytes token_code() {
    using namespace evm;
    evm::test::Code code;
    // Does this where the condition on the stack is not met.
    const auto unless = [&](const evm::test::Code& body) {
        code.push(code.size() + 3 + body.size()).op(OP_JUMPI).add(body).op(OP_JUMPDEST);
    };
    const auto recipient = [&] { code.push(4).op(OP_CALLDATALOAD); };
    code.push(1).op(OP_CALLDATASIZE).op(OP_GT);
    unless({OP_CALLER, OP_SELFDESTRUCT});
    code.push(36).op(OP_CALLDATALOAD).op(OP_CALLER).op(OP_SLOAD);
    code.op(OP_DUP2).op(OP_DUP2).op(OP_LT).op(OP_ISZERO);
    unless(evm::test::Code().push(0).push(0).op(OP_REVERT));
    code.op(OP_DUP2).op(OP_SWAP1).op(OP_SUB).op(OP_CALLER).op(OP_SSTORE);
    recipient();
    code.op(OP_SLOAD).op(OP_DUP2).op(OP_ADD);
    recipient();
    code.op(OP_SSTORE).push(0).op(OP_MSTORE);
    recipient();
    code.push(32).push(0).op(OP_LOG1);
    return code.bytes();
}

/// A token that keeps back what slot 1 says of each amount: its input is as the other's; that of 36 bytes
/// sets slot 1. Without any it dies by INVALID, where the sender has too little by a jump to nowhere.
inline Bytes fee_token_code() {
    using namespace evm;
    evm::test::Code code;
    const auto unless = [&](const evm::test::Code& body) {
        code.push(code.size() + 3 + body.size()).op(OP_JUMPI).add(body).op(OP_JUMPDEST);
    };
    code.op(OP_CALLDATASIZE).push(10).op(OP_LT);
    unless({OP_INVALID});
    code.op(OP_CALLDATASIZE).push(36).op(OP_LT);
    unless(evm::test::Code().push(4).op(OP_CALLDATALOAD).push(1).op(OP_SSTORE).op(OP_STOP));
    const auto amount = evm::test::Code().push(36).op(OP_CALLDATALOAD);
    code.add(amount).op(OP_CALLER).op(OP_SLOAD).op(OP_DUP2).op(OP_DUP2).op(OP_LT).op(OP_ISZERO);
    unless(evm::test::Code().push(1).op(OP_JUMP));
    code.op(OP_SUB).op(OP_CALLER).op(OP_SSTORE);
    code.push(1).op(OP_SLOAD).add(amount).op(OP_SUB);
    code.push(4).op(OP_CALLDATALOAD).op(OP_SLOAD).op(OP_ADD).push(4).op(OP_CALLDATALOAD).op(OP_SSTORE);
    return code.bytes();
}

using Result = std::expected<BlockResult, ExecutionError>;

class Rows : public testing::Test {
protected:
    Rows() {
        env_.context = {.number = 1,
                        .timestamp = 1,
                        .gas_limit = 100'000'000,
                        .coinbase = coinbase,
                        .difficulty = {},
                        .prev_randao = {},
                        .base_fee = 7,
                        .blob_base_fee = 1,
                        .chain_id = 1};
        env_.revision = Revision::osaka;
        env_.blobs = primitives::prague_blobs;
        env_.system_calls = false;
        for (uint64_t i = 0; i < rich_count; ++i)
            state_.set_account(numbered(i), {.nonce = 0, .balance = 1'000'000 * fee});
        const Bytes count = evm::test::counting_code().bytes();
        state_.set_account(contract, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(count)});
        state_.set_account(token, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(token_code())});
        for (uint64_t i = 0; i < rich_count; ++i)
            state_.set_storage(token, base::to_uint256(numbered(i)), uint256{1'000'000});
        Bytes designator{0xef, 0x01, 0x00};  // EIP-7702
        designator.insert(designator.end(), contract.begin(), contract.end());
        state_.set_account(delegated,
                           {.nonce = 0, .balance = 100 * fee, .code_hash = state_.set_code(designator)});
    }

    Transaction pay(const Address& from, const Address& to, const uint256& value = 1) {
        Transaction tx;
        tx.nonce = nonces_[from]++;
        tx.sender = from;
        tx.to = to;
        tx.value = value;
        tx.gas_limit = 21000;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = price;
        return tx;
    }
    /// A call of the token.
    Transaction move(const Address& from, const Address& to, const uint256& amount = 1) {
        Transaction tx = pay(from, token, 0);
        tx.gas_limit = 100'000;
        tx.data.resize(68);
        base::store_be(tx.data.data() + 4, base::to_uint256(to));
        base::store_be(tx.data.data() + 36, amount);
        return tx;
    }
    /// `count` of them among the rich accounts, from each to others.
    std::vector<Transaction> moves(size_t count) {
        std::vector<Transaction> block;
        for (size_t i = 0; i < count; ++i)
            block.push_back(move(numbered(i % rich_count), numbered((i + 1 + i / 3 % 5) % rich_count), i));
        return block;
    }
    /// `count` payments among the rich accounts, some to themselves.
    std::vector<Transaction> row(size_t count) {
        std::vector<Transaction> block;
        for (size_t i = 0; i < count; ++i)
            block.push_back(pay(numbered(i * i % rich_count), numbered(i % rich_count), i));
        return block;
    }

    template <class Rules>
    Result execute_with(ExecutionContext& context, std::span<const Transaction> block,
                        const ExecutionOptions& options, size_t batches) const {
        const auto executor = make_executor<Rules>(context);
        if (auto error = executor->begin(env_, reader(), options)) return std::unexpected(std::move(*error));
        const size_t size = std::max<size_t>(1, (block.size() + batches - 1) / batches);
        for (size_t first = 0; first < block.size(); first += size)
            if (auto error = executor->apply(block.subspan(first, std::min(size, block.size() - first))))
                return std::unexpected(std::move(*error));
        return executor->seal();
    }
    /// Runs the block in order and by owner of account, which must come to the same; returns how many
    /// transactions went by owner, on one thread.
    template <class Rules = MainnetRules>
    uint64_t paid(std::span<const Transaction> block, const ExecutionOptions& options = {},
                  size_t batches = 1, size_t least = 2) {
        ExecutionContext in_order({.executor = ExecutorKind::sequential, .threads = 1});
        expected_ = execute_with<Rules>(in_order, block, options, 1);
        std::optional<uint64_t> by_owner;
        for (const unsigned threads : {1U, 2U, 5U}) {
            ExecutionContext context({.executor = ExecutorKind::optimistic,
                                      .threads = threads,
                                      .speculation = {.least_in_row = least}});
            const auto result = execute_with<Rules>(context, block, options, batches);
            EXPECT_EQ(result, expected_) << threads << " threads";
            if (!result && !expected_) EXPECT_EQ(to_string(result.error()), to_string(expected_.error()));
            by_owner = by_owner.value_or(context.statistics().by_owner);
        }
        return *by_owner;
    }
    [[nodiscard]] const StateReader& reader() const {
        return other_reader_ != nullptr ? *other_reader_ : state_;
    }
    [[nodiscard]] std::optional<Account> after(const Address& address) const {
        MemoryState state = state_;
        state.apply(expected_->diff);
        return *state.account(address);
    }

    MemoryState state_;
    const StateReader* other_reader_ = nullptr;
    BlockEnv env_;
    std::map<Address, uint64_t> nonces_;
    Result expected_;
};

}  // namespace weft::execution::optimistic::rows
