#define OPENSSL_SUPPRESS_DEPRECATED
#include "weft/crypto/secp256k1.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include <memory>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"

namespace weft::crypto {
namespace {

using namespace base::literals;
using base::to_uint256;

// The transaction signed in EIP-155's example: v = 37, so the parity is 0.
const SignedHash eip155{"0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"_hash,
                        to_uint256("0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"_hash),
                        to_uint256("0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"_hash),
                        0};
constexpr Address eip155_sender = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"_address;

std::optional<Address> recover(const SignedHash& signature) {
    return recover_address(signature.message_hash, signature.r, signature.s, signature.recovery_id);
}

TEST(Secp256k1, Eip155Example) {
    EXPECT_EQ(recover(eip155), eip155_sender);
    SignedHash other = eip155;
    other.recovery_id = 1;
    EXPECT_NE(recover(other), eip155_sender);
}

TEST(Secp256k1, HighSIsAccepted) {
    SignedHash high = eip155;
    high.s = secp256k1_order - high.s;
    high.recovery_id = 1;
    EXPECT_EQ(recover(high), eip155_sender);
}

TEST(Secp256k1, OutOfRange) {
    for (const uint256& bad : {uint256{}, secp256k1_order, secp256k1_order + uint256{1}, uint256::max()}) {
        SignedHash signature = eip155;
        signature.r = bad;
        EXPECT_EQ(recover(signature), std::nullopt);
        signature = eip155;
        signature.s = bad;
        EXPECT_EQ(recover(signature), std::nullopt);
    }
    SignedHash signature = eip155;
    signature.recovery_id = 2;  // r + n is beyond p
    EXPECT_EQ(recover(signature), std::nullopt);
    signature.recovery_id = 4;
    EXPECT_EQ(recover(signature), std::nullopt);
    signature = eip155;
    signature.r = 5;  // 5^3 + 7 is not a square: no point of the curve has this x
    EXPECT_EQ(recover(signature), std::nullopt);
}

// What another implementation signs, one of the two parities gives back.
TEST(Secp256k1, RecoversWhatOpensslSigned) {
    std::vector<SignedHash> signatures;
    std::vector<Address> signers;
    for (int i = 0; i < 20; ++i) {
        const std::unique_ptr<EC_KEY, decltype(&EC_KEY_free)> key{EC_KEY_new_by_curve_name(NID_secp256k1),
                                                                  EC_KEY_free};
        ASSERT_EQ(EC_KEY_generate_key(key.get()), 1);
        uint8_t serialized[65];
        ASSERT_EQ(EC_POINT_point2oct(EC_KEY_get0_group(key.get()), EC_KEY_get0_public_key(key.get()),
                                     POINT_CONVERSION_UNCOMPRESSED, serialized, sizeof serialized, nullptr),
                  sizeof serialized);
        Address signer;
        std::memcpy(signer.data(), keccak256(BytesView{serialized}.subspan(1)).data() + 12, 20);
        const Hash hash = keccak256(BytesView{serialized});
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> made{
            ECDSA_do_sign(hash.data(), 32, key.get()), ECDSA_SIG_free};
        Hash r, s;
        BN_bn2binpad(ECDSA_SIG_get0_r(made.get()), r.data(), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(made.get()), s.data(), 32);
        SignedHash signature{hash, to_uint256(r), to_uint256(s), 0};
        if (recover(signature) != signer) signature.recovery_id = 1;
        EXPECT_EQ(recover(signature), signer);
        signatures.push_back(signature);
        signers.push_back(signer);
    }
    signatures[3].s = 0;
    std::vector<std::optional<Address>> recovered(signatures.size());
    recover_addresses(signatures, recovered);
    for (size_t i = 0; i < signers.size(); ++i) {
        if (i == 3)
            EXPECT_EQ(recovered[i], std::nullopt);
        else
            EXPECT_EQ(recovered[i], signers[i]);
    }
}

// EIP-155's example.
TEST(Secp256k1, SignsAsRfc6979Says) {
    const auto hash = "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"_hash;
    Hash key;
    key.bytes.fill(0x46);
    const auto signature = sign(hash, key);
    ASSERT_TRUE(signature);
    EXPECT_EQ(to_hash(signature->r),
              "0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"_hash);
    EXPECT_EQ(to_hash(signature->s),
              "0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"_hash);
    EXPECT_EQ(signature->y_parity, 0U);
    EXPECT_EQ(sign(hash, Hash{}), std::nullopt);
    EXPECT_EQ(sign(hash, to_hash(secp256k1_order)), std::nullopt);
}

}  // namespace
}  // namespace weft::crypto
