#include "weft/crypto/recovery/scalar.hpp"

#include <gmp.h>

#include "weft/crypto/limbs.hpp"
#include "weft/crypto/secp256k1.hpp"

namespace weft::crypto::recovery {
namespace {

constexpr uint64_t minus_inverse = 0x4b0dff665588b13f;  // -1 / n mod 2^64
// 2^511 mod n: by it, 1 / product becomes 2^256 / (2 product).
constexpr uint256 half_scale{0x44b6790a33ebe8a0, 0x3a0a4b61073e7c3c, 0xf34bfaf22de683e3, 0x4eb38e6ac0e34de2};

// a + b mod n; preconditions: both are below n.
uint256 add(const uint256& a, const uint256& b) noexcept {
    uint256 sum, reduced;
    const bool carry = uint256::add_carry(a, b, sum);
    const bool borrow = uint256::sub_borrow(sum, secp256k1_order, reduced);
    return carry || !borrow ? reduced : sum;
}

// The lattice of the pairs (x, y) with x + y lambda = 0 mod n has the short basis (a1, -minus_b1), (a2, a1)
// (D. Hankerson, A. Menezes, S. Vanstone, "Guide to Elliptic Curve Cryptography", section 3.5).
constexpr uint256 a1{0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0};
constexpr uint256 minus_b1{0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0};
constexpr uint256 a2{0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1, 0};
// 2^384 a1 / n and 2^384 minus_b1 / n, rounded.
constexpr uint256 a1_by_n{0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15, 0x3086d221a7d46bcd};
constexpr uint256 minus_b1_by_n{0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4,
                                0xe4437ed6010e8828};

// a b / 2^384, rounded; below 2^128.
uint256 multiply_high(const uint256& a, const uint256& b) noexcept {
    uint64_t t[8]{};
    for (int i = 0; i < 4; ++i) t[i + 4] = add_row(t + i, a.limb[i], b.limb);
    return uint256{t[6], t[7], 0, 0} + uint256{t[5] >> 63};
}

// The digit 2 window + 1 - 2^width: positive where the window's top bit is set, and then its place is the
// other bits; else these complemented.
Digit digit(const uint256& value, unsigned position, unsigned width) noexcept {
    const unsigned limb = position / 64, shift = position % 64;
    uint64_t window = limb < 4 ? value.limb[limb] >> shift : 0;
    if (limb < 3 && shift + width > 64) window |= value.limb[limb + 1] << (64 - shift);
    const uint64_t negative = ~window >> (width - 1) & 1;
    return {static_cast<uint16_t>((window ^ -negative) & ((1U << (width - 1)) - 1)),
            static_cast<uint16_t>(negative)};
}

// All digits from a position on; unrolled, so that every position is known to the compiler.
template <unsigned width, unsigned count>
[[gnu::always_inline]] inline void cut(const uint256& value, unsigned from, Digit (&out)[count]) noexcept {
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < count; ++i) out[i] = digit(value, from + i * width, width);
}

// A number v in [0, 2^l), cut into windows of w bits and each window read as the odd digit 2 window + 1 -
// 2^w, stands for 2 v + 1 - 2^l (M. Joye and M. Tunstall, "Exponent recoding and regular exponentiation
// algorithms", AFRICACRYPT 2009; in this form it is libsecp256k1's in ecmult_const). To stand for q, v is (q
// + 2^l - 1) / 2 mod n. For the generator l = 264, and generator_offset is (2^264 - 1) / 2 mod n. For the
// point, both halves have l = 130, and as a half is only known to be within 2^128 of zero, 2^128 is added to
// each: point_offset is
// ((2^130 - 1) / 2 - 2^128) (1 + lambda).
constexpr uint256 generator_offset{0xf6b9e8de4cfa8020, 0x05e8fb1bb354323d, 0xa2, 0x8000000000000000};
constexpr uint256 point_offset{0x3aca9034d766ed0d, 0x09a4e2976b016510, 0x615eeb5fbe08c6b5,
                               0xd274453ee58981a7};
static_assert(point_window * point_digits == 130 && generator_window * generator_digits == 132);

}  // namespace

uint256 montgomery_multiply(const uint256& a, const uint256& b) noexcept {
    uint64_t t[8]{};
    for (int i = 0; i < 4; ++i) t[i + 4] = add_row(t + i, a.limb[i], b.limb);
    unsigned long long carry = 0;
    for (int i = 0; i < 4; ++i) {  // each step adds the multiple of n that clears the lowest limb left
        const uint64_t above = add_row(t + i, t[i] * minus_inverse, secp256k1_order.limb);
        t[i + 4] = __builtin_addcll(t[i + 4], above, carry, &carry);
    }
    const uint256 out{t[4], t[5], t[6], t[7]};
    uint256 reduced;
    const bool borrow = uint256::sub_borrow(out, secp256k1_order, reduced);
    return carry != 0 || !borrow ? reduced : out;
}

uint256 invert(const uint256& a, const uint256& modulus) noexcept {
    mpz_t number, by, inverse;
    mpz_roinit_n(number, a.limb.data(), 4);
    mpz_roinit_n(by, modulus.limb.data(), 4);
    mpz_init2(inverse, 320);
    mpz_invert(inverse, number, by);
    uint256 out;
    mpz_export(out.limb.data(), nullptr, -1, sizeof out.limb[0], 0, 0, inverse);
    mpz_clear(inverse);
    return out;
}

void invert_halved(std::span<uint256> values, std::span<uint256> scratch) noexcept {
    if (values.empty()) return;
    // In Montgomery's products the factors of 2^256 come out even: with P_i = P_(i-1) v_i / 2^256, the number
    // carried down is 2^256 / (2 P_i), and multiplied by P_(i-1) it is 2^256 / (2 v_i).
    scratch[0] = values[0];
    for (size_t i = 1; i < values.size(); ++i) scratch[i] = montgomery_multiply(scratch[i - 1], values[i]);
    uint256 down = montgomery_multiply(invert(scratch[values.size() - 1], secp256k1_order), half_scale);
    for (size_t i = values.size() - 1; i > 0; --i) {
        const uint256 value = values[i];
        values[i] = montgomery_multiply(down, scratch[i - 1]);
        down = montgomery_multiply(down, value);
    }
    values[0] = down;
}

Halves split(const uint256& k) noexcept {
    // The lattice's vector nearest to (k, 0), by rounding, taken from it; all modulo 2^256, as the result
    // fits.
    const uint256 c1 = multiply_high(k, a1_by_n), c2 = multiply_high(k, minus_b1_by_n);
    return {k - c1 * a1 - c2 * a2, c1 * minus_b1 - c2 * a1};
}

void make_digits(const uint256& hash, const uint256& s, const uint256& half_inverse,
                 Multiplication& out) noexcept {
    // Half of each multiplier, as half_inverse is half of 1 / r.
    const uint256 by_generator = montgomery_multiply(hash, half_inverse);
    const uint256 v =
        add(by_generator.is_zero() ? by_generator : secp256k1_order - by_generator, generator_offset);
    cut<generator_window>(v, 0, out.generator[0]);
    cut<generator_window>(v, generator_window * generator_digits, out.generator[1]);

    const auto [low, high] = split(add(montgomery_multiply(s, half_inverse), point_offset));
    constexpr uint256 shift{0, 0, 1, 0};
    cut<point_window>(low + shift, 0, out.point[0]);
    cut<point_window>(high + shift, 0, out.point[1]);
}

}  // namespace weft::crypto::recovery
