// The recorded answers of eth_getProof (execution-apis), on the state that its chain leads to, each block of
// which is verified from its witness, through the witness's serialisations too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/stateless/full_node.hpp"
#include "weft/base/hex.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/proof.hpp"
#include "weft/trie/roots.hpp"

namespace weft::tests {
namespace {

using primitives::json::Document;

constexpr const char* folder = ".data/execution-apis/tests/";

Bytes read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The chain, imported; nothing where the data is not there.
struct Chain {
    std::unique_ptr<FullNode> node;
    ChainConfig config;
    std::vector<Block> blocks;
};

Chain load() {
    Chain out;
    const auto genesis = state::json::read_genesis(std::string(folder) + "genesis.json");
    if (!genesis) return out;
    out.config = genesis->genesis.config;
    out.node =
        std::make_unique<FullNode>(trie::genesis_header(genesis->genesis, genesis->state), genesis->state);
    const Bytes encoded = read_bytes(std::string(folder) + "chain.rlp");
    primitives::rlp::Decoder in(encoded);
    while (in.more())
        if (auto block = primitives::decode_block(in.raw("block"))) out.blocks.push_back(std::move(*block));
    EXPECT_TRUE(in.finish().has_value());
    return out;
}

/// Verifies a block from its witness, read back from RLP and from JSON; takes it in.
void import(Chain& chain, Block& block, execution::ExecutionContext& context) {
    const auto witness = make_witness(block, chain.config, chain.node->state());
    ASSERT_TRUE(witness.has_value()) << block.header.number << ": " << to_string(witness.error());
    const auto decoded = trie::decode_witness(encode(*witness));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, *witness);
    primitives::json::Writer text;
    write(text, *witness);
    const auto document = Document::parse(text.take(), "witness");
    const auto parsed = document->read(trie::parse_witness);
    ASSERT_TRUE(parsed.has_value()) << parsed.error();
    EXPECT_EQ(*parsed, *witness);

    if (!block.ommers.empty()) {  // what their ancestors included is in no witness
        EXPECT_TRUE(chain.node->execute_and_append(block, chain.config, context));
        return;
    }
    const auto result = verify_from_witness(block, *parsed, chain.config, context);
    ASSERT_TRUE(result.has_value()) << block.header.number << ": " << to_string(result.error());
    EXPECT_EQ(chain.node->append(block, result->diff), block.header.state_root);
}

/// The request's and the answer's JSON of a recorded pair.
std::pair<std::string, std::string> read_pair(const std::filesystem::path& path) {
    std::pair<std::string, std::string> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(">> ")) out.first = line.substr(3);
        if (line.starts_with("<< ")) out.second = line.substr(3);
    }
    return out;
}

/// Our answer to a recorded request about the chain's last block: account and slots as asked.
void check_pair(const std::filesystem::path& path, const trie::StateTrie& trie, const Hash& root) {
    const auto [request, answer] = read_pair(path);
    const auto asked = Document::parse(request, "request");
    const auto answered = Document::parse(answer, "answer");
    ASSERT_TRUE(asked && answered) << path;
    const auto expected = answered->read([](auto value) {
        primitives::json::Result<trie::AccountProof> proof = trie::AccountProof{};
        primitives::json::Fields fields(value);
        fields.with("result", [&](auto result) -> primitives::json::Result<void> {
            proof = trie::parse_account_proof(result);
            if (!proof) return std::unexpected(proof.error());
            return {};
        });
        return proof;
    });
    ASSERT_TRUE(expected.has_value()) << expected.error();
    EXPECT_TRUE(trie::verify(*expected, root).has_value()) << path;

    std::vector<uint256> keys;
    for (const trie::StorageProof& slot : expected->storage) keys.push_back(slot.key);
    const auto ours = trie::prove(trie, expected->address, keys);
    ASSERT_TRUE(ours.has_value());
    EXPECT_EQ(*ours, *expected) << path;
    primitives::json::Writer text;
    trie::write(text, *ours);
    EXPECT_NE(answer.find(text.str()), std::string::npos) << path << "\n" << text.str();
}

TEST(ExecutionApis, ChainFromWitnessesAndRecordedProofs) {
    Chain chain = load();
    if (!chain.node) GTEST_SKIP() << ".data/execution-apis is not there";
    execution::ExecutionContext context({.executor = execution::ExecutorKind::optimistic, .threads = 2});
    ASSERT_GT(chain.blocks.size(), 40U);
    for (Block& block : chain.blocks) ASSERT_NO_FATAL_FAILURE(import(chain, block, context));

    const Hash& root = chain.blocks.back().header.state_root;
    const trie::StateTrie trie(root, {.source = &chain.node->nodes()});
    size_t pairs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(folder) + "eth_getProof")) {
        check_pair(entry.path(), trie, root);
        ++pairs;
    }
    EXPECT_EQ(pairs, 4U);
}

}  // namespace
}  // namespace weft::tests
