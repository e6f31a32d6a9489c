#pragma once

#include <span>

#include "weft/base/bytes.hpp"

namespace weft::trie {

/// The root of a trie without entries: Keccak-256 of the RLP of the empty string.
inline constexpr Hash empty_root{
    {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
      0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}}};

struct Entry {
    BytesView key;
    BytesView value;  ///< not empty: an absent value is no entry
};

/// The root of the Merkle Patricia trie with these entries (yellow paper, appendix D), without keeping the
/// trie. Nodes are encoded level by level from the leaves up, so that the hashes of a level are computed many
/// at a time. Precondition: keys ascending, all different. Recurses once per branch on a key's path: at most
/// twice a key's length.
[[nodiscard]] Hash trie_root(std::span<const Entry> entries);

/// The root of a trie from rlp(index) to values[index]: transactions, receipts, withdrawals (yellow paper,
/// section 4.3.2).
[[nodiscard]] Hash ordered_root(std::span<const BytesView> values);
[[nodiscard]] Hash ordered_root(std::span<const Bytes> values);

/// Appends the nibbles [from, to) of a key in hex-prefix encoding (yellow paper, appendix C).
void append_hex_prefix(Bytes& out, BytesView key, size_t from, size_t to, bool is_leaf);

}  // namespace weft::trie
