#pragma once

#include "weft/base/bytes.hpp"

namespace weft::crypto {

/// SHA-256 (FIPS 180-4).
[[nodiscard]] Hash sha256(BytesView message) noexcept;

/// RIPEMD-160 (ISO/IEC 10118-3).
[[nodiscard]] base::FixedBytes<20> ripemd160(BytesView message) noexcept;

}  // namespace weft::crypto
