#pragma once

#include "weft/base/bytes.hpp"

namespace weft::crypto {

/// base ^ exponent mod modulus, all big-endian, each of any length (leading zeros allowed, the empty string
/// is zero), to `out`, which has the modulus' length. Zero modulus: zeros; 0 ^ 0 is 1 mod modulus (EIP-198).
/// Precondition: out.size() == modulus.size(). The caller bounds the work.
void modexp(BytesView base, BytesView exponent, BytesView modulus, std::span<uint8_t> out) noexcept;

}  // namespace weft::crypto
