#pragma once

#include <array>
#include <cstdint>

namespace weft::crypto {

/// BLAKE2b's compression function F (RFC 7693, section 3.2) with a free number of rounds, as EIP-152 has it:
/// the new state from state h, message block m, byte counter t and the flag of the last block.
[[nodiscard]] std::array<uint64_t, 8> blake2b_compress(uint32_t rounds, const std::array<uint64_t, 8>& h,
                                                       const std::array<uint64_t, 16>& m,
                                                       const std::array<uint64_t, 2>& t, bool last) noexcept;

}  // namespace weft::crypto
