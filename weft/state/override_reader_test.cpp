#include "weft/state/override_reader.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::state {
namespace {

using base::operator""_address;

constexpr Address plain = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address changed = "0x00000000000000000000000000000000000000a2"_address;
constexpr Address absent = "0x00000000000000000000000000000000000000a3"_address;

class OverrideReaderTest : public testing::Test {
protected:
    OverrideReaderTest() {
        const Hash hash = base_.set_code({0x00});
        for (const Address& address : {plain, changed}) {
            base_.set_account(address, {.nonce = 1, .balance = 100, .code_hash = hash});
            base_.set_storage(address, 1, 11);
            base_.set_storage(address, 2, 22);
        }
        base_.set_block_hash(5, hash);
    }
    MemoryState base_;
    OverrideReader reader_{base_};
};

TEST_F(OverrideReaderTest, WhatIsNotOverriddenIsTheBases) {
    reader_.set(changed, {.balance = 7});
    EXPECT_EQ(reader_.account(plain), base_.account(plain));
    EXPECT_EQ(*reader_.account(absent), std::nullopt);
    EXPECT_EQ(reader_.account(changed)->value(),
              (Account{.nonce = 1, .balance = 7, .code_hash = base_.account(plain)->value().code_hash}));
    EXPECT_EQ(reader_.storage(changed, 1), uint256{11});
    EXPECT_EQ(reader_.has_storage(changed), true);
    EXPECT_EQ(reader_.code(base_.account(plain)->value().code_hash), Bytes{0x00});
    EXPECT_EQ(reader_.block_hash(5), base_.block_hash(5));
    EXPECT_FALSE(reader_.code(Hash{}));
}

TEST_F(OverrideReaderTest, CodeComesWithItsHash) {
    const Bytes code{0x60, 0x01};
    reader_.set(absent, {.nonce = 3, .code = code});
    const Account account = reader_.account(absent)->value();
    EXPECT_EQ(account, (Account{.nonce = 3, .balance = 0, .code_hash = crypto::keccak256(code)}));
    EXPECT_EQ(reader_.code(account.code_hash), code);
    reader_.set(changed, {.code = Bytes{}});  // a contract becomes a plain account
    EXPECT_EQ(reader_.account(changed)->value().code_hash, crypto::empty_code_hash);
    EXPECT_EQ(reader_.code(crypto::empty_code_hash), Bytes{});
}

TEST_F(OverrideReaderTest, StateReplacesAllSlotsStateDiffSome) {
    reader_.set(changed, {.storage_diff = {{2, 222}, {3, 0}}});
    EXPECT_EQ(reader_.storage(changed, 1), uint256{11});
    EXPECT_EQ(reader_.storage(changed, 2), uint256{222});
    reader_.set(changed, {.storage = {{{2, 222}}}, .storage_diff = {{3, 333}}});
    EXPECT_EQ(reader_.storage(changed, 1), uint256{});
    EXPECT_EQ(reader_.storage(changed, 2), uint256{222});
    EXPECT_EQ(reader_.storage(changed, 3), uint256{333});
    EXPECT_EQ(reader_.account(changed), base_.account(changed));
}

TEST_F(OverrideReaderTest, Eip7610HasStorage) {
    reader_.set(changed, {.storage = {{{2, 0}}}});
    EXPECT_EQ(reader_.has_storage(changed), false);
    reader_.set(absent, {.storage_diff = {{1, 1}}});
    EXPECT_EQ(reader_.has_storage(absent), true);
    EXPECT_EQ(*reader_.account(absent), std::nullopt);  // storage alone makes no account
}

TEST_F(OverrideReaderTest, BatchesSayTheSame) {
    reader_.set(changed, {.balance = 7, .storage_diff = {{2, 222}}});
    const std::array addresses{plain, changed, absent};
    std::array<std::optional<Account>, 3> accounts;
    ASSERT_TRUE(reader_.accounts(addresses, accounts));
    for (size_t i = 0; i < addresses.size(); ++i) EXPECT_EQ(accounts[i], *reader_.account(addresses[i]));
    const std::array<uint256, 3> keys{1, 2, 3};
    for (const Address& address : addresses) {
        std::array<uint256, 3> values;
        ASSERT_TRUE(reader_.slots(address, keys, values));
        for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(values[i], reader_.storage(address, keys[i]));
    }
}

TEST_F(OverrideReaderTest, BlockHash) {
    reader_.set_block_hash(9, crypto::empty_code_hash);
    EXPECT_EQ(reader_.block_hash(9), crypto::empty_code_hash);
}

}  // namespace
}  // namespace weft::state
