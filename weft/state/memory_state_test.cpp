#include "weft/state/memory_state.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <unordered_map>

#include "weft/base/hex.hpp"

namespace weft::state {

namespace {

Address address_of(uint64_t i) { return base::to_address(uint256{i * 0x9e3779b97f4a7c15, i, 0, 0}); }

}  // namespace

TEST(MemoryState, ReadsWhatWasSet) {
    MemoryState state;
    const Address a = address_of(1), b = address_of(2);
    EXPECT_EQ(*state.account(a), std::nullopt);
    EXPECT_EQ(state.storage(a, 1), uint256{});
    EXPECT_EQ(state.has_storage(a), false);
    const Hash hash = state.set_code({0x60, 0x00});
    state.set_account(a, {.nonce = 1, .balance = 2, .code_hash = hash});
    state.set_account(b, {});
    state.set_storage(a, 1, 5);
    state.set_storage(a, uint256::max(), 6);
    state.set_block_hash(7, hash);
    EXPECT_EQ(*state.account(a), (Account{.nonce = 1, .balance = 2, .code_hash = hash}));
    EXPECT_EQ(*state.account(b), Account{});  // empty, but there
    EXPECT_EQ(state.storage(a, 1), uint256{5});
    EXPECT_EQ(state.storage(a, uint256::max()), uint256{6});
    EXPECT_EQ(state.storage(b, 1), uint256{});
    EXPECT_EQ(state.has_storage(a), true);
    EXPECT_EQ(state.has_storage(b), false);
    EXPECT_EQ(state.code(hash), (Bytes{0x60, 0x00}));
    EXPECT_EQ(state.code(crypto::empty_code_hash), Bytes{});
    EXPECT_FALSE(state.code(Hash{}));
    EXPECT_EQ(state.block_hash(7), hash);
    EXPECT_EQ(state.block_hash(8), Hash{});
    EXPECT_EQ(state.account_count(), 2u);
}

TEST(MemoryState, Eip7610StorageIsGoneWhenItsLastSlotIs) {
    MemoryState state;
    const Address a = address_of(1);
    state.set_storage(a, 1, 1);
    EXPECT_EQ(*state.account(a), std::nullopt);  // storage alone makes no account
    state.set_storage(a, 2, 1);
    state.set_storage(a, 1, 0);
    EXPECT_EQ(state.has_storage(a), true);
    state.set_storage(a, 2, 0);
    EXPECT_EQ(state.has_storage(a), false);
    state.set_storage(a, 2, 0);
    EXPECT_EQ(state.has_storage(a), false);
    state.set_storage(a, 2, 3);
    EXPECT_EQ(state.has_storage(a), true);
    state.clear_storage(a);
    EXPECT_EQ(state.has_storage(a), false);
    EXPECT_EQ(state.storage(a, 2), uint256{});
}

TEST(MemoryState, RemovedAccountsComeBackEmpty) {
    MemoryState state;
    const Address a = address_of(1);
    state.remove_account(a);
    state.set_account(a, {.nonce = 5, .balance = 5});
    state.set_storage(a, 1, 1);
    state.remove_account(a);
    EXPECT_EQ(*state.account(a), std::nullopt);
    EXPECT_EQ(state.account_count(), 0u);
    state.set_account(a, {});
    EXPECT_EQ(*state.account(a), Account{});
    EXPECT_EQ(state.has_storage(a), false);
}

TEST(MemoryState, AppliesADiff) {
    MemoryState state;
    const Address changed = address_of(1), wiped = address_of(2), destroyed = address_of(3),
                  created = address_of(4);
    for (const Address& address : {changed, wiped, destroyed}) {
        state.set_account(address, {.nonce = 1, .balance = 0});
        state.set_storage(address, 1, 1);
        state.set_storage(address, 2, 2);
    }
    const Bytes code{0xfe};
    const Hash hash = crypto::keccak256(code);
    StateDiff diff;
    diff.codes = {{hash, code}};
    diff.accounts = {
        {.address = changed,
         .before = Account{.nonce = 1, .balance = 0},
         .after = Account{.nonce = 2, .balance = 0},
         .slots = {{1, 1, 0}, {3, 0, 3}}},
        {.address = wiped,
         .before = Account{.nonce = 1, .balance = 0},
         .after = Account{.nonce = 1, .balance = 0},
         .storage_wiped = true,
         .slots = {{2, 0, 2}}},
        {.address = destroyed,
         .before = Account{.nonce = 1, .balance = 0},
         .after = {},
         .storage_wiped = true,
         .slots = {}},
        {.address = created,
         .before = {},
         .after = Account{.nonce = 0, .balance = 0, .code_hash = hash},
         .slots = {}},
    };
    MemoryState copy = state;
    state.apply(diff);
    EXPECT_EQ((*state.account(changed))->nonce, 2u);
    EXPECT_EQ(state.storage(changed, 1), uint256{});
    EXPECT_EQ(state.storage(changed, 2), uint256{2});
    EXPECT_EQ(state.storage(changed, 3), uint256{3});
    EXPECT_EQ(state.storage(wiped, 1), uint256{});
    EXPECT_EQ(state.storage(wiped, 2), uint256{2});
    EXPECT_EQ(*state.account(destroyed), std::nullopt);
    EXPECT_EQ(state.has_storage(destroyed), false);
    EXPECT_EQ((*state.account(created))->code_hash, hash);
    EXPECT_EQ(state.code(hash), code);
    EXPECT_EQ(copy.storage(wiped, 1), uint256{1});  // a copy is independent
    EXPECT_FALSE(copy == state);
    copy.apply(diff);
    EXPECT_TRUE(copy == state);
}

TEST(MemoryState, EqualityLooksAtSlots) {
    MemoryState a, b;
    for (MemoryState* state : {&a, &b}) {
        state->set_account(address_of(1), {});
        state->set_storage(address_of(1), 1, 1);
    }
    EXPECT_TRUE(a == b);
    b.set_storage(address_of(1), 1, 2);
    EXPECT_FALSE(a == b);
    b.set_storage(address_of(1), 1, 1);
    b.set_storage(address_of(1), 2, 1);
    EXPECT_FALSE(a == b);
    b.set_storage(address_of(1), 2, 0);
    EXPECT_TRUE(a == b);
    b.set_account(address_of(2), {});
    EXPECT_FALSE(a == b);
}

TEST(MemoryState, ManyEntriesAgainstAModel) {
    MemoryState state;
    state.reserve(100, 100);
    std::unordered_map<uint64_t, uint64_t> balances, slots;
    uint64_t seed = 7;
    for (int i = 0; i < 200'000; ++i) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        const uint64_t who = (seed >> 33) % 5000, key = (seed >> 50) % 20, value = (seed >> 20) % 4;
        if (i % 5 == 0) {
            state.set_account(address_of(who), {.nonce = 0, .balance = value});
            balances[who] = value;
        } else {
            state.set_storage(address_of(who), key, value);
            slots[who * 100 + key] = value;
        }
    }
    uint64_t in_use = 0, seen = 0;
    for (const auto& [id, value] : slots) {
        ASSERT_EQ(state.storage(address_of(id / 100), id % 100), uint256{value});
        in_use += value != 0;
    }
    for (uint64_t who = 0; who < 5000; ++who) {
        const auto account = *state.account(address_of(who));
        ASSERT_EQ(account.has_value(), balances.contains(who));
        if (account) ASSERT_EQ(account->balance, uint256{balances[who]});
        uint64_t own = 0;
        state.for_each_slot(address_of(who), [&](const uint256&, const uint256&) { ++own; });
        ASSERT_EQ(state.has_storage(address_of(who)), own != 0);
        seen += own;
    }
    EXPECT_EQ(seen, in_use);
    EXPECT_EQ(state.account_count(), balances.size());
}

TEST(MemoryState, ReadsFromManyThreads) {
    MemoryState state;
    for (uint64_t i = 0; i < 1000; ++i) {
        state.set_account(address_of(i), {.nonce = i, .balance = 0});
        state.set_storage(address_of(i), i, i + 1);
    }
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (uint64_t i = 0; i < 1000; ++i)
                if ((*state.account(address_of(i)))->nonce != i ||
                    state.storage(address_of(i), i) != uint256{i + 1})
                    ++wrong;
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace weft::state
