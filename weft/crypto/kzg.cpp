#include "weft/crypto/kzg.hpp"

#include "weft/crypto/native/blst.h"

namespace weft::crypto {
namespace {

// [tau]G2 of the KZG ceremony: the second of g2_monomial in the consensus specifications' trusted setup,
// compressed.
constexpr uint8_t tau_g2[96] = {
    0xb5, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2};

constexpr size_t line_count = 68, scalar_bits = 255;

// Both G2 points are constants, so the Miller loop's lines through their multiples are computed once.
struct Lines {
    blst_fp6 generator[line_count];
    blst_fp6 tau[line_count];
    Lines() noexcept {
        blst_p2_affine point;
        blst_p2_uncompress(&point, tau_g2);
        blst_precompute_lines(tau, &point);
        blst_precompute_lines(generator, blst_p2_affine_generator());
    }
};

bool decode_scalar(std::span<const uint8_t, 32> in, blst_scalar& out) noexcept {
    blst_scalar_from_bendian(&out, in.data());
    return blst_scalar_fr_check(&out);
}

// The point at infinity is a valid commitment and a valid proof: those of a constant polynomial.
bool decode_point(std::span<const uint8_t, 48> in, blst_p1_affine& out) noexcept {
    return blst_p1_uncompress(&out, in.data()) == 0 &&
           (blst_p1_affine_is_inf(&out) || blst_p1_affine_in_g1(&out));
}

// The Miller loop; with infinity on the one side, which blst's leaves out, the pairing is one.
blst_fp12 miller_loop(const blst_fp6 (&lines)[line_count], const blst_p1& point) noexcept {
    blst_fp12 out{};
    if (blst_p1_is_inf(&point)) return *blst_fp12_one();
    blst_p1_affine affine;
    blst_p1_to_affine(&affine, &point);
    blst_miller_loop_lines(&out, lines, &affine);
    return out;
}

}  // namespace

bool kzg_verify_proof(std::span<const uint8_t, 48> commitment, std::span<const uint8_t, 32> z,
                      std::span<const uint8_t, 32> y, std::span<const uint8_t, 48> proof) noexcept {
    blst_scalar z_scalar, y_scalar;
    blst_p1_affine commitment_point, proof_point;
    if (!decode_scalar(z, z_scalar) || !decode_scalar(y, y_scalar) ||
        !decode_point(commitment, commitment_point) || !decode_point(proof, proof_point))
        return false;

    // The specification's e(C - [y]G1, G2) = e(proof, [tau - z]G2), with z moved to G1, where multiplying is
    // cheaper: e(C - [y]G1 + [z]proof, G2) = e(proof, [tau]G2).
    static const Lines lines;
    blst_p1 proof_jacobian, left, y_g1;
    blst_p1_from_affine(&proof_jacobian, &proof_point);
    blst_p1_mult(&left, &proof_jacobian, z_scalar.b, scalar_bits);
    blst_p1_mult(&y_g1, blst_p1_generator(), y_scalar.b, scalar_bits);
    blst_p1_cneg(&y_g1, true);
    blst_p1_add_or_double(&left, &left, &y_g1);
    blst_p1_add_or_double_affine(&left, &left, &commitment_point);

    const blst_fp12 left_side = miller_loop(lines.generator, left);
    const blst_fp12 right_side = miller_loop(lines.tau, proof_jacobian);
    return blst_fp12_finalverify(&left_side, &right_side);
}

}  // namespace weft::crypto
