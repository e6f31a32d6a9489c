#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft::crypto::detail {

/// The round constants of Keccak-f[1600] (FIPS 202, section 3.2.5).
inline constexpr uint64_t keccak_round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/// The message bytes that one permutation absorbs at Keccak-256's capacity of 512 bits.
inline constexpr unsigned keccak_rate = 136;

// One round from `a` to `e`: theta, rho, pi, chi and iota (FIPS 202, section 3.2), one output plane at a
// time, so that only the plane in work and the five column deltas need registers beside the state: AVX-512's
// 32 hold all of it. `Lane` says what a lane is (one word, or the same lane of several states) and gives its
// operations:
//   Word; xor3(a, b, c) = a ^ b ^ c; exclusive_or(a, b); rotate<n>(a); chi(a, b, c) = a ^ (~b & c);
//   constant(u64)
template <class Lane>
[[gnu::always_inline]] inline void keccak_round(const typename Lane::Word (&a)[25],
                                                typename Lane::Word (&e)[25],
                                                uint64_t round_constant) noexcept {
    using Word = typename Lane::Word;
    Word parity[5], delta[5];
    for (int x = 0; x < 5; ++x)
        parity[x] = Lane::xor3(Lane::xor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
    for (int x = 0; x < 5; ++x)
        delta[x] = Lane::exclusive_or(parity[(x + 4) % 5], Lane::template rotate<1>(parity[(x + 1) % 5]));
    const auto lane = [&]<int index, int offset>() {
        return Lane::template rotate<offset>(Lane::exclusive_or(a[index], delta[index % 5]));
    };
    const auto plane = [&](int y, Word b0, Word b1, Word b2, Word b3, Word b4) {
        e[5 * y + 0] = Lane::chi(b0, b1, b2);
        e[5 * y + 1] = Lane::chi(b1, b2, b3);
        e[5 * y + 2] = Lane::chi(b2, b3, b4);
        e[5 * y + 3] = Lane::chi(b3, b4, b0);
        e[5 * y + 4] = Lane::chi(b4, b0, b1);
    };
    plane(0, lane.template operator()<0, 0>(), lane.template operator()<6, 44>(),
          lane.template operator()<12, 43>(), lane.template operator()<18, 21>(),
          lane.template operator()<24, 14>());
    e[0] = Lane::exclusive_or(e[0], Lane::constant(round_constant));
    plane(1, lane.template operator()<3, 28>(), lane.template operator()<9, 20>(),
          lane.template operator()<10, 3>(), lane.template operator()<16, 45>(),
          lane.template operator()<22, 61>());
    plane(2, lane.template operator()<1, 1>(), lane.template operator()<7, 6>(),
          lane.template operator()<13, 25>(), lane.template operator()<19, 8>(),
          lane.template operator()<20, 18>());
    plane(3, lane.template operator()<4, 27>(), lane.template operator()<5, 36>(),
          lane.template operator()<11, 10>(), lane.template operator()<17, 15>(),
          lane.template operator()<23, 56>());
    plane(4, lane.template operator()<2, 62>(), lane.template operator()<8, 55>(),
          lane.template operator()<14, 39>(), lane.template operator()<15, 41>(),
          lane.template operator()<21, 2>());
}

/// Keccak-f[1600] on the 25 lanes of `state`, lane (x, y) at 5y + x.
template <class Lane>
[[gnu::always_inline]] inline void keccak_permute(typename Lane::Word (&state)[25]) noexcept {
    typename Lane::Word other[25];
    for (int round = 0; round < 24; round += 2) {
        keccak_round<Lane>(state, other, keccak_round_constants[round]);
        keccak_round<Lane>(other, state, keccak_round_constants[round + 1]);
    }
}

/// Writes the last, padded block of a message whose last `size` < keccak_rate bytes are at p (Keccak's
/// pad10*1).
[[gnu::always_inline]] inline void keccak_pad(const uint8_t* p, size_t size,
                                              uint8_t (&block)[keccak_rate]) noexcept {
    std::memset(block, 0, sizeof block);
    if (size != 0) std::memcpy(block, p, size);
    block[size] = 0x01;
    block[keccak_rate - 1] |= 0x80;
}

/// Keccak-256 of one message with a one-state `Lane`, which also has load(p) and store(p, word): 8 bytes,
/// little-endian.
template <class Lane>
[[gnu::always_inline]] inline void keccak_hash(const uint8_t* p, size_t size, uint8_t* out) noexcept {
    typename Lane::Word state[25];
    for (auto& word : state) word = Lane::constant(0);
    uint8_t padded[keccak_rate];
    while (true) {
        const bool last = size < keccak_rate;
        if (last) keccak_pad(p, size, padded);
        const uint8_t* const block = last ? padded : p;
        for (unsigned i = 0; i < keccak_rate / 8; ++i)
            state[i] = Lane::exclusive_or(state[i], Lane::load(block + 8 * i));
        keccak_permute<Lane>(state);
        if (last) break;
        p += keccak_rate;
        size -= keccak_rate;
    }
    for (unsigned i = 0; i < 4; ++i) Lane::store(out + 8 * i, state[i]);
}

/// Keccak-256 of exactly `size` bytes, a multiple of 8 less than keccak_rate - 8: no padded copy, no loop.
template <class Lane, unsigned size>
[[gnu::always_inline]] inline void keccak_hash_fixed(const uint8_t* p, uint8_t* out) noexcept {
    static_assert(size % 8 == 0 && size + 8 < keccak_rate);
    typename Lane::Word state[25];
    for (auto& word : state) word = Lane::constant(0);
    for (unsigned i = 0; i < size / 8; ++i) state[i] = Lane::load(p + 8 * i);
    state[size / 8] = Lane::constant(0x01);
    state[keccak_rate / 8 - 1] = Lane::constant(0x8000000000000000);
    keccak_permute<Lane>(state);
    for (unsigned i = 0; i < 4; ++i) Lane::store(out + 8 * i, state[i]);
}

}  // namespace weft::crypto::detail
