#pragma once

#include <cstdint>

namespace weft::workload {

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): the same numbers
/// from the same seed on every machine, which the standard library's distributions don't promise.
class Random {
public:
    explicit Random(uint64_t seed) noexcept : state_(seed) {}

    uint64_t next() noexcept {
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// A number below `bound`; its bias is at most bound / 2^64. Precondition: bound != 0.
    uint64_t below(uint64_t bound) noexcept {
        return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
    }
    /// A number from `low` to `high`, both included.
    uint64_t between(uint64_t low, uint64_t high) noexcept { return low + below(high - low + 1); }
    /// True in `percent` of a hundred cases.
    bool chance(uint64_t percent) noexcept { return below(100) < percent; }

private:
    uint64_t state_;
};

}  // namespace weft::workload
