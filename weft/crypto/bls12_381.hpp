#pragma once

#include <optional>
#include <span>

#include "weft/base/bytes.hpp"

/// The operations of EIP-2537 on BLS12-381, in its encodings. A field element is 64 bytes, big-endian, less
/// than the modulus, hence 16 zeros first; an element of the quadratic extension is its real and then its
/// imaginary part; a point is x and y (G1: 128 bytes, G2: 256); all zeros are the point at infinity; a scalar
/// is any 256-bit number (32 bytes). Every function gives nullopt for an input with an element that is not
/// canonical or a point not on its curve.
namespace weft::crypto {

using Bls12G1 = base::FixedBytes<128>;
using Bls12G2 = base::FixedBytes<256>;

/// The sum of two points, which need not lie in the subgroup.
[[nodiscard]] std::optional<Bls12G1> bls12_g1_add(std::span<const uint8_t, 256> points) noexcept;
[[nodiscard]] std::optional<Bls12G2> bls12_g2_add(std::span<const uint8_t, 512> points) noexcept;

/// The sum of scalar times point over pairs of 160 (G1) or 288 (G2) bytes: point, scalar. nullopt also if
/// there is no pair, the size is no multiple of a pair's, or a point is outside the subgroup.
[[nodiscard]] std::optional<Bls12G1> bls12_g1_msm(BytesView pairs) noexcept;
[[nodiscard]] std::optional<Bls12G2> bls12_g2_msm(BytesView pairs) noexcept;

/// Whether the product of the pairings of pairs of 384 bytes (G1 point, G2 point) is one. nullopt as for
/// bls12_g1_msm.
[[nodiscard]] std::optional<bool> bls12_pairing(BytesView pairs) noexcept;

/// A field element mapped to the subgroup (RFC 9380's simplified SWU map, isogeny and cofactor clearing).
[[nodiscard]] std::optional<Bls12G1> bls12_map_fp_to_g1(std::span<const uint8_t, 64> element) noexcept;
[[nodiscard]] std::optional<Bls12G2> bls12_map_fp2_to_g2(std::span<const uint8_t, 128> element) noexcept;

}  // namespace weft::crypto
