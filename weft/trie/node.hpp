#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>

#include "weft/trie/node_pool.hpp"
#include "weft/trie/path.hpp"

namespace weft::trie {

/// The kinds of nodes (yellow paper, appendix D). An `account` is a leaf of the state trie: its value is an
/// account's RLP, and a storage trie may hang below it.
enum class Kind : uint8_t { leaf, account, extension, branch };

/// A node in memory: a head of 8 bytes, for a branch one reference for each child that it has, then the
/// node's RLP as it is hashed. So a child's hash lies in its parent, where it is needed, and a child may be
/// absent from memory without any change to the parent. In the RLP only the hashes of dirty children are out
/// of date; all sizes, and all embedded nodes, are right.
struct Node {
    static constexpr uint32_t max_size = (1U << 26) - 1;

    uint32_t size : 26;        ///< of the RLP, see whole_size()
    uint32_t kind_bits : 2;    ///< a Kind
    uint32_t child_dirty : 1;  ///< extension, account: as dirty() of a branch
    uint32_t stored : 1;       ///< its RLP is in the source, or was given to the writer
    uint32_t touched : 1;      ///< used since the last sweep for memory
    uint32_t irregular : 1;    ///< a branch with a value or an embedded child: items have various sizes
    /// branch: mask() and dirty(); extension: its child; account: its storage's root; leaf: by how much its
    /// RLP is larger than `size` can say.
    uint32_t link;

    [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(kind_bits); }
    /// One bit for each child.
    [[nodiscard]] uint16_t mask() const noexcept { return static_cast<uint16_t>(link); }
    /// One bit for each child whose hash is out of date; such a child is in memory.
    [[nodiscard]] uint16_t dirty() const noexcept { return static_cast<uint16_t>(link >> 16); }
    /// Whether any child's hash is out of date.
    [[nodiscard]] bool has_dirty_child() const noexcept {
        return kind() == Kind::branch ? dirty() != 0 : child_dirty != 0;
    }
    void set_dirty(uint16_t bits) noexcept { link = (link & 0xffff) | uint32_t{bits} << 16; }

    [[nodiscard]] uint32_t child_count() const noexcept {
        return kind() == Kind::branch ? static_cast<uint32_t>(std::popcount(mask())) : 0;
    }
    [[nodiscard]] uint32_t rank(uint32_t digit) const noexcept {
        return static_cast<uint32_t>(std::popcount(link & ((1U << digit) - 1)));
    }
    [[nodiscard]] bool has_child(uint32_t digit) const noexcept { return (link >> digit & 1) != 0; }
    [[nodiscard]] NodeRef* children() noexcept { return reinterpret_cast<NodeRef*>(this + 1); }
    [[nodiscard]] NodeRef& child(uint32_t digit) noexcept { return children()[rank(digit)]; }

    [[nodiscard]] uint8_t* rlp() noexcept {
        return reinterpret_cast<uint8_t*>(this + 1) + sizeof(NodeRef) * child_count();
    }
    /// Its first item.
    [[nodiscard]] uint8_t* items() noexcept;
    /// Of the RLP. A leaf may be larger than max_size: it may be a block's transaction, or a receipt.
    [[nodiscard]] size_t whole_size() const noexcept {
        return size_t{size} + (kind() == Kind::leaf ? link : 0);
    }
    [[nodiscard]] BytesView encoding() noexcept { return {rlp(), whole_size()}; }
    /// The memory that the node takes.
    [[nodiscard]] size_t bytes() const noexcept {
        return sizeof(Node) + sizeof(NodeRef) * child_count() + whole_size();
    }

    /// A branch's item for this digit; what holds the hash is its last 32 bytes.
    [[nodiscard]] uint8_t* item(uint32_t digit) noexcept;
    /// A branch's value, as an item.
    [[nodiscard]] uint8_t* value_item() noexcept;
};
static_assert(sizeof(Node) == 8);

/// What is inside an RLP item. Precondition: valid.
[[nodiscard]] inline BytesView payload(const uint8_t* item) noexcept {
    const uint8_t head = item[0];
    if (head < 0x80) return {item, 1};
    const uint8_t base = head < 0xc0 ? 0x80 : 0xc0;
    if (head < base + 56) return {item + 1, static_cast<size_t>(head - base)};
    const auto length_bytes = static_cast<size_t>(head - base - 55);
    size_t size = 0;
    for (size_t i = 1; i <= length_bytes; ++i) size = size << 8 | item[i];
    return {item + 1 + length_bytes, size};
}
/// The size of an item with its header.
[[nodiscard]] inline size_t item_size(const uint8_t* item) noexcept {
    const BytesView inside = payload(item);
    return static_cast<size_t>(inside.data() - item) + inside.size();
}
/// The size of a list's header: of a node's, for one.
[[nodiscard]] inline size_t list_header_size(const uint8_t* list) noexcept {
    return list[0] < 0xf8 ? 1U : list[0] - 0xf6U;
}
/// How a header for so many bytes is written; returns the end. list: 0xc0, string: 0x80.
inline uint8_t* put_header(uint8_t* out, size_t size, uint8_t base) noexcept {
    if (size < 56) {
        *out++ = static_cast<uint8_t>(base + size);
        return out;
    }
    const unsigned length_bytes = (static_cast<unsigned>(std::bit_width(size)) + 7) / 8;
    *out++ = static_cast<uint8_t>(base + 55 + length_bytes);
    for (unsigned i = length_bytes; i-- > 0;) *out++ = static_cast<uint8_t>(size >> (8 * i));
    return out;
}
[[nodiscard]] inline size_t header_size_for(size_t size) noexcept {
    return size < 56 ? 1 : 1 + (static_cast<size_t>(std::bit_width(size)) + 7) / 8;
}
[[nodiscard]] inline size_t string_size(BytesView string) noexcept {
    if (string.size() == 1 && string[0] < 0x80) return 1;
    return header_size_for(string.size()) + string.size();
}
inline uint8_t* put_string(uint8_t* out, BytesView string) noexcept {
    if (string.size() != 1 || string[0] >= 0x80) out = put_header(out, string.size(), 0x80);
    if (!string.empty()) std::memcpy(out, string.data(), string.size());
    return out + string.size();
}
/// A path as an RLP string in hex-prefix encoding. One byte of it is always less than 0x80.
[[nodiscard]] inline size_t path_item_size(Path path) noexcept {
    const size_t size = hex_prefix_size(path);
    return size == 1 ? 1 : header_size_for(size) + size;
}
inline uint8_t* put_path(uint8_t* out, Path path, bool is_leaf) noexcept {
    const size_t size = hex_prefix_size(path);
    if (size != 1) out = put_header(out, size, 0x80);
    return put_hex_prefix(out, path, is_leaf);
}

inline uint8_t* Node::items() noexcept {
    uint8_t* const list = rlp();
    return list + list_header_size(list);
}
inline uint8_t* Node::item(uint32_t digit) noexcept {
    uint8_t* at = items();
    if (!irregular) return at + digit + size_t{32} * rank(digit);
    for (uint32_t i = 0; i < digit; ++i) at += item_size(at);
    return at;
}
inline uint8_t* Node::value_item() noexcept { return irregular ? item(16) : rlp() + size - 1; }

/// The two items of a leaf or extension.
struct ShortNode {
    Path path;
    bool is_leaf = false;
    const uint8_t* second = nullptr;  ///< a leaf's value as an item, an extension's child
};
/// Precondition: a valid leaf or extension.
[[nodiscard]] inline ShortNode read_short(const uint8_t* rlp) noexcept {
    const BytesView prefix = payload(rlp + list_header_size(rlp));
    const auto nibbles = static_cast<uint32_t>(2 * prefix.size());
    return {.path = {prefix.data(), (prefix[0] & 0x10) != 0 ? 1U : 2U, nibbles},
            .is_leaf = (prefix[0] & 0x20) != 0,
            .second = prefix.data() + prefix.size()};
}

/// Where in an account's RLP its storage root lies, and its code hash: counted from the end.
inline constexpr size_t storage_root_from_end = 65;
inline constexpr size_t code_hash_from_end = 32;

/// The child of an item that is one: a hash has 33 bytes with its header, an embedded node fewer.
inline constexpr size_t hash_item_size = 33;
inline constexpr uint8_t hash_item_head = 0xa0;
inline constexpr uint8_t empty_item = 0x80;

/// What is wrong with bytes that should be a node; a literal.
using NodeFault = const char*;
/// What a node's place in its trie says of it.
struct Place {
    static constexpr uint32_t any = ~0U;
    bool accounts = false;  ///< leaves hold accounts
    uint32_t left = any;    ///< nibbles from here to the end of every key, where all keys have one length
    BytesView owner{};      ///< the key of the account whose storage the trie is, if any; for messages
};
/// Whether the bytes are exactly one canonical node, embedded ones included, that may stand at this place, so
/// that every part of it may be relied upon.
[[nodiscard]] std::expected<void, NodeFault> check_node(BytesView rlp, Place place);
/// 2 or 17. Precondition: a valid node.
[[nodiscard]] bool is_branch(const uint8_t* rlp) noexcept;

}  // namespace weft::trie
