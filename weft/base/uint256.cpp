#include "weft/base/uint256.hpp"

#include <algorithm>

#include "weft/base/modulus.hpp"

// Division multiplies by a precomputed reciprocal of the divisor's top limbs: N. Möller, T. Granlund,
// "Improved division by invariant integers", IEEE Transactions on Computers 60 (2011), here MG; the long
// division around it is Knuth's, The Art of Computer Programming 2, 4.3.1, algorithm D.
namespace weft::base {
namespace {

using wide = unsigned __int128;

constexpr uint64_t high(wide x) noexcept { return static_cast<uint64_t>(x >> 64); }
constexpr uint64_t low(wide x) noexcept { return static_cast<uint64_t>(x); }
constexpr wide join(uint64_t hi, uint64_t lo) noexcept { return wide{hi} << 64 | lo; }

/// MG's reciprocal: floor((2^128 - 1) / d) - 2^64, for a normalised d (top bit set).
inline uint64_t reciprocal(uint64_t d) noexcept {
#if defined(__x86_64__)
    // (2^128 - 1) / d - 2^64 = (2^128 - 1 - 2^64 d) / d, whose high half ~d is below d: one hardware
    // division, which today's cores do in less time than MG's table and three Newton steps.
    uint64_t quotient, remainder;
    asm("divq %[d]" : "=a"(quotient), "=d"(remainder) : [d] "r"(d), "a"(~0ULL), "d"(~d) : "cc");
    return quotient;
#else
    return static_cast<uint64_t>(join(~d, ~0ULL) / d);
#endif
}

/// MG's reciprocal of a two-limb divisor (algorithm 6), d1 normalised.
inline uint64_t reciprocal(uint64_t d1, uint64_t d0) noexcept {
    uint64_t v = reciprocal(d1);
    uint64_t p = d1 * v + d0;
    if (p < d0) {
        --v;
        if (p >= d1) {
            --v;
            p -= d1;
        }
        p -= d1;
    }
    const wide t = wide{v} * d0;
    p += high(t);
    if (p < high(t)) {
        --v;
        if (join(p, low(t)) >= join(d1, d0)) --v;
    }
    return v;
}

struct Step1 {
    uint64_t quotient, remainder;
};
/// (u1, u0) / d with u1 < d (MG, algorithm 4).
inline Step1 divide_2by1(uint64_t u1, uint64_t u0, uint64_t d, uint64_t v) noexcept {
    const wide q = wide{v} * u1 + join(u1, u0);
    uint64_t quotient = high(q) + 1;
    uint64_t remainder = u0 - quotient * d;
    if (remainder > low(q)) {
        --quotient;
        remainder += d;
    }
    if (remainder >= d) [[unlikely]] {
        ++quotient;
        remainder -= d;
    }
    return {quotient, remainder};
}

struct Step2 {
    uint64_t quotient;
    wide remainder;
};
/// (u2, u1, u0) / d with (u2, u1) < d (MG, algorithm 5).
inline Step2 divide_3by2(uint64_t u2, uint64_t u1, uint64_t u0, wide d, uint64_t v) noexcept {
    const wide q = wide{v} * u2 + join(u2, u1);
    uint64_t quotient = high(q) + 1;
    wide remainder = join(u1 - high(q) * high(d), u0) - wide{low(d)} * high(q) - d;
    if (high(remainder) >= low(q)) {
        --quotient;
        remainder += d;
    }
    if (remainder >= d) [[unlikely]] {
        ++quotient;
        remainder -= d;
    }
    return {quotient, remainder};
}

/// u[0..count) -= q * d[0..count); returns the borrow, a whole limb.
template <int count>
inline uint64_t subtract_product(uint64_t* u, const uint64_t* d, uint64_t q) noexcept {
    uint64_t borrow = 0;
    for (int i = 0; i < count; ++i) {
        const wide product = wide{q} * d[i] + borrow;
        borrow = high(product) + (u[i] < low(product));
        u[i] -= low(product);
    }
    return borrow;
}

/// One step of long division by a normalised divisor of N limbs: the remainder so far, r < d, takes in the
/// next limb and becomes r * 2^64 + next mod d; returns the quotient's limb. v is the reciprocal of d's top
/// limbs, two where there are. Everything stays in registers: each step waits for the one before it.
template <int N>
inline uint64_t divide_step(std::array<uint64_t, N>& r, uint64_t next, const std::array<uint64_t, N>& d,
                            uint64_t v) noexcept {
    if constexpr (N == 1) {
        const Step1 step = divide_2by1(r[0], next, d[0], v);
        r[0] = step.remainder;
        return step.quotient;
    } else if constexpr (N == 2) {
        const Step2 step = divide_3by2(r[1], r[0], next, join(d[1], d[0]), v);
        r = {low(step.remainder), high(step.remainder)};
        return step.quotient;
    } else {
        const wide top = join(d[N - 1], d[N - 2]);
        const uint64_t u2 = r[N - 1], u1 = r[N - 2], u0 = r[N - 3];
        for (int i = N - 1; i > 0; --i) r[i] = r[i - 1];
        r[0] = next;
        if (join(u2, u1) >= top) [[unlikely]] {
            // MG needs (u2, u1) < d; where they are equal 2^64 - 1 is the limb, and exact since d's top bit
            // is set.
            subtract_product<N>(r.data(), d.data(), ~0ULL);
            return ~0ULL;
        }
        auto [q, remainder] = divide_3by2(u2, u1, u0, top, v);
        const uint64_t borrow = subtract_product<N - 2>(r.data(), d.data(), q);
        const bool under = remainder < borrow;
        remainder -= borrow;
        r[N - 2] = low(remainder);
        r[N - 1] = high(remainder);
        if (under) [[unlikely]] {
            --q;
            unsigned long long carry = 0;
            for (int i = 0; i < N; ++i) r[i] = __builtin_addcll(r[i], d[i], carry, &carry);
        }
        return q;
    }
}

inline int significant_limbs(const uint64_t* limbs, int count) noexcept {
    while (count > 0 && limbs[count - 1] == 0) --count;
    return count;
}

/// The two numbers of N limbs' top ones: what divide_step() wants of a normalised d.
template <int N>
inline uint64_t reciprocal(const std::array<uint64_t, N>& d) noexcept {
    if constexpr (N == 1)
        return reciprocal(d[0]);
    else
        return reciprocal(d[N - 1], d[N - 2]);
}

/// Divides the `limbs` significant limbs of u by a divisor of N significant limbs, N <= limbs. Quotient limbs
/// go to q[0..limbs - N], unless q is null; returns the remainder.
template <int N>
inline uint256 divide_long(const uint64_t* u, int limbs, const uint256& divisor, uint64_t* q) noexcept {
    const int shift = std::countl_zero(divisor.limb[N - 1]), rest = 63 - shift;
    const auto shifted = [&](int i) { return (u[i] << shift) | (i == 0 ? 0 : (u[i - 1] >> 1) >> rest); };
    std::array<uint64_t, N> d, r;
    for (int i = 0; i < N; ++i)
        d[i] = (divisor.limb[i] << shift) | (i == 0 ? 0 : (divisor.limb[i - 1] >> 1) >> rest);
    const uint64_t v = reciprocal<N>(d);
    // The bits shifted out and the leading N - 1 limbs: below d, since those bits are below its top limb.
    r[N - 1] = (u[limbs - 1] >> 1) >> rest;
    for (int i = 1; i < N; ++i) r[N - 1 - i] = shifted(limbs - i);
    for (int i = limbs - N; i >= 0; --i) {
        const uint64_t limb = divide_step<N>(r, shifted(i), d, v);
        if (q != nullptr) q[i] = limb;
    }
    uint256 remainder;
    for (int i = 0; i < N; ++i)
        remainder.limb[i] = (r[i] >> shift) | (i + 1 < N ? (r[i + 1] << 1) << rest : 0);
    return remainder;
}

/// divide_long by the divisor's significant limbs, 1 to 4.
inline uint256 divide_any(const uint64_t* u, int limbs, const uint256& divisor, int divisor_limbs,
                          uint64_t* q) noexcept {
    switch (divisor_limbs) {
        case 1:
            return divide_long<1>(u, limbs, divisor, q);
        case 2:
            return divide_long<2>(u, limbs, divisor, q);
        case 3:
            return divide_long<3>(u, limbs, divisor, q);
        default:
            return divide_long<4>(u, limbs, divisor, q);
    }
}

/// u % m for `limbs` significant limbs of u, u >= m > 0.
inline uint256 remainder_of(const uint64_t* u, int limbs, const uint256& m) noexcept {
    return divide_any(u, limbs, m, significant_limbs(m.limb.data(), 4), nullptr);
}

/// (u1, u0) / d by the machine's own division. Precondition: u1 < d.
inline uint64_t divide_2by1(uint64_t u1, uint64_t u0, uint64_t d) noexcept {
#if defined(__x86_64__)
    uint64_t quotient, remainder;
    asm("divq %[d]" : "=a"(quotient), "=d"(remainder) : [d] "r"(d), "a"(u0), "d"(u1) : "cc");
    return quotient;
#else
    return static_cast<uint64_t>(join(u1, u0) / d);
#endif
}

/// a / b for a b of four limbs, a >= b: the quotient is one limb. Estimated from the leading limbs of both,
/// shifted until b's top bit is set, it is at most 2 too large (Knuth's theorem B).
inline DivRem divide_by_four_limbs(const uint256& a, const uint256& b) noexcept {
    const int shift = std::countl_zero(b.limb[3]), rest = 63 - shift;
    const uint64_t d = (b.limb[3] << shift) | ((b.limb[2] >> 1) >> rest);
    const uint64_t u1 = (a.limb[3] >> 1) >> rest, u0 = (a.limb[3] << shift) | ((a.limb[2] >> 1) >> rest);
    uint64_t quotient = divide_2by1(u1, u0, d);
    uint256 remainder = a;
    uint64_t borrow = subtract_product<4>(remainder.limb.data(), b.limb.data(), quotient);
    while (borrow != 0) {
        --quotient;
        borrow -= uint256::add_carry(remainder, b, remainder) ? 1 : 0;
    }
    return {quotient, remainder};
}

/// a / b for a b of one limb, a >= b: as above, but nothing goes through memory.
inline DivRem divide_by_one_limb(const uint256& a, uint64_t b) noexcept {
    const int shift = std::countl_zero(b), rest = 63 - shift;
    const uint64_t d = b << shift, v = reciprocal(d);
    const auto beyond = [&](size_t i) { return (a.limb[i] >> 1) >> rest; };  // what a shift moves up
    DivRem out;
    size_t i = 3;
    while (a.limb[i] == 0) --i;
    uint64_t remainder = beyond(i);
    for (; i > 0; --i) {
        const Step1 step = divide_2by1(remainder, (a.limb[i] << shift) | beyond(i - 1), d, v);
        out.quotient.limb[i] = step.quotient;
        remainder = step.remainder;
    }
    const Step1 last = divide_2by1(remainder, a.limb[0] << shift, d, v);
    out.quotient.limb[0] = last.quotient;
    out.remainder.limb[0] = last.remainder >> shift;
    return out;
}

inline bool is_power_of_two(const uint256& a) noexcept {
    return std::popcount(a.limb[0]) + std::popcount(a.limb[1]) + std::popcount(a.limb[2]) +
               std::popcount(a.limb[3]) ==
           1;
}

inline uint256 negate_if(bool negative, const uint256& a) noexcept { return negative ? -a : a; }

/// out[0..8) = a * b.
inline void multiply_full(const uint256& a, const uint256& b, uint64_t* out) noexcept {
    for (int i = 0; i < 4; ++i) out[i] = 0;
    for (int i = 0; i < 4; ++i) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; ++j) {
            const wide t = wide{a.limb[i]} * b.limb[j] + out[i + j] + carry;
            out[i + j] = low(t);
            carry = high(t);
        }
        out[i + 4] = carry;
    }
}

constexpr uint64_t ten_to_19 = 10'000'000'000'000'000'000ULL;
constexpr size_t chunk_digits = 19;

}  // namespace

DivRem divide(const uint256& a, const uint256& b) noexcept {
    if (a.is_u64() && b.is_u64()) {
        if (b.limb[0] == 0) return {};
        return {a.limb[0] / b.limb[0], a.limb[0] % b.limb[0]};
    }
    if (a < b) return {{}, a};
    if (is_power_of_two(b)) return {a >> (255 - count_leading_zeros(b)), a & (b - 1)};
    if (b.is_zero()) return {};
    if (b.limb[3] != 0) return divide_by_four_limbs(a, b);
    if (b.is_u64()) return divide_by_one_limb(a, b.limb[0]);
    uint64_t u[5];
    for (int i = 0; i < 4; ++i) u[i] = a.limb[i];
    DivRem out;
    const int divisor_limbs = significant_limbs(b.limb.data(), 4);
    out.remainder = divide_any(u, significant_limbs(u, 4), b, divisor_limbs, out.quotient.limb.data());
    return out;
}

DivRem divide_signed(const uint256& a, const uint256& b) noexcept {
    if (!a.sign() && !b.sign()) [[likely]]
        return divide(a, b);
    const DivRem unsigned_result = divide(negate_if(a.sign(), a), negate_if(b.sign(), b));
    return {negate_if(a.sign() != b.sign(), unsigned_result.quotient),
            negate_if(a.sign(), unsigned_result.remainder)};
}

uint256 add_mod(const uint256& a, const uint256& b, const uint256& m) noexcept {
    if (a < m && b < m) [[likely]] {
        uint256 sum, reduced;
        const bool carry = uint256::add_carry(a, b, sum);
        const bool borrow = uint256::sub_borrow(sum, m, reduced);
        return borrow && !carry ? sum : reduced;
    }
    if (m.is_zero()) return {};
    uint256 sum;
    const uint64_t carry = uint256::add_carry(a, b, sum) ? 1 : 0;
    uint64_t u[6]{sum.limb[0], sum.limb[1], sum.limb[2], sum.limb[3], carry};
    return remainder_of(u, significant_limbs(u, 5), m);
}

uint256 mul_mod(const uint256& a, const uint256& b, const uint256& m) noexcept {
    if (m.is_zero()) return {};
    uint64_t u[9];
    multiply_full(a, b, u);
    const int limbs = significant_limbs(u, 8);
    const uint256 bottom{u[0], u[1], u[2], u[3]};
    if (limbs <= 4 && bottom < m) return bottom;
    if (m == uint256::max()) {
        // 2^256 is 1 here, so the halves add up; Solidity's full-width mulDiv asks for exactly this.
        return add_mod(bottom, {u[4], u[5], u[6], u[7]}, m);
    }
    if (is_power_of_two(m)) return bottom & (m - 1);
    return remainder_of(u, limbs, m);
}

PreparedModulus::PreparedModulus(const uint256& modulus) noexcept
    : modulus_(modulus), shift_(count_leading_zeros(modulus)) {
    divisor_ = modulus << shift_;
    // As reciprocal(d) above, with digits of 256 bits: (2^512 - 1 - 2^256 d) / d, whose high digit is ~d < d.
    const uint256 top = ~divisor_;
    uint64_t u[8]{~0ULL, ~0ULL, ~0ULL, ~0ULL, top.limb[0], top.limb[1], top.limb[2], top.limb[3]};
    uint64_t quotient[5];
    divide_long<4>(u, 8, divisor_, quotient);
    reciprocal_ = {quotient[0], quotient[1], quotient[2], quotient[3]};
}

uint256 PreparedModulus::multiply(const uint256& a, const uint256& b) const noexcept {
    // Shifted like the divisor, a factor below the modulus stays below the divisor, and so does the product's
    // high digit u1, as MG's algorithm 4 wants it; its digits here have 256 bits.
    const bool a_below = a < modulus_;
    if (!a_below && !(b < modulus_)) [[unlikely]]
        return mul_mod(a, b, modulus_);
    const uint256 shifted = (a_below ? a : b) << shift_;
    uint64_t u[8], q[8];
    multiply_full(shifted, a_below ? b : a, u);
    const uint256 u0{u[0], u[1], u[2], u[3]}, u1{u[4], u[5], u[6], u[7]};
    multiply_full(reciprocal_, u1, q);
    uint256 low_digit, quotient{q[4], q[5], q[6], q[7]};
    const uint64_t carry = uint256::add_carry({q[0], q[1], q[2], q[3]}, u0, low_digit) ? 1 : 0;
    quotient += u1 + carry + 1;
    uint256 remainder = u0 - quotient * divisor_;
    if (low_digit < remainder) remainder += divisor_;
    if (!(remainder < divisor_)) [[unlikely]]
        remainder -= divisor_;
    return remainder >> shift_;
}

uint256 power(uint256 base, const uint256& exponent) noexcept {
    if (exponent.is_zero()) return 1;
    if ((base.limb[0] & 1) == 0) {
        // Every factor brings at least one zero bit at the bottom: 256 of them make zero.
        if (base.is_zero() || !exponent.is_u64() || exponent.low() >= 256) return {};
        if (is_power_of_two(base)) return uint256{1} << ((255 - count_leading_zeros(base)) * exponent.low());
    }
    // From the top bit down, so that the small exponents of real contracts square small numbers, and base
    // stays in place.
    uint256 result = base;
    for (int bit = 254 - static_cast<int>(count_leading_zeros(exponent)); bit >= 0; --bit) {
        result *= result;
        if ((exponent.limb[bit / 64] >> (bit % 64) & 1) != 0) result *= base;
    }
    return result;
}

std::string to_string(const uint256& value) {
    std::string digits;  // the last digit first
    uint256 rest = value;
    do {
        const DivRem split = divide(rest, ten_to_19);
        uint64_t chunk = split.remainder.low();
        rest = split.quotient;
        for (size_t i = 0; rest.is_zero() ? chunk != 0 : i < chunk_digits; ++i) {
            digits.push_back(static_cast<char>('0' + chunk % 10));
            chunk /= 10;
        }
    } while (!rest.is_zero());
    if (digits.empty()) digits.push_back('0');
    std::ranges::reverse(digits);
    return digits;
}

std::optional<uint256> parse_decimal(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    uint256 value;
    while (!text.empty()) {
        const std::string_view chunk = text.substr(0, chunk_digits);
        text.remove_prefix(chunk.size());
        uint64_t digits = 0, scale = 1;
        for (const char c : chunk) {
            if (c < '0' || c > '9') return std::nullopt;
            digits = digits * 10 + static_cast<uint64_t>(c - '0');
            scale *= 10;
        }
        uint64_t product[8];
        multiply_full(value, scale, product);
        const uint256 scaled{product[0], product[1], product[2], product[3]};
        if (product[4] != 0 || uint256::add_carry(scaled, digits, value)) return std::nullopt;
    }
    return value;
}

}  // namespace weft::base
