#include "weft/execution/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/forwarding_reader.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using state::Location;
using state::ReadResult;

constexpr Address token = "0x00000000000000000000000000000000000000cc"_address;

/// A token of a kind: counts up balances[argument 0] (mapping 1) and allowances[argument 0][caller] (mapping
/// 2), and reads slot 7. Where slot 9 isn't zero it does nothing but that.
constexpr std::string_view token_code =
    "6009545f14600957005b"  // if slot 9 != 0, stop
    "6004355f52 6001602052 60405f20 80546001019055"
    "6002602052 60405f20 602052 335f52 60405f20 80546001019055"
    "6007545000";

Bytes bytes_of(std::string_view hex) {
    std::string digits;
    std::ranges::copy_if(hex, std::back_inserter(digits), [](char c) { return c != ' '; });
    return *base::from_hex(digits);
}

Address user(uint64_t number) {
    Address out = "0x1000000000000000000000000000000000000000"_address;
    out[18] = static_cast<uint8_t>(number >> 8);
    out[19] = static_cast<uint8_t>(number);
    return out;
}

uint256 hash_of(const uint256& first, const uint256& second) {
    std::array<uint8_t, 64> message;
    base::store_be(message.data(), first);
    base::store_be(message.data() + 32, second);
    return base::to_uint256(keccak256(message));
}
uint256 balance_key(const Transaction& tx) {
    return hash_of(base::load_be(BytesView(tx.data).subspan(4, 32)), 1);
}
uint256 allowance_key(const Transaction& tx) {
    return hash_of(base::to_uint256(tx.sender), hash_of(base::load_be(BytesView(tx.data).subspan(4, 32)), 2));
}

/// A state that notes what slots are named to it and read.
class Notebook final : public state::ForwardingReader {
public:
    Notebook(const MemoryState& state, uint64_t read_time) : ForwardingReader(state), read_time_(read_time) {}
    ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        if (watched) read.push_back(key);
        return ForwardingReader::storage(address, key);
    }
    void prefetch(std::span<const Location> locations) const override {
        if (!watched) return;
        for (const Location& location : locations)
            if (location.slot) named.push_back(*location.slot);
    }
    uint64_t read_time() const noexcept override { return read_time_; }
    [[nodiscard]] bool was_named(const uint256& key) const { return std::ranges::count(named, key) != 0; }

    bool watched = true;  ///< off where many threads read
    mutable std::vector<uint256> named, read;

private:
    uint64_t read_time_;
};

class PredictorTest : public testing::Test {
protected:
    static constexpr uint64_t wait = 50'000;

    PredictorTest() {
        const Hash hash = state_.set_code(bytes_of(token_code));
        state_.set_account(token, {.balance = 0, .code_hash = hash});
        for (uint64_t i = 0; i < 1024; ++i) state_.set_account(user(i), {.balance = 1'000'000'000'000});
        env_.context.gas_limit = 1'000'000'000;
        env_.context.chain_id = 1;
        env_.revision = Revision::cancun;
        env_.system_calls = false;
    }
    /// Calls by users from `first` on, each with another argument.
    static std::vector<Transaction> calls(uint64_t first, uint64_t count) {
        std::vector<Transaction> out(count);
        for (uint64_t i = 0; i < count; ++i) {
            Transaction& tx = out[i];
            tx.sender = user(first + i);
            tx.to = token;
            tx.gas_limit = 200'000;
            tx.data = bytes_of("12345678");
            tx.data.resize(36);
            base::store_be(tx.data.data() + 4, base::to_uint256(user(700 + (first + i) % 200)));
        }
        return out;
    }
    BlockResult run(const std::vector<Transaction>& transactions, const StateReader& reader,
                    ExecutionContext& context) {
        auto result = execute(env_, transactions, reader, context);
        EXPECT_TRUE(result);
        return result ? *result : BlockResult{};
    }

    MemoryState state_;
    BlockEnv env_;
    ExecutionContext context_{{.executor = ExecutorKind::sequential}};
};

TEST_F(PredictorTest, NamesBalancesAndAllowancesOfTheCallsThatFollow) {
    const auto transactions = calls(0, 64);
    const Notebook reader(state_, wait);
    run(transactions, reader, context_);
    for (const Transaction& tx : std::span(transactions).subspan(32)) {
        EXPECT_TRUE(reader.was_named(balance_key(tx)));
        EXPECT_TRUE(reader.was_named(allowance_key(tx)));
    }
    for (const uint256& key : reader.named) EXPECT_EQ(std::ranges::count(reader.read, key), 1);
}

TEST_F(PredictorTest, TheNextBlockIsNamedAsAWholeBeforeItRuns) {
    run(calls(0, 32), Notebook(state_, wait), context_);
    const auto transactions = calls(100, 8);
    const Notebook reader(state_, wait);
    name_ahead<Transaction>(reader, transactions, true, context_.memory<Footprints>());
    for (const Transaction& tx : transactions) {
        EXPECT_TRUE(reader.was_named(balance_key(tx)));
        EXPECT_TRUE(reader.was_named(allowance_key(tx)));
    }
    EXPECT_TRUE(reader.was_named(7));
    EXPECT_TRUE(reader.was_named(9));
    EXPECT_EQ(reader.named.size(), 8 * 4U);
}

TEST_F(PredictorTest, ForgetEmptiesIt) {
    run(calls(0, 32), Notebook(state_, wait), context_);
    EXPECT_EQ(context_.memory<Footprints>().known(), 1U);
    context_.forget();
    EXPECT_EQ(context_.memory<Footprints>().known(), 0U);
    const Notebook reader(state_, wait);
    name_ahead<Transaction>(reader, calls(0, 8), true, context_.memory<Footprints>());
    EXPECT_TRUE(reader.named.empty());
}

TEST_F(PredictorTest, SmallBlocksOnAStateInMemoryLearnNothing) {
    run(calls(0, 64), Notebook(state_, 0), context_);
    EXPECT_EQ(context_.memory<Footprints>().known(), 0U);
}

TEST_F(PredictorTest, WhatNoLongerComesTrueIsGivenUp) {
    run(calls(0, 32), Notebook(state_, wait), context_);
    state_.set_storage(token, 9, 1);
    run(calls(0, 600), Notebook(state_, wait), context_);
    const Notebook reader(state_, wait);
    name_ahead<Transaction>(reader, calls(0, 1), true, context_.memory<Footprints>());
    EXPECT_EQ(reader.named, (std::vector<uint256>{9}));
}

TEST_F(PredictorTest, NoResultDependsOnWhatIsPredicted) {
    // Learnt from one state, used on one where it is wrong, and where call data ends before the argument.
    auto transactions = calls(300, 200);
    for (size_t i = 0; i < transactions.size(); i += 3) transactions[i].data.resize(i % 36 + 4);
    for (const bool is_wrong : {false, true}) {
        ExecutionContext plain({.executor = ExecutorKind::sequential});
        state_.set_storage(token, 9, 0);
        const auto first = run(calls(0, 200), Notebook(state_, 0), plain);
        state_.set_storage(token, 9, is_wrong ? 1 : 0);
        const auto second = run(transactions, Notebook(state_, 0), plain);
        for (const auto kind : {ExecutorKind::sequential, ExecutorKind::optimistic, ExecutorKind::directed})
            for (const unsigned threads : {1U, 4U}) {
                // Calls that go by owner teach nothing.
                ExecutionContext context(
                    {.executor = kind, .threads = threads, .speculation = {.least_in_row = 0}});
                Notebook reader(state_, wait);
                reader.watched = false;
                state_.set_storage(token, 9, 0);
                EXPECT_EQ(run(calls(0, 200), reader, context), first);
                EXPECT_EQ(context.memory<Footprints>().known(), 1U);
                state_.set_storage(token, 9, is_wrong ? 1 : 0);
                EXPECT_EQ(run(transactions, reader, context), second);
            }
    }
}

TEST_F(PredictorTest, TheTableStaysWithinItsBounds) {
    Footprints& footprints = context_.memory<Footprints>();
    for (uint32_t i = 0; i < 2 * Footprints::most_held; ++i) {
        auto made = std::make_unique<Footprint>();
        made->to = token;
        made->selector = i;
        footprints.publish(std::move(made));
    }
    EXPECT_LE(footprints.known(), Footprints::size);
    EXPECT_EQ(footprints.held(), Footprints::most_held);
    footprints.begin_block();
    EXPECT_EQ(footprints.held(), footprints.known());
}

}  // namespace
}  // namespace weft::execution
