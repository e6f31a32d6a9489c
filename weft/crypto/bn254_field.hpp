#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/uint256.hpp"
#include "weft/crypto/limbs.hpp"
#include "weft/crypto/recovery/kernels.hpp"

namespace weft::crypto {

/// The field of alt_bn128's coordinates (EIP-196) in general registers, with the interface of the fields
/// below weft/crypto/recovery, whose Curve is one of a = 0, too. An element a is held as a 2^256 mod p (P.
/// Montgomery, "Modular multiplication without trial division", 1985), and only known to be below 2 p: as 4 p
/// < 2^256, products of such numbers are below 2 p again without a last subtraction.
struct Bn254Field {
    static constexpr size_t lanes = 1;
    using Mask = uint32_t;
    struct Element {
        uint64_t limb[4];
    };
    using Sum = Element;

    static constexpr uint256 order{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                                   0x30644e72e131a029};

#define WEFT_INLINE [[gnu::always_inline]] static inline
    WEFT_INLINE Element carry(const Sum& a) noexcept { return a; }
    WEFT_INLINE Sum sum(const Element& a) noexcept { return a; }
    WEFT_INLINE Sum plus(const Sum& a, const Sum& b) noexcept {
        Element total, less;
        Word carry = 0, borrow = 0;
        for (int i = 0; i < 4; ++i) total.limb[i] = __builtin_addcll(a.limb[i], b.limb[i], carry, &carry);
        for (int i = 0; i < 4; ++i)
            less.limb[i] = __builtin_subcll(total.limb[i], twice_order.limb[i], borrow, &borrow);
        return select(static_cast<Mask>(borrow), less, total);
    }
    template <unsigned times = 1>
    WEFT_INLINE Sum minus(Sum a, const Sum& b) noexcept {
        for (unsigned n = 0; n < times; ++n) {
            Word borrow = 0, carry = 0;
            for (int i = 0; i < 4; ++i) a.limb[i] = __builtin_subcll(a.limb[i], b.limb[i], borrow, &borrow);
            for (int i = 0; i < 4; ++i)
                a.limb[i] = __builtin_addcll(a.limb[i], twice_order.limb[i] & -borrow, carry, &carry);
        }
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

    WEFT_INLINE Sum product(const Element& a, const Element& b) noexcept {
        uint64_t t[8]{};
        for (int i = 0; i < 4; ++i) t[i + 4] = add_row(t + i, a.limb[i], b.limb);
        return reduce(t);
    }
    /// a b + c d.
    WEFT_INLINE Sum product(const Element& a, const Element& b, const Element& c, const Element& d) noexcept {
        return plus(product(a, b), product(c, d));
    }
    WEFT_INLINE Sum square(const Element& a) noexcept { return product(a, a); }

    /// Words as they are: of a number below 2 p in its Montgomery form.
    WEFT_INLINE Element words(const uint256& a) noexcept {
        return {{a.limb[0], a.limb[1], a.limb[2], a.limb[3]}};
    }
    /// Any number of 256 bits.
    WEFT_INLINE Element enter(const uint256& a) noexcept { return product(words(a), words(square_of_base)); }
    /// Below p.
    WEFT_INLINE uint256 leave(const Element& a) noexcept { return below_order(product(a, {{1}})); }
    WEFT_INLINE Element constant(const uint64_t (&number)[4]) noexcept {
        return enter({number[0], number[1], number[2], number[3]});
    }

    WEFT_INLINE Element fit(const Element& a) noexcept { return a; }
    WEFT_INLINE Mask is_zero(const Element& a) noexcept { return below_order(a).is_zero() ? 1 : 0; }
    WEFT_INLINE Element select(Mask mask, const Element& a, const Element& b) noexcept {
        Element out;
        for (int i = 0; i < 4; ++i) out.limb[i] = mask != 0 ? b.limb[i] : a.limb[i];
        return out;
    }
    /// 1 / a, by GMP; precondition: a is not zero.
    static Element invert(const Element& a) noexcept;

    using Row = recovery::Row;
    WEFT_INLINE void load(const Row* const (&rows)[lanes], Element& x, Element& y) noexcept {
        for (int i = 0; i < 4; ++i) x.limb[i] = rows[0]->word[i];
        for (int i = 0; i < 4; ++i) y.limb[i] = rows[0]->word[4 + i];
    }
    WEFT_INLINE void store(const Element& x, const Element& y, Row* const (&rows)[lanes]) noexcept {
        for (int i = 0; i < 4; ++i) rows[0]->word[i] = x.limb[i];
        for (int i = 0; i < 4; ++i) rows[0]->word[4 + i] = y.limb[i];
    }

private:
    using Word = unsigned long long;
    static constexpr uint256 twice_order{0x7841182db0f9fa8e, 0x2f02d522d0e3951a, 0x70a08b6d0302b0bb,
                                         0x60c89ce5c2634053};
    static constexpr uint64_t minus_inverse = 0x87d20782e4866389;  // -1 / p mod 2^64
    // 2^512 mod p.
    static constexpr uint256 square_of_base{0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6,
                                            0x06d89f71cab8351f};

    WEFT_INLINE uint256 below_order(const Element& a) noexcept {
        const uint256 number{a.limb[0], a.limb[1], a.limb[2], a.limb[3]};
        return number < order ? number : number - order;
    }
    /// t / 2^256 mod p, for t < 4 p^2.
    WEFT_INLINE Element reduce(uint64_t (&t)[8]) noexcept {
        Word carry = 0;
        for (int i = 0; i < 4; ++i) {  // each step adds the multiple of p that clears the lowest limb left
            const uint64_t above = add_row(t + i, t[i] * minus_inverse, order.limb);
            t[i + 4] = __builtin_addcll(t[i + 4], above, carry, &carry);
        }
        return {{t[4], t[5], t[6], t[7]}};
    }
#undef WEFT_INLINE
};

}  // namespace weft::crypto
