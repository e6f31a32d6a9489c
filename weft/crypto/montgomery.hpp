#pragma once

#include "weft/base/uint256.hpp"

namespace weft::crypto {

/// base ^ exponent mod modulus for an odd modulus; the exponent is big-endian, of any length.
[[nodiscard]] uint256 power_mod_odd(const uint256& base, BytesView exponent, const uint256& modulus) noexcept;

}  // namespace weft::crypto
