// Calls by owner, beside payments: the same results as one after the other.
#include "weft/execution/optimistic/row_fixture.hpp"

namespace weft::execution::optimistic::rows {
namespace {

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
    // However short the one it ends is: its path may make a long one of the next.
    EXPECT_EQ(paid(block, {}, 1, 1299 * call_weight), 2000U);
    EXPECT_EQ(paid(block, {}, 1, 1300 * call_weight), 701U);
    EXPECT_EQ(paid(block, {}, 1, 2001 * call_weight), 0U);
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

TEST_F(Rows, WhoSpendsWhatTheRowGaveHimTakesAnotherPath) {
    // Who has nothing before the row seems to revert in it.
    const auto holder = [](uint64_t i) { return numbered(500 + i); };
    for (uint64_t i = 0; i < 12; ++i) state_.set_account(holder(i), {.nonce = 0, .balance = 100 * fee});
    const auto with_chain = [&](uint64_t length) {
        std::vector<Transaction> block = moves(300);
        for (size_t i = 3; i < block.size(); i += 50)
            block[i] = move(numbered(i % rich_count), nobody, 2'000'000);  // reverts
        block[20] = move(numbered(4), holder(0), 1000);
        for (uint64_t i = 0; i < length; ++i) block[40 + 9 * i] = move(holder(i), holder(i + 1), 900 - i);
        nonces_.clear();
        for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
        return block;
    };
    for (const uint64_t length : {1, 2, 3}) {
        EXPECT_EQ(paid(with_chain(length)), 300U) << length;
        ASSERT_TRUE(expected_);
        for (uint64_t i = 0; i < length; ++i) EXPECT_TRUE(expected_->receipts[40 + 9 * i].success);
    }
    EXPECT_GT(paid(with_chain(10)), 100U);  // in several rows
    // And who has spent all of it in the row seems to have it.
    std::vector<Transaction> block = with_chain(3);
    block[60] = move(numbered(7), nobody, 1'000'000);
    for (size_t i = 70; i < block.size(); i += 8) block[i] = move(numbered(7), numbered(i % 7), 100'000 + i);
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 300U);
    ASSERT_TRUE(expected_);
    EXPECT_FALSE(expected_->receipts[70].success);
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
        // It becomes another in the row, by a call of another form: what comes after it takes another path.
        block[200].data.resize(36);
        base::store_be(block[200].data.data() + 4, uint256{3});
        EXPECT_EQ(paid(block), 299U);
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
    // Or another takes its place, whose path is learnt then.
    state_.set_storage(token, vm::proxy_slot, base::to_uint256(newer));
    block = moves(300);
    block[150].data.resize(36);
    base::store_be(block[150].data.data() + 4, base::to_uint256(behind));
    nonces_.clear();
    for (Transaction& tx : block) tx.nonce = nonces_[tx.sender]++;
    EXPECT_EQ(paid(block), 299U);
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

}  // namespace
}  // namespace weft::execution::optimistic::rows
