#pragma once

// The C interface of the static library built from native/ (Rust); only weft/crypto/*.cpp include this.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The public key (64 bytes: x, y, big-endian) that made `signature` (64 bytes: r, s) over `hash` (32 bytes).
/// recovery_id: 0..3. False if there is none.
bool weft_secp256k1_recover(const uint8_t* hash, const uint8_t* signature, int32_t recovery_id,
                            uint8_t* public_key);
/// Signs `hash` with `key` (32 bytes each) into r, s and y's parity (65 bytes). False if the key is none.
bool weft_secp256k1_sign(const uint8_t* hash, const uint8_t* key, uint8_t* signature);

/// EIP-196: two points of 64 bytes each to one. False if a point is invalid.
bool weft_bn254_add(const uint8_t* points, uint8_t* sum);
/// EIP-196: a point (64 bytes) times a scalar (32 bytes). False if the point is invalid.
bool weft_bn254_mul(const uint8_t* point_and_scalar, uint8_t* product);
/// EIP-197: `count` pairs of 192 bytes. 1 if the product of the pairings is one, 0 if not, -1 if a point is
/// invalid.
int32_t weft_bn254_pairing(const uint8_t* pairs, size_t count);

#ifdef __cplusplus
}
#endif
