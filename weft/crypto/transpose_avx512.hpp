#pragma once

#include <immintrin.h>

namespace weft::crypto::detail {

/// Word i of each of eight rows to row i: three steps of interleaving 1, 2 and 4 words. For *_avx512.cpp
/// only.
[[gnu::always_inline]] inline void transpose(__m512i (&rows)[8]) noexcept {
    __m512i pairs[8], quads[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; ++k) {
            quads[i + k] = _mm512_shuffle_i64x2(pairs[i + k], pairs[i + 2 + k], 0x88);
            quads[i + 2 + k] = _mm512_shuffle_i64x2(pairs[i + k], pairs[i + 2 + k], 0xdd);
        }
    for (int k = 0; k < 2; ++k) {
        rows[0 + k] = _mm512_shuffle_i64x2(quads[k], quads[4 + k], 0x88);
        rows[4 + k] = _mm512_shuffle_i64x2(quads[k], quads[4 + k], 0xdd);
        rows[2 + k] = _mm512_shuffle_i64x2(quads[2 + k], quads[6 + k], 0x88);
        rows[6 + k] = _mm512_shuffle_i64x2(quads[2 + k], quads[6 + k], 0xdd);
    }
}

}  // namespace weft::crypto::detail
