#include "weft/crypto/recovery/scalar.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weft/crypto/secp256k1.hpp"

namespace weft::crypto::recovery {
namespace {

constexpr uint256 n = secp256k1_order;
uint256 times(const uint256& a, const uint256& b) { return base::mul_mod(a, b, n); }
uint256 plus(const uint256& a, const uint256& b) { return base::add_mod(a, b, n); }

// In [1, n), edges first.
std::vector<uint256> scalars(size_t count) {
    std::vector<uint256> out{1,
                             2,
                             3,
                             n - uint256{1},
                             n - uint256{2},
                             n >> 1,
                             (n >> 1) + uint256{1},
                             uint256{1} << 128,
                             (uint256{1} << 128) - uint256{1},
                             endomorphism,
                             n - endomorphism,
                             uint256{1} << 255};
    std::mt19937_64 random(7);
    while (out.size() < count) {
        const uint256 any{random(), random(), random(), random()};
        if (any < n && !any.is_zero()) out.push_back(any);
    }
    return out;
}

TEST(RecoveryScalar, MontgomeryMultiply) {
    const uint256 two_to_256 = base::divide(uint256::max(), n).remainder + uint256{1};
    std::vector<uint256> any = scalars(40);
    any.insert(any.end(), {uint256{}, n, n + uint256{1}, uint256::max()});
    for (const uint256& a : any)
        for (const uint256& b : scalars(40)) {
            const uint256 product = montgomery_multiply(a, b);
            EXPECT_LT(product, n);
            EXPECT_EQ(times(product, two_to_256), times(a, b));
        }
}

TEST(RecoveryScalar, InvertHalved) {
    for (const size_t count : {0, 1, 2, 40}) {
        std::vector<uint256> given = scalars(40);
        given.resize(count);
        std::vector<uint256> values = given, scratch(count);
        invert_halved(values, scratch);
        for (size_t i = 0; i < count; ++i)
            EXPECT_EQ(montgomery_multiply(times(2, values[i]), given[i]), uint256{1}) << i;
    }
}

TEST(RecoveryScalar, Invert) {
    for (const uint256& a : scalars(100)) EXPECT_EQ(times(invert(a, n), a), uint256{1});
}

TEST(RecoveryScalar, SplitIntoHalves) {
    const uint256 bound = uint256{1} << 128;
    std::vector<uint256> all = scalars(1000);
    all.push_back(0);
    for (const uint256& k : all) {
        const auto [low, high] = split(k);
        EXPECT_LT(low + bound, bound + bound);
        EXPECT_LT(high + bound, bound + bound);
        // A negative half is 2^256 too large.
        const auto mod_n = [](const uint256& half) { return half.sign() ? n - (-half) : half; };
        EXPECT_EQ(plus(mod_n(low), times(mod_n(high), endomorphism)), k);
    }
}

// The number that the digits stand for, times 2^(window * count * half).
template <size_t count>
uint256 value(const Digit (&digits)[count], unsigned window) {
    uint256 out;
    for (size_t i = count; i-- > 0;) {
        const uint256 odd{2ULL * digits[i].place + 1};
        EXPECT_LT(digits[i].place, 1U << (window - 1));
        out = plus(times(out, uint256{1} << window), digits[i].negative != 0 ? n - odd : odd);
    }
    return out;
}

TEST(RecoveryScalar, DigitsStandForTheMultipliers) {
    const std::vector<uint256> all = scalars(60);
    std::vector<uint256> inverses = all, scratch(all.size());
    invert_halved(inverses, scratch);
    std::vector<uint256> hashes = scalars(20);
    hashes.insert(hashes.end(), {uint256{}, n, n + uint256{5}, uint256::max()});
    for (size_t i = 0; i < all.size(); ++i)
        for (const uint256& hash : hashes) {
            const uint256 &r = all[i], &s = all[(i * 7 + 3) % all.size()];
            Multiplication made;
            make_digits(hash, s, inverses[i], made);
            const uint256 by_generator =
                plus(value(made.generator[0], generator_window),
                     times(value(made.generator[1], generator_window), uint256{1} << 132));
            EXPECT_EQ(plus(times(by_generator, r), hash), uint256{});
            const uint256 by_point = plus(value(made.point[0], point_window),
                                          times(value(made.point[1], point_window), endomorphism));
            EXPECT_EQ(times(by_point, r), s);
        }
}

}  // namespace
}  // namespace weft::crypto::recovery
