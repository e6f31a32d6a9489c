#pragma once

#include <map>
#include <vector>

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/trie/node_source.hpp"

/// For tests: the Merkle Patricia trie straight from the yellow paper's appendix D, all of it anew for each
/// root.
namespace weft::trie::naive {

using Entries = std::map<Bytes, Bytes>;

/// Makes the changes of a batch: an empty value removes.
inline void apply(const Entries& batch, Entries& entries) {
    for (const auto& [key, value] : batch) {
        if (value.empty())
            entries.erase(key);
        else
            entries[key] = value;
    }
}

/// Numbers that a seed decides.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t operator()(uint64_t below) {
        state_ = state_ * 6364136223846793005 + 1442695040888963407;
        return (state_ >> 33) % below;
    }

private:
    uint64_t state_;
};

/// Nodes by hash.
class Nodes final : public NodeSource {
public:
    [[nodiscard]] ReadResult<Bytes> node(const Hash& hash) const override {
        const auto found = all.find(hash);
        if (found == all.end()) return std::unexpected(missing(hash));
        return found->second;
    }
    std::map<Hash, Bytes> all;
};

class Composer {
public:
    explicit Composer(Nodes* nodes) : nodes_(nodes) {}

    Hash root(const Entries& entries) {
        std::vector<Leaf> leaves;
        for (const auto& [key, value] : entries) {
            Nibbles nibbles;
            for (const uint8_t byte : key) {
                nibbles.push_back(byte >> 4);
                nibbles.push_back(byte & 15);
            }
            leaves.emplace_back(std::move(nibbles), value);
        }
        const Bytes top = leaves.empty() ? Bytes{0x80} : compose(leaves, 0);
        const Hash hash = crypto::keccak256(top);
        if (nodes_ != nullptr && !leaves.empty()) nodes_->all[hash] = top;
        return hash;
    }

private:
    using Nibbles = std::vector<uint8_t>;
    using Leaf = std::pair<Nibbles, BytesView>;

    static Bytes hex_prefix(std::span<const uint8_t> nibbles, bool is_leaf) {
        Bytes out;
        const uint8_t flag = is_leaf ? 2 : 0;
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

    /// n(J, i): the node itself where it is short, else its hash.
    void append_node(Bytes& out, std::span<const Leaf> leaves, size_t depth) {
        if (leaves.empty()) return primitives::rlp::append(out, BytesView{});
        const Bytes node = compose(leaves, depth);
        if (node.size() < 32) {
            out.insert(out.end(), node.begin(), node.end());
            return;
        }
        const Hash hash = crypto::keccak256(node);
        if (nodes_ != nullptr) nodes_->all[hash] = node;
        primitives::rlp::append(out, hash);
    }

    /// c(J, i): the node's RLP.
    Bytes compose(std::span<const Leaf> leaves, size_t depth) {
        Bytes out;
        const Nibbles& first = leaves.front().first;
        size_t common = first.size();
        for (const Leaf& leaf : leaves) {
            size_t same = depth;
            while (same < common && same < leaf.first.size() && leaf.first[same] == first[same]) ++same;
            common = same;
        }
        if (leaves.size() == 1) {
            primitives::rlp::append(out, hex_prefix(std::span(first).subspan(depth), true));
            primitives::rlp::append(out, leaves.front().second);
        } else if (common > depth) {
            primitives::rlp::append(out, hex_prefix(std::span(first).subspan(depth, common - depth), false));
            append_node(out, leaves, common);
        } else {
            for (uint8_t nibble = 0; nibble < 16; ++nibble) {
                std::vector<Leaf> below;
                for (const Leaf& leaf : leaves)
                    if (leaf.first.size() > depth && leaf.first[depth] == nibble) below.push_back(leaf);
                append_node(out, below, depth + 1);
            }
            BytesView value;
            for (const Leaf& leaf : leaves)
                if (leaf.first.size() == depth) value = leaf.second;
            primitives::rlp::append(out, value);
        }
        primitives::rlp::wrap_list(out, 0);
        return out;
    }

    Nodes* nodes_;
};

/// The root; its nodes are added to `nodes` where that is given.
inline Hash root(const Entries& entries, Nodes* nodes = nullptr) { return Composer(nodes).root(entries); }

}  // namespace weft::trie::naive
