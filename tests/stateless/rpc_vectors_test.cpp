// The recorded answers of eth_getProof (execution-apis), on the state that its chain leads to, each block of
// which is verified from its witness, through the witness's serialisations too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/stateless/full_node.hpp"
#include "weft/base/hex.hpp"
#include "weft/capi/weft.h"
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
    std::unique_ptr<weft_config, decltype(&weft_config_free)> c_config{nullptr, weft_config_free};
    std::unique_ptr<weft_context, decltype(&weft_context_free)> c_context{nullptr, weft_context_free};
    std::unique_ptr<weft_state, decltype(&weft_state_free)> c_state{nullptr, weft_state_free};
    std::vector<Bytes> encoded;  ///< the blocks so far, the first as its header
};

Chain load() {
    Chain out;
    const auto genesis = state::json::read_genesis(std::string(folder) + "genesis.json");
    if (!genesis) return out;
    out.config = genesis->genesis.config;
    out.node =
        std::make_unique<FullNode>(trie::genesis_header(genesis->genesis, genesis->state), genesis->state);
    out.encoded.push_back(primitives::encode(trie::genesis_header(genesis->genesis, genesis->state)));
    const Bytes text = read_bytes(std::string(folder) + "genesis.json");
    weft_state* state = nullptr;
    EXPECT_EQ(weft_state_new(&state, nullptr), WEFT_OK);
    out.c_state.reset(state);
    EXPECT_EQ(weft_state_load_json(state, reinterpret_cast<const char*>(text.data()), text.size(), nullptr),
              WEFT_OK);
    weft_config* config = nullptr;
    EXPECT_EQ(
        weft_config_from_json(reinterpret_cast<const char*>(text.data()), text.size(), &config, nullptr),
        WEFT_OK);
    out.c_config.reset(config);
    weft_context* context = nullptr;
    EXPECT_EQ(weft_context_new(nullptr, &context, nullptr), WEFT_OK);
    out.c_context.reset(context);
    const Bytes encoded = read_bytes(std::string(folder) + "chain.rlp");
    primitives::rlp::Decoder in(encoded);
    while (in.more())
        if (auto block = primitives::decode_block(in.raw("block"))) out.blocks.push_back(std::move(*block));
    EXPECT_TRUE(in.finish().has_value());
    return out;
}

/// The same through weft.h: it makes the same witness, from RLP and from JSON it comes to the same, and
/// without the last node it is an error.
void check_c(const Block& block, const Witness& witness, uint64_t gas_used, Chain& chain) {
    const weft_config* const config = chain.c_config.get();
    weft_context* const context = chain.c_context.get();
    const Bytes rlp = primitives::encode(block);
    weft_block* made = nullptr;
    ASSERT_EQ(weft_block_from_rlp(nullptr, rlp.data(), rlp.size(), &made, nullptr), WEFT_OK);
    const auto verify = [&](const Bytes& given, weft_code expected) {
        weft_result* result = nullptr;
        weft_error* error = nullptr;
        EXPECT_EQ(
            weft_verify_witness(context, config, made, given.data(), given.size(), nullptr, &result, &error),
            expected)
            << weft_error_message(error);
        if (result != nullptr) EXPECT_EQ(weft_result_gas_used(result), gas_used);
        weft_error_free(error);
        return std::unique_ptr<weft_result, decltype(&weft_result_free)>(result, weft_result_free);
    };
    std::vector<weft_bytes> ancestors;
    for (const Bytes& ancestor : chain.encoded) ancestors.push_back({ancestor.data(), ancestor.size()});
    weft_buffer* buffer = nullptr;
    weft_error* error = nullptr;
    ASSERT_EQ(weft_make_witness(config, chain.c_state.get(), made, ancestors.data(), ancestors.size(),
                                &buffer, &error),
              WEFT_OK)
        << weft_error_message(error);
    const weft_bytes bytes = weft_buffer_bytes(buffer);
    EXPECT_EQ(Bytes(bytes.data, bytes.data + bytes.size), encode(witness));
    weft_buffer_free(buffer);
    const auto result = verify(encode(witness), WEFT_OK);
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(weft_state_apply(chain.c_state.get(), result.get(), nullptr), WEFT_OK);
    chain.encoded.push_back(rlp);
    primitives::json::Writer text;
    write(text, witness);
    verify(Bytes(text.str().begin(), text.str().end()), WEFT_OK);
    Witness reduced = witness;
    reduced.state.pop_back();
    verify(encode(reduced), WEFT_ERROR_STATE);
    reduced = witness;
    reduced.headers.clear();
    verify(encode(reduced), WEFT_ERROR_STATE);
    verify(Bytes{0xc1}, WEFT_ERROR_DECODE);
    verify(Bytes{'{'}, WEFT_ERROR_DECODE);
    EXPECT_EQ(weft_verify_witness(context, config, made, nullptr, 0, nullptr, nullptr, nullptr),
              WEFT_ERROR_ARGUMENT);
    weft_block_free(made);
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

    const auto result = verify_from_witness(block, *parsed, chain.config, context);
    ASSERT_TRUE(result.has_value()) << block.header.number << ": " << to_string(result.error());
    check_c(block, *witness, result->gas_used, chain);
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
void check_pair(const std::filesystem::path& path, const trie::StateTrie& trie, const Hash& root,
                const weft_state* c_state) {
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

    weft_address address;
    std::ranges::copy(expected->address, address.bytes);
    std::vector<weft_uint256> c_keys(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) base::store_be(c_keys[i].bytes, keys[i]);
    weft_buffer* buffer = nullptr;
    ASSERT_EQ(weft_state_proof(c_state, &address, c_keys.data(), c_keys.size(), &buffer, nullptr), WEFT_OK);
    const weft_bytes proof = weft_buffer_bytes(buffer);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(proof.data), proof.size), text.str());
    weft_buffer_free(buffer);
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
        check_pair(entry.path(), trie, root, chain.c_state.get());
        ++pairs;
    }
    EXPECT_EQ(pairs, 4U);
}

}  // namespace
}  // namespace weft::tests
