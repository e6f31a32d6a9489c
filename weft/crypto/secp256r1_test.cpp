#include "weft/crypto/secp256r1.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "weft/base/hex.hpp"
#include "weft/crypto/hashes.hpp"

namespace weft::crypto {
namespace {

using namespace base::literals;
using base::to_uint256;

// RFC 6979, appendix A.2.5: the key, and its signature over SHA-256 of "sample".
struct Signature {
    Hash hash = sha256(BytesView{reinterpret_cast<const uint8_t*>("sample"), 6});
    uint256 r = to_uint256("0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"_hash);
    uint256 s = to_uint256("0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"_hash);
    uint256 x = to_uint256("0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"_hash);
    uint256 y = to_uint256("0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"_hash);
    [[nodiscard]] bool verify() const { return secp256r1_verify(hash, r, s, x, y); }
};
const uint256 order = to_uint256("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"_hash);
const uint256 modulus = to_uint256("0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff"_hash);

TEST(Eip7951, Rfc6979Signature) {
    EXPECT_TRUE(Signature{}.verify());
    Signature high;  // this one's s is the high of the two
    high.s = order - high.s;
    EXPECT_TRUE(high.verify());
}

TEST(Eip7951, TamperedSignature) {
    Signature bad;
    bad.hash[31] ^= 1;
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.r += 1;
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.s -= 1;
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.y = modulus - bad.y;  // the negated key
    EXPECT_FALSE(bad.verify());
    EXPECT_TRUE(Signature{}.verify()) << "a refused key must leave nothing behind";
}

TEST(Eip7951, OutOfRange) {
    for (const uint256& value : {uint256{}, order, order + uint256{1}, uint256::max()}) {
        Signature bad;
        bad.r = value;
        EXPECT_FALSE(bad.verify());
        bad = {};
        bad.s = value;
        EXPECT_FALSE(bad.verify());
    }
}

TEST(Eip7951, InvalidKeys) {
    Signature bad;
    bad.x = bad.y = 0;  // the point at infinity
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.y += 1;  // not on the curve
    EXPECT_FALSE(bad.verify());
    // x = 5 lies on the curve, x = modulus + 5 is the same number, but not canonical.
    const uint256 root =
        to_uint256("0x459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"_hash);
    bad = {};
    bad.x = modulus + uint256{5};
    bad.y = root;
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.x = modulus;
    EXPECT_FALSE(bad.verify());
    bad = {};
    bad.y = modulus;
    EXPECT_FALSE(bad.verify());
}

}  // namespace
}  // namespace weft::crypto
