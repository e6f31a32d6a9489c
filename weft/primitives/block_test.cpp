#include "weft/primitives/block.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "weft/base/hex.hpp"
#include "weft/primitives/json.hpp"
#include "weft/primitives/receipt.hpp"

namespace weft::primitives {

namespace {

constexpr const char* mainnet_folder = ".data/mainnet";

std::vector<std::filesystem::path> json_files(const std::filesystem::path& root,
                                              std::initializer_list<const char*> parts) {
    std::vector<std::filesystem::path> out;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
        const std::string path = file.path().string();
        if (file.path().extension() != ".json") continue;
        for (const char* part : parts)
            if (path.find(part) != std::string::npos) {
                out.push_back(file.path());
                break;
            }
    }
    return out;
}

}  // namespace

TEST(Block, MainnetHeadersHashAndSendersRecover) {
    if (!std::filesystem::exists(mainnet_folder)) GTEST_SKIP() << mainnet_folder << " is not there";
    int blocks = 0;
    size_t transactions = 0;
    for (const auto& path : json_files(mainnet_folder, {"block.json"})) {
        SCOPED_TRACE(path.string());
        const auto document = json::Document::load(path.string());
        ASSERT_TRUE(document) << document.error();
        const auto block = document->read([](json::Value root) { return json::parse_block(root); });
        ASSERT_TRUE(block) << block.error();
        const auto object = *json::as<json::Object>(document->root());
        EXPECT_EQ(header_hash(block->header), *json::as<Hash>(*json::find(object, "hash")));
        std::vector<std::optional<Address>> senders(block->transactions.size());
        recover_senders(block->transactions, senders);
        size_t i = 0;
        for (const json::Value item : *json::as<json::Array>(*json::find(object, "transactions"))) {
            EXPECT_EQ(senders.at(i), block->transactions[i].sender) << i;
            const Transaction& tx = block->transactions.at(i++);
            EXPECT_EQ(transaction_hash(tx),
                      *json::as<Hash>(*json::find(*json::as<json::Object>(item), "hash")))
                << i;
        }
        if (block->header.ommers_hash == empty_ommers_hash)
            EXPECT_EQ(encode(*block).size(), *json::as<uint64_t>(*json::find(object, "size")));
        auto decoded = decode_block(encode(*block));
        ASSERT_TRUE(decoded) << to_string(decoded.error());
        for (i = 0; i < block->transactions.size(); ++i)
            decoded->transactions[i].sender = block->transactions[i].sender;
        EXPECT_EQ(*decoded, *block);
        ++blocks;
        transactions += block->transactions.size();
    }
    EXPECT_EQ(blocks, 45);
    EXPECT_EQ(transactions, 12082u);
}

// Typed transactions of every kind stand in the execution-spec tests both as RLP and as JSON.
TEST(Block, Eip2718Eip4844Eip7702FixturesDecodeToTheirJson) {
    const std::filesystem::path root = ".data/eest-osaka/blockchain_tests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int blocks = 0;
    std::array<int, 5> types{};
    for (const auto& path : json_files(root, {"eip7702", "eip4844", "eip2930", "eip1559", "eip7685"})) {
        SCOPED_TRACE(path.string());
        const auto document = json::Document::load(path.string());
        ASSERT_TRUE(document) << document.error();
        for (const auto [name, test] : *json::as<json::Object>(document->root())) {
            for (const json::Value item :
                 *json::as<json::Array>(*json::find(*json::as<json::Object>(test), "blocks"))) {
                const auto object = *json::as<json::Object>(item);
                if (json::find(object, "expectException")) continue;
                const Bytes bytes = *json::as<Bytes>(*json::find(object, "rlp"));
                auto block = decode_block(bytes);
                ASSERT_TRUE(block) << to_string(block.error());
                EXPECT_EQ(encode(*block), bytes);
                const json::Value header = *json::find(object, "blockHeader");
                const auto parsed = json::parse_header(header);
                ASSERT_TRUE(parsed) << json::to_string(parsed.error());
                EXPECT_EQ(*parsed, block->header);
                EXPECT_EQ(header_hash(block->header),
                          *json::as<Hash>(*json::find(*json::as<json::Object>(header), "hash")));
                size_t i = 0;
                for (const json::Value tx : *json::as<json::Array>(*json::find(object, "transactions"))) {
                    Transaction& decoded = block->transactions.at(i++);
                    const auto sender = recover_sender(decoded);
                    ASSERT_TRUE(sender);
                    decoded.sender = *sender;
                    const auto from_json = json::parse_transaction(tx);
                    ASSERT_TRUE(from_json) << json::to_string(from_json.error());
                    EXPECT_EQ(*from_json, decoded);
                    ++types[static_cast<size_t>(decoded.type)];
                }
                EXPECT_EQ(i, block->transactions.size());
                ++blocks;
            }
        }
    }
    EXPECT_GT(blocks, 100);
    EXPECT_GT(types[3], 10);
    EXPECT_GT(types[4], 10);
}

TEST(Block, OfficialGenesis) {
    const std::string path = ".data/ethereum-tests/BasicTests/genesishashestest.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto document = json::Document::load(path);
    ASSERT_TRUE(document) << document.error();
    const auto object = *json::as<json::Object>(document->root());
    const auto block = decode_block(*json::as<Bytes>(*json::find(object, "genesis_rlp_hex")));
    ASSERT_TRUE(block) << to_string(block.error());
    EXPECT_EQ(block->header.state_root, *json::as<Hash>(*json::find(object, "genesis_state_root")));
    EXPECT_EQ(header_hash(block->header), *json::as<Hash>(*json::find(object, "genesis_hash")));
}

TEST(Block, EveryCutIsAnError) {
    Block block;
    block.header.extra_data = {1, 2, 3};
    block.header.base_fee_per_gas = 7;
    block.header.withdrawals_root = Hash{};
    block.transactions.resize(2);
    block.transactions[1].type = TxType::dynamic_fee;
    block.transactions[1].chain_id = 1;
    block.ommers.resize(1);
    block.withdrawals = {{.index = 1, .validator_index = 2, .address = {}, .amount = 3}};
    Bytes encoded = encode(block);
    const auto decoded = decode_block(encoded);
    ASSERT_TRUE(decoded) << to_string(decoded.error());
    EXPECT_EQ(*decoded, block);
    for (size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(decode_block(BytesView(encoded).first(size))) << size;
    for (size_t i = 0; i < encoded.size();
         ++i) {  // whatever decodes encodes to the same bytes: the form is canonical
        Bytes changed = encoded;
        changed[i] ^= 0x81;
        if (const auto other = decode_block(changed)) EXPECT_EQ(encode(*other), changed) << i;
    }
}

// EIP-7685's empty list, and a request without data, which doesn't count.
TEST(Block, Eip7685RequestsHash) {
    const Hash empty = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"_hash;
    EXPECT_EQ(requests_hash({}), empty);
    const std::vector<Bytes> without_data{{0x00}, {0x01}, {}};
    EXPECT_EQ(requests_hash(without_data), empty);
    const std::vector<Bytes> one{{0x00, 0xaa}};
    EXPECT_NE(requests_hash(one), empty);
}

void expect_filters_as_one_by_one(std::vector<Receipt>& receipts) {
    Bloom block_bloom;
    std::vector<Bloom> expected(receipts.size());
    for (size_t i = 0; i < receipts.size(); ++i) {
        for (const Log& log : receipts[i].logs) {
            expected[i].add(log.address.view());
            for (const Hash& topic : log.topics) expected[i].add(topic.view());
        }
        block_bloom |= expected[i];
        EXPECT_EQ(logs_bloom(receipts[i].logs), expected[i]);
    }
    EXPECT_EQ(fill_blooms(receipts), block_bloom);
    for (size_t i = 0; i < receipts.size(); ++i) EXPECT_EQ(receipts[i].logs_bloom, expected[i]) << i;
    EXPECT_FALSE(block_bloom.is_zero());
}

TEST(Bloom, OneBatchEqualsOneByOne) {
    std::vector<Receipt> receipts(3);
    for (size_t i = 0; i < 40; ++i) {
        Log& log = receipts[i % 2 * 2].logs.emplace_back();
        log.address[19] = static_cast<uint8_t>(i % 5);
        for (size_t t = 0; t < i % 5; ++t) log.topics.emplace_back()[31] = static_cast<uint8_t>(t * i % 7);
    }
    expect_filters_as_one_by_one(receipts);
    EXPECT_TRUE(receipts[1].logs_bloom.is_zero());
}

// More different entries, and more in all, than are gathered at a time; the batches end within a receipt.
TEST(Bloom, ManyLogsEqualOneByOne) {
    for (const size_t distinct : {size_t{9000}, size_t{3}}) {
        std::vector<Receipt> receipts(7);
        for (size_t i = 0; i < 9000; ++i) {
            Log& log = receipts[i * receipts.size() / 9000].logs.emplace_back();
            log.address[19] = static_cast<uint8_t>(i % distinct);
            Hash& topic = log.topics.emplace_back();
            topic[30] = static_cast<uint8_t>(i % distinct >> 8);
            topic[31] = static_cast<uint8_t>(i % distinct);
        }
        expect_filters_as_one_by_one(receipts);
    }
}

// The filter of one address: Keccak-256 of 0x0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6 starts 0x bd2b 01af
// cd27.
TEST(Bloom, KnownBits) {
    Bloom bloom;
    bloom.add("0x0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6"_address.view());
    for (const unsigned bit : {1323U, 431U, 1319U})
        EXPECT_NE(bloom[255 - bit / 8] & (1 << (bit % 8)), 0) << bit;
    int bits = 0;
    for (const uint8_t byte : bloom) bits += std::popcount(byte);
    EXPECT_EQ(bits, 3);
}

}  // namespace weft::primitives
