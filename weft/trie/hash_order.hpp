#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "weft/base/bytes.hpp"

namespace weft::trie {

/// A hash in a list that is sorted, by its first bytes and its place in the list that it came from.
struct Ordered {
    uint32_t prefix;
    uint32_t index;
};

[[nodiscard]] inline uint32_t prefix_of(const Hash& hash) noexcept {
    uint32_t word;
    std::memcpy(&word, hash.data(), sizeof word);
    return __builtin_bswap32(word);
}

/// Sorts by hash; the same hashes by index. keys[index] is an element's hash.
inline void sort_by_hash(std::span<Ordered> order, std::span<const Hash> keys) {
    std::ranges::sort(order, [&](const Ordered& a, const Ordered& b) {
        if (a.prefix != b.prefix) [[likely]]
            return a.prefix < b.prefix;
        const auto compared = keys[a.index] <=> keys[b.index];
        return compared != 0 ? compared < 0 : a.index < b.index;
    });
}

/// The same, faster where there are many and their hashes are spread as hashes are. spare: of the same size.
inline void sort_spread(std::span<Ordered> order, std::span<Ordered> spare, std::span<const Hash> keys) {
    constexpr size_t few = 24;
    if (order.size() <= few) return sort_by_hash(order, keys);
    uint32_t differing = 0;
    for (const Ordered& element : order) differing |= element.prefix ^ order.front().prefix;
    // Buckets of about four by the first bits that differ; those beyond the array's make no more of them.
    std::array<uint32_t, 256> ends{};
    const unsigned bits = std::min(static_cast<unsigned>(std::bit_width(order.size())) - 2, 8U);
    const auto width = static_cast<unsigned>(std::bit_width(differing));
    const unsigned shift = width > bits ? width - bits : 0;
    const auto bucket_of = [&](const Ordered& element) {
        return element.prefix >> shift & ((1U << bits) - 1);
    };
    for (const Ordered& element : order) ++ends[bucket_of(element)];
    uint32_t largest = 0, place = 0;
    for (uint32_t& end : ends) {
        largest = std::max(largest, end);
        place += std::exchange(end, place);
    }
    if (largest > few) return sort_by_hash(order, keys);  // keys that someone chose
    for (const Ordered& element : order) spare[ends[bucket_of(element)]++] = element;
    for (size_t begin = 0, bucket = 0; bucket < ends.size(); begin = ends[bucket++])
        if (ends[bucket] - begin > 1) sort_by_hash(spare.subspan(begin, ends[bucket] - begin), keys);
    std::ranges::copy(spare, order.begin());
}

/// Puts elements that have their first bits in common together, in the order of these bits: buckets of about
/// `size`, as hashes are, each to be sorted by itself. `starts` gets where each begins, and the end.
inline void cut_by_hash(std::span<const Ordered> from, std::span<Ordered> to, size_t size,
                        std::vector<uint32_t>& starts) {
    const unsigned bits = std::clamp(static_cast<unsigned>(std::bit_width(from.size() / size)), 1U, 14U);
    const auto bucket_of = [&](const Ordered& element) { return element.prefix >> (32 - bits); };
    starts.assign((size_t{1} << bits) + 1, 0);
    for (const Ordered& element : from) ++starts[bucket_of(element) + 1];
    for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
    for (const Ordered& element : from) to[next[bucket_of(element)]++] = element;
}

/// The same in place, in buckets of about eight.
inline void cut_by_hash(std::span<Ordered> order, std::vector<Ordered>& spare,
                        std::vector<uint32_t>& starts) {
    spare.assign(order.begin(), order.end());
    cut_by_hash(spare, order, 8, starts);
}

}  // namespace weft::trie
