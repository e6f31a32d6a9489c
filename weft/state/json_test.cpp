#include "weft/state/json.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "weft/base/hex.hpp"

namespace weft::state {

namespace {

using primitives::json::Document;

std::expected<MemoryState, std::string> parse(std::string text) {
    const auto document = Document::parse(std::move(text), "prestate.json");
    if (!document) return std::unexpected(document.error());
    return document->read([](json::Value root) -> json::Result<MemoryState> {
        MemoryState state;
        if (auto status = json::read_alloc(root, state); !status) return std::unexpected(status.error());
        return state;
    });
}

constexpr const char* a = "0x00000000000000000000000000000000000000aa";

std::string with_account(std::string_view body) {
    return "{\"" + std::string(a) + "\":" + std::string(body) + "}";
}

}  // namespace

TEST(StateJson, ReadsAccounts) {
    const auto state = parse(with_account(
        R"({"balance":"1000","nonce":"0x01","code":"0x6000","storage":{"0x00":"0x2a","0x1":"0x0"}})"));
    ASSERT_TRUE(state) << state.error();
    const Address address = *base::fixed_from_hex<Address>(a);
    const auto account = **state->account(address);
    EXPECT_EQ(account.balance, uint256{1000});
    EXPECT_EQ(account.nonce, 1u);
    EXPECT_EQ(state->code(account.code_hash), (Bytes{0x60, 0x00}));
    EXPECT_EQ(state->storage(address, 0), uint256{42});
    EXPECT_EQ(state->has_storage(address), true);
    const auto bare = parse(with_account("{}"));
    ASSERT_TRUE(bare) << bare.error();
    EXPECT_EQ(*bare->account(address), Account{});
    EXPECT_TRUE(
        parse(R"({"00000000000000000000000000000000000000aa":{}})"));  // genesis.json's keys have no 0x
}

TEST(StateJson, StorageIsHexAlsoWithout0x) {
    // As storage stands in genesis files of Besu, and as go-ethereum reads it.
    const auto state = parse(with_account(
        R"({"storage":{"0x00":"10","0000000000000000000000000000000000000000000000000000000000000020":"a1"}})"));
    ASSERT_TRUE(state) << state.error();
    const Address address = *base::fixed_from_hex<Address>(a);
    EXPECT_EQ(state->storage(address, 0), uint256{0x10});
    EXPECT_EQ(state->storage(address, 0x20), uint256{0xa1});
}

TEST(StateJson, ErrorsNameTheField) {
    const std::string file = "prestate.json: ", account = file + a;
    EXPECT_EQ(parse("[]").error(), file + "not an object");
    EXPECT_EQ(parse(R"({"0xaa":{}})").error(), file + "0xaa: not an address of 20 bytes in hex");
    EXPECT_EQ(parse(R"({"a\nb":{}})").error(), file + "a?b: not an address of 20 bytes in hex");
    EXPECT_LT(parse("{\"" + std::string(5000, 'a') + "\":{}}").error().size(), 300u);
    EXPECT_EQ(parse(with_account("7")).error(), account + ": not an object");
    EXPECT_EQ(parse(with_account(R"({"balance":"x"})")).error(), account + ".balance: not a quantity");
    EXPECT_EQ(parse(with_account(R"({"nonce":"0x10000000000000000"})")).error(),
              account + ".nonce: exceeds 64 bits");
    EXPECT_EQ(parse(with_account(R"({"code":"0x6"})")).error(), account + ".code: not bytes in hex");
    EXPECT_EQ(parse(with_account(R"({"storage":[]})")).error(), account + ".storage: not an object");
    EXPECT_EQ(parse(with_account(R"({"storage":{"k":"0x1"}})")).error(),
              account + ".storage.k: its key is not a quantity");
    EXPECT_EQ(parse(with_account(R"({"storage":{"0x1":{}}})")).error(),
              account + ".storage.0x1: not a quantity");
    EXPECT_EQ(json::read_state("/nowhere").error(), "/nowhere: cannot be opened");
}

TEST(StateJson, BlockHashes) {
    const std::string path = ::testing::TempDir() + "weft_block_hashes.json";
    MemoryState state;
    state.set_block_hash(5, Hash{{{1}}});
    state.set_block_hash(70, Hash{{{2}}});
    ASSERT_TRUE(json::write_file(path, json::block_hashes_to_json(state)));
    MemoryState read;
    ASSERT_TRUE(json::read_block_hashes(path, read));
    EXPECT_EQ(read.block_hashes(), state.block_hashes());
    ASSERT_TRUE(json::write_file(path, R"({"5":"0x"})"));
    EXPECT_EQ(json::read_block_hashes(path, read).error(), path + ": 5: not 32 bytes in hex");
    ASSERT_TRUE(json::write_file(path, R"({"five":"0x"})"));
    EXPECT_EQ(json::read_block_hashes(path, read).error(), path + ": five: not a block number");
    std::filesystem::remove(path);
}

TEST(StateJson, MainnetPrestatesReadWhatWasWritten) {
    const std::filesystem::path root = ".data/mainnet";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int states = 0;
    size_t accounts = 0;
    for (const auto& folder : std::filesystem::directory_iterator(root)) {
        if (!folder.is_directory()) continue;
        const auto state = json::read_state((folder.path() / "prestate.json").string());
        ASSERT_TRUE(state) << state.error();
        const auto again = parse(json::to_json(*state));
        ASSERT_TRUE(again) << again.error();
        EXPECT_TRUE(*again == *state) << folder.path();
        accounts += state->account_count();
        ++states;
    }
    EXPECT_EQ(states, 45);
    EXPECT_EQ(accounts, 16'729u);  // 19910734 is an empty block with an empty state
    MemoryState hashes;
    ASSERT_TRUE(json::read_block_hashes((root / "block_hashes.json").string(), hashes));
    EXPECT_FALSE(hashes.block_hashes().empty());
}

}  // namespace weft::state
