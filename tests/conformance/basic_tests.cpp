// BasicTests: keys, transactions, hex-prefix encoding, mainnet's first block, difficulties.
#include <fmt/format.h>

#include <array>

#include "vectors.hpp"
#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/block.hpp"
#include "weft/trie/path.hpp"

namespace weft::conformance {
namespace {

using base::operator""_address;

/// Keys are the hashes of their seeds. (The signatures beside them are of no message that the file tells;
/// that the addresses are right, the transactions of txtest.json show.)
json::Result<void> run_key_tests(json::Value root, Tally& tally) {
    json::Array tests;
    if (auto read = json::read(root, tests); !read) return read;
    for (const json::Value test : tests) {
        json::Fields fields(test);
        std::string_view seed;
        Hash key;
        fields.required("seed", seed);
        fields.required("key", key);
        if (auto status = fields.status(); !status) return status;
        const BytesView bytes{reinterpret_cast<const uint8_t*>(seed.data()), seed.size()};
        tally.add(seed, keccak256(bytes) == key ? "" : "another key");
    }
    return {};
}

/// Transactions of the two keys of keyaddrtest.json.
json::Result<void> run_signed_tests(json::Value root, Tally& tally) {
    constexpr std::array signers{"cd2a3d9f938e13cd947ec05abc7fe734df8dd826"_address,
                                 "13978aee95f38490e9769c39b2773ed763d9cd5f"_address};
    json::Array tests;
    if (auto read = json::read(root, tests); !read) return read;
    size_t index = 0;
    for (const json::Value test : tests) {
        json::Fields fields(test);
        Bytes encoded;
        uint256 gas_price;
        uint64_t gas_limit = 0;
        fields.required("signed", encoded);
        fields.required("gasprice", gas_price);
        fields.required("startgas", gas_limit);
        if (auto status = fields.status(); !status) return status;
        const auto tx = primitives::decode_transaction(encoded);
        std::string why;
        if (!tx) {
            why = to_string(tx.error());
        } else if (tx->max_fee_per_gas != gas_price || tx->gas_limit != gas_limit) {
            why = "other fields";
        } else if (primitives::recover_sender(*tx) != signers.at(index)) {
            why = "another sender";
        } else if (primitives::encode(*tx) != encoded) {
            why = "another encoding";
        }
        tally.add(fmt::format("txtest.json: {}", index++), why);
    }
    return {};
}

json::Result<void> run_hex_prefix_tests(json::Value root, Tally& tally) {
    json::Object tests;
    if (auto read = json::read(root, tests); !read) return read;
    for (const auto& [name, test] : tests) {
        json::Fields fields(test);
        std::vector<uint64_t> nibbles;
        bool is_leaf = false;
        Bytes expected;
        fields.required("seq", nibbles);
        fields.required("term", is_leaf);
        fields.required("out", expected);
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(name));
        Bytes key(nibbles.size() / 2 + 1);
        for (size_t i = 0; i < nibbles.size(); ++i)
            key[i / 2] |= static_cast<uint8_t>(i % 2 == 0 ? nibbles[i] << 4 : nibbles[i]);
        const trie::Path path{key.data(), 0, static_cast<uint32_t>(nibbles.size())};
        Bytes got(trie::hex_prefix_size(path));
        trie::put_hex_prefix(got.data(), path, is_leaf);
        tally.add(name, got == expected ? "" : "got " + to_hex(got));
    }
    return {};
}

json::Result<void> run_genesis_test(json::Value root, Tally& tally) {
    json::Fields fields(root);
    Bytes encoded;
    Hash state_root, hash;
    fields.required("genesis_rlp_hex", encoded);
    fields.required("genesis_state_root", state_root);
    fields.required("genesis_hash", hash);
    if (auto status = fields.status(); !status) return status;
    const auto block = primitives::decode_block(encoded);
    std::string why;
    if (!block) {
        why = to_string(block.error());
    } else if (block->header.state_root != state_root || primitives::header_hash(block->header) != hash ||
               primitives::encode(*block) != encoded) {
        why = "another block";
    }
    tally.add("mainnet's first block", why);
    return {};
}

}  // namespace

json::Result<void> run_basic_tests(json::Value root, std::string_view file, Tally& tally) {
    if (file.starts_with("difficulty")) return run_difficulty_tests(root, file, tally);
    if (file == "keyaddrtest.json") return run_key_tests(root, tally);
    if (file == "txtest.json") return run_signed_tests(root, tally);
    if (file == "hexencodetest.json") return run_hex_prefix_tests(root, tally);
    if (file == "genesishashestest.json") return run_genesis_test(root, tally);
    if (file == "blockgenesistest.json") {
        tally.skip(file, "headers of a design before Frontier, without receipts' root and mix hash");
    } else if (file == "crypto.json") {
        tally.skip(file, "AES and ECIES, the peer-to-peer layer's ciphers");
    } else {
        tally.add(file, "an unknown kind of test");
    }
    return {};
}

}  // namespace weft::conformance
