#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "weft/crypto/recovery/kernels.hpp"
#include "weft/crypto/transpose_avx512.hpp"

namespace weft::crypto::recovery {

/// The field of p = 2^256 - 2^32 - 977 (SEC 2, section 2.4.1), 8 * groups elements side by side: five limbs
/// of 52 bits, limb i of eight elements in one vector. vpmadd52luq and vpmadd52huq add the low and the high
/// 52 bits of a product of 52-bit numbers to a 64-bit word (S. Gueron and V. Krasnov, "Accelerating big
/// integer arithmetic using Intel IFMA extensions", ARITH 2016); they read only 52 bits of each factor, which
/// is why factors must be carried. Two groups in one element keep enough independent additions in flight. For
/// *_avx512.cpp only.
template <size_t groups>
struct VectorField {
    static constexpr size_t lanes = 8 * groups;
    using Mask = uint32_t;  ///< one bit a lane

    /// Below 2^256 + 2^221: limbs 0 to 3 below 2^52, limb 4 below 2^48 + 2^13. Not necessarily below p.
    struct Element {
        __m512i limb[5][groups];
    };
    /// A sum not yet carried: limbs below 2^61.
    struct Sum {
        __m512i limb[5][groups];
    };
    /// A product's ten columns, below 2^58 each; column 9 below 2^52.
    struct Columns {
        __m512i column[10][groups];
    };

    static constexpr uint64_t low52 = (1ULL << 52) - 1, low48 = (1ULL << 48) - 1;
    static constexpr uint64_t fold256 = 0x1000003d1;   // 2^256 mod p
    static constexpr uint64_t fold260 = fold256 << 4;  // 2^260 mod p
    static constexpr uint64_t p_limb[5] = {low52 + 1 - fold256, low52, low52, low52, low48};

#define WEFT_INLINE [[gnu::always_inline]] static inline
    WEFT_INLINE __m512i all(uint64_t value) noexcept {
        return _mm512_set1_epi64(static_cast<long long>(value));
    }

    /// Carries: what lies above 2^256 is folded back once, then each limb hands on what exceeds 52 bits.
    WEFT_INLINE Element carry(Sum a) noexcept {
        Element out;
        for (size_t g = 0; g < groups; ++g) {
            const __m512i top = _mm512_srli_epi64(a.limb[4][g], 48);
            __m512i word = _mm512_madd52lo_epu64(a.limb[0][g], top, all(fold256));
            a.limb[4][g] = _mm512_and_si512(a.limb[4][g], all(low48));
            for (int i = 0; i < 4; ++i) {
                out.limb[i][g] = _mm512_and_si512(word, all(low52));
                word = _mm512_add_epi64(a.limb[i + 1][g], _mm512_srli_epi64(word, 52));
            }
            out.limb[4][g] = word;
        }
        return out;
    }

    WEFT_INLINE Sum sum(const Element& a) noexcept {
        Sum out;
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g) out.limb[i][g] = a.limb[i][g];
        return out;
    }
    WEFT_INLINE Sum plus(Sum a, const Element& b) noexcept {
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g) a.limb[i][g] = _mm512_add_epi64(a.limb[i][g], b.limb[i][g]);
        return a;
    }
    /// a - times b. 2 times p is added, whose limbs each exceed b's, so that no limb becomes negative.
    template <unsigned times>
    WEFT_INLINE Sum minus(Sum a, const Element& b) noexcept {
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g) {
                __m512i much = b.limb[i][g];
                if constexpr (times == 2) much = _mm512_add_epi64(much, much);
                static_assert(times == 1 || times == 2);
                a.limb[i][g] =
                    _mm512_add_epi64(a.limb[i][g], _mm512_sub_epi64(all(2 * times * p_limb[i]), much));
            }
        return a;
    }
    /// a - b, b being what fold() gives; 2^12 p is added, written so that each limb exceeds b's.
    WEFT_INLINE Sum minus(Sum a, const Sum& b) noexcept {
        constexpr uint64_t much = 1ULL << 58;
        constexpr uint64_t spread[5] = {much - (fold256 << 12), much - 64, much - 64, much - 64,
                                        4 * much - 64};
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g)
                a.limb[i][g] = _mm512_add_epi64(a.limb[i][g], _mm512_sub_epi64(all(spread[i]), b.limb[i][g]));
        return a;
    }
    /// times a, for 1, 2, 3, 4 and 8.
    template <unsigned times>
    WEFT_INLINE Sum multiple(Sum a) noexcept {
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g) {
                const __m512i once = a.limb[i][g];
                if constexpr (times == 3)
                    a.limb[i][g] = _mm512_add_epi64(once, _mm512_add_epi64(once, once));
                else if constexpr (times != 1)
                    a.limb[i][g] = _mm512_slli_epi64(once, times == 2 ? 1 : times == 4 ? 2 : 3);
                static_assert(times == 1 || times == 2 || times == 3 || times == 4 || times == 8);
            }
        return a;
    }

    WEFT_INLINE void accumulate(Columns& t, const Element& a, const Element& b) noexcept {
        for (int i = 0; i < 5; ++i) {
            for (int j = 0; j < 5; ++j)
                for (size_t g = 0; g < groups; ++g)
                    t.column[i + j][g] =
                        _mm512_madd52lo_epu64(t.column[i + j][g], a.limb[i][g], b.limb[j][g]);
            for (int j = 0; j < 5; ++j)
                for (size_t g = 0; g < groups; ++g)
                    t.column[i + j + 1][g] =
                        _mm512_madd52hi_epu64(t.column[i + j + 1][g], a.limb[i][g], b.limb[j][g]);
        }
    }
    WEFT_INLINE Columns nothing() noexcept {
        Columns t;
        for (auto& column : t.column)
            for (auto& word : column) word = _mm512_setzero_si512();
        return t;
    }
    /// The columns from 2^260 on times 2^260 mod p. Of each the multiplier reads 52 bits; the few above,
    /// which belong to the next column, are multiplied apart, so that no carry has to run through all columns
    /// first.
    WEFT_INLINE Sum fold(const Columns& t) noexcept {
        Sum r;
        for (size_t g = 0; g < groups; ++g) {
            const __m512i factor = all(fold260);
            const __m512i above = _mm512_madd52hi_epu64(_mm512_setzero_si512(), t.column[9][g], factor);
            for (int i = 0; i < 5; ++i)
                r.limb[i][g] = _mm512_madd52lo_epu64(t.column[i][g], t.column[i + 5][g], factor);
            for (int i = 1; i < 5; ++i)
                r.limb[i][g] = _mm512_madd52hi_epu64(r.limb[i][g], t.column[i + 4][g], factor);
            for (int i = 1; i < 5; ++i)
                r.limb[i][g] =
                    _mm512_madd52lo_epu64(r.limb[i][g], _mm512_srli_epi64(t.column[i + 4][g], 52), factor);
            r.limb[0][g] = _mm512_madd52lo_epu64(r.limb[0][g], above, factor);
            r.limb[1][g] = _mm512_madd52hi_epu64(r.limb[1][g], above, factor);
        }
        return r;
    }

    WEFT_INLINE Sum product(const Element& a, const Element& b) noexcept {
        Columns t = nothing();
        accumulate(t, a, b);
        return fold(t);
    }
    /// a b + c d, with one reduction.
    WEFT_INLINE Sum product(const Element& a, const Element& b, const Element& c, const Element& d) noexcept {
        Columns t = nothing();
        accumulate(t, a, b);
        accumulate(t, c, d);
        return fold(t);
    }
    WEFT_INLINE Sum square(const Element& a) noexcept {
        Columns t = nothing();
        for (int i = 0; i < 5; ++i)
            for (int j = i + 1; j < 5; ++j)
                for (size_t g = 0; g < groups; ++g) {
                    t.column[i + j][g] =
                        _mm512_madd52lo_epu64(t.column[i + j][g], a.limb[i][g], a.limb[j][g]);
                    t.column[i + j + 1][g] =
                        _mm512_madd52hi_epu64(t.column[i + j + 1][g], a.limb[i][g], a.limb[j][g]);
                }
        for (int i = 1; i < 9; ++i)
            for (size_t g = 0; g < groups; ++g)
                t.column[i][g] = _mm512_add_epi64(t.column[i][g], t.column[i][g]);
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g) {
                t.column[2 * i][g] = _mm512_madd52lo_epu64(t.column[2 * i][g], a.limb[i][g], a.limb[i][g]);
                t.column[2 * i + 1][g] =
                    _mm512_madd52hi_epu64(t.column[2 * i + 1][g], a.limb[i][g], a.limb[i][g]);
            }
        return fold(t);
    }

    /// Below 2^256: a second folding, after which nothing lies above.
    WEFT_INLINE Element fit(const Element& a) noexcept { return carry(sum(a)); }
    /// Below p.
    WEFT_INLINE Element canonical(const Element& a) noexcept {
        Element out = fit(a);
        // out >= p just if out + 2^256 - p reaches 2^256.
        Sum raised = sum(out);
        for (size_t g = 0; g < groups; ++g)
            raised.limb[0][g] = _mm512_add_epi64(raised.limb[0][g], all(fold256));
        for (size_t g = 0; g < groups; ++g) {
            __m512i less[5], word = raised.limb[0][g];
            for (int i = 0; i < 4; ++i) {
                less[i] = _mm512_and_si512(word, all(low52));
                word = _mm512_add_epi64(raised.limb[i + 1][g], _mm512_srli_epi64(word, 52));
            }
            less[4] = _mm512_and_si512(word, all(low48));
            const __mmask8 reaches = _mm512_test_epi64_mask(word, all(1ULL << 48));
            for (int i = 0; i < 5; ++i)
                out.limb[i][g] = _mm512_mask_mov_epi64(out.limb[i][g], reaches, less[i]);
        }
        return out;
    }
    WEFT_INLINE Mask is_zero(const Element& a) noexcept {
        const Element c = canonical(a);
        Mask out = 0;
        for (size_t g = 0; g < groups; ++g) {
            __m512i any = c.limb[0][g];
            for (int i = 1; i < 5; ++i) any = _mm512_or_si512(any, c.limb[i][g]);
            out |= static_cast<Mask>(_mm512_testn_epi64_mask(any, any)) << (8 * g);
        }
        return out;
    }
    WEFT_INLINE Mask is_odd(const Element& a) noexcept {
        const Element c = canonical(a);
        Mask out = 0;
        for (size_t g = 0; g < groups; ++g)
            out |= static_cast<Mask>(_mm512_test_epi64_mask(c.limb[0][g], all(1))) << (8 * g);
        return out;
    }
    /// b in the lanes of the mask, a in the others.
    WEFT_INLINE Element select(Mask mask, const Element& a, const Element& b) noexcept {
        Element out;
        for (int i = 0; i < 5; ++i)
            for (size_t g = 0; g < groups; ++g)
                out.limb[i][g] =
                    _mm512_mask_mov_epi64(a.limb[i][g], static_cast<__mmask8>(mask >> (8 * g)), b.limb[i][g]);
        return out;
    }
    /// Four words of 64 bits to five limbs of 52.
    WEFT_INLINE void unpack(const __m512i* word, Element& out, size_t g) noexcept {
        const __m512i low = all(low52);
        out.limb[0][g] = _mm512_and_si512(word[0], low);
        for (unsigned i = 1; i < 4; ++i)
            out.limb[i][g] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(word[i - 1], 64 - 12 * i),
                                                              _mm512_slli_epi64(word[i], 12 * i)),
                                              low);
        out.limb[4][g] = _mm512_srli_epi64(word[3], 16);
    }
    /// The same number, given in words of 64 bits, in all lanes.
    WEFT_INLINE Element constant(const uint64_t (&words)[4]) noexcept {
        Element out;
        for (size_t g = 0; g < groups; ++g) {
            const __m512i word[4] = {all(words[0]), all(words[1]), all(words[2]), all(words[3])};
            unpack(word, out, g);
        }
        return out;
    }

    /// And back; precondition: below 2^256.
    WEFT_INLINE void pack(const Element& a, size_t g, __m512i* word) noexcept {
        for (unsigned i = 0; i < 4; ++i)
            word[i] = _mm512_or_si512(_mm512_srli_epi64(a.limb[i][g], 12 * i),
                                      _mm512_slli_epi64(a.limb[i + 1][g], 52 - 12 * i));
    }
    /// x and y of one row a lane.
    WEFT_INLINE void load(const Row* const (&rows)[lanes], Element& x, Element& y) noexcept {
        for (size_t g = 0; g < groups; ++g) {
            __m512i word[8];
            for (size_t lane = 0; lane < 8; ++lane) word[lane] = _mm512_load_si512(rows[8 * g + lane]);
            detail::transpose(word);
            unpack(word, x, g);
            unpack(word + 4, y, g);
        }
    }
    /// Precondition: x and y are below 2^256.
    WEFT_INLINE void store(const Element& x, const Element& y, Row* const (&rows)[lanes]) noexcept {
        for (size_t g = 0; g < groups; ++g) {
            __m512i word[8];
            pack(x, g, word);
            pack(y, g, word + 4);
            detail::transpose(word);
            for (size_t lane = 0; lane < 8; ++lane) _mm512_store_si512(rows[8 * g + lane], word[lane]);
        }
    }
#undef WEFT_INLINE
};

}  // namespace weft::crypto::recovery
