#pragma once

#include <cstring>
#include "weft/base/uint256.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/evm/region.hpp"

namespace weft::evm {

/// Remembers the Keccak-256 of messages of 32 and 64 bytes, which is what the places of mapping entries and
/// dynamic arrays are hashes of: a contract computes the same few again and again. Direct-mapped: a collision
/// costs a recomputation.
class PreimageCache {
public:
    PreimageCache() : entries_(size) {}

    /// Forgets everything, in constant time.
    void clear() noexcept { ++epoch_; }

    /// words: 4 or 8 64-bit words. The hash as a stack word.
    template <unsigned words>
    [[nodiscard]] const uint256& hash(const uint8_t* message) noexcept {
        static_assert(words == 4 || words == 8);
        uint64_t w[words];
        std::memcpy(w, message, sizeof w);
        Entry& entry = entries_.data()[index<words>(w)];
        uint64_t difference = entry.stamp ^ (epoch_ << 4 | words);
        for (unsigned i = 0; i < words; ++i) difference |= entry.message[i] ^ w[i];
        if (difference != 0) [[unlikely]]
            fill<words>(entry, message);
        return entry.hash;
    }

private:
    static constexpr size_t size = 2048;
    struct alignas(64) Entry {
        uint64_t message[8];
        uint256 hash;
        uint64_t stamp;  ///< epoch << 4 | words; 0: empty
    };

    template <unsigned words>
    [[nodiscard]] static size_t index(const uint64_t* w) noexcept {
        // The words' middle is mostly zeros; what differs lies at the ends of each half.
        uint64_t mixed = w[3] ^ __builtin_bswap64(w[1]) ^ w[2];
        if constexpr (words == 8)
            mixed = mixed * 0x9e3779b97f4a7c15 + (w[7] ^ __builtin_bswap64(w[4]) ^ w[6]);
        mixed *= 0xd6e8feb86659fd93;
        return mixed >> 53;
    }
    template <unsigned words>
    [[gnu::noinline]] void fill(Entry& entry, const uint8_t* message) noexcept {
        std::memcpy(entry.message, message, words * 8);
        entry.hash =
            base::to_uint256(words == 4 ? crypto::keccak256_32(message) : crypto::keccak256_64(message));
        entry.stamp = epoch_ << 4 | words;
    }

    Region<Entry> entries_;  ///< zeros: all are empty
    uint64_t epoch_ = 1;
};
// index() takes the top 11 bits.

}  // namespace weft::evm
