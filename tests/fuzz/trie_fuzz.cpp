// Trie roots against a naive trie straight from the yellow paper's appendix D.
#include <map>
#include <vector>

#include "tests/fuzz/input.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/trie/roots.hpp"
#include "weft/trie/trie.hpp"

namespace weft {
namespace {

using Map = std::map<Bytes, Bytes>;
using Nibbles = std::vector<uint8_t>;
using Leaf = std::pair<Nibbles, BytesView>;

Bytes hex_prefix(std::span<const uint8_t> nibbles, bool is_leaf) {
    Bytes out;
    uint8_t flag = is_leaf ? 2 : 0;
    if (nibbles.size() % 2 != 0) {
        out.push_back(static_cast<uint8_t>((flag + 1) << 4 | nibbles[0]));
        nibbles = nibbles.subspan(1);
    } else {
        out.push_back(static_cast<uint8_t>(flag << 4));
    }
    for (size_t i = 0; i < nibbles.size(); i += 2)
        out.push_back(static_cast<uint8_t>(nibbles[i] << 4 | nibbles[i + 1]));
    return out;
}

/// c(J, i): the node's RLP.
Bytes compose(std::span<const Leaf> leaves, size_t depth);

/// n(J, i): the node itself where it is short, else its hash.
void append_node(Bytes& out, std::span<const Leaf> leaves, size_t depth) {
    if (leaves.empty()) return rlp::append(out, BytesView{});
    const Bytes node = compose(leaves, depth);
    if (node.size() < 32)
        out.insert(out.end(), node.begin(), node.end());
    else
        rlp::append(out, crypto::keccak256(node));
}

Bytes compose(std::span<const Leaf> leaves, size_t depth) {
    Bytes out;
    const Nibbles& first = leaves.front().first;
    if (leaves.size() == 1) {
        rlp::append(out, hex_prefix(std::span(first).subspan(depth), true));
        rlp::append(out, leaves.front().second);
        rlp::wrap_list(out, 0);
        return out;
    }
    size_t common = first.size();
    for (const Leaf& leaf : leaves) {
        size_t same = depth;
        while (same < common && same < leaf.first.size() && leaf.first[same] == first[same]) ++same;
        common = same;
    }
    if (common > depth) {
        rlp::append(out, hex_prefix(std::span(first).subspan(depth, common - depth), false));
        append_node(out, leaves, common);
        rlp::wrap_list(out, 0);
        return out;
    }
    BytesView value;
    for (uint8_t nibble = 0; nibble < 16; ++nibble) {
        std::vector<Leaf> below;
        for (const Leaf& leaf : leaves)
            if (leaf.first.size() > depth && leaf.first[depth] == nibble) below.push_back(leaf);
        append_node(out, below, depth + 1);
    }
    for (const Leaf& leaf : leaves)
        if (leaf.first.size() == depth) value = leaf.second;
    rlp::append(out, value);
    rlp::wrap_list(out, 0);
    return out;
}

Hash naive_root(const Map& map) {
    if (map.empty()) return trie::empty_root;
    std::vector<Leaf> leaves;
    for (const auto& [key, value] : map) {
        Nibbles nibbles;
        for (const uint8_t byte : key) {
            nibbles.push_back(byte >> 4);
            nibbles.push_back(byte & 15);
        }
        leaves.emplace_back(std::move(nibbles), value);
    }
    return crypto::keccak256(compose(leaves, 0));
}

Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }

/// A value of up to 63 given bytes; some are stretched, so that nodes lie on both sides of 32 bytes.
Bytes value_of(fuzz::Input& in) {
    Bytes value = to_bytes(in.bytes(in.below(64)));
    if (in.one_in(8)) value.resize(value.size() + in.byte(), 0xee);
    if (value.empty()) value.push_back(static_cast<uint8_t>(in.below(3)));
    return value;
}

/// Any keys: some longer than others, some that continue another one.
void check_map(fuzz::Input& in) {
    Map map;
    Bytes previous;
    while (!in.empty() && map.size() < 64) {
        Bytes key(previous.begin(), previous.begin() + static_cast<ptrdiff_t>(in.below(previous.size() + 1)));
        const Bytes more = to_bytes(in.bytes(in.below(5)));
        key.insert(key.end(), more.begin(), more.end());
        if (in.one_in(16)) key.resize(32, 0x11);
        if (key.size() > 32) key.resize(32);
        map[key] = value_of(in);
        previous = key;
    }
    std::vector<trie::Entry> entries;
    for (const auto& [key, value] : map) entries.push_back({key, value});
    fuzz::require(trie::trie_root(entries) == naive_root(map), "trie_root");
}

void check_ordered(fuzz::Input& in) {
    std::vector<Bytes> values;
    Map map;
    for (size_t more = in.byte() * 2; more > 0; --more) {
        values.push_back(in.empty() ? Bytes{static_cast<uint8_t>(more)} : value_of(in));
        Bytes key;
        rlp::append(key, uint64_t{values.size() - 1});
        map[key] = values.back();
    }
    fuzz::require(trie::ordered_root(values) == naive_root(map), "ordered_root");
}

/// One account's slots, then the account in a state of its own.
void check_state(fuzz::Input& in) {
    MemoryState state;
    Map accounts;
    for (size_t account = 1 + in.below(8); account > 0; --account) {
        Address address{};
        address[19] = static_cast<uint8_t>(account);
        Map slots;
        std::vector<trie::StorageEntry> entries;
        for (size_t slot = in.below(20); slot > 0; --slot) {
            const uint256 key = uint256{slot} + (uint256{in.byte()} << 248), value = in.number();
            state.set_storage(address, key, value);
            if (value.is_zero()) continue;
            uint8_t word[32];
            base::store_be(word, key);
            const Hash place = crypto::keccak256(word);
            Bytes rlp_value;
            rlp::append(rlp_value, value);
            slots[to_bytes(place.view())] = rlp_value;
            entries.push_back({key, value});
        }
        fuzz::require(trie::storage_root(entries) == naive_root(slots), "storage_root");
        const Account given{
            .nonce = in.word16(), .balance = in.number(), .code_hash = state.set_code(Bytes{in.byte()})};
        state.set_account(address, given);
        Bytes leaf;
        rlp::append(leaf, given.nonce);
        rlp::append(leaf, given.balance);
        rlp::append(leaf, naive_root(slots));
        rlp::append(leaf, given.code_hash);
        rlp::wrap_list(leaf, 0);
        accounts[to_bytes(crypto::keccak256(address.view()).view())] = leaf;
    }
    fuzz::require(trie::state_root(state) == naive_root(accounts), "state_root");
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    weft::fuzz::Input in(data, size);
    switch (in.below(3)) {
        case 0:
            weft::check_map(in);
            break;
        case 1:
            weft::check_ordered(in);
            break;
        default:
            weft::check_state(in);
    }
    return 0;
}
