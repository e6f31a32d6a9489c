#pragma once

#include <cstdint>

namespace weft::crypto {

/// t[0..3] += a b, least significant limbs first; returns what goes beyond. The step of a schoolbook product,
/// and of a Montgomery reduction.
template <class Limbs>
[[gnu::always_inline]] inline uint64_t add_row(uint64_t* t, uint64_t a, const Limbs& b) noexcept {
    using Wide = unsigned __int128;
    uint64_t low[4], high[4];
    for (int j = 0; j < 4; ++j) {
        const Wide product = Wide{a} * b[j];
        low[j] = static_cast<uint64_t>(product);
        high[j] = static_cast<uint64_t>(product >> 64);
    }
    unsigned long long carry = 0;
    for (int j = 1; j < 4; ++j) low[j] = __builtin_addcll(low[j], high[j - 1], carry, &carry);
    high[3] += carry;
    carry = 0;
    for (int j = 0; j < 4; ++j) t[j] = __builtin_addcll(t[j], low[j], carry, &carry);
    return high[3] + carry;
}

}  // namespace weft::crypto
