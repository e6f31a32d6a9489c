#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "weft/cli/block_tests.hpp"
#include "weft/cli/run.hpp"
#include "weft/cli/state_test_file.hpp"
#include "weft/cli/state_tests.hpp"

namespace weft::cli {
namespace {

/// One ether from an account with a key to another, under Cancun; what comes after is filled in by the tests.
constexpr const char* transfer = R"({"transfer": {
    "env": {"currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", "currentGasLimit": "0x989680",
            "currentNumber": "0x01", "currentTimestamp": "0x03e8", "currentDifficulty": "0x020000",
            "currentRandom": "0x0000000000000000000000000000000000000000000000000000000000020000",
            "currentBaseFee": "0x0a", "currentExcessBlobGas": "0x00"},
    "pre": {"0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b": {"balance": "0x0de0b6b3a7640000", "nonce": "0x00",
            "code": "0x", "storage": {}}},
    "transaction": {"data": ["0x"], "gasLimit": ["0x5208", "0x5207"], "gasPrice": "0x0a", "nonce": "0x00",
        "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b", "to": "0xd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0",
        "value": ["0x01"]},
    "post": {"FORK": [{"hash": "ROOT", "logs": "LOGS", EXCEPTION
        "indexes": {"data": 0, "gas": GAS, "value": 0}}]}}})";
constexpr const char* no_logs = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";

std::string filled(std::string text, std::initializer_list<std::pair<std::string, std::string>> fillings) {
    for (const auto& [word, value] : fillings) text.replace(text.find(word), word.size(), value);
    return text;
}

class StateTests : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "weft-cli-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// Runs the transfer with these fillings; the exit status. out_ and err_ hold what was printed.
    int run(std::string root, const char* logs, const char* exception, const char* gas,
            const char* fork = "Cancun", TestOptions options = {}) {
        std::ofstream(folder_ / "test.json") << filled(transfer, {{"FORK", fork},
                                                                  {"ROOT", std::move(root)},
                                                                  {"LOGS", logs},
                                                                  {"EXCEPTION", exception},
                                                                  {"GAS", gas}});
        return run_again(std::move(options));
    }
    /// What lies in the folder.
    int run_again(TestOptions options = {}) {
        options.paths = {folder_.string()};
        char *out = nullptr, *err = nullptr;
        size_t out_size = 0, err_size = 0;
        std::FILE* const out_file = open_memstream(&out, &out_size);
        std::FILE* const err_file = open_memstream(&err, &err_size);
        const int status = run_state_tests(options, out_file, err_file);
        std::fclose(out_file);
        std::fclose(err_file);
        out_.assign(out, out_size);
        err_.assign(err, err_size);
        std::free(out);
        std::free(err);
        return status;
    }
    /// The root that the run before came to.
    [[nodiscard]] std::string root() const {
        const size_t at = out_.find("\"stateRoot\":\"");
        return at == std::string::npos ? "" : out_.substr(at + 13, 66);
    }

    std::filesystem::path folder_;
    std::string out_, err_;
};

TEST(StateTestFile, APriceBesideAFeeCapCountsBeforeLondonOnly) {
    // As go-ethereum has it (tests/state_test_util.go).
    for (const bool london : {false, true}) {
        const auto document = primitives::json::Document::parse(
            filled(transfer, {{"0a\", \"nonce", "0a\", \"maxFeePerGas\": \"0x0b\", \"nonce"},
                              {"FORK", london ? "London" : "Berlin"},
                              {"ROOT", std::string(64, '0')},
                              {"LOGS", no_logs},
                              {"EXCEPTION", ""},
                              {"GAS", "0"}}),
            "test.json");
        ASSERT_TRUE(document) << document.error();
        const auto test =
            parse_state_test(*primitives::json::find(document->root().object().value(), "transfer"), "");
        ASSERT_TRUE(test) << to_string(test.error());
        const Transaction& tx = test->cases.at(0).transaction.value();
        EXPECT_EQ(tx.type, london ? TxType::dynamic_fee : TxType::legacy);
        EXPECT_EQ(tx.chain_id.has_value(), london);
        EXPECT_EQ(tx.max_fee_per_gas, uint256(london ? 11 : 10));
        EXPECT_EQ(tx.max_priority_fee_per_gas, tx.max_fee_per_gas);
    }
}

const std::string zero_root = "0x" + std::string(64, '0');

TEST_F(StateTests, ChecksTheRoot) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_check_failed);
    EXPECT_NE(out_.find("post state root mismatch"), std::string::npos) << out_;
    EXPECT_NE(err_.find("0 passed, 1 failed, 0 skipped"), std::string::npos) << err_;
    EXPECT_EQ(run(root(), no_logs, "", "0"), exit_ok) << out_;
    EXPECT_NE(err_.find("1 passed, 0 failed, 0 skipped"), std::string::npos) << err_;
}

TEST_F(StateTests, ChecksTheLogs) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_check_failed);
    EXPECT_EQ(run(root(), zero_root.c_str(), "", "0"), exit_check_failed);
    EXPECT_NE(out_.find("logs hash mismatch"), std::string::npos) << out_;
}

TEST_F(StateTests, ChecksThatInvalidTransactionsAre) {
    constexpr const char* exception = R"("expectException": "TR_IntrinsicGas",)";
    EXPECT_EQ(run(zero_root, no_logs, exception, "0"), exit_check_failed);
    EXPECT_NE(out_.find("got no error"), std::string::npos) << out_;
    EXPECT_EQ(run(zero_root, no_logs, "", "1"), exit_check_failed);
    EXPECT_NE(out_.find("unexpected error"), std::string::npos) << out_;
    EXPECT_EQ(run(zero_root, no_logs, exception, "1"), exit_check_failed);
    EXPECT_NE(out_.find("root after an invalid transaction"), std::string::npos) << out_;
    EXPECT_EQ(run(root(), no_logs, exception, "1"), exit_ok) << out_;
}

TEST_F(StateTests, TakeAnEmptyExceptionForNone) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_check_failed);
    const std::string after = root();
    for (const char* const none : {R"("expectException": "",)", R"("expectException": null,)"})
        EXPECT_EQ(run(after, no_logs, none, "0"), exit_ok) << none << out_ << err_;
}

/// Before EIP-161 the two fillings leave different states: a reward of nothing makes the coinbase exist.
TEST_F(StateTests, TakeAnInvalidTransactionWithAndWithoutTheCoinbaseTouched) {
    constexpr const char* exception = R"("expectException": "TR_IntrinsicGas",)";
    EXPECT_EQ(run(zero_root, no_logs, exception, "1", "Homestead"), exit_check_failed);
    const std::string touched = root();
    EXPECT_EQ(run(zero_root, no_logs, exception, "1", "Byzantium"), exit_check_failed);
    const std::string untouched = root();
    EXPECT_NE(touched, untouched);
    EXPECT_EQ(run(touched, no_logs, exception, "1", "Homestead"), exit_ok) << out_;
    EXPECT_EQ(run(untouched, no_logs, exception, "1", "Homestead"), exit_ok) << out_;
    EXPECT_EQ(run(touched, no_logs, exception, "1", "Byzantium"), exit_check_failed) << out_;
}

TEST_F(StateTests, Selects) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Cancun", {.run = "^other$"}), exit_ok);
    EXPECT_NE(err_.find("0 passed, 0 failed, 0 skipped"), std::string::npos) << err_;
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Cancun", {.skip = "^trans"}), exit_ok);
    EXPECT_NE(err_.find("0 passed, 0 failed, 1 skipped"), std::string::npos) << err_;
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Cancun", {.fork = "Paris"}), exit_ok);
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Cancun", {.run = "("}), exit_bad_input);
}

TEST_F(StateTests, SaysWhenNoTestWasAskedFor) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Cancun", {.run = "^other$"}), exit_ok);
    EXPECT_NE(err_.find("no test was asked for"), std::string::npos) << err_;
}

TEST_F(StateTests, RunsTheGoodFilesBesideABadOne) {
    std::ofstream(folder_ / "bad.json") << "{";
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_bad_input);
    EXPECT_NE(out_.find("post state root mismatch"), std::string::npos) << out_;
    // No line by itself that could be taken for the whole suite's counts.
    EXPECT_EQ(err_.find("\n0 passed"), std::string::npos) << err_;
    EXPECT_NE(err_.find("in what could be read: 0 passed, 1 failed, 0 skipped"), std::string::npos) << err_;
    EXPECT_NE(err_.find("bad.json"), std::string::npos) << err_;
}

TEST_F(StateTests, RunsTheGoodTestsBesideABadOne) {
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_check_failed);
    std::ifstream in(folder_ / "test.json");
    std::string good(std::istreambuf_iterator<char>(in), {});
    std::ofstream(folder_ / "test.json") << R"({"another": {"env": 7}, )" << good.substr(good.find('{') + 1);
    EXPECT_EQ(run_again(), exit_bad_input);
    EXPECT_NE(err_.find("in what could be read: 0 passed, 1 failed, 0 skipped"), std::string::npos) << err_;
    EXPECT_NE(err_.find("test.json: another.env"), std::string::npos) << err_;
}

TEST_F(StateTests, RefusesAFileWithoutTests) {
    std::ofstream(folder_ / "none.json") << "{}";
    EXPECT_EQ(run(zero_root, no_logs, "", "0"), exit_bad_input);
    EXPECT_NE(err_.find("none.json: no test in it"), std::string::npos) << err_;
}

TEST_F(StateTests, NamesFileAndFieldOfBadInput) {
    EXPECT_EQ(run("0x12", no_logs, "", "0"), exit_bad_input);
    EXPECT_NE(err_.find("test.json: transfer.post.Cancun[0].hash"), std::string::npos) << err_;
    EXPECT_EQ(run(zero_root, no_logs, "", "2"), exit_bad_input);
    EXPECT_NE(err_.find("gasLimit"), std::string::npos) << err_;
    EXPECT_EQ(run(zero_root, no_logs, "", "0", "Nowhere"), exit_bad_input);
    EXPECT_NE(err_.find("Nowhere"), std::string::npos) << err_;
}

}  // namespace
}  // namespace weft::cli
