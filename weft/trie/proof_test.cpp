#include "weft/trie/proof.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/trie/naive_trie.hpp"
#include "weft/trie/trie.hpp"

namespace weft::trie {
namespace {

using Random = std::mt19937_64;

Bytes random_bytes(Random& random, size_t size) {
    Bytes out(size);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
    return out;
}

/// Keys of 1 to 4 bytes from few letters: paths share much, values at branches occur, and nodes are embedded.
naive::Entries random_entries(Random& random, size_t count) {
    naive::Entries out;
    while (out.size() < count) {
        Bytes key(1 + random() % 4);
        for (uint8_t& byte : key) byte = static_cast<uint8_t>((random() % 4) * 0x11);
        out[key] = random_bytes(random, random() % 8 == 0 ? 40 : 1 + random() % 3);
    }
    return out;
}

Proof proof_of(Trie& trie, BytesView key) {
    Proof out;
    const auto found = trie.walk(key, [&](const PathNode& node) {
        if (!node.is_embedded) out.emplace_back(node.rlp.begin(), node.rlp.end());
    });
    EXPECT_TRUE(found.has_value());
    return out;
}

void fill(Trie& trie, const naive::Entries& entries) {
    std::vector<Change> changes;
    for (const auto& [key, value] : entries) changes.push_back({key, value});
    EXPECT_TRUE(trie.update(changes).has_value());
}

/// What verify_proof says, in the naive trie's words.
using Shown = std::expected<std::optional<Bytes>, ProofFault>;
Shown verify(const Hash& root, BytesView key, const Proof& proof) {
    const auto shown = verify_proof(root, key, proof);
    if (!shown) return std::unexpected(shown.error().fault);
    if (!*shown) return std::optional<Bytes>{};
    return std::optional<Bytes>{Bytes((*shown)->begin(), (*shown)->end())};
}

TEST(Proof, PresenceAndAbsenceInRandomTries) {
    Random random(1);
    for (int round = 0; round < 200; ++round) {
        const naive::Entries entries = random_entries(random, 1 + random() % 60);
        Trie trie;
        fill(trie, entries);
        const Hash root = naive::root(entries);
        for (const auto& [key, value] : entries)
            EXPECT_EQ(verify(root, key, proof_of(trie, key)), Shown(std::optional(value)));
        for (int i = 0; i < 20; ++i) {
            const Bytes key = random_bytes(random, 1 + random() % 5);
            if (!entries.contains(key))
                EXPECT_EQ(verify(root, key, proof_of(trie, key)), Shown(std::optional<Bytes>{}));
        }
    }
}

TEST(Proof, EveryAlterationIsRefused) {
    Random random(2);
    for (int round = 0; round < 100; ++round) {
        const naive::Entries entries = random_entries(random, 2 + random() % 60);
        Trie trie;
        fill(trie, entries);
        const Hash root = trie.root();
        const Bytes key = round % 2 == 0 ? entries.begin()->first : random_bytes(random, 3);
        const Proof proof = proof_of(trie, key);
        for (size_t node = 0; node < proof.size(); ++node) {
            for (size_t byte = 0; byte < proof[node].size(); ++byte) {
                Proof altered = proof;
                altered[node][byte] ^= static_cast<uint8_t>(1 + random() % 255);
                const auto shown = verify_proof(root, key, altered);
                ASSERT_FALSE(shown.has_value());
                EXPECT_EQ(shown.error(), (ProofError{ProofFault::wrong_node, node}));
            }
            Proof shorter(proof.begin(), proof.begin() + static_cast<ptrdiff_t>(node));
            EXPECT_EQ(verify(root, key, shorter), Shown(std::unexpected(ProofFault::missing_node)));
            Proof longer = proof;
            longer.push_back(proof[node]);
            EXPECT_EQ(verify(root, key, longer), Shown(std::unexpected(ProofFault::extra_node)));
            Proof truncated = proof;
            truncated[node].pop_back();
            EXPECT_EQ(verify(root, key, truncated), Shown(std::unexpected(ProofFault::wrong_node)));
        }
    }
}

TEST(Proof, OfTheEmptyTrieIsEmpty) {
    EXPECT_EQ(verify(empty_root, Bytes{1}, {}), Shown(std::optional<Bytes>{}));
    EXPECT_EQ(verify(empty_root, Bytes{1}, {Bytes{0x80}}), Shown(std::unexpected(ProofFault::extra_node)));
    EXPECT_EQ(verify(Hash{}, Bytes{1}, {}), Shown(std::unexpected(ProofFault::missing_node)));
}

TEST(Proof, BytesWithTheRightHashMustBeANode) {
    const std::vector<Bytes> malformed = {
        {},
        {0x80},
        {0xc0},
        {0xc2, 0x01, 0x02},
        *from_hex("0xc5208200ff"),
        *from_hex("0xf90000"),
        *from_hex("0xc22080"),                                // a leaf without a value
        *from_hex("0xd18080808080808080808080808080808080"),  // a branch without ways
    };
    for (const Bytes& bytes : malformed) {
        const Hash root = crypto::keccak256(bytes);
        if (bytes == Bytes{0x80}) continue;  // the empty trie's
        EXPECT_EQ(verify(root, Bytes{0}, {bytes}), Shown(std::unexpected(ProofFault::malformed_node)))
            << to_hex(bytes);
    }
}

MemoryState random_state(Random& random, std::vector<Address>& addresses) {
    MemoryState state;
    for (int i = 0; i < 300; ++i) {
        Address address;
        for (uint8_t& byte : address.bytes) byte = static_cast<uint8_t>(random());
        addresses.push_back(address);
        state.set_account(address,
                          {.nonce = random() % 3, .balance = random(), .code_hash = crypto::empty_code_hash});
        for (size_t slots = random() % 4 == 0 ? random() % 40 : 0; slots > 0; --slots)
            state.set_storage(address, random() % 64, random());
    }
    return state;
}

TEST(AccountProof, OfEveryAccountAndSlotOfAState) {
    Random random(3);
    std::vector<Address> addresses;
    const MemoryState state = random_state(random, addresses);
    StateTrie trie(state);
    const Hash root = *trie.root();
    addresses.emplace_back();  // one that isn't there
    std::vector<uint256> keys;
    for (uint64_t i = 0; i < 64; ++i) keys.emplace_back(i);
    for (const Address& address : addresses) {
        const auto proof = prove(trie, address, keys);
        ASSERT_TRUE(proof.has_value());
        EXPECT_EQ(proof->account.has_value(), state.account(address)->has_value());
        if (proof->account) EXPECT_EQ(proof->account->account, **state.account(address));
        for (const StorageProof& slot : proof->storage)
            EXPECT_EQ(slot.value, *state.storage(address, slot.key));
        EXPECT_TRUE(verify(*proof, root).has_value());

        primitives::json::Writer text;
        write(text, *proof);
        const auto document = primitives::json::Document::parse(text.take(), "proof");
        const auto parsed = document->read(parse_account_proof);
        ASSERT_TRUE(parsed.has_value()) << parsed.error();
        EXPECT_EQ(*parsed, *proof);
    }
}

TEST(AccountProof, EveryOtherClaimIsRefused) {
    Random random(4);
    std::vector<Address> addresses;
    const MemoryState state = random_state(random, addresses);
    StateTrie trie(state);
    const Hash root = *trie.root();
    for (const Address& address : addresses) {
        const AccountProof proof = *prove(trie, address, std::vector<uint256>{1, 2, 3});
        const auto refused = [&](auto&& alter, ProofFault fault, std::optional<uint256> slot = {}) {
            AccountProof altered = proof;
            alter(altered);
            const auto held = verify(altered, root);
            ASSERT_FALSE(held.has_value());
            EXPECT_EQ(held.error().fault, fault);
            EXPECT_EQ(held.error().slot, slot);
        };
        refused([](AccountProof& p) { p.account.reset(); }, ProofFault::other_value);
        refused([](AccountProof& p) { ++p.account->account.nonce; }, ProofFault::other_value);
        refused([](AccountProof& p) { p.account->account.balance += 1; }, ProofFault::other_value);
        refused([](AccountProof& p) { p.account->account.code_hash[0] ^= 1; }, ProofFault::other_value);
        refused([](AccountProof& p) { p.account->storage_root[0] ^= 1; }, ProofFault::other_value);
        refused([](AccountProof& p) { p.proof.pop_back(); }, ProofFault::missing_node);
        refused([](AccountProof& p) { p.proof.clear(); }, ProofFault::missing_node);
        if (proof.storage[1].proof.empty()) {
            refused([](AccountProof& p) { p.storage[1].value = 7; }, ProofFault::other_value, 2);
            refused([](AccountProof& p) { p.storage[1].proof.emplace_back(); }, ProofFault::extra_node, 2);
        } else {
            refused([](AccountProof& p) { p.storage[1].value += 1; }, ProofFault::other_value, 2);
            refused([](AccountProof& p) { p.storage[1].proof[0][0] ^= 1; }, ProofFault::wrong_node, 2);
        }
    }
}

}  // namespace
}  // namespace weft::trie
