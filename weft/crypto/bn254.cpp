#include "weft/crypto/bn254.hpp"

#include <bit>

#include "weft/crypto/bn254_field.hpp"
#include "weft/crypto/native/native.h"
#include "weft/crypto/recovery/curve.hpp"
#include "weft/crypto/recovery/scalar.hpp"

namespace weft::crypto {

Bn254Field::Element Bn254Field::invert(const Element& a) noexcept {
    // The inverse of a 2^256 lacks two factors of 2^256, and a product takes one away.
    constexpr uint256 cube_of_base{0xb1cd6dafda1530df, 0x62f210e6a7283db6, 0xef7f0b0c0ada0afb,
                                   0x20fd6e902d592544};
    return product(words(recovery::invert(below_order(a), order)), words(cube_of_base));
}

namespace {

// EIP-196: y^2 = x^3 + 3 over the field; (0, 0) is the point at infinity.
using Field = Bn254Field;
using Curve = recovery::Curve<Field>;
using Element = Field::Element;

struct Affine {
    Element x, y;
    bool is_infinity = false;
};

std::optional<Affine> decode(const uint8_t* bytes) noexcept {
    const uint256 x = base::load_be(bytes), y = base::load_be(bytes + 32);
    if (!(x < Field::order) || !(y < Field::order)) return std::nullopt;
    const Affine point{Field::enter(x), Field::enter(y), x.is_zero() && y.is_zero()};
    if (point.is_infinity) return point;
    static const Element three = Field::enter(3);
    const Element right = Field::plus(Field::product(Field::square(point.x), point.x), three);
    if (!Field::is_zero(Field::minus(Field::square(point.y), right))) return std::nullopt;
    return point;
}

Bn254Point encode(const Affine& point) noexcept {
    Bn254Point out;
    if (point.is_infinity) return out;
    base::store_be(out.data(), Field::leave(point.x));
    base::store_be(out.data() + 32, Field::leave(point.y));
    return out;
}

Affine add(const Affine& a, const Affine& b) noexcept {
    if (a.is_infinity) return b;
    if (b.is_infinity) return a;
    Element slope;
    if (const Element run = Field::minus(b.x, a.x); !Field::is_zero(run)) {
        slope = Field::product(Field::minus(b.y, a.y), Field::invert(run));
    } else {
        // No point of this curve has y = 0: its order is odd.
        if (!Field::is_zero(Field::minus(a.y, b.y))) return {.x = {}, .y = {}, .is_infinity = true};
        slope =
            Field::product(Field::multiple<3>(Field::square(a.x)), Field::invert(Field::multiple<2>(a.y)));
    }
    const Element x = Field::minus(Field::minus(Field::square(slope), a.x), b.x);
    return {x, Field::minus(Field::product(slope, Field::minus(a.x, x)), a.y)};
}

// ---- Multiplication

constexpr uint256 group_order{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
// beta, a cube root of 1 modulo the field's order, in Montgomery form: (beta x, y) is lambda (x, y).
constexpr uint256 beta{0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a, 0x2682e617020217e0};

using Wide = unsigned __int128;

// floor(k g / 2^256) mod 2^128, g < 2^192.
Wide multiply_high(const uint256& k, const std::array<uint64_t, 3>& g) noexcept {
    uint64_t t[7]{};
    for (size_t j = 0; j < 3; ++j) {
        uint64_t carry = 0;
        for (size_t i = 0; i < 4; ++i) {
            const Wide sum = Wide{k.limb[i]} * g[j] + t[i + j] + carry;
            t[i + j] = static_cast<uint64_t>(sum);
            carry = static_cast<uint64_t>(sum >> 64);
        }
        t[4 + j] = carry;
    }
    return Wide{t[5]} << 64 | t[4];
}

// k = low + high lambda modulo the group's order, each of less than 128 bits and a sign (R. Gallant, R.
// Lambert, S. Vanstone, "Faster point multiplication on elliptic curves with efficient endomorphisms", CRYPTO
// 2001): the vector (k, 0) less one near it of the lattice with the basis (a, -b), (b, c). Precondition: k <
// group_order.
struct Halves {
    __int128 low, high;
};
Halves split(const uint256& k) noexcept {
    constexpr Wide a = Wide{0x6f4d8248eeb859fc} << 64 | 0x8211bbeb7d4f1128;
    constexpr Wide b = 0x89d3256894d213e3;
    constexpr Wide c = Wide{0x6f4d8248eeb859fd} << 64 | 0x0be4e1541221250b;
    // floor(2^256 c / group_order), floor(2^256 b / group_order).
    const Wide first = multiply_high(k, {0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x2});
    const Wide second = multiply_high(k, {0xd91d232ec7e0b3d7, 0x2, 0});
    const Wide low = (Wide{k.limb[1]} << 64 | k.limb[0]) - first * a - second * b;
    return {static_cast<__int128>(low), static_cast<__int128>(first * b - second * c)};
}

// The digits of a number's non-adjacent form of `width` bits: odd, below 2^(width - 1) in absolute value, and
// width - 1 zeros at least behind each that isn't zero; least significant first.
using Digits = std::array<int16_t, 128 + 1>;
Digits digits_of(__int128 number, unsigned width) noexcept {
    Digits out{};
    const int sign = number < 0 ? -1 : 1;
    Wide rest = number < 0 ? -static_cast<Wide>(number) : static_cast<Wide>(number);
    for (size_t place = 0; rest != 0;) {
        const auto low = static_cast<uint64_t>(rest);
        const int zeros = low != 0 ? std::countr_zero(low) : 64;
        rest >>= zeros;
        place += static_cast<size_t>(zeros);
        if (low == 0) continue;
        const int base = 1 << width;
        int digit = static_cast<int>(rest) & (base - 1);
        if (digit > base / 2) digit -= base;
        out[place] = static_cast<int16_t>(sign * digit);
        rest -= static_cast<Wide>(static_cast<__int128>(digit));
    }
    return out;
}

// nullopt: two equal or opposite points were to be added, which the formulas don't cover. Preconditions: the
// point is not infinity, 0 < k < group_order.
std::optional<Affine> multiply(const Affine& point, const uint256& k) noexcept {
    const Halves halves = split(k);
    // A scalar of few bits doesn't repay the table: its digits are 1 and -1.
    constexpr __int128 small = 1 << 30;
    const bool is_small = halves.high == 0 && -small < halves.low && halves.low < small;
    const unsigned width = is_small ? 2 : recovery::point_window + 1;
    const Digits digits[] = {digits_of(halves.low, width), digits_of(halves.high, width)};
    Curve::PointTable table;
    Element table_z = Field::enter(1);
    if (is_small)
        Field::store(point.x, point.y, {&table.row[0][0]});
    else
        table_z = Curve::odd_multiples(point.x, point.y, table);
    Curve::Point sum;
    bool begun = false;
    unsigned doublings = 0;
    const auto add_digit = [&](int digit, bool by_lambda) {
        Element x, y;
        Field::load({&table.row[0][(digit < 0 ? -digit : digit) / 2]}, x, y);
        if (digit < 0) y = Curve::negate(y);
        if (by_lambda) x = Field::product(x, Field::words(beta));
        if (!begun) {
            sum = {x, y, Field::enter(1)};
            begun = true;
        } else {
            Curve::double_often(sum, doublings);
            Curve::add(sum, x, y, sum.z);
        }
        doublings = 0;
    };
    for (size_t place = digits[0].size(); place-- > 0; ++doublings) {
        for (const bool half : {false, true})
            if (const int digit = digits[half][place]; digit != 0) add_digit(digit, half);
    }
    Curve::double_often(sum, doublings - 1);
    sum.z = Field::product(sum.z, table_z);
    if (Field::is_zero(sum.z)) return std::nullopt;
    const Element z = Field::invert(sum.z), zz = Field::square(z);
    return Affine{Field::product(sum.x, zz), Field::product(sum.y, Field::product(zz, z))};
}

}  // namespace

std::optional<Bn254Point> bn254_add(std::span<const uint8_t, 128> points) noexcept {
    const auto a = decode(points.data()), b = decode(points.data() + 64);
    if (!a || !b) return std::nullopt;
    return encode(add(*a, *b));
}

std::optional<Bn254Point> bn254_mul(std::span<const uint8_t, 96> point_and_scalar) noexcept {
    const auto point = decode(point_and_scalar.data());
    if (!point) return std::nullopt;
    const uint256 k = base::divide(base::load_be(point_and_scalar.data() + 64), group_order).remainder;
    if (point->is_infinity || k.is_zero()) return Bn254Point{};
    if (const auto product = multiply(*point, k)) return encode(*product);
    Bn254Point out;
    if (!weft_bn254_mul(point_and_scalar.data(), out.data())) return std::nullopt;
    return out;
}

std::optional<bool> bn254_pairing(BytesView pairs) noexcept {
    constexpr size_t pair_size = 192;
    if (pairs.size() % pair_size != 0) return std::nullopt;
    if (pairs.empty()) return true;
    const int32_t verdict = weft_bn254_pairing(pairs.data(), pairs.size() / pair_size);
    if (verdict < 0) return std::nullopt;
    return verdict == 1;
}

}  // namespace weft::crypto
