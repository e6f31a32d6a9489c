#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/crypto/limbs.hpp"
#include "weft/crypto/recovery/kernels.hpp"
#include "weft/crypto/recovery/scalar.hpp"

namespace weft::crypto::recovery {

/// The field of p = 2^256 - 2^32 - 977 in general registers, one element at a time, with the interface of
/// VectorField: four limbs of 64 bits.
struct ScalarField {
    static constexpr size_t lanes = 1;
    using Mask = uint32_t;

    /// Below 2^256, not necessarily below p.
    struct Element {
        uint64_t limb[4];
    };
    /// limb + 2^256 top; |top| is below 2^40.
    struct Sum {
        uint64_t limb[4];
        int64_t top;
    };

    static constexpr uint64_t fold256 = 0x1000003d1;  // 2^256 mod p

#define WEFT_INLINE [[gnu::always_inline]] static inline
    using Word = unsigned long long;
    /// limb += (low, high, rest, rest); returns the carry.
    WEFT_INLINE uint64_t add(uint64_t (&limb)[4], uint64_t low, uint64_t high, uint64_t rest) noexcept {
        Word carry = 0;
        limb[0] = __builtin_addcll(limb[0], low, carry, &carry);
        limb[1] = __builtin_addcll(limb[1], high, carry, &carry);
        limb[2] = __builtin_addcll(limb[2], rest, carry, &carry);
        limb[3] = __builtin_addcll(limb[3], rest, carry, &carry);
        return carry;
    }
    WEFT_INLINE uint64_t add(uint64_t (&limb)[4], const uint64_t (&b)[4]) noexcept {
        Word carry = 0;
        for (int i = 0; i < 4; ++i) limb[i] = __builtin_addcll(limb[i], b[i], carry, &carry);
        return carry;
    }

    /// Folds what lies above 2^256, and the one or minus one that this may bring there again.
    WEFT_INLINE Element carry(Sum a) noexcept {
        const __int128 folded = static_cast<__int128>(a.top) * static_cast<int64_t>(fold256);
        const auto sign = static_cast<uint64_t>(a.top >> 63);
        const uint64_t again =
            add(a.limb, static_cast<uint64_t>(folded), static_cast<uint64_t>(folded >> 64), sign) + sign;
        const auto below = static_cast<uint64_t>(static_cast<int64_t>(again) >> 63);
        add(a.limb, again * fold256, below, below);
        return {{a.limb[0], a.limb[1], a.limb[2], a.limb[3]}};
    }
    WEFT_INLINE Sum sum(const Element& a) noexcept {
        return {{a.limb[0], a.limb[1], a.limb[2], a.limb[3]}, 0};
    }
    WEFT_INLINE Sum plus(Sum a, const Element& b) noexcept {
        a.top += static_cast<int64_t>(add(a.limb, b.limb));
        return a;
    }
    template <unsigned times>
    WEFT_INLINE Sum minus(Sum a, const Element& b) noexcept {
        for (unsigned n = 0; n < times; ++n) {
            Word borrow = 0;
            for (int i = 0; i < 4; ++i) a.limb[i] = __builtin_subcll(a.limb[i], b.limb[i], borrow, &borrow);
            a.top -= static_cast<int64_t>(borrow);
        }
        return a;
    }
    WEFT_INLINE Sum minus(Sum a, const Sum& b) noexcept {
        Word borrow = 0;
        for (int i = 0; i < 4; ++i) a.limb[i] = __builtin_subcll(a.limb[i], b.limb[i], borrow, &borrow);
        a.top -= b.top + static_cast<int64_t>(borrow);
        return a;
    }
    WEFT_INLINE Sum plus(Sum a, const Sum& b) noexcept {
        a.top += b.top + static_cast<int64_t>(add(a.limb, b.limb));
        return a;
    }
    template <unsigned times>
    WEFT_INLINE Sum multiple(const Sum& a) noexcept {
        if constexpr (times == 1)
            return a;
        else if constexpr (times == 3)
            return plus(plus(a, a), a);
        else
            return multiple<times / 2>(plus(a, a));
    }

    /// t[0..4] += a b, where t[4] is not yet set.
    WEFT_INLINE void row(uint64_t* t, uint64_t a, const uint64_t (&b)[4]) noexcept {
        t[4] = add_row(t, a, b);
    }
    /// 512 bits to little more than 256.
    WEFT_INLINE Sum fold(uint64_t (&t)[8]) noexcept {
        uint64_t out[5] = {t[0], t[1], t[2], t[3]};
        row(out, fold256, {t[4], t[5], t[6], t[7]});
        return {{out[0], out[1], out[2], out[3]}, static_cast<int64_t>(out[4])};
    }
    WEFT_INLINE Sum product(const Element& a, const Element& b) noexcept {
        uint64_t t[8]{};
        for (int i = 0; i < 4; ++i) row(t + i, a.limb[i], b.limb);
        return fold(t);
    }
    /// a b + c d.
    WEFT_INLINE Sum product(const Element& a, const Element& b, const Element& c, const Element& d) noexcept {
        return plus(product(a, b), product(c, d));
    }
    WEFT_INLINE Sum square(const Element& e) noexcept {
        using Wide = unsigned __int128;
        const uint64_t(&a)[4] = e.limb;
        const auto low = [](Wide w) { return static_cast<uint64_t>(w); };
        const auto high = [](Wide w) { return static_cast<uint64_t>(w >> 64); };
        // Products of different limbs, twice; then the squares.
        const Wide p01 = Wide{a[0]} * a[1], p02 = Wide{a[0]} * a[2], p03 = Wide{a[0]} * a[3],
                   p12 = Wide{a[1]} * a[2], p13 = Wide{a[1]} * a[3], p23 = Wide{a[2]} * a[3];
        Word c = 0;
        uint64_t t[8];
        t[1] = low(p01);
        t[2] = __builtin_addcll(high(p01), low(p02), 0, &c);
        t[3] = __builtin_addcll(high(p02), low(p03), c, &c);
        t[4] = __builtin_addcll(high(p03), low(p13), c, &c);
        t[5] = __builtin_addcll(high(p13), low(p23), c, &c);
        t[6] = high(p23) + c;
        t[3] = __builtin_addcll(t[3], low(p12), 0, &c);
        t[4] = __builtin_addcll(t[4], high(p12), c, &c);
        t[5] = __builtin_addcll(t[5], 0, c, &c);
        t[6] += c;
        t[0] = 0;
        c = 0;
        for (int i = 1; i < 7; ++i) t[i] = __builtin_addcll(t[i], t[i], c, &c);
        t[7] = c;
        c = 0;
        for (int i = 0; i < 4; ++i) {
            const Wide p = Wide{a[i]} * a[i];
            t[2 * i] = __builtin_addcll(t[2 * i], low(p), c, &c);
            t[2 * i + 1] = __builtin_addcll(t[2 * i + 1], high(p), c, &c);
        }
        return fold(t);
    }

    WEFT_INLINE Element fit(const Element& a) noexcept { return a; }
    WEFT_INLINE Element canonical(const Element& a) noexcept {
        // a >= p just if a + 2^256 - p reaches 2^256.
        Element less = a;
        return add(less.limb, fold256, 0, 0) != 0 ? less : a;
    }
    WEFT_INLINE Mask is_zero(const Element& a) noexcept {
        const Element c = canonical(a);
        return (c.limb[0] | c.limb[1] | c.limb[2] | c.limb[3]) == 0;
    }
    WEFT_INLINE Mask is_odd(const Element& a) noexcept { return canonical(a).limb[0] & 1; }
    WEFT_INLINE Element select(Mask mask, const Element& a, const Element& b) noexcept {
        return (mask & 1) != 0 ? b : a;
    }
    WEFT_INLINE Element constant(const uint64_t (&words)[4]) noexcept {
        return {{words[0], words[1], words[2], words[3]}};
    }
    /// 1 / a; precondition: a is not zero.
    static Element invert(const Element& a) noexcept {
        constexpr uint256 p{0 - fold256, ~0ULL, ~0ULL, ~0ULL};
        const Element c = canonical(a);
        const uint256 out = recovery::invert({c.limb[0], c.limb[1], c.limb[2], c.limb[3]}, p);
        return {{out.limb[0], out.limb[1], out.limb[2], out.limb[3]}};
    }
    WEFT_INLINE void load(const Row* const (&rows)[lanes], Element& x, Element& y) noexcept {
        for (int i = 0; i < 4; ++i) x.limb[i] = rows[0]->word[i];
        for (int i = 0; i < 4; ++i) y.limb[i] = rows[0]->word[4 + i];
    }
    WEFT_INLINE void store(const Element& x, const Element& y, Row* const (&rows)[lanes]) noexcept {
        for (int i = 0; i < 4; ++i) rows[0]->word[i] = x.limb[i];
        for (int i = 0; i < 4; ++i) rows[0]->word[4 + i] = y.limb[i];
    }
#undef WEFT_INLINE
};

}  // namespace weft::crypto::recovery
