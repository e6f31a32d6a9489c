// Payments and calls by owner: the same results as one after the other, and when it is done at all.
#include "weft/execution/optimistic/row.hpp"

#include <gtest/gtest.h>

#include "weft/evm/inspector.hpp"
#include "weft/evm/test_summary.hpp"
#include "weft/execution/executor_impl.hpp"
#include "weft/state/forwarding_reader.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::execution::optimistic {
namespace {

using base::operator""_address;

constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;
constexpr Address contract = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address delegated = "0x00000000000000000000000000000000000000de"_address;
constexpr Address empty = "0x00000000000000000000000000000000000000e0"_address;
constexpr Address nobody = "0x00000000000000000000000000000000000000ee"_address;
constexpr Address token = "0x0000000000000000000000000000000000000c01"_address;
constexpr uint64_t price = 10;
constexpr uint64_t fee = 21000 * price;
constexpr size_t rich_count = 8;

Address numbered(uint64_t number) { return base::to_address(uint256{0xaa0000 + number}); }

/// Moves tokens: its input is four bytes, the recipient and the amount; balances lie at their holders'
/// numbers. Reverts where the sender has too little; asked with a single byte it dies.
Bytes token_code() {
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
Bytes fee_token_code() {
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

TEST_F(Rows, ALongRowIsPaidByOwner) {
    EXPECT_EQ(paid(row(2000)), 2000U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(after(coinbase)->balance, uint256{2000 * 21000 * (price - 7)});
}

TEST_F(Rows, MoneyReceivedInTheRowIsSpentInIt) {
    std::vector<Transaction> block = row(100);
    block.push_back(pay(numbered(0), nobody, 2 * fee + 5));
    block.push_back(pay(nobody, empty, fee + 5));
    block.push_back(pay(empty, nobody, 5));
    EXPECT_EQ(paid(block), 103U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(after(empty), (Account{.nonce = 1, .balance = 0}));
    EXPECT_EQ(after(nobody), (Account{.nonce = 1, .balance = 5}));
    // One payment earlier it isn't there yet.
    std::swap(block[100], block[101]);
    EXPECT_EQ(paid(block), 100U);
    EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{100, Reason::insufficient_balance}));
}

TEST_F(Rows, OneSenderMayPayManyTimesAndItself) {
    std::vector<Transaction> block;
    for (uint64_t i = 0; i < 700; ++i)
        block.push_back(pay(numbered(1), i % 3 == 0 ? numbered(1) : numbered(900 + i), i));
    EXPECT_EQ(paid(block), 700U);
}

TEST_F(Rows, Eip161TouchedEmptyAccountsDisappearAndBeforeTheyAppear) {
    for (int number = 0; number <= static_cast<int>(primitives::newest_revision); ++number) {
        env_.revision = static_cast<Revision>(number);
        if (env_.revision >= Revision::amsterdam) break;  // lists what is accessed
        SCOPED_TRACE(primitives::name_of(env_.revision));
        env_.reward = block_reward(env_.revision);
        env_.context.base_fee = env_.revision >= Revision::london ? 7 : 0;
        for (const bool exists : {false, true})
            for (const bool is_funded : {false, true}) {
                nonces_.clear();
                state_.remove_account(empty);
                state_.remove_account(coinbase);
                if (exists) state_.set_account(empty, {});
                if (exists) state_.set_account(coinbase, {});
                std::vector<Transaction> block;
                block.push_back(pay(numbered(0), empty, 0));
                block.push_back(pay(numbered(1), nobody, 0));
                if (is_funded) block.push_back(pay(numbered(2), empty, 3));
                block.push_back(pay(numbered(2), empty, 0));
                // What the coinbase gets is nothing, from London on.
                if (exists)
                    for (Transaction& tx : block) tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 7;
                EXPECT_EQ(paid(block), block.size());
                ASSERT_TRUE(expected_);
                EXPECT_EQ(after(empty).has_value(), is_funded || env_.revision < Revision::spurious_dragon);
            }
    }
}

TEST_F(Rows, AFreePaymentOfNobodyMakesIt) {
    env_.revision = Revision::berlin;
    env_.context.base_fee = 0;
    std::vector<Transaction> block{pay(nobody, empty, 0), pay(nobody, nobody, 0)};
    for (Transaction& tx : block) tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 0;
    EXPECT_EQ(paid(block), 2U);
    EXPECT_EQ(after(nobody), (Account{.nonce = 2, .balance = 0}));
}

TEST_F(Rows, WhatGoesToCodeRunsIt) {
    for (const Address& to : {contract, delegated})
        for (const uint64_t gas_limit : {21000, 100'000}) {
            nonces_.clear();
            std::vector<Transaction> block = row(50);
            block[30].to = to;
            block[30].gas_limit = gas_limit;
            EXPECT_EQ(paid(block), 49U);
            ASSERT_TRUE(expected_);
            EXPECT_EQ(expected_->receipts[30].success, gas_limit != 21000);
            EXPECT_EQ(expected_->receipts[30].gas_used > 21000, gas_limit != 21000);
        }
}

TEST_F(Rows, ADelegatedAccountMaySendButNotByOwner) {
    std::vector<Transaction> block = row(50);
    block.push_back(pay(delegated, numbered(0)));
    EXPECT_EQ(paid(block), 50U);
    EXPECT_TRUE(expected_);
    state_.set_account(delegated, {.nonce = 0, .balance = 100 * fee, .code_hash = state_.set_code({0x00})});
    EXPECT_EQ(paid(block), 50U);  // EIP-3607
    EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{50, Reason::sender_has_code}));
}

TEST_F(Rows, APrecompileEndsTheRow) {
    std::vector<Transaction> block = row(90);
    block.push_back(pay(numbered(0), base::to_address(uint256{4})));
    block.back().gas_limit = 30000;
    const auto more = row(60);
    block.insert(block.end(), more.begin(), more.end());
    EXPECT_EQ(paid(block), 150U);
    EXPECT_EQ(expected_->receipts[90].gas_used, 21015U);
}

TEST_F(Rows, TheCoinbaseEndsTheRow) {
    std::vector<Transaction> block = row(40);
    block.push_back(pay(numbered(0), coinbase, 5 * fee));
    block.push_back(pay(coinbase, numbered(0)));  // of what it has from all that came before
    block.push_back(pay(coinbase, coinbase));
    EXPECT_EQ(paid(block), 40U);
    EXPECT_TRUE(expected_);
}

TEST_F(Rows, TheCoinbaseMayHaveCode) {
    env_.context.coinbase = contract;
    EXPECT_EQ(paid(row(40)), 40U);
    EXPECT_EQ(after(contract)->balance, uint256{40 * 21000 * (price - 7)});
}

TEST_F(Rows, AnInvalidOneIsNamedOrLeftOut) {
    const auto expect = [&](Reason reason, auto&& spoil) {
        SCOPED_TRACE(to_string(reason));
        std::vector<Transaction> block = row(60);
        block.insert(block.begin() + 37, pay(numbered(1), numbered(2)));
        nonces_.clear();
        for (size_t i = 0; i < block.size(); ++i)
            block[i].nonce = i == 37 ? nonces_[block[i].sender] : nonces_[block[i].sender]++;
        spoil(block[37]);
        EXPECT_EQ(paid(block), 37U);
        EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{37, reason}));
        EXPECT_EQ(paid(block, {.on_invalid = OnInvalid::skip}), 60U);
        ASSERT_TRUE(expected_);
        EXPECT_EQ(expected_->skipped, (std::vector<Skipped>{{37, reason}}));
    };
    using Tx = Transaction;
    // What a transaction says of itself ends the row at once, what its account says when it is made again.
    expect(Reason::intrinsic_gas_too_low, [](Tx& tx) { tx.gas_limit = 20999; });
    expect(Reason::wrong_chain_id, [](Tx& tx) { tx.chain_id = 5; });
    expect(Reason::max_fee_below_base_fee,
           [](Tx& tx) { tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 6; });
    expect(Reason::nonce_too_low, [](Tx& tx) { tx.nonce = 0; });
    expect(Reason::nonce_too_high, [](Tx& tx) { tx.nonce += 77; });
    expect(Reason::insufficient_balance, [](Tx& tx) { tx.value = 2'000'000 * fee; });
    expect(Reason::insufficient_balance, [](Tx& tx) { tx.value = uint256::max(); });
}

TEST_F(Rows, TheBlocksGasIsSharedOut) {
    env_.context.gas_limit = 100 * 21000 + 20000;
    std::vector<Transaction> block = row(200);
    // On one thread a chunk has 25 payments.
    EXPECT_EQ(paid(block, {.on_invalid = OnInvalid::skip}), 100U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->receipts.size(), 100U);
    EXPECT_EQ(expected_->skipped.size(), 100U);
    EXPECT_EQ(paid(block), 100U);
    EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{100, Reason::gas_limit_reached}));
    // Gas limits count, not what is used. (One above a payment's ends the row.)
    block[10].gas_limit = 92 * 21000;
    EXPECT_GE(paid(block, {.on_invalid = OnInvalid::skip}), 10U);  // then a nonce is not as it should be
    EXPECT_EQ(expected_->skipped[0], (Skipped{10, Reason::gas_limit_reached}));
}

TEST_F(Rows, RowsStandBetweenOtherTransactions) {
    std::vector<Transaction> block;
    const auto call = [&] {
        block.push_back(pay(numbered(1), contract, 0));
        block.back().gas_limit = 100'000;
        block.back().data = {1};
    };
    for (int part = 0; part < 3; ++part) {
        call();
        for (const Transaction& tx : row(30)) block.push_back(tx);
        call();
        call();
    }
    EXPECT_EQ(paid(block, {}, 1, 20), 90U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->receipts[98].cumulative_gas_used, expected_->gas_used);
    paid(block, {}, 4, 10);
    EXPECT_EQ(paid(block, {}, 1, 31), 0U);
}

TEST_F(Rows, SumsThatOverflowAreLeftToTheEngine) {
    state_.set_account(nobody, {.nonce = 0, .balance = uint256::max()});
    std::vector<Transaction> block = row(30);
    block.push_back(pay(numbered(0), nobody, 1));
    EXPECT_EQ(paid(block), 30U);
    nonces_.clear();
    block = row(30);
    block.push_back(pay(nobody, numbered(0), uint256{0, 0, 1, 0}));  // 2^128
    EXPECT_EQ(paid(block), 30U);
    EXPECT_TRUE(expected_);
}

TEST_F(Rows, ARefusedSenderEndsTheRow) {
    SenderGate gate;
    gate.refuse(25);
    gate.open(40);
    EXPECT_EQ(paid(row(40), {.senders = &gate}), 25U);
    EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{25, Reason::invalid_signature}));
}

TEST_F(Rows, WhoAsksForMoreGetsIt) {
    const auto block = row(40);
    EXPECT_EQ(paid(block, {.record_access_list = true}), 0U);
    EXPECT_TRUE(expected_->access_list);
    class Inspector final : public evm::Inspector {
    } inspector;
    EXPECT_EQ(paid(block, {.inspector = &inspector}), 0U);
    class Sink final : public CommitSink {
    public:
        explicit Sink(bool takes_whole_blocks) : takes_whole_blocks_(takes_whole_blocks) {}
        [[nodiscard]] bool takes_whole_blocks() const noexcept override { return takes_whole_blocks_; }
        void commit(std::span<const CommittedAccount>, std::span<const CommittedSlot>) override {}

    private:
        bool takes_whole_blocks_;
    } stream(false), whole(true);
    EXPECT_EQ(paid(block, {.sink = &stream}), 0U);
    EXPECT_EQ(paid(block, {.sink = &whole}), 40U);
    EXPECT_EQ(paid(block, {.checks = {.nonce = false}}), 0U);
    EXPECT_EQ(paid(block, {.checks = {.balance = false}}), 0U);
    EXPECT_EQ(paid(block, {.checks = {.sender_code = false}}), 0U);
    EXPECT_EQ(paid(block, {}, 1, 0), 0U);
    EXPECT_EQ(paid(block, {}, 1, 41), 0U);
}

TEST_F(Rows, AStateErrorIsMetAgainInOrder) {
    class Failing final : public state::ForwardingReader {
    public:
        using ForwardingReader::ForwardingReader;
        [[nodiscard]] state::ReadResult<std::optional<Account>> account(
            const Address& address) const override {
            if (address == nobody) return std::unexpected(StateError{"no disk"});
            return ForwardingReader::account(address);
        }
    } failing(state_);
    other_reader_ = &failing;
    std::vector<Transaction> block = row(30);
    block.push_back(pay(numbered(0), nobody));
    EXPECT_EQ(paid(block), 0U);
    EXPECT_EQ(expected_.error(), ExecutionError(StateError{"no disk"}));
}

TEST_F(Rows, AStoppedBlockIsCancelled) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(paid(row(30), {.stop = stop.get_token()}), 0U);
    EXPECT_EQ(expected_.error(), ExecutionError(Cancelled{}));
}

/// A chain that burns tips, and one that only adds a check of its own.
struct BurnsTips : MainnetRules {
    [[nodiscard]] static bool settle(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                                     const BlockEnv&, const Terms& terms, uint64_t gas_used) noexcept {
        journal.credit(sender, terms.gas_price * uint256{tx.gas_limit - gas_used});
        return true;
    }
};
struct RefusesOdd : MainnetRules {
    [[nodiscard]] static std::optional<Reason> validate(const Transaction& tx, const BlockEnv& env,
                                                        const Checks& checks, Terms& terms) noexcept {
        if (tx.value == uint256{13}) return Reason::wrong_chain_id;
        return MainnetRules::validate(tx, env, checks, terms);
    }
};
static_assert(PaysAsMainnet<MainnetRules> && PaysAsMainnet<RefusesOdd> && !PaysAsMainnet<BurnsTips>);

TEST_F(Rows, ARuleOfAChainsOwnIsKept) {
    const auto block = row(40);
    EXPECT_EQ(paid<BurnsTips>(block), 0U);
    EXPECT_EQ(after(coinbase), std::nullopt);
    EXPECT_EQ(paid<RefusesOdd>(block), 13U);
    EXPECT_EQ(expected_.error(), ExecutionError(InvalidBlock{13, Reason::wrong_chain_id}));
}

TEST_F(Rows, CallsGoByOwnerBesidePayments) {
    std::vector<Transaction> block = moves(300);
    EXPECT_EQ(paid(block), 300U);
    for (const Transaction& tx : row(200)) block.push_back(tx);
    for (const Transaction& tx : moves(300)) block.push_back(tx);
    EXPECT_EQ(paid(block), 800U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->receipts[799].logs.size(), 1U);
    EXPECT_EQ(paid(block, {}, 3), 800U);
    EXPECT_EQ(paid(block, {.blooms = false}), 800U);
}

TEST_F(Rows, WhatWasNothingCostsMoreAndWhatBecomesNothingLess) {
    for (const Revision revision :
         {Revision::byzantium, Revision::istanbul, Revision::berlin, Revision::london, Revision::osaka}) {
        SCOPED_TRACE(primitives::name_of(revision));
        env_.revision = revision;
        env_.context.base_fee = revision >= Revision::london ? 7 : 0;
        nonces_.clear();
        std::vector<Transaction> block = moves(100);
        for (uint64_t i = 0; i < 50; ++i)
            block.push_back(move(numbered(i % rich_count), numbered(700 + i), i));
        block.push_back(move(numbered(3), nobody, 5));
        block.push_back(move(numbered(3), nobody, 0));
        EXPECT_EQ(paid(block), block.size());
        // All that it has.
        state_.set_storage(token, base::to_uint256(numbered(1)), uint256{77});
        nonces_.clear();
        block = {move(numbered(1), nobody, 77)};
        for (uint64_t i = 0; i < 40; ++i) block.push_back(move(numbered(4), numbered(2 + i % 2), i));
        block.push_back(move(numbered(4), numbered(1), 3));
        EXPECT_EQ(paid(block), block.size());
        state_.set_storage(token, base::to_uint256(numbered(1)), uint256{1'000'000});
    }
}

TEST_F(Rows, AnotherPathHasASummaryOfItsOwn) {
    std::vector<Transaction> block = moves(100);
    for (size_t i = 0; i < block.size(); i += 7) {
        const Address self = block[i].sender;
        const uint64_t nonce = block[i].nonce;
        block[i] = move(self, self, i);
        block[i].nonce = nonce;
    }
    EXPECT_EQ(paid(block), 100U);
    // One that none of the calls that were looked at takes ends the row, and begins another.
    nonces_.clear();
    block = moves(2000);
    block[701] = move(block[701].sender, block[701].sender, 5);
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 2000U);
    EXPECT_EQ(paid(block, {}, 1, 701 * call_weight), 2000U);
    EXPECT_EQ(paid(block, {}, 1, 702 * call_weight), 1298U);
    EXPECT_EQ(paid(block, {}, 1, 1299 * call_weight), 0U);
}

TEST_F(Rows, WhatASlotsValueForbidsBeginsAnotherRow) {
    std::vector<Transaction> block = moves(60);
    block[40] = move(numbered(0), nobody, 2'000'000);
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 60U);
    ASSERT_TRUE(expected_);
    EXPECT_FALSE(expected_->receipts[40].success);
    // What is received in the row is spent in it.
    nonces_.clear();
    block = moves(60);
    block.push_back(move(numbered(0), nobody, 500'000));
    block.push_back(move(numbered(1), nobody, 300'000));
    state_.set_account(nobody, {.nonce = 0, .balance = 100 * fee});
    block.push_back(move(nobody, numbered(0), 800'000));
    EXPECT_EQ(paid(block), 63U);
    EXPECT_TRUE(expected_->receipts.back().success);
}

TEST_F(Rows, CallsThatRevertAreOfTheRow) {
    std::vector<Transaction> block = moves(300);
    for (size_t i = 3; i < block.size(); i += 11)
        block[i] = move(numbered(i % rich_count), nobody, 2'000'000);
    for (size_t i = 60; i < block.size(); i += 60) block[i] = move(numbered(0), numbered(0), 2'000'000);
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    for (const Revision revision : {Revision::byzantium, Revision::london, Revision::osaka}) {
        env_.revision = revision;
        env_.context.base_fee = revision >= Revision::london ? 7 : 0;
        EXPECT_EQ(paid(block), 300U);
        ASSERT_TRUE(expected_);
        EXPECT_FALSE(expected_->receipts[14].success);
        EXPECT_FALSE(expected_->receipts[60].success);
        EXPECT_TRUE(expected_->receipts[61].success);
    }
}

TEST_F(Rows, CallsThatTakeAllGasAreOfTheRow) {
    state_.set_account(token, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(fee_token_code())});
    std::vector<Transaction> block = moves(300);
    for (size_t i = 3; i < block.size(); i += 11) {
        block[i] = move(numbered(i % rich_count), nobody, 2'000'000);
        block[i].gas_limit = i % 2 == 0 ? 22'000 : 90'000 + i;  // too little, were it to be sure of its way
    }
    for (size_t i = 5; i < block.size(); i += 17) block[i].data.resize(8);
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 300U);
    ASSERT_TRUE(expected_);
    for (const size_t i : {5, 14, 25}) {
        EXPECT_FALSE(expected_->receipts[i].success);
        EXPECT_EQ(expected_->receipts[i].gas_used, block[i].gas_limit);
    }
}

TEST_F(Rows, APinnedSlotIsAsItWas) {
    state_.set_account(token, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(fee_token_code())});
    for (const uint64_t rate : {0, 2}) {
        state_.set_storage(token, 1, uint256{rate});
        nonces_.clear();
        std::vector<Transaction> block = moves(300);
        EXPECT_EQ(paid(block), 300U);
        // It becomes another in the row: what comes after it takes another path.
        block[200].data.resize(36);
        base::store_be(block[200].data.data() + 4, uint256{3});
        EXPECT_EQ(paid(block), 200U);
        ASSERT_TRUE(expected_);
        // Or not.
        block[5].data = block[200].data;
        base::store_be(block[5].data.data() + 4, uint256{rate});
        block[200].data = block[5].data;
        EXPECT_EQ(paid(block), 300U);
    }
}

TEST_F(Rows, CallsOfProxiesRunTheCodeThatTheyName) {
    namespace vm = evm::test;
    const Address behind = base::to_address(uint256{0xbe41d}), newer = base::to_address(uint256{0xbe42d});
    const auto set_code = [&](const Address& address, const Bytes& code) {
        state_.set_account(address, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(code)});
    };
    set_code(token, vm::proxy().bytes());
    set_code(behind, token_code());
    // Moves as the other does, and may name another one.
    vm::Code upgrade;
    upgrade.op(evm::OP_CALLDATASIZE).push(36).op(evm::OP_LT).push(14).op(evm::OP_JUMPI);
    upgrade.push(4).op(evm::OP_CALLDATALOAD).push(vm::proxy_slot).op(evm::OP_SSTORE);
    ASSERT_LE(upgrade.size(), 14U);
    set_code(newer, upgrade.op(evm::OP_JUMPDEST).bytes());
    state_.set_storage(token, vm::proxy_slot, base::to_uint256(behind));
    std::vector<Transaction> block = moves(300);
    for (size_t i = 2; i < 300; i += 9) {
        const uint64_t nonce = block[i].nonce;
        block[i] = move(block[i].sender, nobody, 5'000'000);  // reverts
        block[i].nonce = nonce;
    }
    EXPECT_EQ(paid(block), 300U);
    ASSERT_TRUE(expected_);
    EXPECT_TRUE(expected_->receipts[1].success);
    EXPECT_FALSE(expected_->receipts[2].success);
    EXPECT_EQ(expected_->receipts[1].logs.size(), 1U);
    // Gas that is enough, but for one 64th, and the other way round.
    const uint64_t used = expected_->receipts[1].gas_used;
    for (uint64_t more = 0; more < 4000; more += more < 1200 && more > 300 ? 20 : 150) {
        block[1].gas_limit = used + more;
        const uint64_t by_owner = paid(block);
        EXPECT_EQ(by_owner, more > 3300 ? 300U : more > 2900 ? by_owner : 299U) << more;
    }
    block[1].gas_limit = 100'000;
    // What it runs dies in the middle: the calls after it do nothing.
    env_.revision = Revision::london;
    block[150] = pay(block[150].sender, behind, 0);
    block[150].nonce -= 1;
    block[150].gas_limit = 100'000;
    block[150].data = {1};
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 150U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(after(behind), std::nullopt);
    EXPECT_EQ(expected_->receipts[151].logs.size(), 0U);
    // Or another takes its place.
    state_.set_storage(token, vm::proxy_slot, base::to_uint256(newer));
    block = moves(300);
    block[150].data.resize(36);
    base::store_be(block[150].data.data() + 4, base::to_uint256(behind));
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 150U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(expected_->receipts[149].logs.size(), 0U);
    EXPECT_EQ(expected_->receipts[151].logs.size(), 1U);
}

TEST_F(Rows, ACallNeedsItsGas) {
    const auto spoil = [&](uint64_t gas_limit) {
        nonces_.clear();
        std::vector<Transaction> block = moves(60);
        // To one that has nothing yet: what that takes more is only known of the slot.
        block[40] = move(block[40].sender, nobody, 7);
        block[40].gas_limit = gas_limit;
        nonces_.clear();
        for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
        return block;
    };
    const auto used = [&] { return expected_->receipts[40].gas_used; };
    EXPECT_EQ(paid(spoil(100'000)), 60U);
    const uint64_t enough = used();
    EXPECT_EQ(paid(spoil(enough + 2301)), 60U);
    EXPECT_EQ(paid(spoil(enough + 1)), 59U);  // it has enough, but that isn't sure
    EXPECT_TRUE(expected_->receipts[40].success);
    for (const uint64_t gas_limit : {enough - 1, enough - 17'100, uint64_t{30'000}, uint64_t{22'000}}) {
        EXPECT_EQ(paid(spoil(gas_limit)), 59U) << gas_limit;
        EXPECT_FALSE(expected_->receipts[40].success);
        EXPECT_EQ(used(), gas_limit);
    }
}

TEST_F(Rows, AGasLimitMayBeOf64Bits) {
    env_.revision = Revision::london;
    env_.context.gas_limit = ~uint64_t{0};
    for (uint64_t i = 0; i < rich_count; ++i)
        state_.set_account(numbered(i), {.nonce = 0, .balance = uint256{1} << 100});
    std::vector<Transaction> block = moves(60);
    block[20].gas_limit = (uint64_t{1} << 63) - 1;
    block[30].gas_limit = (uint64_t{1} << 63) + 30'000;
    block[40].gas_limit = ~uint64_t{0} - 3'000'000;
    EXPECT_GE(paid(block), 20U);
}

TEST_F(Rows, ASlotThatCannotBeReadIsMetAgainInOrder) {
    const uint256 key = base::to_uint256(numbered(77));
    class Failing final : public state::ForwardingReader {
    public:
        Failing(const StateReader& reader, const uint256& key) : ForwardingReader(reader), key_(key) {}
        state::ReadResult<uint256> storage(const Address& address, const uint256& asked) const override {
            if (asked == key_) return std::unexpected(state::StateError{"no such page"});
            return ForwardingReader::storage(address, asked);
        }

    private:
        uint256 key_;
    } failing(state_, key);
    other_reader_ = &failing;
    std::vector<Transaction> block = moves(100);
    for (const size_t at : {0, 1, 50, 99}) {
        std::vector<Transaction> with = block;
        base::store_be(with[at].data.data() + 4, key);
        EXPECT_EQ(paid(with), 0U) << at;
        EXPECT_FALSE(expected_);
    }
    EXPECT_EQ(paid(block), 100U);
}

TEST_F(Rows, WhatIsKnownOfFunctionsIsForOneBlock) {
    const Bytes code = evm::test::Code().op(evm::OP_TIMESTAMP).push(0).op(evm::OP_SSTORE).bytes();
    state_.set_account(contract, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(code)});
    std::vector<Transaction> block = row(20);
    for (size_t i = 0; i < 20; ++i) {
        block.push_back(pay(numbered(i % rich_count), contract, 0));
        block.back().gas_limit = 100'000;
        block.back().data.resize(4);
    }
    ExecutionContext in_order({.executor = ExecutorKind::sequential, .threads = 1});
    ExecutionContext context(
        {.executor = ExecutorKind::optimistic, .threads = 2, .speculation = {.least_in_row = 2}});
    for (const uint64_t timestamp : {1, 2}) {
        env_.context.timestamp = timestamp;
        const auto expected = execute_with<MainnetRules>(in_order, block, {}, 1);
        ASSERT_TRUE(expected);
        EXPECT_EQ(execute_with<MainnetRules>(context, block, {}, 1), expected);
        EXPECT_EQ(context.statistics().calls_by_owner, 20U);
    }
}

TEST_F(Rows, TheBlocksGasIsSharedOutAmongCalls) {
    std::vector<Transaction> block = moves(200);
    EXPECT_EQ(paid(block), 200U);
    const uint64_t each = expected_->receipts[50].gas_used;
    env_.context.gas_limit = 100 * each + 100'000;
    paid(block, {.on_invalid = OnInvalid::skip});
    ASSERT_TRUE(expected_);
    EXPECT_GE(expected_->skipped.size(), 90U);
    paid(block);
    EXPECT_EQ(std::get<InvalidBlock>(expected_.error()).reason, Reason::gas_limit_reached);
}

TEST_F(Rows, ContractsThatWereKilledAreCalledWithoutEffect) {
    env_.revision = Revision::london;
    std::vector<Transaction> block = moves(50);
    block.push_back(move(numbered(0), nobody));
    block.back().data = {1};
    for (const Transaction& tx : moves(50)) block.push_back(tx);
    EXPECT_EQ(paid(block), 50U);
    ASSERT_TRUE(expected_);
    EXPECT_EQ(after(token), std::nullopt);
    EXPECT_EQ(expected_->receipts.back().logs.size(), 0U);
}

TEST_F(Rows, CallsOfDelegatedAccountsAndOfNobodyRunOneByOne) {
    Bytes designator{0xef, 0x01, 0x00};
    designator.insert(designator.end(), token.begin(), token.end());
    state_.set_account(delegated,
                       {.nonce = 0, .balance = 100 * fee, .code_hash = state_.set_code(designator)});
    for (const Address& to : {delegated, nobody}) {
        nonces_.clear();
        std::vector<Transaction> block = moves(50);
        for (Transaction& tx : block) tx.to = to;
        EXPECT_EQ(paid(block), 0U);
        ASSERT_TRUE(expected_);
    }
}

TEST(FindRow, FindsTheFirstRowThatIsLongEnough) {
    const auto first_row = [](std::string_view block, size_t least) {
        std::vector<Transaction> transactions(block.size());
        for (size_t i = 0; i < block.size(); ++i) {
            transactions[i].gas_limit = block[i] == 'g' ? 21001 : 21000;
            if (block[i] != 'C') transactions[i].to = nobody;
            if (block[i] == 'd') transactions[i].data = {1};
            if (block[i] == 'c') transactions[i].data.resize(4);
        }
        const auto weigh = [](const Transaction& tx) {
            return may_be_payment(tx) ? payment_weight : may_be_call(tx) ? call_weight : 0;
        };
        return find_row(std::span<const Transaction>(transactions), least, weigh);
    };
    EXPECT_EQ(first_row("", 1), 0U);
    EXPECT_EQ(first_row("p", 1), 0U);
    EXPECT_EQ(first_row("p", 2), 1U);
    EXPECT_EQ(first_row("dppp", 3), 1U);
    EXPECT_EQ(first_row("ppdppCpppp", 3), 6U);
    EXPECT_EQ(first_row("ppdppCpppp", 4), 6U);
    EXPECT_EQ(first_row("ppdppCpppp", 5), 10U);
    EXPECT_EQ(first_row("ppdppCpppp", 2), 0U);
    EXPECT_EQ(first_row("dddd", 2), 4U);
    EXPECT_EQ(first_row("ppgppp", 3), 3U);
    // A call weighs as much as four payments.
    EXPECT_EQ(first_row("pccdcccdpc", 5), 0U);
    EXPECT_EQ(first_row("pccdcccdpc", 9), 0U);
    EXPECT_EQ(first_row("pccdcccdpc", 10), 4U);
    EXPECT_EQ(first_row("pccdcccdpc", 12), 4U);
    EXPECT_EQ(first_row("pccdcccdpc", 13), 10U);
    EXPECT_EQ(first_row("pppdpcd", 4), 4U);
    EXPECT_EQ(first_row("pppdpcd", 5), 4U);
    EXPECT_EQ(first_row("pppdpcd", 6), 7U);
    EXPECT_EQ(first_row("pppdppcd", 3), 0U);
    EXPECT_EQ(first_row("ppdpppd", 4), 7U);
}

}  // namespace
}  // namespace weft::execution::optimistic
