#include "weft/primitives/json.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "weft/base/hex.hpp"

namespace weft::primitives {

namespace {

std::string error_of(std::string text) {
    const auto document = json::Document::parse(std::move(text), "block.json");
    if (!document) return document.error();
    const auto block = document->read([](json::Value root) { return json::parse_block(root); });
    return block ? "" : block.error();
}

std::string block_with(std::string_view transactions) {
    return R"({"number":"0x1","timestamp":"0x2","gasLimit":"0x3","miner":"0x00000000000000000000000000000000000000aa","transactions":)" +
           std::string(transactions) + "}";
}

template <class T>
std::string error_of_value(std::string text) {
    const auto document = json::Document::parse(std::move(text), "f");
    if (!document) return document.error();
    const auto value = json::as<T>(document->root());
    return value ? "" : json::to_string(value.error());
}

std::string config_error(std::string text) {
    const auto document = json::Document::parse(std::move(text), "genesis.json");
    if (!document) return document.error();
    const auto genesis = document->read([](json::Value root) { return json::parse_genesis(root); });
    return genesis ? "" : genesis.error();
}

constexpr const char* transfer =
    R"({"nonce":"0x0","gas":"0x5208","to":"0x00000000000000000000000000000000000000bb","value":"0x1","input":"0x","gasPrice":"0x1","from":"0x00000000000000000000000000000000000000cc"})";

}  // namespace

TEST(Json, ErrorsNameFileAndField) {
    EXPECT_EQ(error_of(block_with("[]")), "");
    EXPECT_EQ(error_of(block_with("[" + std::string(transfer) + "]")), "");
    EXPECT_TRUE(error_of("").starts_with("block.json: not JSON: "));
    EXPECT_TRUE(error_of("{\"number\":").starts_with("block.json: not JSON: "));
    EXPECT_TRUE(error_of(std::string(5000, '[')).starts_with("block.json: not JSON: "));
    EXPECT_TRUE(error_of("{\"number\": \"\xff\"}").starts_with("block.json: not JSON: "));
    EXPECT_EQ(error_of(block_with("[]") + std::string(1, '\0')), "block.json: not JSON: a NUL byte");
    EXPECT_EQ(error_of("[]"), "block.json: not an object");
    EXPECT_EQ(error_of("7"), "block.json: not an object");
    EXPECT_EQ(error_of("{}"), "block.json: miner: missing");
    EXPECT_EQ(error_of(block_with("{}")), "block.json: transactions: not an array");
    EXPECT_EQ(error_of(block_with(R"(["0x00"])")),
              "block.json: transactions[0]: a hash, where the full transaction is needed");
    std::string bad = "[" + std::string(transfer) + "," + transfer + "]";
    bad.replace(bad.rfind("\"0x5208\""), 8, "\"0xzz\"");
    EXPECT_EQ(error_of(block_with(bad)), "block.json: transactions[1].gas: not a quantity");
    EXPECT_EQ(error_of(block_with(R"([{"type":"0x5"}])")),
              "block.json: transactions[0].type: an unknown transaction type");
    EXPECT_EQ(error_of(block_with(R"([{"type":1e400}])")).substr(0, 22), "block.json: not JSON: ");
}

TEST(Json, ErrorsDeepInTypedTransactions) {
    const auto with = [](std::string fields) {
        std::string tx = transfer;
        tx.insert(1, fields + ",");
        return error_of(block_with("[" + tx + "]"));
    };
    EXPECT_EQ(with(R"("type":"0x1","accessList":[{"address":"0x00"}])"),
              "block.json: transactions[0].accessList[0].address: not 20 bytes in hex");
    EXPECT_EQ(
        with(
            R"("type":"0x1","chainId":"0x1","accessList":[{"address":"0x00000000000000000000000000000000000000bb","storageKeys":["0x1","x"]}])"),
        "block.json: transactions[0].accessList[0].storageKeys[1]: not a quantity");
    EXPECT_EQ(with(R"("type":"0x1","accessList":[])"), "block.json: transactions[0].chainId: missing");
    EXPECT_EQ(with(R"("type":"0x2","chainId":"0x1")"), "block.json: transactions[0].maxFeePerGas: missing");
    EXPECT_EQ(
        with(R"("authorizationList":[],"chainId":"0x1","maxFeePerGas":"0x1","maxPriorityFeePerGas":"0x1")"),
        "");
}

TEST(Json, WithoutFromTheSenderIsRecovered) {
    std::string tx = transfer;
    tx.erase(tx.find(",\"from\""), tx.rfind('"') - tx.find(",\"from\"") + 1);
    EXPECT_EQ(error_of(block_with("[" + tx + "]")),
              "block.json: transactions[0]: neither \"from\" nor a signature that gives it");
    // EIP-155's example.
    const std::string example =
        R"([{"nonce":"0x9","gasPrice":"0x4a817c800","gas":"0x5208","to":"0x3535353535353535353535353535353535353535","value":"0xde0b6b3a7640000","input":"0x","v":"0x25","r":"0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276","s":"0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"}])";
    const auto document = json::Document::parse(block_with(example), "b");
    const auto block = json::parse_block(document->root());
    ASSERT_TRUE(block) << json::to_string(block.error());
    EXPECT_EQ(block->transactions.at(0).sender, "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"_address);
}

TEST(Json, Quantities) {
    EXPECT_EQ(*json::as<uint256>(json::Document::parse("\"0x\"", "")->root()), uint256{});
    for (const auto& [text, value] :
         {std::pair<const char*, uint64_t>{"\"0x0010\"", 16}, {"\"12\"", 12}, {"12", 12}, {"\"0xFf\"", 255}})
        EXPECT_EQ(*json::as<uint64_t>(json::Document::parse(text, "")->root()), value) << text;
    for (const char* text :
         {"\"\"", "\"0xg\"", "\"-1\"", "-1", "1.5", "true", "null", "[]", "\"12a\"", "\" 1\""})
        EXPECT_EQ(error_of_value<uint256>(text), "not a quantity") << text;
    EXPECT_EQ(error_of_value<uint64_t>("\"0x10000000000000000\""), "exceeds 64 bits");
    EXPECT_EQ(error_of_value<uint256>("\"0x1" + std::string(64, '0') + "\""), "exceeds 256 bits");
    EXPECT_EQ(error_of_value<uint256>("\"0x:bigint 0x1" + std::string(64, '0') + "\""), "exceeds 256 bits");
    EXPECT_EQ(error_of_value<uint256>("\"" + std::string(90, '9') + "\""), "exceeds 256 bits");
    EXPECT_EQ(error_of_value<Bytes>("\"0x0\""), "not bytes in hex");
    EXPECT_EQ(error_of_value<Hash>("\"0x00\""), "not 32 bytes in hex");
}

// geth writes the terminal total difficulty as a number of any length.
TEST(Json, NumbersBeyond64Bits) {
    const auto document = json::Document::parse(R"({"a\"1":58750000000000000000000,"b":[1,2.5e3]})", "");
    ASSERT_TRUE(document) << document.error();
    const auto object = *json::as<json::Object>(document->root());
    EXPECT_EQ(*json::as<uint256>(*json::find(object, "a\"1")), *mainnet().terminal_total_difficulty);
}

TEST(Json, FilesThatCannotBeRead) {
    EXPECT_EQ(json::read_block("/nowhere/block.json").error(), "/nowhere/block.json: cannot be opened");
    EXPECT_EQ(json::read_block("/").error(), "/: a folder, not a file");
}

TEST(Json, ChainConfigReadsBackAsWritten) {
    for (const char* name :
         {"Frontier", "Istanbul", "CancunToPragueAtTime15k", "Osaka", "BPO2ToBPO3AtTime15k"}) {
        const auto config = named_chain(name);
        ASSERT_TRUE(config.has_value()) << name;
        json::Writer writer;
        json::write(writer, *config);
        const auto document = json::Document::parse(writer.take(), "genesis.json");
        ASSERT_TRUE(document.has_value());
        const auto read = json::parse_chain_config(document->root());
        ASSERT_TRUE(read.has_value()) << name;
        EXPECT_EQ(read->osaka_time, config->osaka_time);
        EXPECT_EQ(read->bpo_time, config->bpo_time);
        for (const uint64_t time : {0, 14'999, 15'000, 20'000}) {
            EXPECT_EQ(read->revision(9, time, true), config->revision(9, time, true)) << name;
            EXPECT_EQ(read->blob_params(time), config->blob_params(time)) << name;
        }
    }
    json::Writer writer;
    json::write(writer, mainnet());
    const auto document = json::Document::parse(writer.take(), "genesis.json");
    ASSERT_TRUE(document.has_value());
    EXPECT_EQ(json::parse_chain_config(document->root()), mainnet());
}

TEST(Json, ChainConfigOfGeth) {
    const char* text =
        R"({"gasLimit":"0x1","nonce":"0x42","config":{"chainId":5,"homesteadBlock":0,"eip150Block":"0x2","londonBlock":7,
        "terminalTotalDifficulty":58750000000000000000000,"shanghaiTime":10,"cancunTime":20,"pragueTime":30,"osakaTime":40,"bpo1Time":50,
        "blobSchedule":{"cancun":{"target":1,"max":2,"baseFeeUpdateFraction":3},"BPO1":{"target":"0x4","max":"0x5","baseFeeUpdateFraction":"0x6"}}}})";
    const auto document = json::Document::parse(text, "genesis.json");
    ASSERT_TRUE(document) << document.error();
    const auto genesis = json::parse_genesis(document->root());
    ASSERT_TRUE(genesis) << json::to_string(genesis.error());
    const ChainConfig& config = genesis->config;
    EXPECT_EQ(config.chain_id, 5u);
    EXPECT_EQ(config.eip150_block, 2u);
    EXPECT_EQ(config.eip158_block, std::nullopt);
    EXPECT_EQ(config.terminal_total_difficulty, mainnet().terminal_total_difficulty);
    EXPECT_EQ(config.blob_params(20), (BlobParams{1, 2, 3}));
    EXPECT_EQ(config.blob_params(45), prague_blobs);
    EXPECT_EQ(config.blob_params(50), (BlobParams{4, 5, 6}));
    EXPECT_EQ(genesis->header.nonce[7], 0x42);

    EXPECT_EQ(config_error("{}"), "genesis.json: config: missing");
    EXPECT_EQ(config_error(R"({"config":{}})"), "genesis.json: config.chainId: missing");
    EXPECT_EQ(config_error(R"({"gasLimit":"0x1","config":{"chainID":1}})"), "");  // as Besu writes it
    EXPECT_EQ(config_error(R"({"config":{"chainId":1,"bpo2Time":1}})"),
              "genesis.json: config.blobSchedule.bpo2: missing");
    EXPECT_EQ(config_error(R"({"config":{"chainId":1,"bogotaTime":1}})"),
              "genesis.json: config.bogotaTime: a fork that is not known");
    EXPECT_EQ(config_error(R"({"config":{"chainId":1,"blobSchedule":{"x":{}}}})"),
              "genesis.json: config.blobSchedule.x: an unknown fork");
    EXPECT_EQ(
        config_error(
            R"({"config":{"chainId":1,"blobSchedule":{"osaka":{"target":1,"max":1,"baseFeeUpdateFraction":0}}}})"),
        "genesis.json: config.blobSchedule.osaka.baseFeeUpdateFraction: zero");
}

TEST(Json, WriterEscapes) {
    json::Writer out;
    out.begin_object()
        .key("a\"b")
        .string("\n\\")
        .key("c")
        .begin_array()
        .number(1)
        .boolean(true)
        .null()
        .end_array()
        .end_object();
    EXPECT_EQ(out.str(), R"({"a\"b":"\u000a\\","c":[1,true,null]})");
}

TEST(Json, BlocksReadWhatWasWritten) {
    Block block;
    block.header.ommers_hash = empty_ommers_hash;
    block.header.number = 5;
    block.header.extra_data = {1, 2};
    block.header.base_fee_per_gas = 7;
    block.header.withdrawals_root = Hash{};
    block.header.blob_gas_used = 1;
    block.header.excess_blob_gas = 2;
    block.header.parent_beacon_block_root = Hash{};
    block.header.requests_hash = Hash{};
    block.header.block_access_list_hash = Hash{};
    block.header.nonce[3] = 9;
    block.withdrawals = {{.index = 1, .validator_index = 2, .address = {}, .amount = 3}};
    for (int type = 0; type <= 4; ++type) {
        Transaction& tx = block.transactions.emplace_back();
        tx.type = static_cast<TxType>(type);
        tx.chain_id = 3;
        tx.max_fee_per_gas = 9;
        tx.max_priority_fee_per_gas = type >= 2 ? 8 : 9;
        tx.data = {0xff};
        tx.y_parity = 1;
        tx.r = uint256::max();
        tx.sender[1] = 1;
        if (type != 0) tx.to.emplace()[0] = 4;
        if (type != 0) tx.access_list = {{Address{}, {uint256{1}}}};
        if (type == 3) tx.blob_versioned_hashes.resize(2);
        if (type == 3) tx.max_fee_per_blob_gas = 4;
        if (type == 4)
            tx.authorization_list = {
                {.chain_id = 1, .address = {}, .nonce = 2, .y_parity = 1, .r = 3, .s = 4, .authority = {}}};
    }
    const auto document = json::Document::parse(json::to_json(block), "");
    ASSERT_TRUE(document) << document.error();
    const auto read = json::parse_block(document->root());
    ASSERT_TRUE(read) << json::to_string(read.error());
    EXPECT_EQ(*read, block);
}

TEST(Json, MainnetBlocksReadWhatWasWritten) {
    const std::string path = ".data/mainnet/19933612/block.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto block = json::read_block(path);
    ASSERT_TRUE(block) << block.error();
    const auto document = json::Document::parse(json::to_json(*block), "");
    ASSERT_TRUE(document) << document.error();
    EXPECT_EQ(*json::parse_block(document->root()), *block);
}

// Whatever is cut off, whichever byte is changed: an error or a block, never more.
TEST(Json, BrokenFilesGiveErrors) {
    const std::string text = block_with("[" + std::string(transfer) + "]");
    for (size_t size = 0; size < text.size(); ++size) EXPECT_NE(error_of(text.substr(0, size)), "") << size;
    for (size_t i = 0; i < text.size(); ++i)
        for (const char c : {'\0', '"', '{', '[', '9', 'x', '\xff'}) {
            std::string changed = text;
            changed[i] = c;
            const std::string error = error_of(changed);
            EXPECT_EQ(error.find('\n'), std::string::npos);
        }
}

}  // namespace weft::primitives
