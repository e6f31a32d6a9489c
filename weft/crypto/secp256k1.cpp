#include "weft/crypto/secp256k1.hpp"

#include "weft/crypto/keccak.hpp"
#include "weft/crypto/native/native.h"
#include "weft/crypto/recovery/batch.hpp"

namespace weft::crypto {

std::optional<Address> recover_address(const Hash& message_hash, const uint256& r, const uint256& s,
                                       unsigned recovery_id) noexcept {
    if (recovery_id > 3 || r.is_zero() || s.is_zero() || r >= secp256k1_order || s >= secp256k1_order)
        return std::nullopt;
    uint8_t signature[64], public_key[64];
    base::store_be(signature, r);
    base::store_be(signature + 32, s);
    if (!weft_secp256k1_recover(message_hash.data(), signature, static_cast<int32_t>(recovery_id),
                                public_key))
        return std::nullopt;
    const Hash key_hash = keccak256_64(public_key);
    Address out;
    std::memcpy(out.data(), key_hash.data() + 12, out.size());
    return out;
}

void recover_addresses(std::span<const SignedHash> signatures,
                       std::span<std::optional<Address>> out) noexcept {
    recovery::recover(recovery::fastest(), signatures, out);
}

std::optional<Signature> sign(const Hash& message_hash, const Hash& key) noexcept {
    uint8_t signature[65];
    if (!weft_secp256k1_sign(message_hash.data(), key.data(), signature)) return std::nullopt;
    return Signature{base::load_be(signature), base::load_be(signature + 32), signature[64]};
}

}  // namespace weft::crypto
