// Updates of a standing trie, against a naive one.
#include <gtest/gtest.h>

#include "weft/trie/naive_trie.hpp"
#include "weft/trie/trie.hpp"

namespace weft::trie {
namespace {

using naive::Random;

/// What batches are made of.
struct Shape {
    uint64_t alphabet = 2;     ///< different bytes in keys
    uint64_t longest_key = 3;  ///< bytes
    bool one_length = false;   ///< of keys
    uint64_t longest_value = 40;
    uint64_t batch = 8;     ///< changes, at most
    uint64_t removals = 3;  ///< of ten
};

struct Batch {
    naive::Entries changes;  ///< an empty value removes
    std::vector<Change> list() const {
        std::vector<Change> out;
        for (const auto& [key, value] : changes) out.push_back({key, value});
        return out;
    }
    void apply_to(naive::Entries& entries) const { naive::apply(changes, entries); }
};

Batch random_batch(Random& random, const Shape& shape, const naive::Entries& entries) {
    Batch batch;
    for (uint64_t count = 1 + random(shape.batch); count > 0; --count) {
        Bytes key(shape.one_length ? shape.longest_key : random(shape.longest_key + 1));
        for (uint8_t& byte : key) byte = static_cast<uint8_t>(random(shape.alphabet) * 0x17);
        Bytes value(1 + random(shape.longest_value), static_cast<uint8_t>(1 + random(255)));
        if (random(10) < shape.removals) {
            value.clear();
            // Nearly always something that is there.
            if (!entries.empty() && random(8) != 0)
                key = std::next(entries.begin(), static_cast<ptrdiff_t>(random(entries.size())))->first;
        }
        batch.changes[key] = value;
    }
    return batch;
}

const Shape shapes[] = {
    {},
    {.alphabet = 3, .longest_key = 2, .longest_value = 2},  // embedded nodes
    {.alphabet = 16, .longest_key = 1, .one_length = true, .longest_value = 1, .batch = 3, .removals = 5},
    {.alphabet = 4, .longest_key = 4, .one_length = true, .batch = 3, .removals = 5},
    {.alphabet = 256, .longest_key = 32, .one_length = true, .batch = 20, .removals = 4},
    {.alphabet = 2, .longest_key = 32, .one_length = true, .batch = 6, .removals = 6},
    {.alphabet = 2, .longest_key = 12, .longest_value = 300, .batch = 30, .removals = 9},
};

}  // namespace

TEST(TrieUpdate, RandomBatchesEqualTheNaiveTrie) {
    Random random(1);
    for (const Shape& shape : shapes) {
        for (int round = 0; round < 60; ++round) {
            Trie trie;
            naive::Entries entries;
            for (int step = 0; step < 25; ++step) {
                const Batch batch = random_batch(random, shape, entries);
                batch.apply_to(entries);
                ASSERT_TRUE(trie.update(batch.list()));
                // Some batches are not hashed before the next one.
                if (random(3) != 0)
                    ASSERT_EQ(trie.root(), naive::root(entries)) << &shape - shapes << ' ' << round;
            }
            ASSERT_EQ(trie.root(), naive::root(entries));
            for (const auto& [key, value] : entries) ASSERT_EQ(*trie.find(key), value);
            Batch all;
            for (const auto& [key, value] : entries) all.changes[key] = {};
            ASSERT_TRUE(trie.update(all.list()));
            ASSERT_EQ(trie.root(), empty_root);
            ASSERT_EQ(trie.statistics().nodes, 0U);
            ASSERT_EQ(trie.statistics().bytes, 0U);
        }
    }
}

// Nothing in memory but what each batch needs: every other node comes from the source, siblings of what is
// removed included.
TEST(TrieUpdate, RandomBatchesOnATrieOfWhichOnlyTheRootIsKnown) {
    Random random(2);
    for (const Shape& shape : shapes) {
        naive::Entries entries;
        naive::Nodes nodes;
        Hash root = empty_root;
        for (int step = 0; step < 200; ++step) {
            Trie trie(root, {.source = &nodes});
            const Batch batch = random_batch(random, shape, entries);
            ASSERT_TRUE(trie.update(batch.list()));
            batch.apply_to(entries);
            root = naive::root(entries, &nodes);
            ASSERT_EQ(trie.root(), root) << &shape - shapes << ' ' << step;
            Trie reader(root, {.source = &nodes});
            for (const auto& [key, value] : batch.changes) {
                const auto found = reader.find(key);
                ASSERT_TRUE(found);
                ASSERT_EQ(found->value_or(Bytes{}), value);
            }
        }
    }
}

// Each node in turn is missing, or has a byte altered: that is an error which names it, or the node was not
// needed. With the node back, the same update goes through.
TEST(TrieUpdate, MissingAndAlteredNodesAreErrors) {
    Random random(3);
    int errors = 0;
    for (const Shape& shape : shapes) {
        for (int round = 0; round < 12; ++round) {
            naive::Entries entries;
            for (int i = 0; i < 3; ++i) random_batch(random, shape, entries).apply_to(entries);
            naive::Nodes nodes;
            const Hash before = naive::root(entries, &nodes);
            const Batch batch = random_batch(random, shape, entries);
            batch.apply_to(entries);
            const Hash after = naive::root(entries);
            const auto all = nodes.all;
            for (const auto& [hash, rlp] : all) {
                if (random(2) == 0) {
                    nodes.all.erase(hash);
                } else {
                    Bytes& altered = nodes.all[hash];
                    altered[random(altered.size())] ^= static_cast<uint8_t>(1 << random(8));
                    if (random(4) == 0) altered.resize(random(altered.size()));
                }
                Trie trie(before, {.source = &nodes});
                const auto updated = trie.update(batch.list());
                nodes.all = all;
                if (!updated) {
                    EXPECT_EQ(updated.error().missing_node, hash) << updated.error().message;
                    ASSERT_TRUE(trie.update(batch.list()));
                    ++errors;
                }
                ASSERT_EQ(trie.root(), after);
            }
        }
    }
    EXPECT_GT(errors, 100);
}

// The root's hash is right, but the node is none that a trie would have.
TEST(TrieUpdate, NodesThatNoTrieHasAreErrors) {
    const auto hex = [](std::initializer_list<int> bytes) { return Bytes(bytes.begin(), bytes.end()); };
    const Bytes value(40, 7);
    Bytes one_way{};
    for (int i = 0; i < 17; ++i)
        primitives::rlp::append(one_way, i == 3 ? BytesView(value).first(32) : BytesView{});
    primitives::rlp::wrap_list(one_way, 0);
    for (const Bytes& node :
         {Bytes{}, hex({0xc0}), hex({0xc1, 0x80}), hex({0xc2, 0x20, 0x80}),                 // no value
          hex({0xc2, 0x40, 0x01}), hex({0xc2, 0x00, 0xa0}), hex({0xc3, 0x21, 0x01, 0x01}),  // paths, items
          hex({0xc3, 0x82, 0x21, 0x01}), hex({0xc2, 0xc0, 0x01}), hex({0xc2, 0x20, 0xc0}), one_way}) {
        naive::Nodes nodes;
        const Hash root = crypto::keccak256(node);
        nodes.all[root] = node;
        Trie trie(root, {.source = &nodes});
        EXPECT_FALSE(trie.find(value)) << node.size();
        const Change change{value, value};
        EXPECT_FALSE(trie.update({&change, 1})) << node.size();
    }
}

TEST(TrieUpdate, WalksGiveTheNodesOfAProof) {
    Random random(4);
    for (const Shape& shape : shapes) {
        naive::Entries entries;
        for (int i = 0; i < 6; ++i) random_batch(random, shape, entries).apply_to(entries);
        naive::Nodes nodes;
        const Hash root = naive::root(entries, &nodes);
        Trie whole;
        Batch all{entries};
        ASSERT_TRUE(whole.update(all.list()));
        for (int i = 0; i < 50; ++i) {
            const Batch asked = random_batch(random, shape, entries);
            for (const auto& [key, unused] : asked.changes) {
                naive::Nodes proof;
                const auto value = whole.walk(key, [&](const PathNode& node) {
                    const Bytes rlp(node.rlp.begin(), node.rlp.end());
                    EXPECT_EQ(node.is_embedded, node.depth != 0 && rlp.size() < 32);
                    if (!node.is_embedded) proof.all[crypto::keccak256(rlp)] = rlp;
                });
                ASSERT_TRUE(value);
                EXPECT_EQ(value->has_value(), entries.contains(key));
                Trie verifier(root, {.source = &proof});
                EXPECT_EQ(*verifier.find(key), *value);
                for (const auto& [hash, rlp] : proof.all) EXPECT_EQ(nodes.all.at(hash), rlp);
                if (proof.all.empty()) continue;
                proof.all.erase(proof.all.begin());
                const auto without = Trie(root, {.source = &proof}).find(key);
                ASSERT_FALSE(without);
                EXPECT_TRUE(without.error().missing_node);
            }
        }
    }
}

// Under a budget nearly everything is dropped and read again from what the writer was given.
TEST(TrieUpdate, UnloadedNodesComeBack) {
    class Store final : public NodeSource, public NodeWriter {
    public:
        [[nodiscard]] ReadResult<Bytes> node(const Hash& hash) const override { return nodes.node(hash); }
        void write(std::span<const HashedNode> given) noexcept override {
            for (const HashedNode& node : given) {
                EXPECT_EQ(crypto::keccak256(node.rlp), node.hash);
                nodes.all[node.hash] = Bytes(node.rlp.begin(), node.rlp.end());
            }
        }
        naive::Nodes nodes;
    };
    Random random(5);
    for (const Shape& shape : shapes) {
        Store store;
        Trie trie({.source = &store, .writer = &store});
        naive::Entries entries;
        for (int step = 0; step < 150; ++step) {
            const Batch batch = random_batch(random, shape, entries);
            batch.apply_to(entries);
            ASSERT_TRUE(trie.update(batch.list()));
            ASSERT_EQ(trie.root(), naive::root(entries));
            const size_t budget = random(3) == 0 ? 0 : random(4000);
            trie.unload(budget);
            EXPECT_LE(trie.statistics().bytes, budget);
            EXPECT_EQ(trie.root(), naive::root(entries));
        }
    }
}

// A source that has hashed its nodes is believed; of any other the bytes must have the hash.
TEST(TrieUpdate, OnlyASourceThatHasHashedItsNodesIsBelieved) {
    class Altered final : public NodeSource {
    public:
        [[nodiscard]] ReadResult<Bytes> node(const Hash&) const override { return rlp; }
        [[nodiscard]] bool has_hashed() const noexcept override { return claims; }
        Bytes rlp;
        bool claims = false;
    };
    naive::Entries entries;
    const Bytes key(32, 0x11);
    entries[key] = Bytes(40, 1);
    Altered altered;
    naive::Nodes nodes;
    const Hash root = naive::root(entries, &nodes);
    entries[key] = Bytes(40, 2);
    naive::Nodes others;
    const Hash other = naive::root(entries, &others);
    altered.rlp = others.all.at(other);
    EXPECT_FALSE(Trie(root, {.source = &altered}).find(key));
    altered.claims = true;
    EXPECT_EQ(Trie(root, {.source = &altered}).find(key), Bytes(40, 2));
}

// Large enough to be split over threads, at several levels.
TEST(TrieUpdate, LargeBatchesOnManyThreads) {
    base::ThreadPool pool(3);
    Trie trie({.pool = &pool});
    naive::Entries entries;
    Random random(6);
    for (const uint64_t count : {40'000U, 9'000U, 20'000U}) {
        Batch batch;
        for (uint64_t i = 0; i < count; ++i) {
            const Hash key = crypto::keccak256(base::to_hash(uint256{random(60'000)}).view());
            batch.changes[Bytes(key.begin(), key.end())] = Bytes(random(4) == 0 ? 0 : 1 + random(40), 1);
        }
        batch.apply_to(entries);
        ASSERT_TRUE(trie.update(batch.list()));
        ASSERT_EQ(trie.root(), naive::root(entries));
    }
}

}  // namespace weft::trie
