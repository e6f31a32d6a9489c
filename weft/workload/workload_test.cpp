#include "weft/workload/workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/workload/artifacts.hpp"
#include "weft/workload/builder.hpp"

namespace weft::workload {
namespace {

Workload make(std::string_view name, const Options& options) {
    auto workload = make_workload(name, options);
    EXPECT_TRUE(workload.has_value()) << workload.error();
    return std::move(workload.value());
}

constexpr Options small{.transactions = 400, .accounts = 100, .conflict_percent = 25, .seed = 7};

/// The i-th word of a call's arguments; zero beyond the end.
uint256 argument(const Transaction& transaction, size_t i) {
    const size_t at = 4 + 32 * i;
    return transaction.data.size() < at + 32 ? uint256{} : base::load_be(transaction.data.data() + at);
}

uint32_t selector(const Transaction& transaction) {
    uint32_t out = 0;
    for (size_t i = 0; i < 4 && i < transaction.data.size(); ++i) out = out << 8 | transaction.data[i];
    return out;
}

bool has_argument(const Transaction& transaction, const Address& address) {
    for (size_t i = 0; 4 + 32 * (i + 1) <= transaction.data.size(); ++i)
        if (argument(transaction, i) == base::to_uint256(address)) return true;
    return false;
}

/// Whether a transaction of any workload goes to its hot key, told by what is sent alone.
bool is_hot(const Transaction& transaction) {
    const Address exchange = labelled_address("exchange");
    const Address& to = *transaction.to;
    if (transaction.data.empty()) return to == exchange;
    if (to == labelled_address("Token", 0)) return has_argument(transaction, exchange);
    if (to == labelled_address("Router"))
        return has_argument(transaction, labelled_address("Token", 100)) &&
               has_argument(transaction, labelled_address("Token", 101));
    if (to == labelled_address("Lending")) return argument(transaction, 0).is_zero();
    if (to == labelled_address("Oracle"))
        return argument(transaction, 0) == base::to_uint256(labelled_hash("feed", 0));
    if (to == labelled_address("Game"))
        return selector(transaction) == artifacts::game.selector("strikeBoss()");
    if (to == labelled_address("SupplyChain"))
        return argument(transaction, 0) == base::to_uint256(labelled_hash("batch", 0));
    return to == labelled_address("Nft", 0);
}

class EveryWorkload : public testing::TestWithParam<Description> {};
INSTANTIATE_TEST_SUITE_P(Workload, EveryWorkload,
                         testing::ValuesIn(workload_names().begin(), workload_names().end()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(EveryWorkload, IsTheSameFromTheSameSeed) {
    const Workload first = make(GetParam().name, small), again = make(GetParam().name, small);
    EXPECT_EQ(first.block, again.block);
    EXPECT_EQ(first.prestate, again.prestate);
    EXPECT_EQ(first.expected_failures, again.expected_failures);
    Options other = small;
    other.seed = 8;
    const Workload different = make(GetParam().name, other);
    EXPECT_NE(first.block.transactions, different.block.transactions);
}

TEST_P(EveryWorkload, NoncesFollowTheState) {
    const Workload workload = make(GetParam().name, small);
    std::map<Address, uint64_t> next;
    for (const PrestateAccount& account : workload.prestate)
        if (account.code.empty()) next[account.address] = account.account.nonce;
    for (const Transaction& transaction : workload.block.transactions) {
        ASSERT_TRUE(next.contains(transaction.sender));
        EXPECT_EQ(transaction.nonce, next[transaction.sender]++);
    }
}

TEST_P(EveryWorkload, SendersCanPayForAllTheySend) {
    const Workload workload = make(GetParam().name, small);
    std::map<Address, uint256> left;
    for (const PrestateAccount& account : workload.prestate) left[account.address] = account.account.balance;
    for (const Transaction& transaction : workload.block.transactions) {
        const uint256 cost = uint256{transaction.gas_limit} * transaction.max_fee_per_gas + transaction.value;
        ASSERT_GE(left[transaction.sender], cost);
        left[transaction.sender] -= cost;
    }
}

TEST_P(EveryWorkload, KeepsTheLimitsOfOsaka) {
    const Workload workload = make(GetParam().name, {});
    EXPECT_EQ(workload.block.transactions.size(), GetParam().transactions);
    uint64_t gas = 0;
    for (const Transaction& transaction : workload.block.transactions) {
        EXPECT_EQ(transaction.type, TxType::dynamic_fee);
        EXPECT_EQ(transaction.chain_id, chain_id);
        EXPECT_LE(transaction.gas_limit, max_transaction_gas) << "EIP-7825";
        EXPECT_GE(transaction.gas_limit, 21'000U);
        EXPECT_GE(transaction.max_fee_per_gas, *workload.block.header.base_fee_per_gas);
        EXPECT_GE(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas);
        gas += transaction.gas_limit;
    }
    EXPECT_GE(workload.block.header.gas_limit, gas);
    EXPECT_LE(workload.rlp_size, max_block_rlp_size) << "EIP-7934";
    EXPECT_GE(workload.rlp_size, primitives::encode(workload.block).size());
}

TEST_P(EveryWorkload, HasTheConflictsAskedFor) {
    for (const uint64_t percent : {0, 37, 100}) {
        Options options = small;
        options.conflict_percent = percent;
        const Workload workload = make(GetParam().name, options);
        const auto hot = std::ranges::count_if(workload.block.transactions, is_hot);
        EXPECT_EQ(hot, 4 * percent);
        EXPECT_EQ(workload.hot_transactions, 4 * percent);
    }
}

TEST(Recipients, SelfAndRandomAreAsked) {
    Options options = small;
    options.conflict_percent = 0;
    for (const char* name : {"transfers", "erc20"}) {
        options.recipients = Recipients::self;
        const Workload to_self = make(name, options);
        options.recipients = Recipients::random;
        const Workload to_others = make(name, options);
        const auto recipient = [](const Transaction& transaction) {
            if (transaction.data.empty()) return *transaction.to;
            EXPECT_EQ(to_hex(BytesView(transaction.data).first(4)), "0xa9059cbb")
                << "transfer(address,uint256)";
            return base::to_address(base::load_be(transaction.data.data() + 4));
        };
        for (const Transaction& transaction : to_self.block.transactions)
            EXPECT_EQ(recipient(transaction), transaction.sender);
        for (const Transaction& transaction : to_others.block.transactions)
            EXPECT_NE(recipient(transaction), transaction.sender);
    }
}

TEST_P(EveryWorkload, SpreadsTheRestOverTheAccounts) {
    Options options = small;
    options.accounts = 2'000;
    const Workload workload = make(GetParam().name, options);
    std::map<Address, uint64_t> sent;
    for (const Transaction& transaction : workload.block.transactions) ++sent[transaction.sender];
    EXPECT_GT(sent.size(), 250U) << "of 400 transactions";
}

TEST_P(EveryWorkload, PrestateIsSortedAndComplete) {
    const Workload workload = make(GetParam().name, small);
    EXPECT_TRUE(std::ranges::is_sorted(workload.prestate, {}, &PrestateAccount::address));
    for (const PrestateAccount& account : workload.prestate) {
        EXPECT_EQ(account.account.code_hash, keccak256(account.code));
        for (size_t i = 0; i < account.storage.size(); ++i) {
            EXPECT_FALSE(account.storage[i].second.is_zero());
            if (i > 0) EXPECT_LT(account.storage[i - 1].first, account.storage[i].first);
        }
    }
    const MemoryState state = make_state(workload.prestate);
    EXPECT_EQ(state.account_count(), workload.prestate.size());
    for (const PrestateAccount& account : workload.prestate) {
        EXPECT_EQ(state.account(account.address).value(), account.account);
        if (!account.code.empty()) EXPECT_EQ(state.code(account.account.code_hash).value(), account.code);
        for (const auto& [key, value] : account.storage)
            EXPECT_EQ(state.storage(account.address, key).value(), value);
    }
}

uint256 balance_of(const MemoryState& state, const Address& token, const Address& holder) {
    return state.storage(token, mapping_slot(artifacts::token.field("balanceOf").slot, holder)).value();
}

TEST(Erc20, SupplyIsTheSumOfTheBalances) {
    const Workload workload = make("erc20", small);
    const MemoryState state = make_state(workload.prestate);
    for (uint64_t number = 0; number < 8; ++number) {
        const Address token = labelled_address("Token", number);
        uint256 sum = balance_of(state, token, labelled_address("exchange"));
        for (uint64_t i = 0; i < *small.accounts; ++i)
            sum += balance_of(state, token, labelled_address("account", i));
        EXPECT_FALSE(sum.is_zero());
        EXPECT_EQ(state.storage(token, artifacts::token.field("totalSupply").slot).value(), sum);
    }
}

TEST(Dex, PoolsHoldTheirReserves) {
    const Workload workload = make("dex", small);
    const MemoryState state = make_state(workload.prestate);
    for (uint64_t number = 0; number < 6; ++number) {  // a sixteenth of the accounts
        const Address pool = labelled_address("Pool", number);
        const auto field = [&](const Field& field) {
            return field_of(state.storage(pool, field.slot).value(), field);
        };
        const uint256 token0 = field(artifacts::pool.field("token0")),
                      token1 = field(artifacts::pool.field("token1"));
        EXPECT_LT(token0, token1);
        EXPECT_FALSE(field(artifacts::pool.field("reserve0")).is_zero());
        EXPECT_EQ(field(artifacts::pool.field("reserve0")),
                  balance_of(state, base::to_address(token0), pool));
        EXPECT_EQ(field(artifacts::pool.field("reserve1")),
                  balance_of(state, base::to_address(token1), pool));
    }
}

TEST(MakeWorkload, RefusesWhatItDoesNotKnow) {
    const auto unknown = make_workload("poker", {});
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error(),
              "no workload poker; there are transfers, erc20, dex, lending, game, nft, supplychain, mixed, "
              "uniswap");
    EXPECT_EQ(make_workload("dex", {.transactions = 0}).error(), "0 transactions: must be 1 to 1000000");
    EXPECT_EQ(make_workload("dex", {.transactions = 1'000'001}).error(),
              "1000001 transactions: must be 1 to 1000000");
    EXPECT_EQ(make_workload("dex", {.accounts = 1}).error(), "1 accounts: must be 2 to 1000000");
    EXPECT_EQ(make_workload("dex", {.conflict_percent = 101}).error(),
              "101 percent of conflict: must be 0 to 100");
}

TEST(MakeWorkload, MakesTheSmallestAndOddOnes) {
    for (const Description& description : workload_names()) {
        const Workload one =
            make(description.name, {.transactions = 1, .accounts = 2, .conflict_percent = 100});
        EXPECT_EQ(one.block.transactions.size(), 1U);
        const Workload odd =
            make(description.name, {.transactions = 333, .accounts = 3, .conflict_percent = 50});
        EXPECT_EQ(odd.hot_transactions, 166U);
    }
}

}  // namespace
}  // namespace weft::workload
