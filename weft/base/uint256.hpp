#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/bytes.hpp"

namespace weft::base {

/// An unsigned 256-bit integer, arithmetic modulo 2^256, as the EVM's words are (yellow paper, section 9.1).
/// Four 64-bit limbs, the least significant first. Division by zero gives zero, as in the EVM.
struct uint256 {
    std::array<uint64_t, 4> limb{};

    constexpr uint256() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): widening is lossless, as for the built-in types
    constexpr uint256(uint64_t low) noexcept : limb{low, 0, 0, 0} {}
    constexpr uint256(uint64_t l0, uint64_t l1, uint64_t l2, uint64_t l3) noexcept : limb{l0, l1, l2, l3} {}

    [[nodiscard]] static constexpr uint256 max() noexcept { return {~0ULL, ~0ULL, ~0ULL, ~0ULL}; }
    [[nodiscard]] constexpr bool is_zero() const noexcept {
        return (limb[0] | limb[1] | limb[2] | limb[3]) == 0;
    }
    /// True if the value fits 64 bits.
    [[nodiscard]] constexpr bool is_u64() const noexcept { return (limb[1] | limb[2] | limb[3]) == 0; }
    /// The low 64 bits.
    [[nodiscard]] constexpr uint64_t low() const noexcept { return limb[0]; }
    /// The value, or the largest uint64_t where it is larger.
    [[nodiscard]] constexpr uint64_t saturate() const noexcept { return is_u64() ? limb[0] : ~0ULL; }
    /// True if the value, read as two's complement, is negative.
    [[nodiscard]] constexpr bool sign() const noexcept { return (limb[3] >> 63) != 0; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return !is_zero(); }

    friend constexpr bool operator==(const uint256& a, const uint256& b) noexcept {
        return ((a.limb[0] ^ b.limb[0]) | (a.limb[1] ^ b.limb[1]) | (a.limb[2] ^ b.limb[2]) |
                (a.limb[3] ^ b.limb[3])) == 0;
    }
    friend constexpr bool operator<(const uint256& a, const uint256& b) noexcept {
#ifdef __clang__
        if !consteval {
            // The one spelling that clang turns into a bare cmp/sbb chain; the borrow loop below becomes 14
            // set/and/or.
            using wide = unsigned _BitInt(256);
            return std::bit_cast<wide>(a.limb) < std::bit_cast<wide>(b.limb);
        }
#endif
        uint256 ignored;
        return sub_borrow(a, b, ignored);
    }
    friend constexpr bool operator>(const uint256& a, const uint256& b) noexcept { return b < a; }
    friend constexpr bool operator<=(const uint256& a, const uint256& b) noexcept { return !(b < a); }
    friend constexpr bool operator>=(const uint256& a, const uint256& b) noexcept { return !(a < b); }

    // Chains of carries are clang's builtins. It builds Weft; who embeds it may have another compiler.
    [[gnu::always_inline]] static constexpr uint64_t add_limb(uint64_t a, uint64_t b,
                                                              unsigned long long& carry) noexcept {
#ifdef __clang__
        return __builtin_addcll(a, b, carry, &carry);
#else
        const auto sum = static_cast<unsigned __int128>(a) + b + carry;
        carry = static_cast<uint64_t>(sum >> 64);
        return static_cast<uint64_t>(sum);
#endif
    }
    [[gnu::always_inline]] static constexpr uint64_t subtract_limb(uint64_t a, uint64_t b,
                                                                   unsigned long long& borrow) noexcept {
#ifdef __clang__
        return __builtin_subcll(a, b, borrow, &borrow);
#else
        const auto difference = static_cast<unsigned __int128>(a) - b - borrow;
        borrow = static_cast<uint64_t>(difference >> 64) & 1;
        return static_cast<uint64_t>(difference);
#endif
    }

    /// sum = a + b mod 2^256; returns the carry.
    static constexpr bool add_carry(const uint256& a, const uint256& b, uint256& sum) noexcept {
        unsigned long long carry = 0;
        uint256 out;
        for (int i = 0; i < 4; ++i) out.limb[i] = add_limb(a.limb[i], b.limb[i], carry);
        sum = out;
        return carry != 0;
    }
    /// difference = a - b mod 2^256; returns the borrow.
    static constexpr bool sub_borrow(const uint256& a, const uint256& b, uint256& difference) noexcept {
        unsigned long long borrow = 0;
        uint256 out;
        for (int i = 0; i < 4; ++i) out.limb[i] = subtract_limb(a.limb[i], b.limb[i], borrow);
        difference = out;
        return borrow != 0;
    }

    friend constexpr uint256 operator+(const uint256& a, const uint256& b) noexcept {
        uint256 out;
        add_carry(a, b, out);
        return out;
    }
    friend constexpr uint256 operator-(const uint256& a, const uint256& b) noexcept {
        uint256 out;
        sub_borrow(a, b, out);
        return out;
    }
    friend constexpr uint256 operator*(const uint256& a, const uint256& b) noexcept {
        using wide = unsigned __int128;
        uint256 out;
        for (int i = 0; i < 4; ++i) {
            uint64_t carry = 0;
            for (int j = 0; i + j < 4; ++j) {
                const wide t = wide{a.limb[i]} * b.limb[j] + out.limb[i + j] + carry;
                out.limb[i + j] = static_cast<uint64_t>(t);
                carry = static_cast<uint64_t>(t >> 64);
            }
        }
        return out;
    }
    constexpr uint256& operator+=(const uint256& b) noexcept { return *this = *this + b; }
    constexpr uint256& operator-=(const uint256& b) noexcept { return *this = *this - b; }
    constexpr uint256& operator*=(const uint256& b) noexcept { return *this = *this * b; }

    friend constexpr uint256 operator~(const uint256& a) noexcept {
        return {~a.limb[0], ~a.limb[1], ~a.limb[2], ~a.limb[3]};
    }
    friend constexpr uint256 operator-(const uint256& a) noexcept { return uint256{} - a; }
    friend constexpr uint256 operator&(const uint256& a, const uint256& b) noexcept {
        return {a.limb[0] & b.limb[0], a.limb[1] & b.limb[1], a.limb[2] & b.limb[2], a.limb[3] & b.limb[3]};
    }
    friend constexpr uint256 operator|(const uint256& a, const uint256& b) noexcept {
        return {a.limb[0] | b.limb[0], a.limb[1] | b.limb[1], a.limb[2] | b.limb[2], a.limb[3] | b.limb[3]};
    }
    friend constexpr uint256 operator^(const uint256& a, const uint256& b) noexcept {
        return {a.limb[0] ^ b.limb[0], a.limb[1] ^ b.limb[1], a.limb[2] ^ b.limb[2], a.limb[3] ^ b.limb[3]};
    }
    /// Shift left; 256 and more give zero.
    friend constexpr uint256 operator<<(const uint256& a, uint64_t shift) noexcept {
        if (shift >= 256) return {};
        auto [l0, l1, l2, l3] = a.limb;
        // Whole limbs by conditional moves, then the odd bits; (x >> 1) >> (63 - bits) is x >> (64 - bits)
        // that allows bits = 0.
        const bool two = (shift & 128) != 0, one = (shift & 64) != 0;
        l3 = two ? l1 : l3, l2 = two ? l0 : l2, l1 = two ? 0 : l1, l0 = two ? 0 : l0;
        l3 = one ? l2 : l3, l2 = one ? l1 : l2, l1 = one ? l0 : l1, l0 = one ? 0 : l0;
        const uint64_t bits = shift % 64, rest = 63 - bits;
        return {l0 << bits, (l1 << bits) | ((l0 >> 1) >> rest), (l2 << bits) | ((l1 >> 1) >> rest),
                (l3 << bits) | ((l2 >> 1) >> rest)};
    }
    /// Logical shift right; 256 and more give zero.
    friend constexpr uint256 operator>>(const uint256& a, uint64_t shift) noexcept {
        if (shift >= 256) return {};
        auto [l0, l1, l2, l3] = a.limb;
        const bool two = (shift & 128) != 0, one = (shift & 64) != 0;
        l0 = two ? l2 : l0, l1 = two ? l3 : l1, l2 = two ? 0 : l2, l3 = two ? 0 : l3;
        l0 = one ? l1 : l0, l1 = one ? l2 : l1, l2 = one ? l3 : l2, l3 = one ? 0 : l3;
        const uint64_t bits = shift % 64, rest = 63 - bits;
        return {(l0 >> bits) | ((l1 << 1) << rest), (l1 >> bits) | ((l2 << 1) << rest),
                (l2 >> bits) | ((l3 << 1) << rest), l3 >> bits};
    }
};

/// Arithmetic shift right (SAR, EIP-145): the sign bit is repeated; 256 and more give 0 or -1.
[[nodiscard]] constexpr uint256 shift_right_signed(const uint256& a, uint64_t shift) noexcept {
    // An arithmetic shift of a negative a is the complement of the logical shift of ~a.
    const uint64_t fill = a.sign() ? ~0ULL : 0;
    const uint256 mask{fill, fill, fill, fill};
    return ((a ^ mask) >> shift) ^ mask;
}

/// a < b, both read as two's complement (SLT).
[[nodiscard]] constexpr bool less_signed(const uint256& a, const uint256& b) noexcept {
    constexpr uint64_t top = 1ULL << 63;
    return uint256{a.limb[0], a.limb[1], a.limb[2], a.limb[3] ^ top} <
           uint256{b.limb[0], b.limb[1], b.limb[2], b.limb[3] ^ top};
}

/// to = from through four general registers. A plain assignment is one vector load and store, which stalls
/// where the limbs were just written one by one (or are read so next), as on the EVM's stack: DUP and SWAP
/// want this.
inline void copy_limbs(uint256& to, const uint256& from) noexcept {
    auto [l0, l1, l2, l3] = from.limb;
    asm("" : "+r"(l0), "+r"(l1), "+r"(l2), "+r"(l3));
    to.limb[0] = l0;
    to.limb[1] = l1;
    to.limb[2] = l2;
    to.limb[3] = l3;
}

/// The number of leading zero bits; 256 for zero (EIP-7939's CLZ).
[[nodiscard]] constexpr unsigned count_leading_zeros(const uint256& a) noexcept {
    for (int i = 3; i >= 0; --i)
        if (a.limb[i] != 0) return static_cast<unsigned>((3 - i) * 64 + std::countl_zero(a.limb[i]));
    return 256;
}

/// The number of bytes needed to hold the value; 0 for zero.
[[nodiscard]] constexpr unsigned byte_length(const uint256& a) noexcept {
    return (256 - count_leading_zeros(a) + 7) / 8;
}

struct DivRem {
    uint256 quotient;
    uint256 remainder;
};

/// a / b and a % b, unsigned; both zero if b is zero.
[[nodiscard]] DivRem divide(const uint256& a, const uint256& b) noexcept;
/// Two's complement division and remainder (SDIV, SMOD): truncated, the remainder has the dividend's sign;
/// both zero if b is zero.
[[nodiscard]] DivRem divide_signed(const uint256& a, const uint256& b) noexcept;
/// (a + b) % m without overflow; zero if m is zero.
[[nodiscard]] uint256 add_mod(const uint256& a, const uint256& b, const uint256& m) noexcept;
/// (a * b) % m on the full 512-bit product; zero if m is zero.
[[nodiscard]] uint256 mul_mod(const uint256& a, const uint256& b, const uint256& m) noexcept;
/// base ^ exponent mod 2^256.
[[nodiscard]] uint256 power(uint256 base, const uint256& exponent) noexcept;

/// The value in decimal digits, without leading zeros; "0" for zero.
[[nodiscard]] std::string to_string(const uint256& value);
/// The number that one or more decimal digits spell (leading zeros allowed, no sign, no blanks); nothing if
/// the text is anything else or the number exceeds 2^256 - 1.
[[nodiscard]] std::optional<uint256> parse_decimal(std::string_view text) noexcept;

/// The big-endian number in 32 bytes at p.
[[nodiscard]] inline uint256 load_be(const uint8_t* p) noexcept {
    uint256 out;
    for (int i = 0; i < 4; ++i) {
        uint64_t word;
        std::memcpy(&word, p + 8 * (3 - i), 8);
        out.limb[i] = __builtin_bswap64(word);
    }
    return out;
}
/// Writes the value big-endian to 32 bytes at p.
inline void store_be(uint8_t* p, const uint256& value) noexcept {
    for (int i = 0; i < 4; ++i) {
        const uint64_t word = __builtin_bswap64(value.limb[3 - i]);
        std::memcpy(p + 8 * i, &word, 8);
    }
}
/// The big-endian number in a string of at most 32 bytes.
[[nodiscard]] inline uint256 load_be(BytesView bytes) noexcept {
    uint8_t padded[32]{};
    if (!bytes.empty()) std::memcpy(padded + 32 - bytes.size(), bytes.data(), bytes.size());
    return load_be(padded);
}
[[nodiscard]] inline uint256 to_uint256(const Hash& hash) noexcept { return load_be(hash.data()); }
[[nodiscard]] inline Hash to_hash(const uint256& value) noexcept {
    Hash out;
    store_be(out.data(), value);
    return out;
}
/// The address as a stack word: left-padded with zeros.
[[nodiscard]] inline uint256 to_uint256(const Address& address) noexcept { return load_be(address.view()); }
/// The address in a stack word's low 20 bytes; the rest is ignored.
[[nodiscard]] inline Address to_address(const uint256& word) noexcept {
    uint8_t bytes[32];
    store_be(bytes, word);
    Address out;
    std::memcpy(out.data(), bytes + 12, 20);
    return out;
}

}  // namespace weft::base

namespace weft {
using base::uint256;
}  // namespace weft
