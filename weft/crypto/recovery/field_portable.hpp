#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/crypto/recovery/kernels.hpp"

namespace weft::crypto::recovery {

/// The field of p = 2^256 - 2^32 - 977 in general registers, one element at a time, with the interface of
/// VectorField: five limbs of 52 bits in words of 64, whose spare bits take sums without carries.
struct ScalarField {
    static constexpr size_t lanes = 1;
    using Mask = uint32_t;
    using Wide = unsigned __int128;

    /// Limbs 0 to 3 below 2^52 + 2^10, limb 4 below 2^48 + 2^13.
    struct Element {
        uint64_t limb[5];
    };
    /// A sum not yet carried: limbs below 2^61.
    using Sum = Element;

    static constexpr uint64_t low52 = (1ULL << 52) - 1, low48 = (1ULL << 48) - 1;
    static constexpr uint64_t fold256 = 0x1000003d1;   // 2^256 mod p
    static constexpr uint64_t fold260 = fold256 << 4;  // 2^260 mod p
    static constexpr uint64_t p_limb[5] = {low52 + 1 - fold256, low52, low52, low52, low48};

#define WEFT_INLINE [[gnu::always_inline]] static inline
    WEFT_INLINE Element carry(Sum a) noexcept {
        uint64_t word = a.limb[0] + (a.limb[4] >> 48) * fold256;
        a.limb[4] &= low48;
        Element out;
        for (int i = 0; i < 4; ++i) {
            out.limb[i] = word & low52;
            word = a.limb[i + 1] + (word >> 52);
        }
        out.limb[4] = word;
        return out;
    }
    WEFT_INLINE Sum sum(const Element& a) noexcept { return a; }
    WEFT_INLINE Sum plus(Sum a, const Element& b) noexcept {
        for (int i = 0; i < 5; ++i) a.limb[i] += b.limb[i];
        return a;
    }
    template <unsigned times>
    WEFT_INLINE Sum minus(Sum a, const Element& b) noexcept {
        for (int i = 0; i < 5; ++i) a.limb[i] += 2 * times * p_limb[i] - times * b.limb[i];
        return a;
    }
    template <unsigned times>
    WEFT_INLINE Sum multiple(Sum a) noexcept {
        for (uint64_t& limb : a.limb) limb *= times;
        return a;
    }

    WEFT_INLINE Sum fold(const Wide (&t)[9]) noexcept {
        uint64_t high[5];
        Wide word = t[5];
        for (int i = 0; i < 4; ++i) {
            high[i] = static_cast<uint64_t>(word) & low52;
            word = (word >> 52) + (i < 3 ? t[6 + i] : 0);
        }
        high[4] = static_cast<uint64_t>(word);
        Sum out;
        word = 0;
        for (int i = 0; i < 4; ++i) {
            word += t[i] + Wide{high[i]} * fold260;
            out.limb[i] = static_cast<uint64_t>(word) & low52;
            word >>= 52;
        }
        word += t[4] + Wide{high[4]} * fold260;
        out.limb[4] = static_cast<uint64_t>(word) & low48;
        word = (word >> 48) * fold256 + out.limb[0];
        out.limb[0] = static_cast<uint64_t>(word) & low52;
        out.limb[1] += static_cast<uint64_t>(word >> 52);
        return out;
    }
    WEFT_INLINE Sum product(const Element& a, const Element& b) noexcept {
        Wide t[9]{};
        for (int i = 0; i < 5; ++i)
            for (int j = 0; j < 5; ++j) t[i + j] += Wide{a.limb[i]} * b.limb[j];
        return fold(t);
    }
    WEFT_INLINE Sum product(const Element& a, const Element& b, const Element& c, const Element& d) noexcept {
        Wide t[9]{};
        for (int i = 0; i < 5; ++i)
            for (int j = 0; j < 5; ++j) t[i + j] += Wide{a.limb[i]} * b.limb[j] + Wide{c.limb[i]} * d.limb[j];
        return fold(t);
    }
    WEFT_INLINE Sum square(const Element& a) noexcept {
        Wide t[9]{};
        for (int i = 0; i < 5; ++i) {
            for (int j = i + 1; j < 5; ++j) t[i + j] += Wide{a.limb[i]} * (2 * a.limb[j]);
            t[2 * i] += Wide{a.limb[i]} * a.limb[i];
        }
        return fold(t);
    }

    WEFT_INLINE Element fit(const Element& a) noexcept { return carry(carry(a)); }
    WEFT_INLINE Element canonical(const Element& a) noexcept {
        const Element out = fit(a);
        // out >= p just if out + 2^256 - p reaches 2^256.
        Element less = out;
        less.limb[0] += fold256;
        for (int i = 0; i < 4; ++i) {
            less.limb[i + 1] += less.limb[i] >> 52;
            less.limb[i] &= low52;
        }
        if (less.limb[4] >> 48 == 0) return out;
        less.limb[4] &= low48;
        return less;
    }
    WEFT_INLINE Mask is_zero(const Element& a) noexcept {
        const Element c = canonical(a);
        return (c.limb[0] | c.limb[1] | c.limb[2] | c.limb[3] | c.limb[4]) == 0;
    }
    WEFT_INLINE Mask is_odd(const Element& a) noexcept { return canonical(a).limb[0] & 1; }
    WEFT_INLINE Element select(Mask mask, const Element& a, const Element& b) noexcept {
        return (mask & 1) != 0 ? b : a;
    }
    WEFT_INLINE Element constant(const uint64_t (&limbs)[5]) noexcept {
        return {{limbs[0], limbs[1], limbs[2], limbs[3], limbs[4]}};
    }

    WEFT_INLINE Element unpack(const uint64_t* word) noexcept {
        Element out;
        out.limb[0] = word[0] & low52;
        for (unsigned i = 1; i < 4; ++i)
            out.limb[i] = (word[i - 1] >> (64 - 12 * i) | word[i] << (12 * i)) & low52;
        out.limb[4] = word[3] >> 16;
        return out;
    }
    WEFT_INLINE void pack(const Element& a, uint64_t* word) noexcept {
        for (unsigned i = 0; i < 4; ++i) word[i] = a.limb[i] >> (12 * i) | a.limb[i + 1] << (52 - 12 * i);
    }
    WEFT_INLINE void load(const Row* const (&rows)[lanes], Element& x, Element& y) noexcept {
        x = unpack(rows[0]->word);
        y = unpack(rows[0]->word + 4);
    }
    WEFT_INLINE void store(const Element& x, const Element& y, Row* const (&rows)[lanes]) noexcept {
        pack(x, rows[0]->word);
        pack(y, rows[0]->word + 4);
    }
#undef WEFT_INLINE
};

}  // namespace weft::crypto::recovery
