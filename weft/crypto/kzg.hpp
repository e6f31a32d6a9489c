#pragma once

#include <span>

#include "weft/base/bytes.hpp"

namespace weft::crypto {

/// verify_kzg_proof of EIP-4844 (consensus specifications, deneb/polynomial-commitments): whether `proof`
/// shows that the polynomial behind `commitment` has the value y at z. Points are 48 bytes, compressed; z and
/// y are 32 bytes, big-endian. False also if z or y is not below the group's order or a point is not a valid
/// encoding of one of the subgroup.
[[nodiscard]] bool kzg_verify_proof(std::span<const uint8_t, 48> commitment, std::span<const uint8_t, 32> z,
                                    std::span<const uint8_t, 32> y,
                                    std::span<const uint8_t, 48> proof) noexcept;

}  // namespace weft::crypto
