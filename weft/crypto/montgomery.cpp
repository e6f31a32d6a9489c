#include "weft/crypto/montgomery.hpp"

#include <array>

namespace weft::crypto {
namespace {

using Wide = unsigned __int128;

// Arithmetic modulo an odd m on residues a * 2^256 mod m (Montgomery, "Modular multiplication without trial
// division").
class Montgomery {
public:
    explicit Montgomery(const uint256& modulus) noexcept
        : modulus_{modulus}, negated_inverse_{negate_inverse(modulus.limb[0])} {
        // -m mod 2^256 is 2^256 - m.
        one_ = base::divide(-modulus, modulus).remainder;
        square_ = base::mul_mod(one_, one_, modulus);
    }

    [[nodiscard]] const uint256& one() const noexcept { return one_; }
    [[nodiscard]] uint256 enter(const uint256& a) const noexcept { return multiply(a, square_); }
    [[nodiscard]] uint256 leave(const uint256& a) const noexcept { return multiply(a, uint256{1}); }

    // a * b / 2^256 mod m, for any a and b with a * b < m * 2^256: one limb of b at a time, adding the
    // multiple of m that clears the lowest limb, which is then dropped.
    [[nodiscard]] uint256 multiply(const uint256& a, const uint256& b) const noexcept {
        uint64_t t[5]{};
        for (int i = 0; i < 4; ++i) {
            uint64_t carry = 0;
            for (int j = 0; j < 4; ++j) {
                const Wide sum = Wide{a.limb[j]} * b.limb[i] + t[j] + carry;
                t[j] = static_cast<uint64_t>(sum);
                carry = static_cast<uint64_t>(sum >> 64);
            }
            const Wide top = Wide{t[4]} + carry;
            const uint64_t factor = t[0] * negated_inverse_;
            Wide sum = Wide{factor} * modulus_.limb[0] + t[0];
            carry = static_cast<uint64_t>(sum >> 64);
            for (int j = 1; j < 4; ++j) {
                sum = Wide{factor} * modulus_.limb[j] + t[j] + carry;
                t[j - 1] = static_cast<uint64_t>(sum);
                carry = static_cast<uint64_t>(sum >> 64);
            }
            sum = top + carry;
            t[3] = static_cast<uint64_t>(sum);
            t[4] = static_cast<uint64_t>(sum >> 64);
        }
        const uint256 result{t[0], t[1], t[2], t[3]};
        uint256 reduced;
        const bool borrow = uint256::sub_borrow(result, modulus_, reduced);
        return borrow && t[4] == 0 ? result : reduced;
    }

private:
    // -1 / m mod 2^64: each step of Newton's iteration doubles the correct bits, of which m itself has three.
    static uint64_t negate_inverse(uint64_t m) noexcept {
        uint64_t inverse = m;
        for (int i = 0; i < 5; ++i) inverse *= 2 - m * inverse;
        return ~inverse + 1;
    }

    uint256 modulus_;
    uint64_t negated_inverse_;
    uint256 one_;     // 2^256 mod m
    uint256 square_;  // 2^512 mod m
};

}  // namespace

uint256 power_mod_odd(const uint256& base, BytesView exponent, const uint256& modulus) noexcept {
    const Montgomery field{modulus};
    // Windows of four bits from the top. A short exponent (65537, say) doesn't repay the table.
    uint256 result = field.one();
    const uint256 first = field.enter(base);
    if (exponent.size() <= 3) {
        bool started = false;
        for (const uint8_t byte : exponent)
            for (int bit = 7; bit >= 0; --bit) {
                if (started) result = field.multiply(result, result);
                if ((byte >> bit & 1) == 0) continue;
                result = started ? field.multiply(result, first) : first;
                started = true;
            }
        return field.leave(result);
    }
    std::array<uint256, 16> powers;
    powers[0] = field.one();
    for (size_t i = 1; i < powers.size(); ++i) powers[i] = field.multiply(powers[i - 1], first);
    for (const uint8_t byte : exponent)
        for (const int shift : {4, 0}) {
            for (int i = 0; i < 4; ++i) result = field.multiply(result, result);
            const unsigned window = byte >> shift & 15;
            if (window != 0) result = field.multiply(result, powers[window]);
        }
    return field.leave(result);
}

}  // namespace weft::crypto
