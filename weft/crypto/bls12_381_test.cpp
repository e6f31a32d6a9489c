#include "weft/crypto/bls12_381.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/base/hex.hpp"

namespace weft::crypto {
namespace {

using namespace base::literals;

const uint256 order =
    base::to_uint256("0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"_hash);

// Field elements of 96 digits each, put in EIP-2537's 64 bytes.
Bytes elements(std::initializer_list<const char*> values) {
    Bytes out;
    for (const char* value : values) {
        out.insert(out.end(), 16, 0);
        const Bytes bytes = *from_hex(value);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
Bytes word(const uint256& value) {
    Bytes out(32);
    base::store_be(out.data(), value);
    return out;
}
template <class Result>
std::optional<Bytes> bytes(const Result& result) {
    return result ? std::optional{Bytes{result->begin(), result->end()}} : std::nullopt;
}

constexpr const char* modulus =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
constexpr const char* zero =
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* two =
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002";
constexpr const char* four =
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004";

// The generators (RFC 9380 and the pairing-friendly curves draft, section 4.2.1), G1's also with y negated.
const Bytes g1 = elements(
    {"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
     "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"});
const Bytes g1_negated = elements(
    {"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
     "114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca"});
const Bytes g2 = elements(
    {"024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
     "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
     "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
     "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be"});
const Bytes g1_infinity(128), g2_infinity(256);
// Points on the curves, but outside the subgroups: x = 4, and x = 2.
const Bytes g1_outside = elements(
    {four,
     "0a989badd40d6212b33cffc3f3763e9bc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c"});
const Bytes g2_outside = elements(
    {two, zero,
     "18c6b864ae17dc9da64203ffefb966306425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38",
     "172e93db764a8400a7d5071b6b6f5de0da2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c"});

// The same checks for both groups.
struct InG1 {
    static inline const Bytes &generator = g1, &infinity = g1_infinity, &outside = g1_outside;
    static auto add(const Bytes& a, const Bytes& b) {
        const Bytes in = a + b;
        return bytes(bls12_g1_add(std::span{in}.first<256>()));
    }
    static auto msm(const Bytes& pairs) { return bytes(bls12_g1_msm(pairs)); }
};
struct InG2 {
    static inline const Bytes &generator = g2, &infinity = g2_infinity, &outside = g2_outside;
    static auto add(const Bytes& a, const Bytes& b) {
        const Bytes in = a + b;
        return bytes(bls12_g2_add(std::span{in}.first<512>()));
    }
    static auto msm(const Bytes& pairs) { return bytes(bls12_g2_msm(pairs)); }
};

template <class Group>
class Eip2537 : public testing::Test {};
using Groups = testing::Types<InG1, InG2>;
TYPED_TEST_SUITE(Eip2537, Groups);

TYPED_TEST(Eip2537, Addition) {
    using G = TypeParam;
    EXPECT_EQ(G::add(G::infinity, G::infinity), G::infinity);
    EXPECT_EQ(G::add(G::generator, G::infinity), G::generator);
    EXPECT_EQ(G::add(G::infinity, G::generator), G::generator);
    EXPECT_EQ(G::add(G::generator, G::generator), G::msm(G::generator + word(2)));
    EXPECT_EQ(G::add(G::generator, *G::msm(G::generator + word(order - uint256{1}))), G::infinity);
    EXPECT_EQ(G::add(G::outside, G::infinity), G::outside) << "addition asks for no subgroup";
}

TYPED_TEST(Eip2537, MultiplicationOfOnePoint) {
    using G = TypeParam;
    EXPECT_EQ(G::msm(G::generator + word(0)), G::infinity);
    EXPECT_EQ(G::msm(G::generator + word(1)), G::generator);
    EXPECT_EQ(G::msm(G::generator + word(order)), G::infinity);
    EXPECT_EQ(G::msm(G::generator + word(order + uint256{1})), G::generator) << "scalars need not be reduced";
    EXPECT_EQ(G::msm(G::generator + word(uint256::max())),
              G::msm(G::generator + word(base::divide(uint256::max(), order).remainder)));
    EXPECT_EQ(G::msm(G::infinity + word(5)), G::infinity);
}

// Sums of k_i G against (sum of k_i) G: few and many points, equal and opposite ones, zeros and infinities
// among them.
TYPED_TEST(Eip2537, MultiScalarMultiplication) {
    using G = TypeParam;
    const Bytes negated = *G::msm(G::generator + word(order - uint256{1}));
    for (const size_t count : {2, 3, 7, 31, 40, 130}) {
        Bytes pairs;
        uint256 sum, scalar = 0x123456789;
        for (size_t i = 0; i < count; ++i) {
            const uint256 k = i % 5 == 4 ? uint256{} : i % 7 == 3 ? uint256{17} : scalar;
            const uint256 reduced = base::divide(k, order).remainder;
            if (i % 6 == 5) {
                pairs = pairs + G::infinity + word(k);
            } else if (i % 3 == 2) {
                pairs = pairs + negated + word(k);
                sum = base::add_mod(sum, order - reduced, order);
            } else {
                pairs = pairs + G::generator + word(k);
                sum = base::add_mod(sum, reduced, order);
            }
            scalar = scalar * scalar + uint256{i};
        }
        EXPECT_EQ(G::msm(pairs), G::msm(G::generator + word(sum))) << count;
    }
    EXPECT_EQ(G::msm(G::generator + word(3) + negated + word(3)), G::infinity);
    EXPECT_EQ(G::msm(G::infinity + word(3) + G::generator + word(0)), G::infinity);
}

TYPED_TEST(Eip2537, InvalidPoints) {
    using G = TypeParam;
    EXPECT_EQ(G::msm({}), std::nullopt);
    EXPECT_EQ(G::msm(G::generator), std::nullopt);
    EXPECT_EQ(G::msm(G::generator + word(1) + Bytes{0}), std::nullopt);
    EXPECT_EQ(G::msm(G::outside + word(1)), std::nullopt);
    EXPECT_EQ(G::msm(G::outside + word(0)), std::nullopt);
    EXPECT_EQ(G::msm(G::generator + word(1) + G::outside + word(0)), std::nullopt);
    for (size_t i = 0; i < G::generator.size() / 64; ++i) {
        Bytes off_curve = G::generator, padding = G::generator, large = G::generator;
        off_curve[64 * i + 63] ^= 1;
        padding[64 * i] = 1;
        std::ranges::copy(*from_hex(modulus), large.begin() + static_cast<ptrdiff_t>(64 * i + 16));
        for (const Bytes& bad : {off_curve, padding, large}) {
            EXPECT_EQ(G::add(bad, G::infinity), std::nullopt);
            EXPECT_EQ(G::add(G::infinity, bad), std::nullopt);
            EXPECT_EQ(G::msm(bad + word(1)), std::nullopt);
        }
        // The modulus where infinity has zero.
        Bytes not_infinity = G::infinity;
        std::ranges::copy(*from_hex(modulus), not_infinity.begin() + static_cast<ptrdiff_t>(64 * i + 16));
        EXPECT_EQ(G::add(not_infinity, G::infinity), std::nullopt);
    }
}

TEST(Eip2537Pairing, Bilinearity) {
    EXPECT_EQ(bls12_pairing(g1 + g2), false);
    EXPECT_EQ(bls12_pairing(g1 + g2 + g1_negated + g2), true);
    const Bytes a_g1 = *InG1::msm(g1 + word(0xabcdef)), a_g2 = *InG2::msm(g2 + word(0xabcdef));
    EXPECT_EQ(bls12_pairing(a_g1 + g2 + g1_negated + a_g2), true);
    EXPECT_EQ(bls12_pairing(a_g1 + g2 + g1 + a_g2), false);
}

TEST(Eip2537Pairing, Infinity) {
    EXPECT_EQ(bls12_pairing(g1_infinity + g2_infinity), true);
    EXPECT_EQ(bls12_pairing(g1 + g2_infinity), true);
    EXPECT_EQ(bls12_pairing(g1_infinity + g2), true);
    EXPECT_EQ(bls12_pairing(g1_infinity + g2 + g1 + g2), false);
    EXPECT_EQ(bls12_pairing(g1 + g2_infinity + g1 + g2 + g1_negated + g2), true);
}

TEST(Eip2537Pairing, InvalidInputs) {
    EXPECT_EQ(bls12_pairing({}), std::nullopt);
    EXPECT_EQ(bls12_pairing(g1 + g2 + Bytes{0}), std::nullopt);
    EXPECT_EQ(bls12_pairing(g1_outside + g2), std::nullopt);
    EXPECT_EQ(bls12_pairing(g1_outside + g2_infinity), std::nullopt);
    EXPECT_EQ(bls12_pairing(g1 + g2_outside), std::nullopt);
    EXPECT_EQ(bls12_pairing(g1_infinity + g2_outside), std::nullopt);
}

// RFC 9380, appendices J.9.2 and J.10.2, the empty message: u and the point that it maps to.
TEST(Eip2537Map, FieldElementToG1) {
    const Bytes u = elements(
        {"156c8a6a2c184569d69a76be144b5cdc5141d2d2ca4fe341f011e25e3969c55ad9e9b9ce2eb833c81a908e5fa4ac5f03"});
    EXPECT_EQ(bytes(bls12_map_fp_to_g1(std::span{u}.first<64>())),
              elements({"184bb665c37ff561a89ec2122dd343f20e0f4cbcaec84e3c3052ea81d1834e192c426074b02ed3dca4e7"
                        "676ce4ce48ba",
                        "04407b8d35af4dacc809927071fc0405218f1401a6d15af775810e4e460064bcc9468beeba82fdc751be"
                        "70476c888bf3"}));
}
TEST(Eip2537Map, FieldElementToG2) {
    const Bytes u = elements(
        {"07355d25caf6e7f2f0cb2812ca0e513bd026ed09dda65b177500fa31714e09ea0ded3a078b526bed3307f804d4b93b04",
         "02829ce3c021339ccb5caf3e187f6370e1e2a311dec9b75363117063ab2015603ff52c3d3b98f19c2f65575e99e8b78c"});
    EXPECT_EQ(bytes(bls12_map_fp2_to_g2(std::span{u}.first<128>())),
              elements({"00e7f4568a82b4b7dc1f14c6aaa055edf51502319c723c4dc2688c7fe5944c213f510328082396515734"
                        "b6612c4e7bb7",
                        "126b855e9e69b1f691f816e48ac6977664d24d99f8724868a184186469ddfd4617367e94527d4b74fc86"
                        "413483afb35b",
                        "0caead0fd7b6176c01436833c79d305c78be307da5f6af6c133c47311def6ff1e0babf57a0fb5539fce7"
                        "ee12407b0a42",
                        "1498aadcf7ae2b345243e281ae076df6de84455d766ab6fcdaad71fab60abb2e8b980a440043cd305db0"
                        "9d283c895e3d"}));
}
TEST(Eip2537Map, InvalidElements) {
    Bytes padding(128), large = elements({modulus, zero}), large_imaginary = elements({zero, modulus});
    padding[15] = 1;
    EXPECT_EQ(bls12_map_fp_to_g1(std::span{padding}.first<64>()), std::nullopt);
    EXPECT_EQ(bls12_map_fp_to_g1(std::span{large}.first<64>()), std::nullopt);
    for (const Bytes& bad : {padding, large, large_imaginary})
        EXPECT_EQ(bls12_map_fp2_to_g2(std::span{bad}.first<128>()), std::nullopt);
}

}  // namespace
}  // namespace weft::crypto
