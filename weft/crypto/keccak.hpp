#pragma once

#include "weft/base/bytes.hpp"
#include "weft/crypto/keccak_kernels.hpp"

namespace weft::crypto {

/// Keccak-256 of one message, with Keccak's original padding (not SHA3-256's).
[[nodiscard]] Hash keccak256(BytesView message) noexcept;

/// Keccak-256 of exactly 32 and 64 bytes at p: addresses' and mapping keys' hashes, the EVM's most frequent.
[[nodiscard]] Hash keccak256_32(const uint8_t* p) noexcept;
[[nodiscard]] Hash keccak256_64(const uint8_t* p) noexcept;

/// Hashes messages[i] to out[i], four lanes at a time, or eight where the machine has AVX-512.
/// Precondition: out.size() == messages.size().
void keccak256_batch(std::span<const BytesView> messages, std::span<Hash> out) noexcept;

/// A message, and where the 32 bytes of its hash go: const uint8_t* p; size_t size; uint8_t* out.
using detail::KeccakJob;
/// The same for hashes that go to scattered places. No job's message may hold another one's hash.
void keccak256_batch(std::span<const KeccakJob> jobs) noexcept;

/// Keccak-256 of the empty string: the code hash of an account without code.
inline constexpr Hash empty_code_hash{
    {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
      0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}}};

}  // namespace weft::crypto

namespace weft {
using crypto::keccak256;
}  // namespace weft
