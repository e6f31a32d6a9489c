#include "weft/evm/precompiles/precompiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/base/hex.hpp"
#include "weft/base/uint256.hpp"
#include "weft/crypto/hashes.hpp"

namespace weft::evm {
namespace {

using primitives::newest_revision;

Address low_address(unsigned number) {
    Address out;
    out[18] = static_cast<uint8_t>(number >> 8);
    out[19] = static_cast<uint8_t>(number);
    return out;
}
const Precompile& at(unsigned number, Revision revision = newest_revision) {
    return *precompile_at(low_address(number), revision);
}
uint64_t gas(unsigned number, const Bytes& input, Revision revision = newest_revision) {
    return at(number, revision).gas(input, revision);
}
/// The output, or nullopt for a failure. What lay in the buffer before must not matter.
std::optional<Bytes> run(unsigned number, const Bytes& input, Revision revision = newest_revision) {
    Bytes output(7, 0xaa);
    if (!at(number, revision).run(input, revision, output)) return std::nullopt;
    return output;
}
Bytes hex(std::string_view text) { return *from_hex(text); }
Bytes word(uint64_t value) {
    Bytes out(32);
    base::store_be(out.data(), value);
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(Precompiles, WhatEachRevisionHas) {
    const auto count = [](Revision revision) {
        unsigned found = 0;
        for (unsigned number = 0; number < 0x1000; ++number)
            found += precompile_at(low_address(number), revision) != nullptr;
        return found;
    };
    EXPECT_EQ(count(Revision::frontier), 4U);
    EXPECT_EQ(count(Revision::spurious_dragon), 4U);
    EXPECT_EQ(count(Revision::byzantium), 8U);
    EXPECT_EQ(count(Revision::petersburg), 8U);
    EXPECT_EQ(count(Revision::istanbul), 9U);
    EXPECT_EQ(count(Revision::shanghai), 9U);
    EXPECT_EQ(count(Revision::cancun), 10U);
    EXPECT_EQ(count(Revision::prague), 17U);
    EXPECT_EQ(count(Revision::osaka), 18U);
    EXPECT_STREQ(at(0x11).name, "BLS12_MAP_FP2_TO_G2");
    EXPECT_STREQ(at(0x100).name, "P256VERIFY");
}

TEST(Precompiles, OtherAddressesHaveNone) {
    for (const unsigned number : {0U, 0x12U, 0xffU, 0x101U, 0x201U, 0x1001U})
        EXPECT_EQ(precompile_at(low_address(number), newest_revision), nullptr) << number;
    for (size_t i = 0; i < 18; ++i) {
        Address address = low_address(1);
        address[i] = 1;
        EXPECT_EQ(precompile_at(address, newest_revision), nullptr) << i;
    }
}

const Bytes signed_hash = hex("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c");
const Bytes signature =
    hex("73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
        "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549");

TEST(Ecrecover, Recovers) {
    const Bytes signer = hex("000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
    EXPECT_EQ(run(1, signed_hash + word(28) + signature), signer);
    EXPECT_EQ(run(1, signed_hash + word(28) + signature + Bytes(5, 1)), signer) << "what follows is ignored";
    EXPECT_NE(run(1, signed_hash + word(27) + signature), signer);
    EXPECT_EQ(gas(1, {}), 3000U);
}
TEST(Ecrecover, InvalidInputSucceedsWithNothing) {
    for (const uint64_t v : {0, 1, 26, 29, 0x11c})
        EXPECT_EQ(run(1, signed_hash + word(v) + signature), Bytes{}) << v;
    Bytes high_v = word(28);
    high_v[0] = 1;
    EXPECT_EQ(run(1, signed_hash + high_v + signature), Bytes{});
    EXPECT_EQ(run(1, {}), Bytes{});
    EXPECT_EQ(run(1, signed_hash + word(28)), Bytes{}) << "r and s are zeros then";
    EXPECT_EQ(run(1, signed_hash + word(28) + Bytes(64, 0xff)), Bytes{});
}

TEST(Hashing, OutputsAndPrices) {
    EXPECT_EQ(run(2, {}), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    EXPECT_EQ(run(3, {}), hex("0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31"));
    EXPECT_EQ(run(4, {1, 2, 3}), (Bytes{1, 2, 3}));
    EXPECT_EQ(run(4, {}), Bytes{});
    EXPECT_EQ(gas(2, {}), 60U);
    EXPECT_EQ(gas(2, Bytes(32)), 72U);
    EXPECT_EQ(gas(2, Bytes(33)), 84U);
    EXPECT_EQ(gas(3, {}), 600U);
    EXPECT_EQ(gas(3, Bytes(1)), 720U);
    EXPECT_EQ(gas(4, Bytes(64)), 21U);
    EXPECT_EQ(gas(4, Bytes(65)), 24U);
}

Bytes modexp_input(const Bytes& base, const Bytes& exponent, const Bytes& modulus) {
    return word(base.size()) + word(exponent.size()) + word(modulus.size()) + base + exponent + modulus;
}
// The EIP's first example: 3 ^ (p - 1) mod p = 1.
const Bytes fermat =
    modexp_input({3}, hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"),
                 hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"));

TEST(Eip198, Examples) {
    EXPECT_EQ(run(5, fermat), word(1));
    EXPECT_EQ(gas(5, fermat, Revision::byzantium), 13056U);
    // The second: zero bytes of base; 0 ^ (p - 1) mod p.
    EXPECT_EQ(run(5, word(0) + word(32) + word(32) + Bytes(fermat.begin() + 97, fermat.end())), word(0));
    // The third: an exponent's length of 2^256 - 1 that no one can pay.
    const Bytes endless = word(0) + Bytes(32, 0xff) + word(32) + Bytes(32, 0xff);
    EXPECT_EQ(gas(5, endless, Revision::byzantium), Precompile::unpayable);
    EXPECT_EQ(gas(5, endless, Revision::berlin), Precompile::unpayable);
    // The fourth and the fifth: 3 ^ 0xffff mod 2^255, the modulus' zeros written and left out.
    const Bytes power = hex("3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab");
    Bytes two_255(32);
    two_255[0] = 0x80;
    EXPECT_EQ(run(5, modexp_input({3}, {0xff, 0xff}, two_255)), power);
    EXPECT_EQ(run(5, word(1) + word(2) + word(32) + Bytes{3, 0xff, 0xff, 0x80}), power);
    EXPECT_EQ(gas(5, modexp_input({3}, {0xff, 0xff}, two_255), Revision::byzantium), 768U);
}
TEST(Eip198, EmptyNumbers) {
    EXPECT_EQ(run(5, {}), Bytes{});
    EXPECT_EQ(gas(5, {}, Revision::byzantium), 0U);
    EXPECT_EQ(gas(5, {}, Revision::berlin), 200U);
    EXPECT_EQ(gas(5, {}, Revision::osaka), 500U);
    // Neither base nor modulus: any exponent is free, and is not looked at.
    const Bytes endless = word(0) + Bytes(32, 0xff) + word(0);
    EXPECT_EQ(gas(5, endless, Revision::byzantium), 0U);
    EXPECT_EQ(gas(5, endless, Revision::berlin), 200U);
    EXPECT_EQ(run(5, endless, Revision::berlin), Bytes{});
    // A modulus that the input does not reach is zero.
    EXPECT_EQ(run(5, word(1) + word(1) + word(3) + Bytes{5}), Bytes(3));
    EXPECT_EQ(run(5, word(1) + word(1) + word(2) + Bytes{5, 2, 1}), (Bytes{0, 25}))
        << "256, the last zero left out";
    EXPECT_EQ(run(5, word(1) + word(3) + word(1) + Bytes{2, 1}), Bytes{0})
        << "the exponent ends early, the modulus is zero";
    EXPECT_EQ(run(5, word(3) + word(0) + word(1) + Bytes{2}), Bytes{0});
}
TEST(Eip198, PriceByLength) {
    // One multiplication (exponent 1) of numbers of 64, 65, 1024 and 1025 bytes, at 20 to the unit.
    const auto price = [](size_t size) {
        return gas(5, modexp_input(Bytes(size, 1), {3}, Bytes(1, 7)), Revision::byzantium);
    };
    EXPECT_EQ(price(64), 64 * 64 / 20U);
    EXPECT_EQ(price(65), (65 * 65 / 4 + 96 * 65 - 3072) / 20U);
    EXPECT_EQ(price(1024), (1024 * 1024 / 4 + 96 * 1024 - 3072) / 20U);
    EXPECT_EQ(price(1025), (1025 * 1025 / 16 + 480 * 1025 - 199680) / 20U);
    // 33 bytes of exponent: eight iterations for the last, and the highest bit of the first 32.
    EXPECT_EQ(gas(5, modexp_input(Bytes(64, 1), Bytes(33, 1), {7}), Revision::byzantium),
              64 * 64 * (8 + 248) / 20U);
    EXPECT_EQ(gas(5, modexp_input(Bytes(64, 1), Bytes(33, 0), {7}), Revision::byzantium), 64 * 64 * 8 / 20U);
}
TEST(Eip198, LengthsBeyondTheInput) {
    // Any length has its price, as long as that fits 64 bits.
    const auto price = [](uint64_t base, uint64_t exponent, uint64_t modulus, Revision revision) {
        return gas(5, word(base) + word(exponent) + word(modulus), revision);
    };
    constexpr uint64_t endless = uint64_t{1} << 41;
    EXPECT_EQ(price(1, endless, 31, Revision::byzantium), 31 * 31 * 8 * (endless - 32) / 20);
    EXPECT_EQ(price(1, endless, 31, Revision::berlin), 16 * (8 * (endless - 32)) / 3);
    EXPECT_EQ(price(0, uint64_t{1} << 62, 1, Revision::berlin), 12297829382473034325U);
    EXPECT_EQ(price(0, uint64_t{1} << 63, 1, Revision::berlin), Precompile::unpayable);
    EXPECT_EQ(price(1 << 20, endless, 0, Revision::berlin), Precompile::unpayable);
    EXPECT_EQ(price(uint64_t{1} << 41, 0, 1, Revision::berlin), Precompile::unpayable);
    // What the input doesn't reach takes no memory.
    EXPECT_EQ(run(5, word(1) + word(endless) + word(2) + Bytes{3, 1}), Bytes(2));
    EXPECT_EQ(run(5, word(endless) + word(1) + word(2) + Bytes{3, 1}), Bytes(2));
    EXPECT_EQ(run(5, word(endless) + word(~uint64_t{0} - 1) + word(2) + Bytes{3, 1}), Bytes(2));
}
TEST(Eip2565, Price) {
    EXPECT_EQ(gas(5, fermat, Revision::berlin), 1360U);
    EXPECT_EQ(gas(5, modexp_input({3}, {1}, {7}), Revision::berlin), 200U);
    EXPECT_EQ(gas(5, modexp_input(Bytes(1024, 1), {3}, {7}), Revision::berlin), 128 * 128 / 3U);
    EXPECT_EQ(gas(5, modexp_input(Bytes(1024, 1), Bytes(34, 1), {7}), Revision::berlin),
              128 * 128 * (16 + 248) / 3U);
}
TEST(Eip7883, Price) {
    EXPECT_EQ(gas(5, fermat), 16 * 255U);
    EXPECT_EQ(gas(5, modexp_input({3}, {1}, {7})), 500U);
    EXPECT_EQ(gas(5, modexp_input(Bytes(33, 1), hex("ffff"), {7})), 2 * 25 * 15U);
    EXPECT_EQ(gas(5, modexp_input(Bytes(1024, 1), Bytes(34, 1), {7})), 2 * 128 * 128 * (32 + 248U));
}
TEST(Eip7823, LengthsUpTo1024) {
    for (int which = 0; which < 3; ++which) {
        Bytes numbers[] = {{2}, {3}, {7}};
        numbers[which].resize(1024);
        EXPECT_NE(gas(5, modexp_input(numbers[0], numbers[1], numbers[2])), Precompile::unpayable) << which;
        numbers[which].resize(1025);
        const Bytes longer = modexp_input(numbers[0], numbers[1], numbers[2]);
        EXPECT_EQ(gas(5, longer), Precompile::unpayable) << which;
        EXPECT_NE(gas(5, longer, Revision::prague), Precompile::unpayable) << which;
    }
    EXPECT_EQ(gas(5, word(0) + word(1025) + word(0)), Precompile::unpayable);
}

TEST(Eip1108, Prices) {
    EXPECT_EQ(gas(6, {}, Revision::petersburg), 500U);
    EXPECT_EQ(gas(6, {}, Revision::istanbul), 150U);
    EXPECT_EQ(gas(7, {}, Revision::petersburg), 40000U);
    EXPECT_EQ(gas(7, {}, Revision::istanbul), 6000U);
    EXPECT_EQ(gas(8, Bytes(384), Revision::petersburg), 260000U);
    EXPECT_EQ(gas(8, Bytes(384), Revision::istanbul), 113000U);
}
TEST(Eip196, InputIsPaddedAndCut) {
    const Bytes generator = word(1) + word(2);
    EXPECT_EQ(run(6, {}), Bytes(64));
    EXPECT_EQ(run(6, generator), generator);
    EXPECT_EQ(run(6, generator + Bytes(64) + Bytes(9, 0xff)), generator);
    EXPECT_EQ(run(6, word(1) + Bytes(31)), std::nullopt) << "(1, 0)";
    EXPECT_EQ(run(7, generator), Bytes(64));
    EXPECT_EQ(run(7, generator + word(1) + Bytes(9, 0xff)), generator);
    // A scalar cut short ends in zeros: 2^248.
    EXPECT_EQ(run(7, generator + Bytes{1}), run(7, generator + Bytes{1} + Bytes(31)));
}
TEST(Eip197, OutputsAndFailures) {
    EXPECT_EQ(run(8, {}), word(1));
    EXPECT_EQ(run(8, Bytes(192)), word(1));
    EXPECT_EQ(run(8, Bytes(191)), std::nullopt);
}

TEST(Eip152, InputForm) {
    Bytes input(213);
    input[3] = 12;
    EXPECT_EQ(gas(9, input), 12U);
    EXPECT_EQ(run(9, input)->size(), 64U);
    input[212] = 1;
    EXPECT_EQ(run(9, input)->size(), 64U);
    input[212] = 2;
    EXPECT_EQ(run(9, input), std::nullopt);
    input.resize(212);
    EXPECT_EQ(gas(9, input), Precompile::unpayable);
    EXPECT_EQ(run(9, input), std::nullopt);
    EXPECT_EQ(run(9, Bytes(214)), std::nullopt);
    Bytes most(213);
    std::fill_n(most.begin(), 4, uint8_t{0xff});
    EXPECT_EQ(gas(9, most), 0xffffffffU);
}
// Vector 5 of EIP-152: BLAKE2b of "abc".
TEST(Eip152, ByteOrder) {
    const Bytes input = hex("0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad"
                            "7f520e511f6c3e2b8c68059b6bbd41fb"
                            "abd9831f79217e1319cde05b") +
                        hex("616263") + Bytes(125) + Bytes{3} + Bytes(15) + Bytes{1};
    EXPECT_EQ(run(9, input), hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                                 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"));
}

// The constant polynomial 0, committed to and proved as infinity.
TEST(Eip4844, PointEvaluation) {
    Bytes infinity(48);
    infinity[0] = 0xc0;
    const Hash commitment_hash = crypto::sha256(infinity);
    Bytes versioned_hash{commitment_hash.begin(), commitment_hash.end()};
    versioned_hash[0] = 1;
    const Bytes input = versioned_hash + word(5) + word(0) + infinity + infinity;
    EXPECT_EQ(gas(10, input), 50000U);
    EXPECT_EQ(run(10, input),
              word(4096) + hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"));
    EXPECT_EQ(run(10, versioned_hash + word(5) + word(1) + infinity + infinity), std::nullopt)
        << "another value";
    EXPECT_EQ(run(10, input + Bytes{0}), std::nullopt);
    EXPECT_EQ(run(10, {}), std::nullopt);
    Bytes other_version = input, other_hash = input;
    other_version[0] = 2;
    other_hash[31] ^= 1;
    EXPECT_EQ(run(10, other_version), std::nullopt);
    EXPECT_EQ(run(10, other_hash), std::nullopt);
}

TEST(Eip2537, Prices) {
    EXPECT_EQ(gas(0x0b, Bytes(256)), 375U);
    EXPECT_EQ(gas(0x0c, Bytes(160)), 12000U);
    EXPECT_EQ(gas(0x0c, Bytes(160 * 2)), 2 * 12000 * 949 / 1000U);
    EXPECT_EQ(gas(0x0c, Bytes(160 * 128)), 128 * 12000 * 519 / 1000U);
    EXPECT_EQ(gas(0x0c, Bytes(160 * 129)), 129 * 12000 * 519 / 1000U);
    EXPECT_EQ(gas(0x0d, Bytes(512)), 600U);
    EXPECT_EQ(gas(0x0e, Bytes(288)), 22500U);
    EXPECT_EQ(gas(0x0e, Bytes(288 * 3)), 3 * 22500 * 923 / 1000U);
    EXPECT_EQ(gas(0x0e, Bytes(288 * 500)), uint64_t{500} * 22500 * 524 / 1000U);
    EXPECT_EQ(gas(0x0f, Bytes(384 * 2)), 102900U);
    EXPECT_EQ(gas(0x10, Bytes(64)), 5500U);
    EXPECT_EQ(gas(0x11, Bytes(128)), 23800U);
}
TEST(Eip2537, InfinitiesAndInputForm) {
    EXPECT_EQ(run(0x0b, Bytes(256)), Bytes(128));
    EXPECT_EQ(run(0x0c, Bytes(160)), Bytes(128));
    EXPECT_EQ(run(0x0d, Bytes(512)), Bytes(256));
    EXPECT_EQ(run(0x0e, Bytes(288)), Bytes(256));
    EXPECT_EQ(run(0x0f, Bytes(384)), word(1));
    EXPECT_EQ(run(0x10, Bytes(64))->size(), 128U);
    EXPECT_EQ(run(0x11, Bytes(128))->size(), 256U);
    for (unsigned number = 0x0b; number <= 0x11; ++number) {
        EXPECT_EQ(run(number, {}), std::nullopt) << number;
        EXPECT_EQ(run(number, Bytes(63)), std::nullopt) << number;
        EXPECT_EQ(run(number, Bytes(1025)), std::nullopt) << number;
    }
}

// RFC 6979, appendix A.2.5, SHA-256 of "sample".
TEST(Eip7951, OutputsAndInputForm) {
    const Bytes message = hex("73616d706c65");
    const Hash hash = crypto::sha256(message);
    const Bytes input = Bytes{hash.begin(), hash.end()} +
                        hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
                            "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    EXPECT_EQ(gas(0x100, input), 6900U);
    EXPECT_EQ(run(0x100, input), word(1));
    Bytes bad = input;
    bad[0] ^= 1;
    EXPECT_EQ(run(0x100, bad), Bytes{});
    EXPECT_EQ(run(0x100, input + Bytes{0}), Bytes{}) << "longer";
    EXPECT_EQ(run(0x100, Bytes(input.begin(), input.end() - 1)), Bytes{}) << "shorter";
    EXPECT_EQ(run(0x100, {}), Bytes{});
    EXPECT_EQ(run(0x100, Bytes(160)), Bytes{});
}

}  // namespace
}  // namespace weft::evm
