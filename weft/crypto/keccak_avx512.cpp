#include <immintrin.h>

#include "weft/crypto/keccak_kernels.hpp"
#include "weft/crypto/keccak_permutation.hpp"
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

// The same lane of eight states.
struct EightLanes {
    using Word = __m512i;
    static Word exclusive_or(Word a, Word b) noexcept { return _mm512_xor_si512(a, b); }
    static Word xor3(Word a, Word b, Word c) noexcept { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
    static Word chi(Word a, Word b, Word c) noexcept { return _mm512_ternarylogic_epi64(a, b, c, 0xd2); }
    template <int n>
    static Word rotate(Word a) noexcept {
        return n == 0 ? a : _mm512_rol_epi64(a, n);
    }
    static Word constant(uint64_t value) noexcept { return _mm512_set1_epi64(static_cast<long long>(value)); }
};

constexpr uint8_t nothing = 0;

// A lane's next block: all of keccak_rate bytes, or the last ones of a message, which are padded (pad10*1)
// where they are loaded, without a copy: bytes beyond the message are masked, and never touched.
struct LaneBlock {
    const uint8_t* p = &nothing;
    uint64_t bytes[3]{};    // one bit for each byte that is the message's, in 64, 64 and 8
    uint64_t padding[3]{};  // the bit of the first byte after it; none in a whole block
    uint64_t end = 0;       // the padding's last bit, in the block's last word
};

[[gnu::always_inline]] inline LaneBlock whole_block(const uint8_t* p) noexcept {
    return {.p = p, .bytes = {~0ULL, ~0ULL, 0xff}};
}
// Precondition: size < keccak_rate.
[[gnu::always_inline]] inline LaneBlock last_block(const uint8_t* p, size_t size) noexcept {
    LaneBlock block{.p = p, .end = 0x8000000000000000};
    const size_t row = size / 64;
    for (size_t i = 0; i < row; ++i) block.bytes[i] = ~0ULL;
    block.padding[row] = 1ULL << (size % 64);
    block.bytes[row] = block.padding[row] - 1;
    return block;
}

// Xors each lane's block into the state.
[[gnu::always_inline]] inline void absorb(__m512i (&state)[25], const LaneBlock (&blocks)[8]) noexcept {
    const __m512i ones = _mm512_set1_epi8(1);
    for (int half = 0; half < 2; ++half) {
        __m512i rows[8];
        for (int lane = 0; lane < 8; ++lane)
            rows[lane] = _mm512_mask_mov_epi8(
                _mm512_maskz_loadu_epi8(blocks[lane].bytes[half], blocks[lane].p + 64 * half),
                blocks[lane].padding[half], ones);
        transpose(rows);
        for (int i = 0; i < 8; ++i) state[8 * half + i] = _mm512_xor_si512(state[8 * half + i], rows[i]);
    }
    alignas(64) uint64_t last[8];
    for (int lane = 0; lane < 8; ++lane) {
        const __m128i word = _mm_mask_mov_epi8(
            _mm_maskz_loadu_epi8(static_cast<__mmask16>(blocks[lane].bytes[2]), blocks[lane].p + 128),
            static_cast<__mmask16>(blocks[lane].padding[2]), _mm_set1_epi8(1));
        last[lane] = static_cast<uint64_t>(_mm_cvtsi128_si64(word)) ^ blocks[lane].end;
    }
    state[16] = _mm512_xor_si512(state[16], _mm512_load_si512(last));
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
    __m512i state[25];
    for (auto& word : state) word = _mm512_setzero_si512();
    KeccakJob lanes[8]{};
    LaneBlock blocks[8]{};
    size_t next = 0;
    unsigned busy = 0;  // one bit a lane
    while (next < count || busy != 0) {
        __mmask8 fresh = 0;
        unsigned ending = 0;
        for (unsigned lane = 0; lane < 8; ++lane) {
            const unsigned bit = 1U << lane;
            if ((busy & bit) == 0) {
                if (next == count) {
                    blocks[lane] = {};  // an idle lane hashes nothing; nobody looks
                    continue;
                }
                lanes[lane] = jobs[next++];
                busy |= bit;
                fresh = static_cast<__mmask8>(fresh | bit);
            }
            KeccakJob& job = lanes[lane];
            if (job.size >= keccak_rate) {
                blocks[lane] = whole_block(job.p);
                job.p += keccak_rate;
                job.size -= keccak_rate;
            } else {
                blocks[lane] = last_block(job.p, job.size);
                ending |= bit;
            }
        }
        if (fresh != 0)
            for (auto& word : state) word = _mm512_maskz_mov_epi64(static_cast<__mmask8>(~fresh), word);
        absorb(state, blocks);
        keccak_permute<EightLanes>(state);
        if (ending == 0) continue;
        alignas(64) uint64_t hashes[4][8];
        for (int i = 0; i < 4; ++i) _mm512_store_si512(hashes[i], state[i]);
        for (unsigned lane = 0; lane < 8; ++lane) {
            if ((ending & (1U << lane)) == 0) continue;
            for (int i = 0; i < 4; ++i) std::memcpy(lanes[lane].out + 8 * i, &hashes[i][lane], 8);
        }
        busy &= ~ending;
    }
}

}  // namespace weft::crypto::detail
