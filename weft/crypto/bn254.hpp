#pragma once

#include <optional>

#include "weft/base/bytes.hpp"

namespace weft::crypto {

/// Points of alt_bn128's G1 are 64 bytes: x and y, 32 bytes big-endian each and less than the field's
/// modulus; (0, 0) is the point at infinity (EIP-196).
using Bn254Point = base::FixedBytes<64>;

/// The sum of two points (128 bytes); nullopt if one is not on the curve or not canonical.
[[nodiscard]] std::optional<Bn254Point> bn254_add(std::span<const uint8_t, 128> points) noexcept;

/// A point (64 bytes) times a 256-bit scalar (32 bytes, any value); nullopt if the point is invalid.
[[nodiscard]] std::optional<Bn254Point> bn254_mul(std::span<const uint8_t, 96> point_and_scalar) noexcept;

/// Whether the product of the pairings of all pairs (G1: 64 bytes, G2: 128 bytes, imaginary parts first;
/// EIP-197) is one; true for no pair. nullopt if the size is no multiple of 192 or a point is invalid, which
/// for G2 includes not lying in the subgroup.
[[nodiscard]] std::optional<bool> bn254_pairing(BytesView pairs) noexcept;

}  // namespace weft::crypto
