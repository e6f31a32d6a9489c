#include "weft/cli/block_tests.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "weft/base/hex.hpp"
#include "weft/cli/exceptions.hpp"
#include "weft/cli/run.hpp"
#include "weft/execution/executor.hpp"
#include "weft/execution/validation/formulas.hpp"
#include "weft/primitives/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

using execution::Reason;

/// Makes a Byzantium chain of empty blocks, and tests of it.
class BlockTests : public testing::Test {
protected:
    /// A block and the state after it.
    struct Link {
        Header header;
        MemoryState state;
    };

    BlockTests() {
        genesis_.header.difficulty = 1'000'000;
        genesis_.header.gas_limit = 1'000'000;
        genesis_.header.ommers_hash = primitives::empty_ommers_hash;
        genesis_.header.transactions_root = genesis_.header.receipts_root = trie::empty_root;
        genesis_.state.set_account(Address{{{0xaa}}}, {.nonce = 0, .balance = 1});
        genesis_.header.state_root = trie::state_root(genesis_.state);
    }
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "weft-cli-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// A valid block, so many seconds after its parent; who pays the miner tells the branches apart.
    static Link mine(const Link& parent, uint64_t seconds, uint8_t miner) {
        const ChainConfig config = primitives::named_chain("Byzantium").value();
        Block block;
        block.header = parent.header;
        block.header.parent_hash = primitives::header_hash(parent.header);
        block.header.number += 1;
        block.header.timestamp += seconds;
        block.header.coinbase[19] = miner;
        block.header.difficulty = execution::next_difficulty(parent.header, block.header.timestamp, config);
        execution::ExecutionContext context({.executor = execution::ExecutorKind::sequential});
        const auto result = execution::execute_block(block, config, parent.state, context);
        Link link{block.header, parent.state};
        link.state.apply(result.value().diff);
        link.header.state_root = trie::state_root(link.state);
        return link;
    }

    static std::string entry(const Header& header, const std::string& more) {
        Block block;
        block.header = header;
        return R"({"rlp": ")" + to_hex(primitives::encode(block)) + R"(", )" + more + "}";
    }
    /// Of a block that is to be valid.
    static std::string entry(const Header& header) {
        return entry(header, R"("blockHeader": )" + to_json(header));
    }
    static std::string to_json(const Header& header) {
        primitives::json::Writer out;
        primitives::json::write(out, header);
        return out.take();
    }

    /// Runs a test of these blocks; the exit status. out_ and err_ hold what was printed.
    int run(const std::vector<std::string>& blocks, const Header& head,
            const std::string& post = R"("0xaa00000000000000000000000000000000000000": {"balance": "0x1"})") {
        std::string list;
        for (const std::string& block : blocks) list += (list.empty() ? "" : ", ") + block;
        std::ofstream(folder_ / "test.json")
            << R"({"one": {"network": "Byzantium", "genesisBlockHeader": )"
            << genesis_json_.value_or(to_json(genesis_.header))
            << R"(, "pre": {"0xaa00000000000000000000000000000000000000": {"balance": "0x1"}}, "blocks": [)"
            << list << R"(], "lastblockhash": ")" << to_hex(primitives::header_hash(head))
            << R"(", "postState": {)" << post << "}}}";
        char *out = nullptr, *err = nullptr;
        size_t out_size = 0, err_size = 0;
        std::FILE* const out_file = open_memstream(&out, &out_size);
        std::FILE* const err_file = open_memstream(&err, &err_size);
        const int status = run_block_tests({.paths = {folder_.string()}}, out_file, err_file);
        std::fclose(out_file);
        std::fclose(err_file);
        out_.assign(out, out_size);
        err_.assign(err, err_size);
        std::free(out);
        std::free(err);
        return status;
    }
    [[nodiscard]] bool says(const char* words) const { return out_.find(words) != std::string::npos; }

    /// The state after one or two blocks of one miner, in the test's form.
    static std::string rewards(const char* balance) {
        return R"("0xaa00000000000000000000000000000000000000": {"balance": "0x1"},)"
               R"("0x0000000000000000000000000000000000000001": {"balance": ")" +
               std::string(balance) + R"("})";
    }

    Link genesis_;
    std::optional<std::string> genesis_json_;  ///< of another header than the blocks stand on
    std::filesystem::path folder_;
    std::string out_, err_;
};

constexpr const char* one_reward = "3000000000000000000";  // EIP-649: 3 ether
constexpr const char* two_rewards = "6000000000000000000";

TEST_F(BlockTests, ImportAChain) {
    const Link first = mine(genesis_, 10, 1);
    const Link second = mine(first, 10, 1);
    EXPECT_EQ(run({entry(first.header), entry(second.header)}, second.header, rewards(two_rewards)), exit_ok)
        << out_;
    EXPECT_NE(err_.find("1 passed, 0 failed, 0 skipped"), std::string::npos) << err_;
}

TEST_F(BlockTests, FollowTheHeaviestBranch) {
    const Link slow = mine(genesis_, 20, 1);
    const Link fast = mine(genesis_, 5, 2);  // of a higher difficulty
    const Link longer = mine(slow, 5, 1);
    const std::vector<std::string> blocks{entry(slow.header), entry(fast.header), entry(longer.header)};
    EXPECT_EQ(run(blocks, longer.header, rewards(two_rewards)), exit_ok) << out_;
    EXPECT_EQ(run({blocks[1], blocks[0]}, slow.header, rewards(one_reward)), exit_check_failed);
    EXPECT_TRUE(says("last block hash")) << out_;
    EXPECT_EQ(run({blocks[0], blocks[0]}, slow.header, rewards(one_reward)), exit_ok)
        << "a block that is known already: " << out_;
}

TEST_F(BlockTests, CheckTheLastState) {
    const Link first = mine(genesis_, 10, 1);
    EXPECT_EQ(run({entry(first.header)}, first.header), exit_check_failed);
    EXPECT_TRUE(says("postState")) << out_;
}

TEST_F(BlockTests, CheckThatInvalidBlocksAreRefusedForTheReason) {
    const Link first = mine(genesis_, 10, 1);
    const auto expects = [](const char* exception) {
        return R"("expectException": ")" + std::string(exception) + R"(")";
    };
    EXPECT_EQ(run({entry(first.header, expects("BlockException.INVALID_STATE_ROOT"))}, genesis_.header),
              exit_check_failed);
    EXPECT_TRUE(says("is valid, want it refused")) << out_;

    Header wrong = first.header;
    wrong.state_root[0] ^= 1;
    EXPECT_EQ(run({entry(wrong)}, genesis_.header), exit_check_failed) << "said to be valid";
    EXPECT_TRUE(says("wrong state root")) << out_;
    EXPECT_EQ(run({entry(wrong, expects("BlockException.INVALID_STATE_ROOT"))}, genesis_.header), exit_ok);
    EXPECT_NE(err_.find("for the reason that the test names: 1, that it doesn't name: 0"), std::string::npos)
        << err_;
    EXPECT_EQ(run({entry(wrong, expects("BlockException.INVALID_GASLIMIT"))}, genesis_.header),
              exit_check_failed);
    EXPECT_TRUE(says("refused, but not as BlockException.INVALID_GASLIMIT")) << out_;
    EXPECT_EQ(run({entry(wrong, R"("chainname": "none")")}, genesis_.header), exit_ok);
    EXPECT_NE(err_.find("for the reason that the test names: 0, that it doesn't name: 1"), std::string::npos)
        << err_;
}

TEST_F(BlockTests, TakeAnEmptyExceptionForNone) {
    const Link first = mine(genesis_, 10, 1);
    const std::string header = R"("blockHeader": )" + to_json(first.header);
    for (const char* const none : {R"(, "expectException": "")", R"(, "expectException": null)"})
        EXPECT_EQ(run({entry(first.header, header + none)}, first.header, rewards(one_reward)), exit_ok)
            << none << out_ << err_;
}

TEST_F(BlockTests, CheckTheHashOfABlock) {
    const Link first = mine(genesis_, 10, 1);
    const auto with_hash = [](const Header& header, const Hash& hash) {
        std::string text = to_json(header);
        const std::string field = to_hex(primitives::header_hash(header));
        return text.replace(text.find(field), field.size(), to_hex(hash));
    };
    const std::string header = R"("blockHeader": )" + with_hash(first.header, first.header.state_root);
    EXPECT_EQ(run({entry(first.header, header)}, first.header, rewards(one_reward)), exit_check_failed);
    EXPECT_TRUE(says("block 0 of the test: hash: got")) << out_;
    genesis_json_ = with_hash(genesis_.header, first.header.state_root);
    EXPECT_EQ(run({entry(first.header)}, first.header, rewards(one_reward)), exit_check_failed);
    EXPECT_TRUE(says("genesis block hash: got")) << out_;
}

TEST_F(BlockTests, CheckTheHeaderBesideTheRlp) {
    const Link first = mine(genesis_, 10, 1);
    Header other = first.header;
    other.gas_used = 1;
    std::string text = to_json(other);
    const std::string hash = to_hex(primitives::header_hash(other));
    text.replace(text.find(hash), hash.size(), to_hex(primitives::header_hash(first.header)));
    EXPECT_EQ(run({entry(first.header, R"("blockHeader": )" + text)}, first.header, rewards(one_reward)),
              exit_check_failed);
    EXPECT_TRUE(says("its header is not its blockHeader")) << out_;
}

TEST_F(BlockTests, KeepGoingAfterARefusedBlock) {
    const Link first = mine(genesis_, 10, 1);
    Header wrong = first.header;
    wrong.state_root[0] ^= 1;  // it fails last of all, when the commitment has heard everything
    EXPECT_EQ(run({entry(wrong, R"("expectExceptionALL": "InvalidStateRoot")"), entry(first.header)},
                  first.header, rewards(one_reward)),
              exit_ok)
        << out_;
}

TEST(Exceptions, CompareWithReasons) {
    EXPECT_EQ(compare_refusal("BlockException.INVALID_GASLIMIT", Reason::gas_limit_too_low), Expected::yes);
    EXPECT_EQ(compare_refusal("BlockException.INVALID_GASLIMIT", Reason::wrong_number), Expected::no);
    EXPECT_EQ(compare_refusal("BlockException.INVALID_GASLIMIT", std::nullopt), Expected::no);
    EXPECT_EQ(compare_refusal("BlockException.RLP_STRUCTURES_ENCODING", std::nullopt), Expected::yes);
    EXPECT_EQ(compare_refusal("TransactionException.NONCE_IS_MAX|BlockException.UNKNOWN_PARENT",
                              Reason::unknown_parent),
              Expected::yes);
    EXPECT_EQ(compare_refusal("TransactionException.NONCE_IS_MAX|BlockException.UNKNOWN_PARENT",
                              Reason::wrong_number),
              Expected::no);
    for (const Reason reason : {Reason::ommer_not_related, Reason::duplicate_ommer})
        EXPECT_EQ(compare_refusal("UncleIsBrother", reason), Expected::yes);
    EXPECT_EQ(compare_refusal("InvalidDifficulty", Reason::difficulty_not_zero), Expected::yes);
    for (const char* const name : {"InvalidDifficulty", "TooMuchGasUsed", "InvalidTransactionsRoot"})
        EXPECT_EQ(compare_refusal(name, std::nullopt), Expected::yes) << name;
    EXPECT_EQ(compare_refusal("InvalidReceiptsStateRoot", Reason::wrong_gas_used), Expected::yes);
    EXPECT_EQ(compare_refusal("InvalidReceiptsStateRoot", Reason::wrong_number), Expected::no);
    EXPECT_EQ(compare_refusal("", Reason::wrong_number), Expected::unknown);
    EXPECT_EQ(compare_refusal("BlockException.OF_A_LATER_FORK", Reason::wrong_number), Expected::unknown);
    for (const Reason reason : {Reason::missing_excess_blob_gas, Reason::unexpected_blob_gas_used})
        EXPECT_EQ(compare_refusal("BlockException.INCORRECT_BLOCK_FORMAT", reason), Expected::yes);
    EXPECT_EQ(compare_refusal("BlockException.INCORRECT_BLOCK_FORMAT", std::nullopt), Expected::yes);
    EXPECT_EQ(compare_refusal("BlockException.INCORRECT_BLOCK_FORMAT", Reason::wrong_state_root),
              Expected::no);
}

}  // namespace
}  // namespace weft::cli
