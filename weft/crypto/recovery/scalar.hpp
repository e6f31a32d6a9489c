#pragma once

#include <span>

#include "weft/base/uint256.hpp"
#include "weft/crypto/recovery/kernels.hpp"

namespace weft::crypto::recovery {

// Arithmetic modulo n, the order of secp256k1's group, and how a signature's two multipliers are written in
// digits. One signature at a time on every machine: it is a few per cent of a recovery.

/// a b / 2^256 mod n (P. Montgomery, "Modular multiplication without trial division", 1985), below n.
/// Precondition: a b < 2^256 n, as when one of them is below n.
[[nodiscard]] uint256 montgomery_multiply(const uint256& a, const uint256& b) noexcept;

/// 1 / a mod modulus. Preconditions: a is in [1, modulus), and prime to it. By GMP, in time that depends on
/// a.
[[nodiscard]] uint256 invert(const uint256& a, const uint256& modulus) noexcept;

/// Replaces each value by 2^256 / (2 value) mod n, with one inversion for all (Montgomery's trick).
/// Preconditions: the values are in [1, n); scratch.size() == values.size().
void invert_halved(std::span<uint256> values, std::span<uint256> scratch) noexcept;

/// k = low + high lambda mod n, both of at most 128 bits and a sign (two's complement).
struct Halves {
    uint256 low, high;
};
/// Precondition: k < n. lambda is the cube root of 1 modulo n that belongs to Curve::beta.
[[nodiscard]] Halves split(const uint256& k) noexcept;

/// The digits of (-hash G + s R) / r; `half_inverse` is what invert_halved made of r. The hash is taken
/// modulo n. Preconditions: r and s are in [1, n).
void make_digits(const uint256& hash, const uint256& s, const uint256& half_inverse,
                 Multiplication& out) noexcept;

/// lambda.
inline constexpr uint256 endomorphism{0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a,
                                      0x5363ad4cc05c30e0};

}  // namespace weft::crypto::recovery
