// What an embedder may ask of the core, asked of every executor: leaving out invalid transactions, fewer
// checks, batches, a sink, a gate for senders, overrides, cancellation.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <utility>

#include "weft/evm/test_world.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/override_reader.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using base::operator""_hash;
using evm::test::Code;

constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;
constexpr Address rich = "0x0000000000000000000000000000000000000a11"_address;
constexpr Address poor = "0x0000000000000000000000000000000000000b0b"_address;
constexpr Address contract_sender = "0x0000000000000000000000000000000000000c0d"_address;
constexpr Address delegated_sender = "0x0000000000000000000000000000000000000de1"_address;
constexpr Address counter = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address recipient = "0x00000000000000000000000000000000000000aa"_address;
constexpr uint64_t ether = 1'000'000'000'000'000'000;

struct Way {
    const char* name;
    ExecutorKind executor;
    unsigned threads;
    Speculation speculation;
};

class EveryExecutor : public testing::TestWithParam<Way> {
protected:
    EveryExecutor() {
        env_.context = {.number = 1,
                        .timestamp = 1,
                        .gas_limit = 30'000'000,
                        .coinbase = coinbase,
                        .difficulty = {},
                        .prev_randao = {},
                        .base_fee = 7,
                        .blob_base_fee = 5,
                        .chain_id = 1};
        env_.blobs = primitives::prague_blobs;
        env_.system_calls = false;
        state_.set_account(rich, {.nonce = 0, .balance = ether});
        state_.set_account(contract_sender,
                           {.nonce = 0, .balance = ether, .code_hash = state_.set_code({evm::OP_STOP})});
        Bytes designator{0xef, 0x01, 0x00};  // EIP-7702
        designator.insert(designator.end(), counter.begin(), counter.end());
        state_.set_account(delegated_sender,
                           {.nonce = 0, .balance = ether, .code_hash = state_.set_code(designator)});
        // Counts its calls in slot 0, and logs the count.
        const Bytes count = evm::test::counting_code().bytes();
        state_.set_account(counter, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(count)});
    }

    static Transaction call(uint64_t nonce, const Address& to = counter, const Address& from = rich) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = 1;
        tx.nonce = nonce;
        tx.sender = from;
        tx.to = to;
        tx.gas_limit = 100'000;
        tx.max_fee_per_gas = 10;
        tx.max_priority_fee_per_gas = 2;
        return tx;
    }
    static Transaction blob_call(uint64_t nonce, size_t blobs) {
        Transaction tx = call(nonce);
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = 5;
        tx.blob_versioned_hashes.resize(blobs);
        for (Hash& hash : tx.blob_versioned_hashes) hash[0] = 0x01;
        return tx;
    }

    ExecutionContext& context() {
        const Way& way = GetParam();
        if (!context_)
            context_.emplace(ContextOptions{
                .executor = way.executor, .threads = way.threads, .speculation = way.speculation});
        return *context_;
    }
    std::expected<BlockResult, ExecutionError> run(std::span<const Transaction> transactions,
                                                   const ExecutionOptions& options = {}) {
        return execute<MainnetRules>(env_, transactions, state_, context(), options);
    }
    uint256 slot_after(const BlockResult& result, const Address& address, const uint256& key) const {
        MemoryState after = state_;
        after.apply(result.diff);
        return *after.storage(address, key);
    }
    Account after(const BlockResult& result, const Address& address) const {
        MemoryState after_state = state_;
        after_state.apply(result.diff);
        return after_state.account(address)->value_or(Account{});
    }

    MemoryState state_;
    BlockEnv env_;

private:
    std::optional<ExecutionContext> context_;
};

INSTANTIATE_TEST_SUITE_P(
    All, EveryExecutor,
    testing::Values(
        Way{"Sequential", ExecutorKind::sequential, 1, {}},
        Way{"Optimistic1", ExecutorKind::optimistic, 1, {.segment_transactions = 2}},
        Way{"Optimistic3", ExecutorKind::optimistic, 3, {.segment_transactions = 1}},
        Way{"Stale", ExecutorKind::optimistic, 2, {.segment_transactions = 2, .stale_first_run = true}},
        Way{"Refused", ExecutorKind::optimistic, 2, {.segment_transactions = 1, .refuse_percent = 50}},
        Way{"Rows", ExecutorKind::optimistic, 2, {.segment_transactions = 1, .least_in_row = 1}},
        Way{"Automatic", ExecutorKind::automatic, 2, {}}),
    [](const auto& info) { return info.param.name; });

// ---- Invalid transactions

TEST_P(EveryExecutor, SkipsWithAReasonAndFailsWithTheSame) {
    // `faulty` stands between valid calls, and has a single fault.
    const auto expect = [&](Reason reason, Transaction faulty, auto&& spoil) {
        SCOPED_TRACE(to_string(reason));
        spoil(faulty);
        const std::vector<Transaction> block{call(0), faulty, call(1), call(2)};
        const auto skipped = run(block, {.on_invalid = OnInvalid::skip});
        ASSERT_TRUE(skipped) << to_string(skipped.error());
        EXPECT_EQ(skipped->skipped, (std::vector<Skipped>{{1, reason}}));
        EXPECT_EQ(skipped->receipts.size(), 3U);
        EXPECT_EQ(slot_after(*skipped, counter, 0), uint256{3});
        const auto failed = run(block);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error(), ExecutionError(InvalidBlock{1, reason}));
    };
    using Tx = Transaction;
    env_.revision = Revision::shanghai;
    const BlobParams blobs = std::exchange(env_.blobs, BlobParams{});
    expect(Reason::type_not_supported, blob_call(1, 1), [](Tx&) {});  // EIP-4844 comes with Cancun
    env_.revision = Revision::osaka;
    env_.blobs = blobs;
    expect(Reason::gas_limit_reached, call(1), [&](Tx& tx) { tx.gas_limit = env_.context.gas_limit; });
    expect(Reason::blob_gas_limit_reached, blob_call(1, 10), [](Tx&) {});
    expect(Reason::wrong_chain_id, call(1), [](Tx& tx) { tx.chain_id = 2; });
    expect(Reason::gas_limit_too_high, call(1), [](Tx& tx) { tx.gas_limit = (1U << 24) + 1; });  // EIP-7825
    expect(Reason::init_code_too_large, call(1), [](Tx& tx) {                                    // EIP-3860
        tx.to.reset();
        tx.data.resize(49153);
    });
    expect(Reason::nonce_overflow, call(~uint64_t{0}), [](Tx&) {});  // EIP-2681
    expect(Reason::priority_fee_above_max_fee, call(1), [](Tx& tx) { tx.max_priority_fee_per_gas = 11; });
    expect(Reason::max_fee_below_base_fee, call(1), [](Tx& tx) { tx.max_fee_per_gas = 6; });
    expect(Reason::blob_transaction_creates, blob_call(1, 1), [](Tx& tx) { tx.to.reset(); });
    expect(Reason::no_blobs, blob_call(1, 0), [](Tx&) {});
    expect(Reason::too_many_blobs, blob_call(1, 7), [](Tx&) {});  // EIP-7594
    expect(Reason::invalid_blob_version, blob_call(1, 1), [](Tx& tx) { tx.blob_versioned_hashes[0][0] = 2; });
    expect(Reason::max_blob_fee_too_low, blob_call(1, 1), [](Tx& tx) { tx.max_fee_per_blob_gas = 4; });
    expect(Reason::no_authorizations, call(1), [](Tx& tx) { tx.type = TxType::set_code; });  // EIP-7702
    expect(Reason::set_code_transaction_creates, call(1), [](Tx& tx) {
        tx.type = TxType::set_code;
        tx.to.reset();
    });
    expect(Reason::intrinsic_gas_too_low, call(1), [](Tx& tx) { tx.gas_limit = 20'999; });
    expect(Reason::floor_gas_too_low, call(1), [](Tx& tx) {  // EIP-7623: 25000, intrinsic 22600
        tx.data.resize(100, 1);
        tx.gas_limit = 24'000;
    });
    expect(Reason::sender_has_code, call(0, counter, contract_sender), [](Tx&) {});  // EIP-3607
    expect(Reason::nonce_too_low, call(0), [](Tx&) {});
    expect(Reason::nonce_too_high, call(2), [](Tx&) {});
    expect(Reason::insufficient_balance, call(1), [](Tx& tx) { tx.value = ether; });
    expect(Reason::insufficient_balance, call(1), [](Tx& tx) { tx.max_fee_per_gas = uint256::max(); });
}

TEST_P(EveryExecutor, Eip7702DelegatedAccountsMaySend) {
    const auto result = run(std::vector{call(0, counter, delegated_sender)});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_TRUE(result->receipts[0].success);
}

TEST_P(EveryExecutor, TheGateNamesAnInvalidSignature) {
    const std::vector<Transaction> block{call(0), call(0, counter, poor), call(1)};
    SenderGate gate;
    gate.refuse(1);
    gate.open(3);
    const auto failed = run(block, {.senders = &gate});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ExecutionError(InvalidBlock{1, Reason::invalid_signature}));
}

TEST_P(EveryExecutor, TheBlocksOwnFaultsNameNoTransaction) {
    env_.revision = Revision::prague;
    env_.system_calls = true;
    auto failed = run({});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ExecutionError(InvalidBlock{std::nullopt, Reason::system_contract_missing}));

    const Address withdrawal_requests = "0x00000961ef480eb55e80d19ad83579a64c007002"_address;  // EIP-7002
    state_.set_account(withdrawal_requests,
                       {.nonce = 1, .balance = 0, .code_hash = state_.set_code({evm::OP_INVALID})});
    failed = run({});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ExecutionError(InvalidBlock{std::nullopt, Reason::system_call_failed}));

    env_.system_calls = false;  // EIP-6110: the counter's log is no deposit
    env_.deposit_contract = counter;
    ASSERT_TRUE(run(std::vector{call(0)}));
    const Hash deposit_event = "0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"_hash;
    const Bytes log =
        Code().push(base::load_be(deposit_event.data())).push(0).push(0).op(evm::OP_LOG1).bytes();
    state_.set_account(counter, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(log)});
    failed = run(std::vector{call(0)});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ExecutionError(InvalidBlock{std::nullopt, Reason::invalid_deposit_log}));
}

// ---- Check switches

TEST_P(EveryExecutor, WithoutTheNonceCheckAnyNonceWillDo) {
    const auto result = run(std::vector{call(7), call(7), call(~uint64_t{0})}, {.checks = {.nonce = false}});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(after(*result, rich).nonce, 3U);
    EXPECT_EQ(slot_after(*result, counter, 0), uint256{3});
}

TEST_P(EveryExecutor, WithoutTheBalanceCheckTheSenderIsGivenWhatItLacks) {
    Transaction tx = call(0, recipient, poor);
    tx.value = 1000;
    const std::vector<Transaction> block{tx};
    EXPECT_EQ(run(block).error(), ExecutionError(InvalidBlock{0, Reason::insufficient_balance}));
    const auto result = run(block, {.checks = {.balance = false}});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_TRUE(result->receipts[0].success);
    EXPECT_EQ(after(*result, recipient).balance, uint256{1000});
    EXPECT_EQ(after(*result, coinbase).balance, uint256{2 * 21000});
    EXPECT_EQ(after(*result, poor).balance,
              uint256{(100'000 - 21'000) * 9});  // the price of the gas it did not use
}

TEST_P(EveryExecutor, WithoutTheBaseFeeCheckACallMayBeFree) {
    Transaction tx = call(0, counter, poor);
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 0;
    const std::vector<Transaction> block{tx};
    EXPECT_EQ(run(block).error(), ExecutionError(InvalidBlock{0, Reason::max_fee_below_base_fee}));
    const auto result = run(block, {.checks = {.base_fee = false}});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(after(*result, poor), (Account{.nonce = 1, .balance = 0}));
    EXPECT_EQ(after(*result, coinbase).balance, uint256{});
    EXPECT_EQ(slot_after(*result, counter, 0), uint256{1});
}

TEST_P(EveryExecutor, WithoutTheBaseFeeCheckBlobsCostWhatIsOffered) {
    Transaction tx = blob_call(0, 2);
    tx.sender = poor;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 0;
    for (const uint64_t offered : {0U, 1U, 5U, 9U}) {
        tx.max_fee_per_blob_gas = offered;
        const uint64_t price = std::min<uint64_t>(offered, 5) * gas_per_blob * 2;
        state_.set_account(poor, {.nonce = 0, .balance = offered * gas_per_blob * 2});
        const auto result = run(std::vector{tx}, {.checks = {.base_fee = false}});
        ASSERT_TRUE(result) << to_string(result.error());
        EXPECT_EQ(after(*result, poor).balance, uint256{offered * gas_per_blob * 2 - price}) << offered;
    }
}

TEST_P(EveryExecutor, WhatExceeds256BitsNobodyIsGiven) {
    Transaction tx = call(0, counter, poor);
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = uint256{1} << 255;
    EXPECT_EQ(run(std::vector{tx}, {.checks = {.balance = false}}).error(),
              ExecutionError(InvalidBlock{0, Reason::insufficient_balance}));
}

TEST_P(EveryExecutor, Eip3607WithoutTheCheckContractsMaySend) {
    const std::vector<Transaction> block{call(0, counter, contract_sender), call(0)};
    EXPECT_EQ(run(block).error(), ExecutionError(InvalidBlock{0, Reason::sender_has_code}));
    const auto result = run(block, {.checks = {.sender_code = false}});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(slot_after(*result, counter, 0), uint256{2});
}

// ---- Batches

TEST_P(EveryExecutor, BatchesAreOneBlock) {
    std::vector<Transaction> block;
    for (uint64_t i = 0; i < 12; ++i) block.push_back(call(i, i % 3 == 0 ? recipient : counter));
    const auto whole = run(block);
    ASSERT_TRUE(whole) << to_string(whole.error());
    EXPECT_EQ(whole->receipts.back().cumulative_gas_used, whole->gas_used);

    const std::span all = block;
    for (const size_t cut : {0U, 1U, 5U, 12U}) {
        const auto executor = make_executor(context());
        ASSERT_EQ(executor->begin(env_, state_, {}), std::nullopt);
        ASSERT_EQ(executor->apply(all.first(cut)), std::nullopt);
        ASSERT_EQ(executor->apply({}), std::nullopt);
        ASSERT_EQ(executor->apply(all.subspan(cut)), std::nullopt);
        EXPECT_EQ(executor->seal(), whole);
    }
    // One by one, as a block is built.
    const auto executor = make_executor(context());
    ASSERT_EQ(executor->begin(env_, state_, {}), std::nullopt);
    for (size_t i = 0; i < block.size(); ++i) ASSERT_EQ(executor->apply(all.subspan(i, 1)), std::nullopt);
    EXPECT_EQ(executor->seal(), whole);
}

TEST_P(EveryExecutor, IndicesCountFromTheBlocksFirstTransaction) {
    const std::vector<Transaction> first{call(0), call(5), call(1)}, second{call(2), call(9), call(3)};
    auto executor = make_executor(context());
    ASSERT_EQ(executor->begin(env_, state_, {.on_invalid = OnInvalid::skip}), std::nullopt);
    ASSERT_EQ(executor->apply(first), std::nullopt);
    ASSERT_EQ(executor->apply(second), std::nullopt);
    const auto result = executor->seal();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->skipped,
              (std::vector<Skipped>{{1, Reason::nonce_too_high}, {4, Reason::nonce_too_high}}));
    EXPECT_EQ(slot_after(*result, counter, 0), uint256{4});

    executor = make_executor(context());
    ASSERT_EQ(executor->begin(env_, state_, {}), std::nullopt);
    ASSERT_EQ(executor->apply(std::span(first).first(1)), std::nullopt);
    EXPECT_EQ(executor->apply(std::span(second).subspan(1, 1)),
              ExecutionError(InvalidBlock{1, Reason::nonce_too_high}));
}

TEST_P(EveryExecutor, AContextOutlivesAFailedBlock) {
    const std::vector<Transaction> good{call(0), call(1)}, bad{call(0), call(9)};
    const auto before = run(good);
    ASSERT_FALSE(run(bad));
    EXPECT_EQ(run(good), before);
}

// ---- The sink

/// Applies what it hears to a state of its own.
class Follower final : public CommitSink {
public:
    explicit Follower(const MemoryState& before) : state(before) {}
    void commit(std::span<const CommittedAccount> accounts, std::span<const CommittedSlot> slots) override {
        for (const CommittedAccount& account : accounts) {
            if (account.storage_wiped || !account.value) state.clear_storage(account.address);
            if (account.value)
                state.set_account(account.address, *account.value);
            else
                state.remove_account(account.address);
        }
        for (const CommittedSlot& slot : slots) state.set_storage(slot.address, slot.key, slot.value);
        ++commits;
    }
    MemoryState state;
    int commits = 0;
};

TEST_P(EveryExecutor, WhatASinkHearsIsTheDiff) {
    env_.withdrawals = {{.index = 0, .validator_index = 0, .address = recipient, .amount = 3}};
    const Bytes destroys = Code().push(recipient).op(evm::OP_SELFDESTRUCT).bytes();
    Transaction creation = call(2);
    creation.to.reset();
    creation.value = 5;
    creation.data = destroys;  // created and destroyed in one transaction (EIP-6780)
    const std::vector<Transaction> block{call(0), call(1), creation, call(3, recipient), call(4)};
    Follower follower(state_);
    const auto result = run(block, {.sink = &follower});
    ASSERT_TRUE(result) << to_string(result.error());
    MemoryState expected = state_;
    expected.apply(result->diff);
    EXPECT_EQ(expected, follower.state);
    EXPECT_GT(follower.commits, 0);
    EXPECT_EQ(after(*result, recipient).balance, uint256{3'000'000'005});
}

/// Takes whole blocks, and must hear nothing else.
class BlockFollower final : public CommitSink {
public:
    void commit(std::span<const CommittedAccount>, std::span<const CommittedSlot>) override { ++commits; }
    [[nodiscard]] bool takes_whole_blocks() const noexcept override { return true; }
    void commit_block(const StateDiff& diff) override { blocks.push_back(diff); }
    std::vector<StateDiff> blocks;
    int commits = 0;
};

TEST_P(EveryExecutor, ASinkThatTakesWholeBlocksHearsTheDiffOnce) {
    env_.withdrawals = {{.index = 0, .validator_index = 0, .address = recipient, .amount = 3}};
    BlockFollower follower;
    const auto result = run(std::vector{call(0), call(1), call(2, recipient)}, {.sink = &follower});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(follower.commits, 0);
    ASSERT_EQ(follower.blocks.size(), 1u);
    EXPECT_EQ(follower.blocks.front(), result->diff);
    // Of a block that fails it hears nothing.
    EXPECT_FALSE(run(std::vector{call(0), call(9)}, {.sink = &follower}));
    EXPECT_EQ(follower.blocks.size(), 1u);
}

// ---- Overrides

TEST_P(EveryExecutor, OverridesStandInForTheState) {
    state::OverrideReader overridden(state_);
    // Ten times as fast a counter, at another place, on another count, for a sender that had nothing.
    const Bytes tens =
        Code().push(0).op(evm::OP_SLOAD).push(10).op(evm::OP_ADD).push(0).op(evm::OP_SSTORE).bytes();
    overridden.set(recipient, {.code = tens, .storage_diff = {{0, 100}}});
    overridden.set(poor, {.balance = ether, .nonce = 41});
    overridden.set(counter, {.storage = {{{0, 7}}}});
    const std::vector<Transaction> block{call(41, recipient, poor), call(42, recipient, poor), call(0)};
    const auto result = execute<MainnetRules>(env_, block, overridden, context());
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(slot_after(*result, recipient, 0), uint256{120});
    EXPECT_EQ(slot_after(*result, counter, 0), uint256{8});

    // It is the same as executing on a state that was so.
    MemoryState changed = state_;
    changed.set_account(recipient, {.nonce = 0, .balance = 0, .code_hash = changed.set_code(tens)});
    changed.set_storage(recipient, 0, 100);
    changed.set_storage(counter, 0, 7);
    changed.set_account(poor, {.nonce = 41, .balance = ether});
    EXPECT_EQ(result, execute<MainnetRules>(env_, block, changed, context()));
}

// ---- The rest

TEST_P(EveryExecutor, AStopTokenCancels) {
    std::stop_source stop;
    stop.request_stop();
    const auto result = run(std::vector{call(0)}, {.stop = stop.get_token()});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ExecutionError(Cancelled{}));
    EXPECT_TRUE(run(std::vector{call(0)}));
}

TEST_P(EveryExecutor, BloomsMayBeLeftToTheCaller) {
    const std::vector<Transaction> block{call(0), call(1)};
    const auto with = run(block);
    auto without = run(block, {.blooms = false});
    ASSERT_TRUE(with && without);
    EXPECT_EQ(without->logs_bloom, Bloom{});
    EXPECT_NE(with->logs_bloom, Bloom{});
    without->logs_bloom = primitives::fill_blooms(without->receipts);
    EXPECT_EQ(with, without);
}

}  // namespace
}  // namespace weft::execution
