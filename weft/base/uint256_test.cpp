#include "weft/base/uint256.hpp"

#include <gtest/gtest.h>

#include <random>
#include <tuple>
#include <vector>

#include "weft/base/modulus.hpp"

namespace weft::base {

// For failure messages; outside the unnamed namespace, where gtest finds it.
static std::ostream& operator<<(std::ostream& out, const uint256& a) { return out << to_string(a); }

namespace {

// clang's own wide integers are the oracle.
using Oracle = unsigned _BitInt(256);
using SignedOracle = signed _BitInt(256);
using WideOracle = unsigned _BitInt(512);

Oracle oracle(const uint256& a) {
    Oracle out = 0;
    for (int i = 3; i >= 0; --i) out = out << 64 | a.limb[i];
    return out;
}
uint256 ours(Oracle a) {
    return {static_cast<uint64_t>(a), static_cast<uint64_t>(a >> 64), static_cast<uint64_t>(a >> 128),
            static_cast<uint64_t>(a >> 192)};
}

std::vector<uint256> edge_values() {
    std::vector<uint256> out{0,
                             1,
                             2,
                             3,
                             10,
                             10'000'000'000'000'000'000ULL,
                             uint256::max(),
                             uint256::max() - 1,
                             {0, 0, ~0ULL, ~0ULL},
                             {~0ULL, 0, 0, ~0ULL},
                             {0, ~0ULL, 0, 1},
                             {~0ULL, ~0ULL, 0, 1ULL << 63}};
    for (const unsigned k : {8U, 31U, 32U, 62U, 63U, 64U, 65U, 96U, 127U, 128U, 129U, 160U, 191U, 192U, 193U,
                             224U, 254U, 255U}) {
        const uint256 power_of_two = uint256{1} << k;
        out.push_back(power_of_two);
        out.push_back(power_of_two - 1);
        out.push_back(power_of_two + 1);
        out.push_back(-power_of_two);
        out.push_back(-power_of_two - 1);
    }
    return out;
}

/// Random values with random bit lengths, and a bias to limbs of all ones or all zeros, where quotient
/// estimates go wrong.
class RandomWords {
public:
    uint256 operator()() {
        uint256 out;
        for (uint64_t& limb : out.limb) {
            const unsigned kind = engine_() % 8;
            limb = kind == 0 ? 0 : kind == 1 ? ~0ULL : kind == 2 ? 1ULL << 63 : engine_();
        }
        return out >> engine_() % 257;
    }

private:
    std::mt19937_64 engine_{20261120};
};

void check_pair(const uint256& a, const uint256& b) {
    const Oracle x = oracle(a), y = oracle(b);
    ASSERT_EQ(a + b, ours(x + y)) << a << ' ' << b;
    ASSERT_EQ(a - b, ours(x - y)) << a << ' ' << b;
    ASSERT_EQ(a * b, ours(x * y)) << a << ' ' << b;
    ASSERT_EQ(a & b, ours(x & y));
    ASSERT_EQ(a | b, ours(x | y));
    ASSERT_EQ(a ^ b, ours(x ^ y));
    ASSERT_EQ(a < b, x < y) << a << ' ' << b;
    ASSERT_EQ(a > b, x > y);
    ASSERT_EQ(a <= b, x <= y);
    ASSERT_EQ(a >= b, x >= y);
    ASSERT_EQ(a == b, x == y);
    ASSERT_EQ(less_signed(a, b), static_cast<SignedOracle>(x) < static_cast<SignedOracle>(y))
        << a << ' ' << b;
    uint256 out;
    ASSERT_EQ(uint256::add_carry(a, b, out), x + y < x);
    ASSERT_EQ(uint256::sub_borrow(a, b, out), x < y);

    const DivRem result = divide(a, b);
    ASSERT_EQ(result.quotient, y == 0 ? uint256{} : ours(x / y)) << a << ' ' << b;
    ASSERT_EQ(result.remainder, y == 0 ? uint256{} : ours(x % y)) << a << ' ' << b;

    const DivRem signed_result = divide_signed(a, b);
    if (y == 0) {
        ASSERT_TRUE(signed_result.quotient.is_zero() && signed_result.remainder.is_zero());
    } else if (b == uint256::max()) {  // the oracle's one overflow, -2^255 / -1, is among these
        ASSERT_EQ(signed_result.quotient, -a);
        ASSERT_EQ(signed_result.remainder, uint256{});
    } else {
        const auto sx = static_cast<SignedOracle>(x), sy = static_cast<SignedOracle>(y);
        ASSERT_EQ(signed_result.quotient, ours(static_cast<Oracle>(sx / sy))) << a << ' ' << b;
        ASSERT_EQ(signed_result.remainder, ours(static_cast<Oracle>(sx % sy))) << a << ' ' << b;
    }
}

void check_triple(const uint256& a, const uint256& b, const uint256& m) {
    const auto x = static_cast<WideOracle>(oracle(a)), y = static_cast<WideOracle>(oracle(b));
    const WideOracle z = oracle(m);
    ASSERT_EQ(add_mod(a, b, m), z == 0 ? uint256{} : ours(static_cast<Oracle>((x + y) % z)))
        << a << ' ' << b << ' ' << m;
    ASSERT_EQ(mul_mod(a, b, m), z == 0 ? uint256{} : ours(static_cast<Oracle>((x * y) % z)))
        << a << ' ' << b << ' ' << m;
    if (z != 0) {
        ASSERT_EQ(PreparedModulus(m).multiply(a, b), ours(static_cast<Oracle>((x * y) % z)))
            << a << ' ' << b << ' ' << m;
    }
}

TEST(Uint256, PairsOfEdgeValuesAgreeWithBitInt) {
    const auto values = edge_values();
    for (const uint256& a : values)
        for (const uint256& b : values) ASSERT_NO_FATAL_FAILURE(check_pair(a, b));
}

TEST(Uint256, TriplesOfEdgeValuesAgreeWithBitInt) {
    const auto values = edge_values();
    for (size_t i = 0; i < values.size(); ++i)
        for (size_t j = i % 3; j < values.size(); j += 3)
            for (size_t k = j % 2; k < values.size(); k += 2)
                ASSERT_NO_FATAL_FAILURE(check_triple(values[i], values[j], values[k]));
}

TEST(Uint256, RandomTriplesAgreeWithBitInt) {
    RandomWords next;
    for (int i = 0; i < 100'000; ++i) {
        const uint256 a = next(), b = next(), m = next();
        ASSERT_NO_FATAL_FAILURE(check_pair(a, b));
        ASSERT_NO_FATAL_FAILURE(check_triple(a, b, m));
    }
}

TEST(Uint256, QuotientsNextToAMultipleOfTheDivisor) {
    // q * d + {-1, 0, 1} and q * d + (d - 1): where an estimate one too large or small would show.
    RandomWords next;
    for (int i = 0; i < 50'000; ++i) {
        const uint256 d = next(), q = next() >> (256 - count_leading_zeros(d));
        const uint256 product = q * d;
        for (const uint256& a : {product, product - 1, product + 1, product + d - 1})
            ASSERT_NO_FATAL_FAILURE(check_pair(a, d));
    }
}

TEST(Uint256, ShiftsAgreeWithBitInt) {
    std::vector<uint256> values = edge_values();
    RandomWords next;
    for (int i = 0; i < 100; ++i) values.push_back(next());
    for (const uint256& a : values) {
        const Oracle x = oracle(a);
        for (uint64_t shift = 0; shift < 256; ++shift) {
            ASSERT_EQ(a << shift, ours(x << shift)) << a << ' ' << shift;
            ASSERT_EQ(a >> shift, ours(x >> shift)) << a << ' ' << shift;
            ASSERT_EQ(shift_right_signed(a, shift),
                      ours(static_cast<Oracle>(static_cast<SignedOracle>(x) >> shift)));
        }
        const uint256 fill = a.sign() ? uint256::max() : uint256{};
        for (const uint64_t shift : {256ULL, 257ULL, 320ULL, 1ULL << 32, ~0ULL}) {
            ASSERT_EQ(a << shift, uint256{});
            ASSERT_EQ(a >> shift, uint256{});
            ASSERT_EQ(shift_right_signed(a, shift), fill);
        }
    }
}

TEST(Uint256, ArithmeticIsConstexpr) {
    constexpr uint256 a{1, 2, 3, 4}, b{~0ULL, 5, 0, 0};
    static_assert(a + b - b == a && b < a && !(a < b) && a * 2 == (a << 1) &&
                  (a >> 64) == uint256{2, 3, 4, 0});
    static_assert(~a + 1 == -a && (a & ~a).is_zero() && less_signed(-a, a) && count_leading_zeros(b) == 189);
    static_assert(shift_right_signed(uint256::max(), 300) == uint256::max());
}

TEST(Uint256, PowerAgreesWithRepeatedMultiplication) {
    RandomWords next;
    std::vector<uint256> bases = edge_values();
    for (int i = 0; i < 50; ++i) bases.push_back(next());
    for (const uint256& base : bases) {
        Oracle expected = 1;
        for (uint64_t exponent = 0; exponent < 300; ++exponent) {
            ASSERT_EQ(power(base, exponent), ours(expected)) << base << ' ' << exponent;
            expected *= oracle(base);
        }
        for (const uint256& exponent : edge_values()) {
            Oracle result = 1, square = oracle(base);
            for (Oracle e = oracle(exponent); e != 0; e >>= 1) {
                if (e & 1) result *= square;
                square *= square;
            }
            ASSERT_EQ(power(base, exponent), ours(result)) << base << ' ' << exponent;
        }
    }
}

TEST(Uint256, EIP7939_CountLeadingZeros) {
    EXPECT_EQ(count_leading_zeros(0), 256U);
    EXPECT_EQ(byte_length(0), 0U);
    for (unsigned k = 0; k < 256; ++k) {
        EXPECT_EQ(count_leading_zeros(uint256{1} << k), 255 - k);
        EXPECT_EQ(count_leading_zeros((uint256{1} << k) | 1), 255 - k);
        EXPECT_EQ(byte_length(uint256{1} << k), k / 8 + 1);
    }
}

TEST(Uint256, BigEndianBytes) {
    uint8_t bytes[32];
    for (uint8_t i = 0; i < 32; ++i) bytes[i] = static_cast<uint8_t>(i + 1);
    const uint256 value = load_be(bytes);
    EXPECT_EQ(value,
              (uint256{0x191a1b1c1d1e1f20, 0x1112131415161718, 0x090a0b0c0d0e0f10, 0x0102030405060708}));
    uint8_t back[32];
    store_be(back, value);
    EXPECT_TRUE(std::equal(bytes, bytes + 32, back));
    EXPECT_EQ(load_be(BytesView{bytes, 3}), uint256{0x010203});
    EXPECT_EQ(load_be(BytesView{}), uint256{});
    EXPECT_EQ(to_uint256(to_hash(value)), value);
    const Address address = to_address(value);
    EXPECT_EQ(address[0], 13);
    EXPECT_EQ(address[19], 32);
    EXPECT_EQ(to_uint256(address), value & ((uint256{1} << 160) - 1));
}

TEST(Uint256, CopyLimbs) {
    const uint256 from{1, 2, 3, 4};
    uint256 to{9, 9, 9, 9};
    copy_limbs(to, from);
    EXPECT_EQ(to, from);
}

TEST(Uint256, DecimalText) {
    EXPECT_EQ(to_string(0), "0");
    EXPECT_EQ(to_string(7), "7");
    EXPECT_EQ(to_string(10'000'000'000'000'000'000ULL), "10000000000000000000");
    EXPECT_EQ(to_string(uint256::max()),
              "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    EXPECT_EQ(parse_decimal("115792089237316195423570985008687907853269984665640564039457584007913129639935"),
              uint256::max());
    RandomWords next;
    for (int i = 0; i < 2000; ++i) {
        const uint256 value = next();
        ASSERT_EQ(parse_decimal(to_string(value)), value);
        ASSERT_EQ(parse_decimal("000" + to_string(value)), value);
    }
    uint256 ten_to_k = 1;
    std::string text = "1";
    for (int k = 0; k < 77; ++k, ten_to_k *= 10, text += '0') {
        ASSERT_EQ(to_string(ten_to_k), text);
        ASSERT_EQ(parse_decimal(text), ten_to_k);
    }
}

TEST(Uint256, DecimalTextThatIsNoNumber) {
    for (const char* text :
         {"", "-1", "+1", " 1", "1 ", "0x10", "12a", "1.0",
          "115792089237316195423570985008687907853269984665640564039457584007913129639936",
          "1157920892373161954235709850086879078532699846656405640394575840079131296399350"})
        EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

}  // namespace
}  // namespace weft::base
