#include "weft/trie/trie.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/trie/naive_trie.hpp"

namespace weft::trie {

namespace {

Bytes bytes_of(std::string_view text) {
    if (text.starts_with("0x")) return *from_hex(text);
    return {text.begin(), text.end()};
}

using Changes = std::vector<std::pair<Bytes, Bytes>>;

/// A test's "in": an object, or a list of changes where null removes.
Changes changes_of(json::Value in, bool is_secure) {
    Changes out;
    const auto add = [&](std::string_view name, json::Value value) {
        Bytes key = bytes_of(name);
        if (is_secure) {
            const Hash hash = crypto::keccak256(key);
            key.assign(hash.begin(), hash.end());
        }
        const auto text = value.text();
        out.emplace_back(key, text ? bytes_of(*text) : Bytes{});
    };
    if (const auto object = in.object()) {
        for (const auto [key, value] : *object) add(key, value);
    } else {
        for (const json::Value change : *json::as<json::Array>(in)) {
            const auto pair = *json::as<std::vector<json::Value>>(change);
            add(*json::as<std::string_view>(pair[0]), pair[1]);
        }
    }
    return out;
}

/// What the changes amount to, in their order.
std::map<Bytes, Bytes> entries_of(const Changes& changes) {
    std::map<Bytes, Bytes> out;
    for (const auto& [key, value] : changes) {
        if (value.empty())
            out.erase(key);
        else
            out[key] = value;
    }
    return out;
}

/// The root of a trie that is given the changes one by one.
Hash root_one_by_one(const Changes& changes) {
    Trie trie;
    for (const auto& [key, value] : changes) {
        const Change change{key, value};
        EXPECT_TRUE(trie.update({&change, 1}));
    }
    return trie.root();
}

Hash root_of(const std::map<Bytes, Bytes>& entries) {
    std::vector<Change> list;
    for (const auto& [key, value] : entries) list.push_back({key, value});
    return trie_root(list);
}

}  // namespace

TEST(Trie, EmptyRoot) {
    EXPECT_EQ(trie_root({}), empty_root);
    EXPECT_EQ(ordered_root(std::span<const Bytes>{}), empty_root);
    EXPECT_EQ(crypto::keccak256(Bytes{0x80}), empty_root);
}

TEST(Trie, OfficialTrieTests) {
    const std::filesystem::path root = ".data/ethereum-tests/TrieTests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int tests = 0;
    for (const char* file : {"trieanyorder.json", "trietest.json", "trieanyorder_secureTrie.json",
                             "trietest_secureTrie.json", "hex_encoded_securetrie_test.json"}) {
        SCOPED_TRACE(file);
        const auto document = json::Document::load((root / file).string());
        ASSERT_TRUE(document) << document.error();
        const bool is_secure = std::string_view(file).find("secure") != std::string_view::npos;
        for (const auto [name, test] : *json::as<json::Object>(document->root())) {
            SCOPED_TRACE(std::string(name));
            const auto object = *json::as<json::Object>(test);
            Changes changes = changes_of(*json::find(object, "in"), is_secure);
            const Hash expected = *json::as<Hash>(*json::find(object, "root"));
            EXPECT_EQ(root_of(entries_of(changes)), expected);
            EXPECT_EQ(root_one_by_one(changes), expected);
            ++tests;
            if (std::string_view(file).find("anyorder") == std::string_view::npos) continue;
            std::ranges::sort(changes);
            int orders = 0;
            do {
                EXPECT_EQ(root_one_by_one(changes), expected);
            } while (std::ranges::next_permutation(changes).found && ++orders < 720);
        }
    }
    EXPECT_EQ(tests, 25);
}

// Each key's neighbours among the entries, from the ordered visit.
TEST(Trie, OfficialNextPrevTests) {
    const std::string path = ".data/ethereum-tests/TrieTests/trietestnextprev.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto document = json::Document::load(path);
    ASSERT_TRUE(document) << document.error();
    int tests = 0;
    for (const auto [name, test] : *json::as<json::Object>(document->root())) {
        const auto object = *json::as<json::Object>(test);
        Trie trie;
        for (const auto key : *json::as<std::vector<std::string_view>>(*json::find(object, "in"))) {
            const Bytes bytes = bytes_of(key);
            const Change change{bytes, bytes};
            ASSERT_TRUE(trie.update({&change, 1}));
        }
        for (const json::Value row : *json::as<json::Array>(*json::find(object, "tests"))) {
            const auto texts = *json::as<std::vector<std::string_view>>(row);
            const Bytes key = bytes_of(texts[0]);
            Bytes previous, next;
            ASSERT_TRUE(trie.visit({}, [&](BytesView at, BytesView) {
                if (std::ranges::lexicographical_compare(at, key)) previous.assign(at.begin(), at.end());
                return std::ranges::lexicographical_compare(at, key);
            }));
            ASSERT_TRUE(trie.visit(key, [&](BytesView at, BytesView value) {
                EXPECT_TRUE(std::ranges::equal(at, value));
                if (std::ranges::equal(at, key)) return true;
                next.assign(at.begin(), at.end());
                return false;
            }));
            EXPECT_EQ(previous, bytes_of(texts[1])) << texts[0];
            EXPECT_EQ(next, bytes_of(texts[2])) << texts[0];
            ++tests;
        }
    }
    EXPECT_EQ(tests, 12);
}

TEST(Trie, OfficialHexPrefixTests) {
    const std::string path = ".data/ethereum-tests/BasicTests/hexencodetest.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto document = json::Document::load(path);
    ASSERT_TRUE(document) << document.error();
    int tests = 0;
    for (const auto [name, test] : *json::as<json::Object>(document->root())) {
        const auto object = *json::as<json::Object>(test);
        const auto nibbles = *json::as<std::vector<uint64_t>>(*json::find(object, "seq"));
        for (const size_t shift : {0U, 1U}) {  // the path may start at either half of a byte
            Bytes key(nibbles.size() / 2 + 1);
            for (size_t i = 0; i < nibbles.size(); ++i)
                key[(i + shift) / 2] |= static_cast<uint8_t>(nibbles[i] << ((i + shift) % 2 == 0 ? 4 : 0));
            const Path run{key.data(), static_cast<uint32_t>(shift),
                           static_cast<uint32_t>(shift + nibbles.size())};
            Bytes out(hex_prefix_size(run));
            put_hex_prefix(out.data(), run, *json::as<bool>(*json::find(object, "term")));
            EXPECT_EQ(out, *json::as<Bytes>(*json::find(object, "out"))) << name << " " << shift;
        }
        ++tests;
    }
    EXPECT_EQ(tests, 12);
}

// Small random tries, short keys and values (so that nodes are inlined, and branches hold values), against
// the definition.
TEST(Trie, EqualsTheDefinitionOnRandomTries) {
    uint64_t seed = 1;
    const auto random = [&](uint64_t below) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        return (seed >> 33) % below;
    };
    for (int round = 0; round < 2000; ++round) {
        std::map<Bytes, Bytes> entries;
        const uint64_t alphabet = 1 + random(6), longest = 1 + random(5);
        for (uint64_t count = 1 + random(40); count > 0; --count) {
            Bytes key(random(longest + 1));
            for (uint8_t& byte : key) byte = static_cast<uint8_t>(random(alphabet) * 17);
            entries[key] = Bytes(1 + random(40), static_cast<uint8_t>(random(256)));
        }
        ASSERT_EQ(root_of(entries), naive::root(entries)) << round;
    }
}

// Indices change their RLP's length at 0x80 and 0x100; more nodes than are hashed at once.
TEST(Trie, OrderedRootEqualsASortedTrie) {
    for (const size_t count : {1U, 2U, 16U, 127U, 128U, 129U, 255U, 256U, 257U, 1000U}) {
        std::vector<Bytes> values;
        std::map<Bytes, Bytes> entries;
        for (size_t i = 0; i < count; ++i) {
            values.push_back(Bytes(1 + i % 70, static_cast<uint8_t>(i)));
            Bytes key;
            primitives::rlp::append(key, static_cast<uint64_t>(i));
            entries[key] = values.back();
        }
        EXPECT_EQ(ordered_root(values), root_of(entries)) << count;
    }
}

}  // namespace weft::trie
