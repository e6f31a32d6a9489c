#include <immintrin.h>

#include "weft/crypto/keccak_batch.hpp"

namespace weft::crypto::detail {
namespace {

// The same lane of four states. AVX2, which the whole program may use, has neither rotations nor logic of
// three operands, and 16 registers for 25 lanes: still two and a half times the scalar form.
struct FourLanes {
    using Word = __m256i;
    static constexpr unsigned count = 4;

    static Word exclusive_or(Word a, Word b) noexcept { return _mm256_xor_si256(a, b); }
    static Word xor3(Word a, Word b, Word c) noexcept { return a ^ b ^ c; }
    static Word chi(Word a, Word b, Word c) noexcept {
        return _mm256_xor_si256(a, _mm256_andnot_si256(b, c));
    }
    template <int n>
    static Word rotate(Word a) noexcept {
        if constexpr (n == 0) return a;
        if constexpr (n % 8 == 0) return _mm256_shuffle_epi8(a, bytes_rotated(n / 8));
        return _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - n));
    }
    static Word constant(uint64_t value) noexcept {
        return _mm256_set1_epi64x(static_cast<long long>(value));
    }

    static void absorb(Word (&state)[25], const KeccakJob (&lanes)[4], const unsigned (&sizes)[4],
                       unsigned fresh, unsigned ending) noexcept;
    static void store(const Word (&state)[25], uint8_t* const (&out)[4]) noexcept;

private:
    static Word bytes_rotated(int by) noexcept {
        const auto from = [by](int i) { return static_cast<char>(i / 8 * 8 + (i + 8 - by) % 8); };
        const __m128i half =
            _mm_setr_epi8(from(0), from(1), from(2), from(3), from(4), from(5), from(6), from(7), from(8),
                          from(9), from(10), from(11), from(12), from(13), from(14), from(15));
        return _mm256_broadcastsi128_si256(half);
    }
    // All bits of the lanes whose bit is set.
    static Word mask(unsigned lanes) noexcept {
        const Word bits = _mm256_setr_epi64x(1, 2, 4, 8);
        return _mm256_cmpeq_epi64(_mm256_and_si256(constant(lanes), bits), bits);
    }
};

uint64_t load_word(const uint8_t* p) noexcept {
    uint64_t word;
    std::memcpy(&word, p, 8);
    return word;
}

// The word in which a block of `size` bytes ends: what the message has of it, and where padding begins. No
// byte beyond the message is read.
[[gnu::always_inline]] inline uint64_t last_word(const uint8_t* p, unsigned size) noexcept {
    const unsigned bits = size % 8 * 8;
    uint64_t word = 0;
    if (size >= 8) [[likely]]
        word = load_word(p + size - 8) >> (63 - bits) >> 1;
    else if (size != 0)
        std::memcpy(&word, p, size);
    return word | uint64_t{1} << bits;
}

// Word i of each of four rows to row i.
[[gnu::always_inline]] inline void transpose(__m256i (&rows)[4]) noexcept {
    const __m256i low01 = _mm256_unpacklo_epi64(rows[0], rows[1]);
    const __m256i high01 = _mm256_unpackhi_epi64(rows[0], rows[1]);
    const __m256i low23 = _mm256_unpacklo_epi64(rows[2], rows[3]);
    const __m256i high23 = _mm256_unpackhi_epi64(rows[2], rows[3]);
    rows[0] = _mm256_permute2x128_si256(low01, low23, 0x20);
    rows[1] = _mm256_permute2x128_si256(high01, high23, 0x20);
    rows[2] = _mm256_permute2x128_si256(low01, low23, 0x31);
    rows[3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}

[[gnu::always_inline]] inline void FourLanes::absorb(Word (&state)[25], const KeccakJob (&lanes)[4],
                                                     const unsigned (&sizes)[4], unsigned fresh,
                                                     unsigned ending) noexcept {
    unsigned longest = 0;
    Word words[4], ends[4];  // whole words of the message, and the one in which it ends
    uint64_t sixteenth[4];
    for (int i = 0; i < 4; ++i) {
        longest |= sizes[i];
        const unsigned whole = sizes[i] / 8;
        const uint64_t end = sizes[i] == keccak_rate ? 0 : last_word(lanes[i].p, sizes[i]);
        words[i] = constant(whole);
        ends[i] = constant(end);
        sixteenth[i] = whole == 16 ? end : 0;
        if (sizes[i] == keccak_rate) sixteenth[i] = load_word(lanes[i].p + keccak_rate - 8);
    }
    const Word is_new = mask(fresh);
    for (int group = 0; group < 4; ++group) {
        // Keys' hashes have one group.
        if (group != 0 && longest < static_cast<unsigned>(32 * group)) {
            for (int i = 4 * group; i < 4 * group + 4; ++i) state[i] = _mm256_andnot_si256(is_new, state[i]);
            continue;
        }
        const Word index =
            _mm256_add_epi64(_mm256_setr_epi64x(0, 1, 2, 3), constant(4 * static_cast<unsigned>(group)));
        Word block[4];
        for (int i = 0; i < 4; ++i)
            block[i] = _mm256_or_si256(
                _mm256_maskload_epi64(reinterpret_cast<const long long*>(lanes[i].p + 32 * group),
                                      _mm256_cmpgt_epi64(words[i], index)),
                _mm256_and_si256(ends[i], _mm256_cmpeq_epi64(words[i], index)));
        transpose(block);
        for (int i = 0; i < 4; ++i)
            state[4 * group + i] =
                _mm256_xor_si256(_mm256_andnot_si256(is_new, state[4 * group + i]), block[i]);
    }
    for (int i = 16; i < 25; ++i) state[i] = _mm256_andnot_si256(is_new, state[i]);
    const auto word = [&](int i) { return static_cast<long long>(sixteenth[i]); };
    state[16] = _mm256_xor_si256(state[16], _mm256_setr_epi64x(word(0), word(1), word(2), word(3)));
    state[16] = _mm256_xor_si256(state[16], _mm256_and_si256(mask(ending), constant(keccak_padding_end)));
}

[[gnu::always_inline]] inline void FourLanes::store(const Word (&state)[25],
                                                    uint8_t* const (&out)[4]) noexcept {
    Word hashes[4] = {state[0], state[1], state[2], state[3]};
    transpose(hashes);
    for (int i = 0; i < 4; ++i) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[i]), hashes[i]);
}

}  // namespace

void keccak256_batch_avx2(const KeccakJob* jobs, size_t count) noexcept {
    keccak_batch<FourLanes>(jobs, count);
}

}  // namespace weft::crypto::detail
