// Payments by owner: the same results as one after the other, and when it is done at all.
#include "weft/execution/optimistic/row_fixture.hpp"

namespace weft::execution::optimistic::rows {
namespace {

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
}  // namespace weft::execution::optimistic::rows
