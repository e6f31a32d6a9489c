// The whole road of a block: what is valid passes, and each fault is named, by every executor.
#include "weft/execution/validation/verify.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"
#include "weft/execution/executor_impl.hpp"
#include "weft/execution/sender_pipeline.hpp"
#include "weft/execution/validation/formulas.hpp"
#include "weft/trie/roots.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;

constexpr Address withdrawal_requests = "0x00000961ef480eb55e80d19ad83579a64c007002"_address;     // EIP-7002
constexpr Address consolidation_requests = "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address;  // EIP-7251

class Verification : public testing::TestWithParam<ExecutorKind>, public Ancestors {
protected:
    Verification() { use("Prague"); }

    /// A chain of a parent and a valid block with a transaction of mainnet's kind.
    void use(std::string_view fork) {
        config_ = primitives::named_chain(fork).value();
        state_ = {};
        for (const Address& contract : {withdrawal_requests, consolidation_requests})
            state_.set_account(contract, {.nonce = 1, .balance = 0, .code_hash = state_.set_code({0x00})});
        parent_ = {};
        parent_.number = 9;
        parent_.timestamp = 100;
        parent_.gas_limit = 10'000'000;
        parent_.gas_used = 5'000'000;
        parent_.base_fee_per_gas = 7;
        parent_.withdrawals_root = trie::withdrawals_root({});
        parent_.blob_gas_used = parent_.excess_blob_gas = 0;
        parent_.parent_beacon_block_root.emplace();
        parent_.requests_hash.emplace();
        block_ = {};
        block_.withdrawals.emplace();
        block_.header = parent_;
        block_.header.parent_hash = primitives::header_hash(parent_);
        block_.header.number = 10;
        block_.header.timestamp = 112;
        add_transfer();
        complete();
    }

    /// A transfer signed by whoever this signature makes the sender, who is then given the means.
    void add_transfer() {
        Transaction& tx = block_.transactions.emplace_back();
        tx.to = "0x00000000000000000000000000000000000000aa"_address;
        tx.value = 5;
        tx.gas_limit = 21'000;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 10;
        tx.r = 1;
        tx.s = 1;
        const auto sender = primitives::recover_sender(tx);
        ASSERT_TRUE(sender);
        sender_ = *sender;
        state_.set_account(sender_, {.nonce = 0, .balance = 1'000'000'000});
    }

    /// Fills in what the header says of the body and of its result.
    template <class Rules = MainnetRules>
    void complete() {
        Header& header = block_.header;
        header.ommers_hash = primitives::empty_ommers_hash;
        header.transactions_root = trie::transactions_root(block_.transactions);
        for (Transaction& tx : block_.transactions) tx.sender = sender_;
        ExecutionContext context({.executor = ExecutorKind::sequential});
        const auto result =
            execute<Rules>(make_block_env(block_, config_), block_.transactions, state_, context);
        ASSERT_TRUE(result) << to_string(result.error());
        header.gas_used = result->gas_used;
        header.receipts_root = trie::receipts_root(result->receipts);
        header.logs_bloom = result->logs_bloom;
        header.requests_hash = primitives::requests_hash(result->requests);
        MemoryState after = state_;
        after.apply(result->diff);
        header.state_root = trie::state_root(after);
        for (Transaction& tx : block_.transactions) tx.sender = {};
    }

    [[nodiscard]] std::expected<BlockResult, ExecutionError> verify(Block& block,
                                                                    const SealVerifier* seals = nullptr) {
        StateTrie commitment(state_);
        ExecutionContext context({.executor = GetParam(), .threads = 2});
        return verify_block(block, {config_, *this, state_, commitment, seals}, context);
    }
    /// The reason against a block that differs in one way; absent: it is valid.
    template <class Change>
    [[nodiscard]] std::optional<Reason> with(Change&& change) {
        Block changed = block_;
        change(changed);
        const auto result = verify(changed);
        if (result) return std::nullopt;
        const auto* invalid = std::get_if<InvalidBlock>(&result.error());
        EXPECT_NE(invalid, nullptr) << to_string(result.error());
        return invalid == nullptr ? std::nullopt : std::optional(invalid->reason);
    }

    state::ReadResult<std::optional<Header>> header(const Hash& block) const override {
        if (failing_) return std::unexpected(StateError{"the disk failed"});
        return block == primitives::header_hash(parent_) ? std::optional(parent_) : std::nullopt;
    }
    state::ReadResult<uint256> total_difficulty(const Hash&) const override { return total_difficulty_; }
    state::ReadResult<std::vector<Header>> ommers(const Hash&) const override {
        return std::vector<Header>{};
    }

    ChainConfig config_;
    MemoryState state_;
    Header parent_;
    Block block_;
    Address sender_;
    uint256 total_difficulty_;
    bool failing_ = false;
};

INSTANTIATE_TEST_SUITE_P(All, Verification,
                         testing::Values(ExecutorKind::sequential, ExecutorKind::optimistic),
                         [](const auto& info) {
                             return info.param == ExecutorKind::sequential ? "Sequential" : "Optimistic";
                         });

TEST_P(Verification, AValidBlockIsValid) {
    const auto result = verify(block_);
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->gas_used, 21'000U);
    EXPECT_EQ(block_.transactions[0].sender, sender_);
}

TEST_P(Verification, TheParentIsKnown) {
    EXPECT_EQ(with([](Block& b) { b.header.parent_hash[0] ^= 1; }), Reason::unknown_parent);
}

TEST_P(Verification, TheResultIsTheHeaders) {
    EXPECT_EQ(with([](Block& b) { b.header.gas_used += 1; }), Reason::wrong_gas_used);
    EXPECT_EQ(with([](Block& b) { b.header.receipts_root[0] ^= 1; }), Reason::wrong_receipts_root);
    EXPECT_EQ(with([](Block& b) { b.header.logs_bloom[0] ^= 1; }), Reason::wrong_logs_bloom);
    EXPECT_EQ(with([](Block& b) { (*b.header.requests_hash)[0] ^= 1; }), Reason::wrong_requests_hash);
    EXPECT_EQ(with([](Block& b) { b.header.state_root[0] ^= 1; }), Reason::wrong_state_root);
}

TEST_P(Verification, HeaderAndBodyAreJudged) {
    EXPECT_EQ(with([](Block& b) { b.header.extra_data.resize(33); }), Reason::extra_data_too_long);
    EXPECT_EQ(with([](Block& b) { b.withdrawals.reset(); }), Reason::missing_withdrawals);
    EXPECT_EQ(with([](Block& b) { b.transactions.clear(); }), Reason::wrong_transactions_root);
}

TEST_P(Verification, Eip2SignaturesAreLow) {
    // The order of secp256k1 less one: the same signature's other form.
    const uint256 high_s{0xbfd25e8cd0364140, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff};
    const auto result = with([&](Block& b) {
        b.transactions[0].s = high_s;
        b.transactions[0].y_parity = 1;
        b.header.transactions_root = trie::transactions_root(b.transactions);
    });
    EXPECT_EQ(result, Reason::invalid_signature);
    EXPECT_EQ(with([&](Block& b) {
                  b.transactions[0].r = 0;
                  b.header.transactions_root = trie::transactions_root(b.transactions);
              }),
              Reason::invalid_signature);
}

/// Fees beyond the base fee are burnt as well.
struct NoTips : MainnetRules {
    static bool settle(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                       const BlockEnv& env, const Terms& terms, uint64_t gas_used) noexcept {
        Terms without = terms;
        without.priority_fee = 0;
        return MainnetRules::settle(tx, sender, journal, env, without, gas_used);
    }
};

TEST_P(Verification, ExecutesByTheChainsOwnRules) {
    complete<NoTips>();
    const auto by_mainnets = verify(block_);
    ASSERT_FALSE(by_mainnets);
    EXPECT_EQ(by_mainnets.error(), ExecutionError(InvalidBlock{std::nullopt, Reason::wrong_state_root}));
    StateTrie commitment(state_);
    ExecutionContext context({.executor = GetParam(), .threads = 2});
    const auto by_its_own = verify_block<NoTips>(block_, {config_, *this, state_, commitment}, context);
    EXPECT_TRUE(by_its_own) << to_string(by_its_own.error());
}

TEST_P(Verification, SendersMayComeFromAPipelineThatIsAhead) {
    StateTrie commitment(state_);
    ExecutionContext context({.executor = GetParam(), .threads = 2});
    const Bytes raw = primitives::encode(block_.transactions[0]);
    const BytesView views[] = {raw};
    SenderPipeline pipeline({.pool = context.options().pool});
    Block block = block_;
    const auto senders = pipeline.push(views, block.transactions, Revision::prague);
    ASSERT_EQ(senders->decoded(), std::nullopt);
    const auto result = verify_block(block, {config_, *this, state_, commitment, nullptr}, context,
                                     {.senders = &senders->gate()});
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(block.transactions[0].sender, sender_);
    senders->gate().refuse(0);
    StateTrie again(state_);
    const auto refused =
        verify_block(block, {config_, *this, state_, again, nullptr}, context, {.senders = &senders->gate()});
    ASSERT_FALSE(refused) << "the caller's gate is asked";
    EXPECT_EQ(refused.error(), ExecutionError(InvalidBlock{0, Reason::invalid_signature}));
}

TEST_P(Verification, AFailedReadIsNoVerdict) {
    failing_ = true;
    const auto result = verify(block_);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ExecutionError(StateError{"the disk failed"}));
}

TEST_P(Verification, SealsAreCheckedBeforeTheMergeWhereTheyAreAskedFor) {
    struct None final : SealVerifier {
        bool verify(const Header&) const override { return false; }
    } const seals;
    EXPECT_TRUE(verify(block_, &seals)) << "a proof-of-stake block has no seal";

    config_ = primitives::named_chain("London").value();
    for (Header* header : {&parent_, &block_.header}) {
        header->withdrawals_root.reset();
        header->blob_gas_used.reset();
        header->excess_blob_gas.reset();
        header->parent_beacon_block_root.reset();
        header->requests_hash.reset();
    }
    parent_.difficulty = 1'000'000;
    parent_.ommers_hash = primitives::empty_ommers_hash;
    block_.header.parent_hash = primitives::header_hash(parent_);
    block_.header.difficulty = next_difficulty(parent_, block_.header.timestamp, config_);
    block_.withdrawals.reset();
    complete();
    block_.header.requests_hash.reset();
    EXPECT_TRUE(verify(block_));
    const auto result = verify(block_, &seals);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ExecutionError(InvalidBlock{std::nullopt, Reason::invalid_seal}));
}

TEST_P(Verification, Eip3675TheTransitionIsByTotalDifficulty) {
    Header header;
    header.number = 10;
    ChainConfig config = primitives::named_chain("ArrowGlacierToParisAtDiffC0000").value();
    total_difficulty_ = 0xbffff;
    EXPECT_EQ(is_proof_of_stake(header, config, *this), false);
    total_difficulty_ = 0xc0000;
    EXPECT_EQ(is_proof_of_stake(header, config, *this), true);
    config.terminal_total_difficulty.reset();
    EXPECT_EQ(is_proof_of_stake(header, config, *this), false);
    config.shanghai_time = 10;
    header.timestamp = 9;
    EXPECT_EQ(is_proof_of_stake(header, config, *this), false);
    header.timestamp = 10;
    EXPECT_EQ(is_proof_of_stake(header, config, *this), true) << "a fork by time comes after the transition";
}

}  // namespace
}  // namespace weft::execution
