#include "weft/crypto/kzg.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"

namespace weft::crypto {
namespace {

using Point = base::FixedBytes<48>;
using Scalar = Hash;

Point point(const char* hex) { return *base::fixed_from_hex<Point>(hex); }
Scalar scalar(const char* hex) { return *base::fixed_from_hex<Scalar>(hex); }
Scalar small(uint8_t value) {
    Scalar out;
    out[31] = value;
    return out;
}

bool verify(const Point& commitment, const Scalar& z, const Scalar& y, const Point& proof) {
    return kzg_verify_proof(commitment.bytes, z.bytes, y.bytes, proof.bytes);
}

const Point infinity =
    point("c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000");
// [1]G1 and [tau]G1 (g1_monomial[0] and [1] of the ceremony).
const Point generator =
    point("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb");
const Point tau =
    point("ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81");
const Scalar order = scalar("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
const Scalar order_minus_1 = scalar("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000");
const Scalar some = scalar("3d5f1b0c8e7a69245f1b0c8e7a69243d5f1b0c8e7a69243d5f1b0c8e7a69243d");

// A constant polynomial's quotient is zero, and so is its proof.
TEST(Eip4844, ConstantPolynomials) {
    for (const Scalar& z : {small(0), small(1), some, order_minus_1}) {
        EXPECT_TRUE(verify(infinity, z, small(0), infinity));
        EXPECT_FALSE(verify(infinity, z, small(1), infinity));
        EXPECT_TRUE(verify(generator, z, small(1), infinity));
        EXPECT_FALSE(verify(generator, z, small(2), infinity));
        EXPECT_FALSE(verify(generator, z, small(1), generator));
    }
}

// p(x) = x is committed to as [tau]G1; (x - z) / (x - z) is 1.
TEST(Eip4844, TheIdentityPolynomial) {
    for (const Scalar& z : {small(0), small(1), some, order_minus_1}) {
        EXPECT_TRUE(verify(tau, z, z, generator));
        EXPECT_FALSE(verify(tau, z, small(7), generator));
        EXPECT_FALSE(verify(tau, z, z, tau));
        EXPECT_FALSE(verify(tau, z, z, infinity));
        EXPECT_FALSE(verify(generator, z, z, generator)) << "another commitment";
    }
}

TEST(Eip4844, ScalarsMustBeCanonical) {
    EXPECT_FALSE(verify(infinity, order, small(0), infinity));
    EXPECT_FALSE(verify(infinity, small(0), order, infinity));  // 0 modulo the order
    Scalar all_ones;
    all_ones.bytes.fill(0xff);
    EXPECT_FALSE(verify(infinity, all_ones, small(0), infinity));
}

TEST(Eip4844, InvalidPoints) {
    Point bad = generator;
    bad[0] ^= 0x80;  // not marked as compressed
    EXPECT_FALSE(verify(bad, small(0), small(1), infinity));
    bad = infinity;
    bad[47] = 1;
    EXPECT_FALSE(verify(bad, small(0), small(0), infinity));
    EXPECT_FALSE(verify(infinity, small(0), small(0), bad));
    bad = {};
    bad[0] = 0x80;
    bad[47] = 4;  // x = 4 is on the curve, but not in the subgroup
    EXPECT_FALSE(verify(bad, small(0), small(0), infinity));
    EXPECT_FALSE(verify(infinity, small(0), small(0), bad));
    bad[47] = 1;  // no point of the curve has x = 1
    EXPECT_FALSE(verify(bad, small(0), small(0), infinity));
}

}  // namespace
}  // namespace weft::crypto
