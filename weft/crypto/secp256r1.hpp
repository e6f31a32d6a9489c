#pragma once

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::crypto {

/// Whether (r, s) is a signature over `message_hash` by the public key (x, y) on secp256r1 (P-256), with
/// EIP-7951's checks: false if r or s is outside (0, n), a coordinate is not below the field's modulus, or
/// the point is not on the curve. High values of s are accepted.
[[nodiscard]] bool secp256r1_verify(const Hash& message_hash, const uint256& r, const uint256& s,
                                    const uint256& x, const uint256& y) noexcept;

}  // namespace weft::crypto
