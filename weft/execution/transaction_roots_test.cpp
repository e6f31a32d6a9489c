// Before Byzantium each receipt holds the state's root after its transaction (yellow paper of then, section
// 4.3.1): from every executor.
#include <gtest/gtest.h>

#include "weft/evm/test_world.hpp"
#include "weft/execution/executor.hpp"
#include "weft/trie/roots.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;

constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;
constexpr Address sender = "0x0000000000000000000000000000000000000a11"_address;
constexpr Address counter = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address nobody = "0x00000000000000000000000000000000000000aa"_address;
constexpr Address brief = "0x00000000000000000000000000000000000000bb"_address;

struct Way {
    const char* name;
    ExecutorKind executor;
    unsigned threads;
    Speculation speculation;
};

/// A commitment that can't be read.
class FailingRoot final : public RootSink {
public:
    void commit(std::span<const CommittedAccount>, std::span<const CommittedSlot>) override {}
    state::ReadResult<Hash> root() override { return std::unexpected(StateError{"no such node"}); }
};

class TransactionRoots : public testing::TestWithParam<Way> {
protected:
    TransactionRoots() {
        env_.revision = Revision::homestead;
        env_.context.number = 1;
        env_.context.timestamp = 1;
        env_.context.gas_limit = 10'000'000;
        env_.context.coinbase = coinbase;
        state_.set_account(sender, {.nonce = 0, .balance = 1'000'000'000'000'000'000});
        const Bytes count = evm::test::Code()
                                .push(0)
                                .op(evm::OP_SLOAD)
                                .push(1)
                                .op(evm::OP_ADD)
                                .push(0)
                                .op(evm::OP_SSTORE)
                                .bytes();
        state_.set_account(counter, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(count)});
        const Bytes destroy = evm::test::Code().push(nobody).op(evm::OP_SELFDESTRUCT).bytes();
        state_.set_account(brief, {.nonce = 0, .balance = 7, .code_hash = state_.set_code(destroy)});
        state_.set_storage(brief, 1, 1);
    }

    static Transaction call(uint64_t nonce, const Address& to, uint64_t gas_price) {
        Transaction tx;
        tx.nonce = nonce;
        tx.sender = sender;
        tx.to = to;
        tx.gas_limit = 100'000;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = gas_price;
        return tx;
    }

    std::expected<BlockResult, ExecutionError> run(std::span<const Transaction> transactions,
                                                   const ExecutionOptions& options = {}) {
        const Way& way = GetParam();
        ExecutionContext context(
            {.executor = way.executor, .threads = way.threads, .speculation = way.speculation});
        return execute<MainnetRules>(env_, transactions, state_, context, options);
    }

    /// The root after these transactions alone.
    Hash root_after(std::span<const Transaction> transactions) {
        const auto result = run(transactions, {.on_invalid = OnInvalid::skip});
        MemoryState after = state_;
        if (result) after.apply(result->diff);
        return trie::state_root(after);
    }

    MemoryState state_;
    BlockEnv env_;
};

INSTANTIATE_TEST_SUITE_P(
    All, TransactionRoots,
    testing::Values(
        Way{"Sequential", ExecutorKind::sequential, 1, {}},
        Way{"Optimistic1", ExecutorKind::optimistic, 1, {.segment_transactions = 3}},
        Way{"Optimistic3", ExecutorKind::optimistic, 3, {}},
        Way{"Stale", ExecutorKind::optimistic, 2, {.segment_transactions = 2, .stale_first_run = true}},
        Way{"Refused", ExecutorKind::optimistic, 2, {.stale_first_run = true, .refuse_percent = 50}}),
    [](const auto& info) { return info.param.name; });

TEST_P(TransactionRoots, AreThoseAfterEachTransaction) {
    const std::vector<Transaction> block{
        call(0, nobody, 0),   // touches an empty account, and the coinbase while it is one
        call(1, counter, 2),  // the first fee
        call(1, counter, 2),  // invalid: left out, without a receipt
        call(2, brief, 3),    // destroys a contract with storage
        call(3, counter, 1),
    };
    StateTrie commitment(state_);
    const auto result =
        run(block, {.on_invalid = OnInvalid::skip, .sink = &commitment, .transaction_roots = &commitment});
    ASSERT_TRUE(result) << to_string(result.error());
    ASSERT_EQ(result->receipts.size(), 4U);
    size_t receipt = 0;
    for (const size_t count : {1, 2, 4, 5})
        EXPECT_EQ(result->receipts[receipt++].state_root, root_after(std::span(block).first(count))) << count;
    EXPECT_EQ(commitment.root(), root_after(block));
}

TEST_P(TransactionRoots, AreThereWhereEveryTransactionConflicts) {
    // So many that the engine expects it of the rest, and leaves them to the cursor.
    std::vector<Transaction> block;
    for (uint64_t nonce = 0; nonce < 48; ++nonce) block.push_back(call(nonce, counter, 1));
    StateTrie commitment(state_);
    const auto result = run(block, {.sink = &commitment, .transaction_roots = &commitment});
    ASSERT_TRUE(result) << to_string(result.error());
    ASSERT_EQ(result->receipts.size(), block.size());
    for (size_t i = 0; i < block.size(); ++i)
        EXPECT_EQ(result->receipts[i].state_root, root_after(std::span(block).first(i + 1))) << i;
}

TEST_P(TransactionRoots, AreThereOnlyBeforeByzantium) {
    env_.revision = Revision::byzantium;
    StateTrie commitment(state_);
    const std::vector<Transaction> block{call(0, counter, 1)};
    const auto result = run(block, {.sink = &commitment, .transaction_roots = &commitment});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->receipts[0].state_root, std::nullopt);
    env_.revision = Revision::spurious_dragon;
    EXPECT_EQ(run(block)->receipts[0].state_root, std::nullopt) << "nobody asked";
}

TEST_P(TransactionRoots, ThatCantBeReadAreAStateError) {
    FailingRoot failing;
    const std::vector<Transaction> block{call(0, counter, 1), call(1, counter, 1)};
    const auto result = run(block, {.sink = &failing, .transaction_roots = &failing});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ExecutionError(StateError{"no such node"}));
}

}  // namespace
}  // namespace weft::execution
