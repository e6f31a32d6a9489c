#include "weft/crypto/bls12_381.hpp"

#include <cstring>
#include <vector>

#include "weft/crypto/native/blst.h"

namespace weft::crypto {
namespace {

constexpr size_t fp_size = 64, fp_padding = 16, scalar_size = 32;
constexpr size_t scalar_bits = 255;  // reduced modulo the group's order

constexpr uint8_t modulus[48] = {0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6,
                                 0x43, 0x4b, 0xac, 0xd7, 0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf,
                                 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe,
                                 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab};

bool decode(const uint8_t* in, blst_fp& out) noexcept {
    constexpr uint8_t zeros[fp_padding]{};
    if (std::memcmp(in, zeros, fp_padding) != 0 || std::memcmp(in + fp_padding, modulus, sizeof modulus) >= 0)
        return false;
    blst_fp_from_bendian(&out, in + fp_padding);
    return true;
}
bool decode(const uint8_t* in, blst_fp2& out) noexcept {
    return decode(in, out.fp[0]) && decode(in + fp_size, out.fp[1]);
}
void encode(const blst_fp& in, uint8_t* out) noexcept {
    std::memset(out, 0, fp_padding);
    blst_bendian_from_fp(out + fp_padding, &in);
}
void encode(const blst_fp2& in, uint8_t* out) noexcept {
    encode(in.fp[0], out);
    encode(in.fp[1], out + fp_size);
}

// The two groups under one set of names.
struct G1 {
    using Field = blst_fp;
    using Affine = blst_p1_affine;
    using Point = blst_p1;
    using Encoded = Bls12G1;
    static constexpr size_t coordinate_size = fp_size;
    static constexpr auto on_curve = blst_p1_affine_on_curve;
    static constexpr auto in_subgroup = blst_p1_affine_in_g1;
    static constexpr auto is_infinity = blst_p1_affine_is_inf;
    static constexpr auto from_affine = blst_p1_from_affine;
    static constexpr auto to_affine = blst_p1_to_affine;
    static constexpr auto add = blst_p1_add_or_double_affine;
    static constexpr auto multiply = blst_p1_mult;
    static constexpr auto multi_multiply = blst_p1s_mult_pippenger;
    static constexpr auto scratch_size = blst_p1s_mult_pippenger_scratch_sizeof;
    static constexpr auto map = blst_map_to_g1;
};
struct G2 {
    using Field = blst_fp2;
    using Affine = blst_p2_affine;
    using Point = blst_p2;
    using Encoded = Bls12G2;
    static constexpr size_t coordinate_size = 2 * fp_size;
    static constexpr auto on_curve = blst_p2_affine_on_curve;
    static constexpr auto in_subgroup = blst_p2_affine_in_g2;
    static constexpr auto is_infinity = blst_p2_affine_is_inf;
    static constexpr auto from_affine = blst_p2_from_affine;
    static constexpr auto to_affine = blst_p2_to_affine;
    static constexpr auto add = blst_p2_add_or_double_affine;
    static constexpr auto multiply = blst_p2_mult;
    static constexpr auto multi_multiply = blst_p2s_mult_pippenger;
    static constexpr auto scratch_size = blst_p2s_mult_pippenger_scratch_sizeof;
    static constexpr auto map = blst_map_to_g2;
};

// A point on the curve, or infinity: blst writes both coordinates of that as zero too.
template <class G>
bool decode_point(const uint8_t* in, typename G::Affine& out) noexcept {
    return decode(in, out.x) && decode(in + G::coordinate_size, out.y) &&
           (G::is_infinity(&out) || G::on_curve(&out));
}
template <class G>
bool decode_subgroup_point(const uint8_t* in, typename G::Affine& out) noexcept {
    return decode_point<G>(in, out) && (G::is_infinity(&out) || G::in_subgroup(&out));
}
template <class G>
typename G::Encoded encode_point(const typename G::Point& point) noexcept {
    typename G::Affine affine;
    G::to_affine(&affine, &point);
    typename G::Encoded out;
    encode(affine.x, out.data());
    encode(affine.y, out.data() + G::coordinate_size);
    return out;
}

template <class G>
std::optional<typename G::Encoded> add(const uint8_t* in) noexcept {
    typename G::Affine a, b;
    if (!decode_point<G>(in, a) || !decode_point<G>(in + 2 * G::coordinate_size, b)) return std::nullopt;
    typename G::Point sum;
    G::from_affine(&sum, &a);
    G::add(&sum, &sum, &b);
    return encode_point<G>(sum);
}

template <class G>
std::optional<typename G::Encoded> multi_scalar_multiply(BytesView pairs) noexcept {
    constexpr size_t point_size = 2 * G::coordinate_size, pair_size = point_size + scalar_size;
    if (pairs.empty() || pairs.size() % pair_size != 0) return std::nullopt;
    const size_t count = pairs.size() / pair_size;
    std::vector<typename G::Affine> points;
    std::vector<blst_scalar> scalars;
    points.reserve(count);
    scalars.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        typename G::Affine point;
        blst_scalar scalar;
        if (!decode_subgroup_point<G>(pairs.data() + i * pair_size, point)) return std::nullopt;
        const bool is_zero =
            !blst_scalar_from_be_bytes(&scalar, pairs.data() + i * pair_size + point_size, scalar_size);
        if (is_zero || G::is_infinity(&point)) continue;  // adds nothing
        points.push_back(point);
        scalars.push_back(scalar);
    }
    if (points.empty()) return typename G::Encoded{};
    typename G::Point sum;
    if (points.size() == 1) {
        G::from_affine(&sum, points.data());
        G::multiply(&sum, &sum, scalars[0].b, scalar_bits);
    } else {
        // A null second pointer says that the elements follow the first one.
        const typename G::Affine* const point_list[] = {points.data(), nullptr};
        const uint8_t* const scalar_list[] = {scalars[0].b, nullptr};
        std::vector<uint64_t> scratch(G::scratch_size(points.size()) / sizeof(uint64_t));
        G::multi_multiply(&sum, point_list, points.size(), scalar_list, scalar_bits, scratch.data());
    }
    return encode_point<G>(sum);
}

template <class G>
std::optional<typename G::Encoded> map(const uint8_t* in) noexcept {
    typename G::Field element;
    if (!decode(in, element)) return std::nullopt;
    typename G::Point point;
    G::map(&point, &element, nullptr);
    return encode_point<G>(point);
}

}  // namespace

std::optional<Bls12G1> bls12_g1_add(std::span<const uint8_t, 256> points) noexcept {
    return add<G1>(points.data());
}
std::optional<Bls12G2> bls12_g2_add(std::span<const uint8_t, 512> points) noexcept {
    return add<G2>(points.data());
}
std::optional<Bls12G1> bls12_g1_msm(BytesView pairs) noexcept { return multi_scalar_multiply<G1>(pairs); }
std::optional<Bls12G2> bls12_g2_msm(BytesView pairs) noexcept { return multi_scalar_multiply<G2>(pairs); }

std::optional<bool> bls12_pairing(BytesView pairs) noexcept {
    constexpr size_t g1_size = 2 * fp_size, pair_size = 3 * g1_size;
    if (pairs.empty() || pairs.size() % pair_size != 0) return std::nullopt;
    const size_t count = pairs.size() / pair_size;
    std::vector<blst_p1_affine> g1;
    std::vector<blst_p2_affine> g2;
    g1.reserve(count);
    g2.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        const uint8_t* const pair = pairs.data() + i * pair_size;
        blst_p1_affine p;
        blst_p2_affine q;
        if (!decode_subgroup_point<G1>(pair, p) || !decode_subgroup_point<G2>(pair + g1_size, q))
            return std::nullopt;
        if (G1::is_infinity(&p) || G2::is_infinity(&q)) continue;  // a factor of one
        g1.push_back(p);
        g2.push_back(q);
    }
    if (g1.empty()) return true;
    const blst_p1_affine* const g1_list[] = {g1.data(), nullptr};
    const blst_p2_affine* const g2_list[] = {g2.data(), nullptr};
    blst_fp12 product;
    blst_miller_loop_n(&product, g2_list, g1_list, g1.size());
    blst_final_exp(&product, &product);
    return blst_fp12_is_one(&product);
}

std::optional<Bls12G1> bls12_map_fp_to_g1(std::span<const uint8_t, 64> element) noexcept {
    return map<G1>(element.data());
}
std::optional<Bls12G2> bls12_map_fp2_to_g2(std::span<const uint8_t, 128> element) noexcept {
    return map<G2>(element.data());
}

}  // namespace weft::crypto
