#include "weft/crypto/modexp.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weft/base/hex.hpp"

namespace weft::crypto {
namespace {

Bytes modexp(const Bytes& base, const Bytes& exponent, const Bytes& modulus) {
    Bytes out(modulus.size(), 0xee);
    crypto::modexp(base, exponent, modulus, std::span{out});
    return out;
}

Bytes random_bytes(std::mt19937_64& random, size_t size) {
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<uint8_t>(random());
    return out;
}

// Bit by bit, on division.
Bytes reference(const Bytes& base, const Bytes& exponent, const Bytes& modulus) {
    const uint256 m = base::load_be(BytesView{modulus});
    uint256 result = m == uint256{1} ? uint256{} : uint256{1};
    for (const uint8_t byte : exponent)
        for (int bit = 7; bit >= 0; --bit) {
            result = base::mul_mod(result, result, m);
            if ((byte >> bit & 1) != 0) result = base::mul_mod(result, base::load_be(BytesView{base}), m);
        }
    uint8_t word[32];
    base::store_be(word, m.is_zero() ? m : result);
    return {word + 32 - modulus.size(), word + 32};
}

TEST(Eip198, FermatExample) {
    // 3 ^ (p - 1) mod p for secp256k1's p, the EIP's first example.
    const Bytes p = *from_hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    const Bytes p_minus_1 = *from_hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
    Bytes one(32);
    one.back() = 1;
    EXPECT_EQ(modexp({3}, p_minus_1, p), one);
}

TEST(Eip198, ZeroesAndOnes) {
    EXPECT_EQ(modexp({}, {}, {}), Bytes{});
    EXPECT_EQ(modexp({}, {}, {5}), Bytes{1}) << "0 ^ 0";
    EXPECT_EQ(modexp({0}, {0}, {5}), Bytes{1});
    EXPECT_EQ(modexp({}, {}, {1}), Bytes{0});
    EXPECT_EQ(modexp({}, {}, {0, 0}), (Bytes{0, 0})) << "zero modulus";
    EXPECT_EQ(modexp({7}, {9}, {0, 0, 0}), (Bytes{0, 0, 0}));
    EXPECT_EQ(modexp({7}, {}, {0, 0, 10}), (Bytes{0, 0, 1})) << "leading zeros of the modulus";
    EXPECT_EQ(modexp({}, {3}, {10}), Bytes{0});
    EXPECT_EQ(modexp({0, 0, 4}, {0, 3}, {10}), Bytes{4});
    EXPECT_EQ(modexp({200}, {1}, {7}), Bytes{4}) << "base above the modulus";
}

TEST(Modexp, UpTo256BitsAgreesWithTheReference) {
    std::mt19937_64 random{1};
    for (int i = 0; i < 3000; ++i) {
        const Bytes base = random_bytes(random, random() % 33),
                    exponent = random_bytes(random, random() % 40);
        Bytes modulus = random_bytes(random, random() % 32 + 1);
        if (i % 7 == 0)
            std::fill(modulus.begin(), modulus.begin() + static_cast<ptrdiff_t>(modulus.size() / 2),
                      uint8_t{0xff});
        if (i % 11 == 0) modulus.front() = 0;
        ASSERT_EQ(modexp(base, exponent, modulus), reference(base, exponent, modulus))
            << base::to_hex(base) << ' ' << base::to_hex(exponent) << ' ' << base::to_hex(modulus);
    }
}

// Larger numbers go to GMP; modulo m * 2^512, the residue modulo m is that of the small form.
TEST(Modexp, LargeModuliAgreeModuloAFactor) {
    std::mt19937_64 random{2};
    for (int i = 0; i < 200; ++i) {
        const Bytes base = random_bytes(random, random() % 33),
                    exponent = random_bytes(random, random() % 40);
        Bytes small = random_bytes(random, 32);
        small.back() |= 1;
        Bytes large = small;
        large.resize(96);  // small * 2^512
        const Bytes wide = modexp(base, exponent, large);
        // wide mod small, by Horner's rule over its words.
        const uint256 m = base::load_be(BytesView{small});
        uint256 residue, shift = base::divide(-m, m).remainder;
        for (size_t word = 0; word < 3; ++word) {
            const uint256 digit = base::load_be(wide.data() + 32 * word);
            residue = base::add_mod(base::mul_mod(residue, shift, m), digit, m);
        }
        uint8_t expected[32];
        base::store_be(expected, residue);
        ASSERT_EQ(modexp(base, exponent, small), Bytes(expected, expected + 32));
    }
}

TEST(Modexp, LargePrime) {
    Bytes prime(66, 0xff), exponent(66, 0xff);  // 2^521 - 1
    prime[0] = exponent[0] = 0x01;
    exponent.back() = 0xfe;
    std::mt19937_64 random{3};
    Bytes one(66);
    one.back() = 1;
    EXPECT_EQ(modexp(random_bytes(random, 60), exponent, prime), one);
}

}  // namespace
}  // namespace weft::crypto
