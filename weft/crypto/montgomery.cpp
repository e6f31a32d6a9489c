#include "weft/crypto/montgomery.hpp"

#include <algorithm>
#include <array>

namespace weft::crypto {
namespace {

using Wide = unsigned __int128;

// Arithmetic modulo an odd m of n limbs on residues a R mod m, R = 2^(64 n) (Montgomery, "Modular
// multiplication without trial division"). What has fewer limbs takes fewer steps.
template <size_t n>
class Montgomery {
public:
    using Residue = std::array<uint64_t, n>;

    explicit Montgomery(const uint256& modulus) noexcept
        : modulus_{narrow(modulus)}, negated_inverse_{negate_inverse(modulus.limb[0])} {
        // R mod m: for four limbs -m mod 2^256 is 2^256 - m.
        const uint256 power = n == 4 ? -modulus : uint256{1} << (64 * n);
        const uint256 one = base::divide(power, modulus).remainder;
        one_ = narrow(one);
        square_ = narrow(base::mul_mod(one, one, modulus));
    }

    [[nodiscard]] const Residue& one() const noexcept { return one_; }
    // Precondition: a has n limbs.
    [[nodiscard]] Residue enter(const uint256& a) const noexcept { return multiply(narrow(a), square_); }
    [[nodiscard]] uint256 leave(const Residue& a) const noexcept {
        const Residue number = multiply(a, Residue{1});
        uint256 out;
        std::ranges::copy(number, out.limb.begin());
        return out;
    }

    // a * b / R mod m, for any a and b with a * b < m * R: one limb of b at a time, adding the multiple of m
    // that clears the lowest limb, which is then dropped.
    [[nodiscard]] Residue multiply(const Residue& a, const Residue& b) const noexcept {
        uint64_t t[n + 1]{};
        for (size_t i = 0; i < n; ++i) {
            uint64_t carry = 0;
            for (size_t j = 0; j < n; ++j) {
                const Wide sum = Wide{a[j]} * b[i] + t[j] + carry;
                t[j] = static_cast<uint64_t>(sum);
                carry = static_cast<uint64_t>(sum >> 64);
            }
            const Wide top = Wide{t[n]} + carry;
            const uint64_t factor = t[0] * negated_inverse_;
            Wide sum = Wide{factor} * modulus_[0] + t[0];
            carry = static_cast<uint64_t>(sum >> 64);
            for (size_t j = 1; j < n; ++j) {
                sum = Wide{factor} * modulus_[j] + t[j] + carry;
                t[j - 1] = static_cast<uint64_t>(sum);
                carry = static_cast<uint64_t>(sum >> 64);
            }
            sum = top + carry;
            t[n - 1] = static_cast<uint64_t>(sum);
            t[n] = static_cast<uint64_t>(sum >> 64);
        }
        Residue result, reduced;
        unsigned long long borrow = 0;
        for (size_t i = 0; i < n; ++i) {
            result[i] = t[i];
            reduced[i] = __builtin_subcll(t[i], modulus_[i], borrow, &borrow);
        }
        return borrow != 0 && t[n] == 0 ? result : reduced;
    }

private:
    static Residue narrow(const uint256& a) noexcept {
        Residue out;
        std::copy_n(a.limb.begin(), n, out.begin());
        return out;
    }
    // -1 / m mod 2^64: each step of Newton's iteration doubles the correct bits, of which m itself has three.
    static uint64_t negate_inverse(uint64_t m) noexcept {
        uint64_t inverse = m;
        for (int i = 0; i < 5; ++i) inverse *= 2 - m * inverse;
        return ~inverse + 1;
    }

    Residue modulus_;
    uint64_t negated_inverse_;
    Residue one_;     // R mod m
    Residue square_;  // R^2 mod m
};

// Preconditions: base and modulus have n limbs.
template <size_t n>
uint256 power_mod_odd(const uint256& base, BytesView exponent, const uint256& modulus) noexcept {
    using Residue = typename Montgomery<n>::Residue;
    const Montgomery<n> field{modulus};
    // Windows of four bits from the top. A short exponent (65537, say) doesn't repay the table.
    Residue result = field.one();
    const Residue first = field.enter(base);
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
    std::array<Residue, 16> powers;
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

}  // namespace

uint256 power_mod_odd(const uint256& base, BytesView exponent, const uint256& modulus) noexcept {
    const unsigned limbs = (weft::base::byte_length(modulus) + 7) / 8;
    if (limbs == 4) return power_mod_odd<4>(base, exponent, modulus);
    const uint256 reduced = weft::base::divide(base, modulus).remainder;
    if (limbs == 3) return power_mod_odd<3>(reduced, exponent, modulus);
    if (limbs == 2) return power_mod_odd<2>(reduced, exponent, modulus);
    return power_mod_odd<1>(reduced, exponent, modulus);
}

}  // namespace weft::crypto
