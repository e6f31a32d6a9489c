#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "weft/base/bytes.hpp"

namespace weft::trie {

/// Whether two pieces of memory are equal. Most are shorter than 32 bytes, for which a call takes longer than
/// what it does.
[[nodiscard]] inline bool same_bytes(const uint8_t* a, const uint8_t* b, size_t size) noexcept {
    if (size > 32) return std::memcmp(a, b, size) == 0;
    // The first and the last bytes, which may overlap.
    const auto differ = [&]<class Word>(Word) {
        Word first[2], last[2];
        std::memcpy(&first[0], a, sizeof(Word));
        std::memcpy(&first[1], b, sizeof(Word));
        std::memcpy(&last[0], a + size - sizeof(Word), sizeof(Word));
        std::memcpy(&last[1], b + size - sizeof(Word), sizeof(Word));
        return ((first[0] ^ first[1]) | (last[0] ^ last[1])) != 0;
    };
    if (size >= 16) return !differ(static_cast<unsigned __int128>(0));
    if (size >= 8) return !differ(uint64_t{0});
    if (size >= 4) return !differ(uint32_t{0});
    for (size_t i = 0; i < size; ++i)
        if (a[i] != b[i]) return false;
    return true;
}
[[nodiscard]] inline bool same_bytes(BytesView a, BytesView b) noexcept {
    return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

/// A run of nibbles: [from, to) of packed bytes, the high half of a byte first.
struct Path {
    const uint8_t* bytes = nullptr;
    uint32_t from = 0;
    uint32_t to = 0;

    [[nodiscard]] uint32_t size() const noexcept { return to - from; }
    [[nodiscard]] bool empty() const noexcept { return from == to; }
    [[nodiscard]] uint8_t operator[](uint32_t i) const noexcept {
        const uint32_t at = from + i;
        return at % 2 == 0 ? bytes[at / 2] >> 4 : bytes[at / 2] & 15;
    }
    [[nodiscard]] Path first(uint32_t count) const noexcept { return {bytes, from, from + count}; }
    [[nodiscard]] Path drop(uint32_t count) const noexcept { return {bytes, from + count, to}; }
};

/// A key's nibbles from `from` on.
[[nodiscard]] inline Path path_of(BytesView key, uint32_t from = 0) noexcept {
    return {key.data(), from, static_cast<uint32_t>(2 * key.size())};
}

/// How many nibbles from the start two paths have in common.
[[nodiscard]] inline uint32_t common_nibbles(Path a, Path b) noexcept {
    const uint32_t size = std::min(a.size(), b.size());
    uint32_t i = 0;
    if ((a.from ^ b.from) % 2 == 0) {  // whole bytes lie alike
        if (a.from % 2 != 0 && size != 0) {
            if (a[0] != b[0]) return 0;
            i = 1;
        }
        const uint8_t* const p = a.bytes + (a.from + i) / 2;
        const uint8_t* const q = b.bytes + (b.from + i) / 2;
        const uint32_t bytes = (size - i) / 2;
        uint32_t same = 0;
        for (uint64_t x, y; same + 8 <= bytes; same += 8) {
            std::memcpy(&x, p + same, 8);
            std::memcpy(&y, q + same, 8);
            if (x != y) break;
        }
        while (same < bytes && p[same] == q[same]) ++same;
        i += 2 * same;
    }
    while (i < size && a[i] == b[i]) ++i;
    return i;
}

[[nodiscard]] inline bool operator==(Path a, Path b) noexcept {
    if (a.size() != b.size() || a.empty()) return a.size() == b.size();
    if ((a.from ^ b.from) % 2 != 0) return common_nibbles(a, b) == a.size();
    if (a.from % 2 != 0 && a[0] != b[0]) return false;
    if (a.to % 2 != 0 && a[a.size() - 1] != b[b.size() - 1]) return false;
    const uint32_t begin = (a.from + 1) / 2, end = a.to / 2;  // of a's whole bytes
    return end <= begin || same_bytes(a.bytes + begin, b.bytes + (b.from + 1) / 2, end - begin);
}

/// The size of a path in hex-prefix encoding (yellow paper, appendix C).
[[nodiscard]] inline size_t hex_prefix_size(Path path) noexcept { return 1 + path.size() / 2; }

/// Writes a path in hex-prefix encoding; returns the end.
inline uint8_t* put_hex_prefix(uint8_t* out, Path path, bool is_leaf) noexcept {
    const uint8_t flag = is_leaf ? 0x20 : 0;
    if (path.size() % 2 != 0) {
        *out++ = static_cast<uint8_t>(flag | 0x10 | path[0]);
        ++path.from;
    } else {
        *out++ = flag;
    }
    if (path.empty()) return out;
    if (path.from % 2 == 0) {
        std::memcpy(out, path.bytes + path.from / 2, path.size() / 2);
        return out + path.size() / 2;
    }
    for (; path.from < path.to; path.from += 2) *out++ = static_cast<uint8_t>(path[0] << 4 | path[1]);
    return out;
}

struct HexPrefix {
    Path path;
    bool is_leaf = false;
};
/// Reads a hex-prefix encoding, whose bytes must outlive the path. Empty: it is not a canonical one.
[[nodiscard]] inline std::optional<HexPrefix> read_hex_prefix(BytesView encoded) noexcept {
    if (encoded.empty() || encoded[0] >= 0x40) return std::nullopt;
    const bool is_odd = (encoded[0] & 0x10) != 0;
    if (!is_odd && (encoded[0] & 15) != 0) return std::nullopt;
    return HexPrefix{{encoded.data(), is_odd ? 1U : 2U, static_cast<uint32_t>(2 * encoded.size())},
                     (encoded[0] & 0x20) != 0};
}

}  // namespace weft::trie
