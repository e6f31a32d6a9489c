#include "weft/trie/roots.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weft/base/hex.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"

namespace weft::trie {

TEST(Roots, MainnetTransactionsAndWithdrawals) {
    const std::filesystem::path root = ".data/mainnet";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int blocks = 0, with_withdrawals = 0;
    for (const auto& folder : std::filesystem::directory_iterator(root)) {
        if (!folder.is_directory()) continue;
        const auto block = json::read_block((folder.path() / "block.json").string());
        ASSERT_TRUE(block) << block.error();
        EXPECT_EQ(transactions_root(block->transactions), block->header.transactions_root) << folder.path();
        EXPECT_EQ(block->withdrawals.has_value(), block->header.withdrawals_root.has_value())
            << folder.path();
        if (block->withdrawals) {
            EXPECT_EQ(withdrawals_root(*block->withdrawals), *block->header.withdrawals_root)
                << folder.path();
            ++with_withdrawals;
        }
        ++blocks;
    }
    EXPECT_EQ(blocks, 45);
    EXPECT_EQ(with_withdrawals, 11);
}

namespace {

Receipt parse_receipt(json::Value value) {
    json::Fields fields(value);
    Receipt receipt;
    uint64_t type = 0;
    uint64_t status = 0;
    fields.optional("type", type);
    receipt.type = static_cast<TxType>(type);
    fields.required("cumulativeGasUsed", "cumulative_gas_used", receipt.cumulative_gas_used);
    bool success = false;
    if (json::find(fields.object(), "status")->boolean())
        fields.required("status", success);
    else
        fields.required("status", status);
    receipt.success = success || status == 1;
    fields.with("logs", [&](json::Value logs) -> json::Result<void> {
        for (const json::Value item : *json::as<json::Array>(logs)) {
            json::Fields entry(item);
            Log& log = receipt.logs.emplace_back();
            entry.required("address", log.address);
            std::vector<Hash> topics;
            Bytes data;
            entry.required("topics", topics);
            entry.required("data", data);
            if (entry.failed()) return entry.status();
            log.topics = {topics.data(), topics.data() + topics.size()};
            log.data = {data.data(), data.data() + data.size()};
        }
        return {};
    });
    EXPECT_TRUE(fields.status());
    return receipt;
}

}  // namespace

// State, transactions, receipts and withdrawals of the execution-spec tests' blocks, against their headers.
TEST(Roots, OfficialBlocksOfOsaka) {
    const std::filesystem::path root = ".data/eest-osaka/blockchain_tests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int states = 0, blocks = 0, receipts = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
        const std::string path = file.path().string();
        if (!path.ends_with(".json") ||
            (path.find("eip7702") == std::string::npos && path.find("eip7002") == std::string::npos &&
             path.find("eip4895") == std::string::npos && path.find("/frontier/") == std::string::npos))
            continue;
        SCOPED_TRACE(path);
        const auto document = json::Document::load(path);
        ASSERT_TRUE(document) << document.error();
        for (const auto [name, test] : *json::as<json::Object>(document->root())) {
            SCOPED_TRACE(std::string(name));
            const auto object = *json::as<json::Object>(test);
            state::MemoryState genesis;
            ASSERT_TRUE(state::json::read_alloc(*json::find(object, "pre"), genesis));
            const auto header = json::parse_header(*json::find(object, "genesisBlockHeader"));
            ASSERT_TRUE(header) << json::to_string(header.error());
            EXPECT_EQ(state_root(genesis), header->state_root);
            ++states;
            for (const json::Value item : *json::as<json::Array>(*json::find(object, "blocks"))) {
                const auto entry = *json::as<json::Object>(item);
                if (json::find(entry, "expectException")) continue;
                const auto block = primitives::decode_block(*json::as<Bytes>(*json::find(entry, "rlp")));
                ASSERT_TRUE(block) << to_string(block.error());
                EXPECT_EQ(transactions_root(block->transactions), block->header.transactions_root);
                if (block->withdrawals)
                    EXPECT_EQ(withdrawals_root(*block->withdrawals), *block->header.withdrawals_root);
                ++blocks;
                const auto list = json::find(entry, "receipts");
                if (!list) continue;
                std::vector<Receipt> parsed;
                for (const json::Value receipt : *json::as<json::Array>(*list))
                    parsed.push_back(parse_receipt(receipt));
                EXPECT_EQ(primitives::fill_blooms(parsed), block->header.logs_bloom);
                EXPECT_EQ(receipts_root(parsed), block->header.receipts_root);
                receipts += static_cast<int>(parsed.size());
            }
        }
    }
    EXPECT_GT(states, 100);
    EXPECT_GT(blocks, 100);
    EXPECT_GT(receipts, 100);
}

// The recorded chain goes through every fork; its first block names the genesis block, which we compute from
// genesis.json.
TEST(Roots, GethsGenesisJsonGivesTheChainsFirstBlock) {
    const std::filesystem::path root = ".data/execution-apis/tests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    const auto genesis = state::json::read_genesis((root / "genesis.json").string());
    ASSERT_TRUE(genesis) << genesis.error();
    std::ifstream file(root / "chain.rlp", std::ios::binary);
    const Bytes chain{std::istreambuf_iterator<char>(file), {}};
    rlp::Decoder decoder(chain);
    Hash parent = primitives::header_hash(genesis_header(genesis->genesis, genesis->state));
    int blocks = 0;
    while (decoder.more()) {
        const auto block = primitives::decode_block(decoder.raw("block"));
        ASSERT_TRUE(block) << to_string(block.error());
        EXPECT_EQ(block->header.parent_hash, parent) << blocks;
        EXPECT_EQ(transactions_root(block->transactions), block->header.transactions_root);
        EXPECT_EQ(primitives::ommers_hash(block->ommers), block->header.ommers_hash);
        const Header& header = block->header;
        const Revision revision =
            genesis->genesis.config.revision(header.number, header.timestamp, header.difficulty.is_zero());
        EXPECT_EQ(header.base_fee_per_gas.has_value(), revision >= Revision::london) << header.number;
        EXPECT_EQ(header.withdrawals_root.has_value(), revision >= Revision::shanghai) << header.number;
        EXPECT_EQ(header.blob_gas_used.has_value(), revision >= Revision::cancun) << header.number;
        EXPECT_EQ(header.requests_hash.has_value(), revision >= Revision::prague) << header.number;
        EXPECT_EQ(header.block_access_list_hash.has_value(), revision >= Revision::amsterdam);
        parent = primitives::header_hash(block->header);
        ++blocks;
    }
    EXPECT_TRUE(decoder.finish());
    EXPECT_GT(blocks, 40);
}

TEST(Roots, Eip658ReceiptsBeforeByzantiumHoldTheStateRoot) {
    Receipt receipt;
    receipt.cumulative_gas_used = 21000;
    receipt.success = true;
    const Bytes with_status = primitives::encode(receipt);
    receipt.state_root = empty_root;
    const Bytes with_root = primitives::encode(receipt);
    EXPECT_EQ(with_root.size(), with_status.size() + 32);
    EXPECT_NE(receipts_root(std::span(&receipt, 1)), empty_root);
}

// A transaction's data and a receipt's logs are bounded by gas alone, and that by the block's maker.
TEST(Roots, ItemsBeyond64MiB) {
    const auto string = [](BytesView bytes) {
        Bytes out;
        rlp::append(out, bytes);
        return out;
    };
    const auto list = [](std::initializer_list<BytesView> encoded, size_t empty = 0) {
        Bytes out;
        for (const BytesView item : encoded) out.insert(out.end(), item.begin(), item.end());
        out.resize(out.size() + empty, empty_item);
        rlp::wrap_list(out, 0);
        return out;
    };
    const Bytes small(5, 7), large(Node::max_size + 1, 9), no_item{empty_item};
    EXPECT_EQ(ordered_root(std::vector<Bytes>{large}),
              crypto::keccak256(list({string(Bytes{0x20, 0x80}), string(large)})));
    // Below the root, whose way 0 leads to a branch with the items 1 and 2.
    const Hash leaf = crypto::keccak256(list({Bytes{0x20}, string(large)}));
    const Hash branch =
        crypto::keccak256(list({no_item, string(leaf.view()), list({Bytes{0x20}, string(small)})}, 14));
    const Bytes first = list({Bytes{0x30}, string(small)});
    EXPECT_EQ(ordered_root(std::vector<Bytes>{small, large, small}),
              crypto::keccak256(list({string(branch.view()), no_item, no_item, no_item, no_item, no_item,
                                      no_item, no_item, first},
                                     8)));
}

TEST(Roots, StorageOrderDoesNotMatter) {
    std::vector<StorageEntry> slots;
    for (uint64_t i = 0; i < 300; ++i) slots.push_back({i * 7919, i + 1});
    const Hash root = storage_root(slots);
    std::ranges::reverse(slots);
    EXPECT_EQ(storage_root(slots), root);
    slots.pop_back();
    EXPECT_NE(storage_root(slots), root);
    EXPECT_EQ(storage_root({}), empty_root);
}

}  // namespace weft::trie
