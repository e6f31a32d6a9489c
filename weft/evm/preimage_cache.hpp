#pragma once

#include <cstring>
#include <span>
#include <vector>

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

    struct alignas(64) Entry {
        uint64_t message[8];
        uint256 hash;
        uint64_t stamp;  ///< epoch << 4 | words; 0: empty
    };

    /// Forgets everything, in constant time.
    void clear() noexcept { epoch_ = ++last_epoch_; }

    /// words: 4 or 8 64-bit words. The hash as a stack word.
    template <unsigned words>
    [[nodiscard]] const uint256& hash(const uint8_t* message) noexcept {
        static_assert(words == 4 || words == 8);
        uint64_t w[words];
        std::memcpy(w, message, sizeof w);
        Entry& entry = entries_.data()[index<words>(w)];
        uint64_t difference = entry.stamp ^ stamp_of(words);
        for (unsigned i = 0; i < words; ++i) difference |= entry.message[i] ^ w[i];
        if (difference != 0) [[unlikely]]
            fill<words>(entry, message);
        return entry.hash;
    }

    /// The hash of these 64 bytes, if it is remembered; nullptr: it is not.
    [[nodiscard]] const uint256* find(const uint8_t* message) noexcept {
        uint64_t w[8];
        std::memcpy(w, message, sizeof w);
        const Entry& entry = entries_.data()[index<8>(w)];
        const bool is_it = entry.stamp == stamp_of(8) && std::memcmp(entry.message, w, sizeof w) == 0;
        return is_it ? &entry.hash : nullptr;
    }
    /// Remembers the hash of 64 bytes. Precondition: hash == keccak256(message).
    void put(const uint8_t* message, const uint256& hash) noexcept {
        uint64_t w[8];
        std::memcpy(w, message, sizeof w);
        Entry& entry = entries_.data()[index<8>(w)];
        std::memcpy(entry.message, w, sizeof w);
        entry.hash = hash;
        entry.stamp = stamp_of(8);
    }

    /// From now on notes what is hashed, each message once: what was remembered is hashed anew meanwhile.
    void begin_notes() {
        noted_.clear();
        noted_.reserve(most_noted);
        noting_ = true;
        kept_epoch_ = epoch_;
        epoch_ = ++last_epoch_;
    }
    /// Ends that. What was noted, in its order, up to most_noted messages; an entry may have come to hold
    /// another message than the one it was noted for. Valid until the next call.
    [[nodiscard]] std::span<const Entry* const> end_notes() noexcept {
        noting_ = false;
        epoch_ = kept_epoch_;
        for (Entry* const entry : noted_) entry->stamp = stamp_of(entry->stamp & 15);
        return noted_;
    }
    static constexpr size_t most_noted = 128;

private:
    static constexpr size_t size = 2048;

    [[nodiscard]] uint64_t stamp_of(uint64_t words) const noexcept { return epoch_ << 4 | words; }

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
        entry.stamp = stamp_of(words);
        if (noting_ && noted_.size() < most_noted) noted_.push_back(&entry);
    }

    Region<Entry> entries_;  ///< zeros: all are empty
    uint64_t epoch_ = 1, last_epoch_ = 1;
    bool noting_ = false;
    uint64_t kept_epoch_ = 0;    ///< while notes are made: the epoch of what was remembered before
    std::vector<Entry*> noted_;  ///< its memory is there before anything is noted
};
// index() takes the top 11 bits.

}  // namespace weft::evm
