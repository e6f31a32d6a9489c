#include "weft/crypto/bn254.hpp"

#include <gmp.h>

#include "weft/base/modulus.hpp"
#include "weft/crypto/native/native.h"

namespace weft::crypto {
namespace {

// EIP-196: y^2 = x^3 + 3 over the field of this prime order; (0, 0) is the point at infinity.
constexpr uint256 field_order{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029};
const base::PreparedModulus field{field_order};

uint256 add(const uint256& a, const uint256& b) noexcept { return base::add_mod(a, b, field_order); }
uint256 subtract(const uint256& a, const uint256& b) noexcept {
    return a < b ? a + (field_order - b) : a - b;
}

/// 1 / a. Nearly all that an addition costs: GMP's takes a fifth of the time that ark's takes. Precondition:
/// 0 < a < field_order.
uint256 invert(const uint256& a) noexcept {
    static_assert(sizeof(mp_limb_t) == sizeof(uint64_t));
    mpz_t number, order, inverse;
    mpz_init(inverse);
    mpz_invert(inverse, mpz_roinit_n(number, a.limb.data(), 4),
               mpz_roinit_n(order, field_order.limb.data(), 4));
    uint256 out;
    for (size_t i = 0; i < mpz_size(inverse); ++i)
        out.limb[i] = mpz_getlimbn(inverse, static_cast<mp_size_t>(i));
    mpz_clear(inverse);
    return out;
}

struct Point {
    uint256 x, y;
    [[nodiscard]] bool is_infinity() const noexcept { return x.is_zero() && y.is_zero(); }
};

std::optional<Point> decode(const uint8_t* bytes) noexcept {
    const Point point{base::load_be(bytes), base::load_be(bytes + 32)};
    if (point.is_infinity()) return point;
    if (!(point.x < field_order) || !(point.y < field_order)) return std::nullopt;
    const uint256 cube = field.multiply(field.multiply(point.x, point.x), point.x);
    if (field.multiply(point.y, point.y) != add(cube, 3)) return std::nullopt;
    return point;
}

Point add(const Point& a, const Point& b) noexcept {
    if (a.is_infinity()) return b;
    if (b.is_infinity()) return a;
    uint256 slope;
    if (a.x != b.x) {
        slope = field.multiply(subtract(b.y, a.y), invert(subtract(b.x, a.x)));
    } else {
        // No point of this curve has y = 0: its order is odd.
        if (a.y != b.y) return {};
        const uint256 square = field.multiply(a.x, a.x);
        slope = field.multiply(add(add(square, square), square), invert(add(a.y, a.y)));
    }
    const uint256 x = subtract(subtract(field.multiply(slope, slope), a.x), b.x);
    return {x, subtract(field.multiply(slope, subtract(a.x, x)), a.y)};
}

}  // namespace

std::optional<Bn254Point> bn254_add(std::span<const uint8_t, 128> points) noexcept {
    const auto a = decode(points.data()), b = decode(points.data() + 64);
    if (!a || !b) return std::nullopt;
    const Point sum = add(*a, *b);
    Bn254Point out;
    base::store_be(out.data(), sum.x);
    base::store_be(out.data() + 32, sum.y);
    return out;
}

std::optional<Bn254Point> bn254_mul(std::span<const uint8_t, 96> point_and_scalar) noexcept {
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
