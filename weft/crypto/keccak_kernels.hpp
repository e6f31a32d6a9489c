#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::crypto::detail {

// The forms of Keccak-256 that keccak.cpp chooses among at run time. Plain pointers: a file that is compiled
// for AVX-512 must not emit inline functions that the linker could then hand to the rest of the program.

void keccak256_scalar(const uint8_t* p, size_t size, uint8_t* out) noexcept;
void keccak256_32_scalar(const uint8_t* p, uint8_t* out) noexcept;
void keccak256_64_scalar(const uint8_t* p, uint8_t* out) noexcept;

/// Keccak-512, which only Ethash uses, of a message of 32, 40 or 64 bytes.
void keccak512_scalar(const uint8_t* p, size_t size, uint8_t* out) noexcept;

/// A message for the many-lane forms, and where its hash goes.
struct KeccakJob {
    const uint8_t* p;
    size_t size;
    uint8_t* out;
};
/// Hashes `count` messages, four at a time (AVX2) or eight; a lane whose message ends takes the next one.
void keccak256_batch_avx2(const KeccakJob* jobs, size_t count) noexcept;

// Precondition of the following: the machine has AVX-512 F, DQ, BW and VL.
void keccak256_batch_avx512(const KeccakJob* jobs, size_t count) noexcept;
void keccak256_avx512(const uint8_t* p, size_t size, uint8_t* out) noexcept;
void keccak256_32_avx512(const uint8_t* p, uint8_t* out) noexcept;
void keccak256_64_avx512(const uint8_t* p, uint8_t* out) noexcept;

}  // namespace weft::crypto::detail
