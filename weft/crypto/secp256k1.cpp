#include "weft/crypto/secp256k1.hpp"

#include "weft/crypto/native/native.h"
#include "weft/crypto/recovery/batch.hpp"

namespace weft::crypto {

std::optional<Address> recover_address(const Hash& message_hash, const uint256& r, const uint256& s,
                                       unsigned recovery_id) noexcept {
    const SignedHash signature{message_hash, r, s, recovery_id};
    std::optional<Address> out;
    recover_addresses({&signature, 1}, {&out, 1});
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
