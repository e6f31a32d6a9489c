#include "weft/crypto/bn254.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"
#include "weft/crypto/native/native.h"

namespace weft::crypto {
namespace {

using namespace base::literals;

// EIP-196: the field's modulus and the group's order.
const uint256 modulus =
    base::to_uint256("0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"_hash);
const uint256 order =
    base::to_uint256("0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001"_hash);

Bytes words(std::initializer_list<uint256> values) {
    Bytes out(32 * values.size());
    size_t i = 0;
    for (const uint256& value : values) base::store_be(out.data() + 32 * i++, value);
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const Bytes infinity = words({0, 0});
const Bytes generator = words({1, 2});
const Bytes negated_generator = words({1, modulus - uint256{2}});
// EIP-197's generator of G2: x imaginary, x real, y imaginary, y real.
const Bytes g2_generator = *from_hex(
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4"
    "f75edadd46debd5c"
    "d992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408f"
    "e3d1e7690c43d37b"
    "4ce6cc0166fa7daa");
const Bytes g2_infinity(128);

std::optional<Bytes> add(const Bytes& a, const Bytes& b) {
    const Bytes in = a + b;
    const auto sum = bn254_add(std::span{in}.first<128>());
    return sum ? std::optional{Bytes{sum->begin(), sum->end()}} : std::nullopt;
}
std::optional<Bytes> mul(const Bytes& point, const uint256& scalar) {
    const Bytes in = point + words({scalar});
    const auto product = bn254_mul(std::span{in}.first<96>());
    return product ? std::optional{Bytes{product->begin(), product->end()}} : std::nullopt;
}

TEST(Eip196, Addition) {
    EXPECT_EQ(add(infinity, infinity), infinity);
    EXPECT_EQ(add(generator, infinity), generator);
    EXPECT_EQ(add(infinity, generator), generator);
    EXPECT_EQ(add(generator, negated_generator), infinity);
    const auto twice = add(generator, generator);
    EXPECT_EQ(twice, *from_hex("030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
                               "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"));
    EXPECT_EQ(add(*twice, negated_generator), generator);
}

// arkworks' addition is the oracle of ours: sums, doublings, points that cancel.
TEST(Eip196, AdditionAgreesWithArkworks) {
    std::vector<Bytes> points{infinity, generator, negated_generator};
    for (uint64_t k = 2; k < 12; ++k) points.push_back(*mul(generator, uint256{k, k * k, 0, k}));
    for (const Bytes& a : points)
        for (const Bytes& b : points) {
            const Bytes in = a + b;
            Bytes expected(64);
            ASSERT_TRUE(weft_bn254_add(in.data(), expected.data()));
            EXPECT_EQ(add(a, b), expected);
        }
}

TEST(Eip196, Multiplication) {
    EXPECT_EQ(mul(generator, 0), infinity);
    EXPECT_EQ(mul(generator, 1), generator);
    EXPECT_EQ(mul(generator, order), infinity);
    EXPECT_EQ(mul(generator, order - uint256{1}), negated_generator);
    EXPECT_EQ(mul(generator, order + uint256{1}), generator) << "scalars need not be reduced";
    EXPECT_EQ(mul(infinity, 12345), infinity);
    // 2^256 - 1 is 5 order + something: reduced and not, the same point.
    EXPECT_EQ(mul(generator, uint256::max()), mul(generator, base::divide(uint256::max(), order).remainder));
    Bytes sum = infinity;
    for (uint64_t k = 1; k <= 40; ++k) {
        sum = *add(sum, generator);
        EXPECT_EQ(mul(generator, k), sum) << k;
    }
}

// arkworks' multiplication is the oracle of ours: small scalars, those around powers of two, around the
// group's order and around the endomorphism's eigenvalue, whose halves are small, and many in between.
TEST(Eip196, MultiplicationAgreesWithArkworks) {
    const uint256 lambda =
        base::to_uint256("0x30644e72e131a029048b6e193fd84104cc37a73fec2bc5e9b8ca0b2d36636f23"_hash);
    std::vector<uint256> scalars{lambda, lambda + uint256{1}, order - lambda, lambda + lambda};
    for (uint64_t k = 0; k < 70; ++k) {
        scalars.insert(scalars.end(), {k, order - uint256{k}, order + uint256{k}, uint256::max() - uint256{k},
                                       base::mul_mod(lambda, k, order), lambda - uint256{k}});
        for (const unsigned shift : {60U, 64U, 126U, 127U, 128U, 190U, 250U})
            scalars.push_back((uint256{1} << shift) + uint256{k} - uint256{35});
    }
    uint256 some{0x9e3779b97f4a7c15, 7, 3, 1};
    for (int i = 0; i < 500; ++i) {
        scalars.push_back(some);
        some = some * uint256{0x5851f42d4c957f2d, 0x14057b7ef767814f, 0, 0} + uint256{0x632be59bd9b4e019};
    }
    Bytes point = generator;
    for (const uint256& scalar : scalars) {
        const Bytes in = point + words({scalar});
        Bytes expected(64);
        ASSERT_TRUE(weft_bn254_mul(in.data(), expected.data()));
        EXPECT_EQ(mul(point, scalar), expected);
        if (expected != infinity) point = expected;
    }
}

// (a + b) P = a P + b P for scalars all over the range.
TEST(Eip196, MultiplicationIsLinear) {
    uint256 a = 0x123456789abcdef, b{7, 0, 1ULL << 63, 5};
    Bytes point = generator;
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(mul(point, base::add_mod(a, b, order)), add(*mul(point, a), *mul(point, b)));
        point = *mul(point, a);
        a = a * b + uint256{1};
        b = (b * b) ^ (a << 3);
    }
}

TEST(Eip196, InvalidPoints) {
    for (const Bytes& bad :
         {words({1, 3}), words({0, 1}), words({1, 0}), words({modulus, 0}), words({0, modulus}),
          words({modulus + uint256{1}, 2}), words({1, modulus + uint256{2}}), words({uint256::max(), 2})}) {
        EXPECT_EQ(add(bad, generator), std::nullopt);
        EXPECT_EQ(add(generator, bad), std::nullopt);
        EXPECT_EQ(mul(bad, 0), std::nullopt);
    }
}

TEST(Eip197, Bilinearity) {
    EXPECT_EQ(bn254_pairing({}), true);
    EXPECT_EQ(bn254_pairing(generator + g2_generator), false);
    EXPECT_EQ(bn254_pairing(generator + g2_generator + negated_generator + g2_generator), true);
    EXPECT_EQ(bn254_pairing(generator + g2_generator + generator + g2_generator), false);
    const Bytes a = *mul(generator, 0xabcdef), b = *mul(negated_generator, 0xabcdee);
    EXPECT_EQ(bn254_pairing(a + g2_generator + b + g2_generator + negated_generator + g2_generator), true);
    EXPECT_EQ(bn254_pairing(a + g2_generator + b + g2_generator + generator + g2_generator), false);
}

TEST(Eip197, Infinity) {
    EXPECT_EQ(bn254_pairing(infinity + g2_infinity), true);
    EXPECT_EQ(bn254_pairing(generator + g2_infinity), true);
    EXPECT_EQ(bn254_pairing(infinity + g2_generator), true);
    EXPECT_EQ(bn254_pairing(infinity + g2_generator + generator + g2_generator), false);
}

TEST(Eip197, InvalidInputs) {
    const Bytes pair = generator + g2_generator;
    EXPECT_EQ(bn254_pairing(BytesView{pair}.first(191)), std::nullopt);
    EXPECT_EQ(bn254_pairing(pair + Bytes{0}), std::nullopt);
    EXPECT_EQ(bn254_pairing(words({1, 3}) + g2_generator), std::nullopt);
    EXPECT_EQ(bn254_pairing(words({1, 3}) + g2_infinity), std::nullopt) << "also beside infinity";
    // The point of the twist with x = 1 is outside the subgroup.
    const Bytes outside =
        words({0, 1}) + *from_hex(
                            "0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4"
                            "2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb");
    EXPECT_EQ(bn254_pairing(generator + outside), std::nullopt);
    EXPECT_EQ(bn254_pairing(infinity + outside), std::nullopt);
    for (size_t i = 0; i < 4; ++i) {  // each coordinate in turn: off the curve, then not canonical
        Bytes bad = g2_generator;
        bad[32 * i + 31] ^= 1;
        EXPECT_EQ(bn254_pairing(generator + bad), std::nullopt);
        bad = g2_generator;
        base::store_be(bad.data() + 32 * i, base::load_be(bad.data() + 32 * i) + modulus);
        EXPECT_EQ(bn254_pairing(generator + bad), std::nullopt);
    }
    // The two parts of x exchanged.
    Bytes swapped = g2_generator;
    std::swap_ranges(swapped.begin(), swapped.begin() + 32, swapped.begin() + 32);
    EXPECT_EQ(bn254_pairing(generator + swapped), std::nullopt);
}

// Points of the twist whose order is a prime factor of its cofactor, and each one's sum with the generator:
// made with arkworks, multiplying points of the twist by the group's order over that factor.
TEST(Eip197, PointsOfOtherOrdersAreInvalid) {
    const char* const points[] = {
        // order 10069
        "0d7e01540225127723e51b9089e70ae554312d79da420000ca77eee9011e147f1d1bb69aa1db5fa8a2877fac89ac621b"
        "df2e48c0fcaf7d8a052e8c98852243ea17b278fbdd322dd6905eab767f95a60c65977abf543d5a3b40bedb341637a3ac"
        "1441028c8d50e74f458c320f6ed17de5f26773d93ba207cffa287b22c88bb57b",
        // order 10069, plus the generator
        "1731b37e7c5be334e31a2e8225606dfc8c20f11bcf6c504016bf457a0308d701129537b5edc37ef2e247ccf7c2135964"
        "0f4a6889169f6bf941f2c15a5ed5245a00d76e26105a3d350f9f57fc251e7c9414930f38ecca5951917e1a2798a3a557"
        "164576859451aa8f3e014a440b3fd3a96ae367e2cece1c9661f6c814e3a244ca",
        // order 5864401
        "0d2f82fb456065a58a94bfbbae6a20c9cf8c132c99c4b4e403a15b9c454ec99d25a4e575b0e8d9333a677e27c0c68f5a"
        "91b4e8bcbb76b3a83401257a8449f1ec10a27858289808c36734bd0c98b00957db882807f45fdc5180b6462016c45bab"
        "0f5736a0428ec865f67be8dfe584740c0c12771dff86a966988a84ca31a08b64",
        // order 5864401, plus the generator
        "2ccea31ed2c0b87d028c4f4d3b89dc8735f4b14094eebf4564940037f292fba913d1ff8fd4f5858ab99b6bdcbfe3d5ec"
        "e79b5cb7e2d62847dcd8c8b58cd4b4ce1597382502092618a89b63b4804e80a2482736e6fd409cb116a4d8c9a02b5c33"
        "02eb3f8735ab109b304616479a6dcc3897fd4b4bebb04e7e080df6b8522ee64e",
        // order 1875725156269
        "0e48315c7f2a453a411b61d2217c0f33ac7424f489deffdd08a3dcb33d9a65af1ed0880c9b36c0be3d62c91b4e25c7af"
        "d4da41370234b22a56477d759e3f296d0eff518e85b68b1ef6447a0334941a6fb08b042902cb67649b73bdb13ca6f650"
        "252d624f819127906a56723d0aefe90320429b694bf9467b2a526740ab866542",
        // order 1875725156269, plus the generator
        "2af42cbcbf65aa87f5987ec59b003ab6ae71bd0dead8c97c25332171682912191be88db926f2c24449978656c589f058"
        "be5d3e71fca970f5772ff235897a4cf32f48de988cfb946637e76d77cde824f2090d90261f964aa5fd8b3b153601151c"
        "04a98274a4d1e8a147ef036d8dcf4c3d49db89d53e7eeefc2dd6bdd0cc50ad83",
    };
    for (const char* const point : points)
        EXPECT_EQ(bn254_pairing(generator + *from_hex(point)), std::nullopt);
}

}  // namespace
}  // namespace weft::crypto
