#include "weft/crypto/blake2.hpp"

#include <bit>
#include <cstddef>
#include <utility>

namespace weft::crypto {
namespace {

// RFC 7693, section 2.6: SHA-512's initialisation vector.
constexpr std::array<uint64_t, 8> initial = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                             0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                             0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// RFC 7693, section 2.7: which message words each of the ten rounds takes.
constexpr uint8_t schedule[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                      {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                      {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                      {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                      {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

[[gnu::always_inline]] inline void mix(uint64_t& a, uint64_t& b, uint64_t& c, uint64_t& d, uint64_t x,
                                       uint64_t y) noexcept {
    a += b + x;
    d = std::rotr(d ^ a, 32);
    c += d;
    b = std::rotr(b ^ c, 24);
    a += b + y;
    d = std::rotr(d ^ a, 16);
    c += d;
    b = std::rotr(b ^ c, 63);
}

// The sixteen words of a round's block lie at constant places: with `round` known at compile time a word
// costs one load.
template <int round>
[[gnu::always_inline]] inline void one_round(uint64_t (&v)[16], const std::array<uint64_t, 16>& m) noexcept {
    constexpr auto& s = schedule[round];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

// Up to ten rounds from the first of the schedule.
template <int... round>
[[gnu::always_inline]] inline void rounds_of_ten(uint32_t count, uint64_t (&v)[16],
                                                 const std::array<uint64_t, 16>& m,
                                                 std::integer_sequence<int, round...>) noexcept {
    // The chain ends at the first round not wanted.
    (void)((static_cast<uint32_t>(round) < count && (one_round<round>(v, m), true)) && ...);
}

}  // namespace

std::array<uint64_t, 8> blake2b_compress(uint32_t rounds, const std::array<uint64_t, 8>& h,
                                         const std::array<uint64_t, 16>& m, const std::array<uint64_t, 2>& t,
                                         bool last) noexcept {
    uint64_t v[16];
    for (size_t i = 0; i < 8; ++i) {
        v[i] = h[i];
        v[i + 8] = initial[i];
    }
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (last) v[14] = ~v[14];
    for (; rounds >= 10; rounds -= 10) rounds_of_ten(10, v, m, std::make_integer_sequence<int, 10>{});
    rounds_of_ten(rounds, v, m, std::make_integer_sequence<int, 9>{});
    std::array<uint64_t, 8> out;
    for (size_t i = 0; i < 8; ++i) out[i] = h[i] ^ v[i] ^ v[i + 8];
    return out;
}

}  // namespace weft::crypto
