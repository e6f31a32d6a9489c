#include "weft/trie/trie.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::trie {

namespace {

constexpr uint32_t none = ~0U;

uint8_t nibble(BytesView key, size_t i) noexcept { return i % 2 == 0 ? key[i / 2] >> 4 : key[i / 2] & 15; }

/// How many nibbles from the start two keys have in common.
size_t common_nibbles(BytesView a, BytesView b) noexcept {
    const size_t size = std::min(a.size(), b.size());
    size_t i = 0;
    while (i < size && a[i] == b[i]) ++i;
    return 2 * i + (i < size && (a[i] ^ b[i]) < 16 ? 1 : 0);
}

enum class Kind : uint8_t { leaf, extension, branch };

struct Node {
    Kind kind;
    uint8_t reference_size = 0;
    /// What a parent holds: the node's RLP if that is shorter than 32 bytes, else the RLP of its hash.
    std::array<uint8_t, 33> reference;
    uint16_t height = 0;  ///< the longest way down to a leaf
    uint32_t entry;       ///< a leaf's; an extension's, for its path; a branch's own value, or none
    uint32_t child = 0;   ///< an extension's branch; a branch's place in children_
    uint32_t from = 0;    ///< the path's first nibble, and the one after its last
    uint32_t to = 0;
};

/// The shape of a trie first, then its hashes level by level.
class Builder {
public:
    explicit Builder(std::span<const Entry> entries) : entries_(entries) {
        nodes_.reserve(entries.size() + entries.size() / 2 + 1);
    }

    Hash root() {
        const uint32_t top = build(0, static_cast<uint32_t>(entries_.size()), 0);
        const std::vector<uint32_t> ascending = by_height();
        for (size_t at = 0; at < ascending.size();) {
            const uint16_t height = nodes_[ascending[at]].height;
            size_t end = at;
            while (end < ascending.size() && end - at < chunk && nodes_[ascending[end]].height == height)
                ++end;
            set_references(std::span(ascending).subspan(at, end - at));
            at = end;
        }
        const Node& node = nodes_[top];
        if (node.reference_size < 33) return crypto::keccak256({node.reference.data(), node.reference_size});
        Hash hash;
        std::memcpy(hash.data(), node.reference.data() + 1, 32);
        return hash;
    }

private:
    /// Nodes encoded at once: enough to fill the lanes, few enough for the cache.
    static constexpr size_t chunk = 128;

    uint32_t add(const Node& node) {
        nodes_.push_back(node);
        return static_cast<uint32_t>(nodes_.size() - 1);
    }

    /// The node over entries [low, high), whose keys are equal in their first `depth` nibbles.
    uint32_t build(uint32_t low, uint32_t high, size_t depth) {
        const BytesView first = entries_[low].key;
        if (high - low == 1)
            return add({.kind = Kind::leaf,
                        .reference = {},
                        .entry = low,
                        .from = static_cast<uint32_t>(depth),
                        .to = static_cast<uint32_t>(2 * first.size())});
        const size_t fork = common_nibbles(first, entries_[high - 1].key);
        const uint32_t branch = build_branch(low, high, fork);
        if (fork == depth) return branch;
        return add({.kind = Kind::extension,
                    .reference = {},
                    .height = static_cast<uint16_t>(nodes_[branch].height + 1),
                    .entry = low,
                    .child = branch,
                    .from = static_cast<uint32_t>(depth),
                    .to = static_cast<uint32_t>(fork)});
    }

    uint32_t build_branch(uint32_t low, uint32_t high, size_t depth) {
        Node node{.kind = Kind::branch, .reference = {}, .entry = none};
        node.child = static_cast<uint32_t>(children_.size());
        children_.emplace_back().fill(none);
        if (2 * entries_[low].key.size() == depth) node.entry = low++;
        while (low < high) {
            const uint8_t digit = nibble(entries_[low].key, depth);
            uint32_t end = low + 1;
            while (end < high && nibble(entries_[end].key, depth) == digit) ++end;
            const uint32_t child = build(low, end, depth + 1);
            children_[node.child][digit] = child;
            node.height = std::max<uint16_t>(node.height, static_cast<uint16_t>(nodes_[child].height + 1));
            low = end;
        }
        return add(node);
    }

    [[nodiscard]] std::vector<uint32_t> by_height() const {
        std::vector<uint32_t> starts(1, 0);
        for (const Node& node : nodes_) {
            if (node.height + 1U >= starts.size()) starts.resize(node.height + 2U, 0);
            ++starts[node.height + 1];
        }
        for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
        std::vector<uint32_t> sorted(nodes_.size());
        for (uint32_t i = 0; i < nodes_.size(); ++i) sorted[starts[nodes_[i].height]++] = i;
        return sorted;
    }

    void append_reference(uint32_t id) {
        const Node& node = nodes_[id];
        buffer_.insert(buffer_.end(), node.reference.begin(), node.reference.begin() + node.reference_size);
    }

    void append_path(const Node& node) {
        const size_t start = buffer_.size();
        append_hex_prefix(buffer_, entries_[node.entry].key, node.from, node.to, node.kind == Kind::leaf);
        primitives::rlp::wrap_string(buffer_, start);
    }

    void append_node(const Node& node) {
        const size_t start = buffer_.size();
        switch (node.kind) {
            case Kind::leaf:
                append_path(node);
                primitives::rlp::append(buffer_, entries_[node.entry].value);
                break;
            case Kind::extension:
                append_path(node);
                append_reference(node.child);
                break;
            case Kind::branch:
                for (const uint32_t child : children_[node.child]) {
                    if (child == none)
                        buffer_.push_back(0x80);
                    else
                        append_reference(child);
                }
                primitives::rlp::append(buffer_,
                                        node.entry == none ? BytesView{} : entries_[node.entry].value);
                break;
        }
        primitives::rlp::wrap_list(buffer_, start);
    }

    /// Encodes nodes of one height, whose children are done, and notes what their parents need.
    void set_references(std::span<const uint32_t> ids) {
        buffer_.clear();
        std::array<size_t, chunk + 1> offsets{};
        for (size_t i = 0; i < ids.size(); ++i) {
            append_node(nodes_[ids[i]]);
            offsets[i + 1] = buffer_.size();
        }
        std::array<BytesView, chunk> messages;
        std::array<uint32_t, chunk> hashed{};
        size_t count = 0;
        for (size_t i = 0; i < ids.size(); ++i) {
            const BytesView encoded = BytesView(buffer_).subspan(offsets[i], offsets[i + 1] - offsets[i]);
            Node& node = nodes_[ids[i]];
            if (encoded.size() < 32) {
                node.reference_size = static_cast<uint8_t>(encoded.size());
                std::ranges::copy(encoded, node.reference.begin());
            } else {
                hashed[count] = ids[i];
                messages[count++] = encoded;
            }
        }
        std::array<Hash, chunk> hashes;
        crypto::keccak256_batch({messages.data(), count}, {hashes.data(), count});
        for (size_t i = 0; i < count; ++i) {
            Node& node = nodes_[hashed[i]];
            node.reference_size = 33;
            node.reference[0] = 0xa0;
            std::memcpy(node.reference.data() + 1, hashes[i].data(), 32);
        }
    }

    std::span<const Entry> entries_;
    std::vector<Node> nodes_;
    std::vector<std::array<uint32_t, 16>> children_;
    Bytes buffer_;
};

}  // namespace

void append_hex_prefix(Bytes& out, BytesView key, size_t from, size_t to, bool is_leaf) {
    const uint8_t flag = is_leaf ? 0x20 : 0;
    if ((to - from) % 2 != 0)
        out.push_back(static_cast<uint8_t>(flag | 0x10 | nibble(key, from++)));
    else
        out.push_back(flag);
    if (from % 2 == 0)
        out.insert(out.end(), key.begin() + static_cast<ptrdiff_t>(from / 2),
                   key.begin() + static_cast<ptrdiff_t>(to / 2));
    else
        for (; from < to; from += 2)
            out.push_back(static_cast<uint8_t>(nibble(key, from) << 4 | nibble(key, from + 1)));
}

Hash trie_root(std::span<const Entry> entries) {
    if (entries.empty()) return empty_root;
    return Builder(entries).root();
}

Hash ordered_root(std::span<const BytesView> values) {
    Bytes keys;
    std::vector<size_t> ends;
    std::vector<Entry> entries;
    entries.reserve(values.size());
    ends.reserve(values.size());
    keys.reserve(4 * values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        primitives::rlp::append(keys, static_cast<uint64_t>(i));
        ends.push_back(keys.size());
    }
    const auto add = [&](size_t i) {
        const size_t start = i == 0 ? 0 : ends[i - 1];
        entries.push_back({BytesView(keys).subspan(start, ends[i] - start), values[i]});
    };
    // Ascending by key: 0x01 … 0x7f, then 0x80, which is index 0, then 0x8180 …
    for (size_t i = 1; i < std::min<size_t>(values.size(), 0x80); ++i) add(i);
    if (!values.empty()) add(0);
    for (size_t i = 0x80; i < values.size(); ++i) add(i);
    return trie_root(entries);
}

Hash ordered_root(std::span<const Bytes> values) {
    const std::vector<BytesView> views(values.begin(), values.end());
    return ordered_root(views);
}

}  // namespace weft::trie
