#include <immintrin.h>

#include "weft/crypto/keccak_batch.hpp"
#include "weft/crypto/transpose_avx512.hpp"

namespace weft::crypto::detail {
namespace {

// One lane in the low half of a vector register: AVX-512 has 32 of them, so that the state never leaves
// registers, and does three-operand logic in one instruction.
struct VectorLane {
    using Word = __m128i;
    static Word exclusive_or(Word a, Word b) noexcept { return _mm_xor_si128(a, b); }
    static Word xor3(Word a, Word b, Word c) noexcept { return _mm_ternarylogic_epi64(a, b, c, 0x96); }
    static Word chi(Word a, Word b, Word c) noexcept { return _mm_ternarylogic_epi64(a, b, c, 0xd2); }
    template <int n>
    static Word rotate(Word a) noexcept {
        return n == 0 ? a : _mm_rol_epi64(a, n);
    }
    static Word constant(uint64_t value) noexcept { return _mm_cvtsi64_si128(static_cast<long long>(value)); }
    static Word load(const uint8_t* p) noexcept {
        return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    }
    static void store(uint8_t* p, Word word) noexcept {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(p), word);
    }
};

// The padding of a block (pad10*1, but for its last bit): where n bytes are a message's, read from
// padding + keccak_rate - n on. So a message's end is padded where it is loaded, without a copy.
struct Padding {
    uint8_t bytes[2 * keccak_rate + 1]{};
    constexpr Padding() noexcept { bytes[keccak_rate] = 0x01; }
};
alignas(64) constexpr Padding padding_bytes;
constexpr const uint8_t* padding = padding_bytes.bytes;

// The same lane of eight states.
struct EightLanes {
    using Word = __m512i;
    static constexpr unsigned count = 8;

    static Word exclusive_or(Word a, Word b) noexcept { return _mm512_xor_si512(a, b); }
    static Word xor3(Word a, Word b, Word c) noexcept { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
    static Word chi(Word a, Word b, Word c) noexcept { return _mm512_ternarylogic_epi64(a, b, c, 0xd2); }
    template <int n>
    static Word rotate(Word a) noexcept {
        return n == 0 ? a : _mm512_rol_epi64(a, n);
    }
    static Word constant(uint64_t value) noexcept { return _mm512_set1_epi64(static_cast<long long>(value)); }

    static void absorb(Word (&state)[25], const KeccakJob (&lanes)[8], const unsigned (&sizes)[8],
                       unsigned fresh, unsigned ending) noexcept;
    static void store(const Word (&state)[25], uint8_t* const (&out)[8]) noexcept;
};

// Words 8 * half to 8 * half + 7 of each lane's block, but for the padding's last bit. Bytes beyond a message
// are masked, and never touched.
[[gnu::always_inline]] inline void load_words(__m512i (&words)[8], const KeccakJob (&lanes)[8],
                                              const unsigned (&sizes)[8], unsigned half) noexcept {
    const unsigned before = 64 * half;
    for (int i = 0; i < 8; ++i) {
        const unsigned bytes = sizes[i] > before ? sizes[i] - before : 0;
        words[i] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(_bzhi_u64(~0ULL, bytes), lanes[i].p + before),
                                    _mm512_loadu_si512(padding + keccak_rate - sizes[i] + before));
    }
    transpose(words);
}

// The same of word 16, the last.
[[gnu::always_inline]] inline __m512i load_last_word(const KeccakJob (&lanes)[8],
                                                     const unsigned (&sizes)[8]) noexcept {
    constexpr unsigned before = keccak_rate - 8;
    __m128i words[8];
    for (int i = 0; i < 8; ++i) {
        words[i] = VectorLane::load(sizes[i] == keccak_rate ? lanes[i].p + before : padding);
        if (sizes[i] >= before && sizes[i] < keccak_rate) [[unlikely]]
            words[i] =
                _mm_xor_si128(_mm_maskz_loadu_epi8(static_cast<__mmask16>((1U << (sizes[i] - before)) - 1),
                                                   lanes[i].p + before),
                              VectorLane::load(padding + keccak_rate - sizes[i] + before));
    }
    const auto four = [&](int i) {
        return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi64(words[i], words[i + 1])),
                                       _mm_unpacklo_epi64(words[i + 2], words[i + 3]), 1);
    };
    return _mm512_inserti64x4(_mm512_castsi256_si512(four(0)), four(4), 1);
}

[[gnu::always_inline]] inline void EightLanes::absorb(Word (&state)[25], const KeccakJob (&lanes)[8],
                                                      const unsigned (&sizes)[8], unsigned fresh,
                                                      unsigned ending) noexcept {
    const auto old = static_cast<__mmask8>(~fresh);
    unsigned longest = 0;
    for (const unsigned size : sizes) longest |= size;
    __m512i words[8];
    load_words(words, lanes, sizes, 0);
    for (int i = 0; i < 8; ++i) state[i] = _mm512_mask_xor_epi64(words[i], old, words[i], state[i]);
    for (int i = 8; i < 25; ++i) state[i] = _mm512_maskz_mov_epi64(old, state[i]);
    if (longest >= 64) {  // else keys' hashes
        load_words(words, lanes, sizes, 1);
        for (int i = 0; i < 8; ++i) state[8 + i] = _mm512_xor_si512(state[8 + i], words[i]);
        state[16] = _mm512_xor_si512(state[16], load_last_word(lanes, sizes));
    }
    state[16] = _mm512_mask_xor_epi64(state[16], static_cast<__mmask8>(ending), state[16],
                                      constant(keccak_padding_end));
}

// A hash is words 0 to 3 of its state.
[[gnu::always_inline]] inline void EightLanes::store(const Word (&state)[25],
                                                     uint8_t* const (&out)[8]) noexcept {
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    const auto put = [&](__m512i low, __m512i high, int lane) {
        const auto two = [&](__m512i order, int i) {
            const __m512i hashes = _mm512_permutex2var_epi64(low, order, high);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[i]), _mm512_castsi512_si256(hashes));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[i + 2]), _mm512_extracti64x4_epi64(hashes, 1));
        };
        two(first, lane);
        two(second, lane + 4);
    };
    put(_mm512_unpacklo_epi64(state[0], state[1]), _mm512_unpacklo_epi64(state[2], state[3]), 0);
    put(_mm512_unpackhi_epi64(state[0], state[1]), _mm512_unpackhi_epi64(state[2], state[3]), 1);
}

}  // namespace

void keccak256_avx512(const uint8_t* p, size_t size, uint8_t* out) noexcept {
    keccak_hash<VectorLane>(p, size, out);
}
void keccak256_32_avx512(const uint8_t* p, uint8_t* out) noexcept {
    keccak_hash_fixed<VectorLane, 32>(p, out);
}
void keccak256_64_avx512(const uint8_t* p, uint8_t* out) noexcept {
    keccak_hash_fixed<VectorLane, 64>(p, out);
}

void keccak256_batch_avx512(const KeccakJob* jobs, size_t count) noexcept {
    keccak_batch<EightLanes>(jobs, count);
}

}  // namespace weft::crypto::detail
