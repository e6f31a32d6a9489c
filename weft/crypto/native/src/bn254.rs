//! The pairing-friendly curve alt_bn128 (arkworks' bn254) in the encodings of EIP-196 and EIP-197.

use ark_bn254::{Bn254, Config, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::bn::BnConfig;
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField};

const G1_SIZE: usize = 64;
const PAIR_SIZE: usize = 192;

fn limbs(bytes: &[u8]) -> BigInt<4> {
    let word = |i: usize| u64::from_be_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap());
    BigInt::new([word(3), word(2), word(1), word(0)])
}

/// A field element in 32 big-endian bytes; None unless it is less than the field's modulus.
fn decode_fq(bytes: &[u8]) -> Option<Fq> {
    Fq::from_bigint(limbs(bytes))
}

/// EIP-197 writes the imaginary part first.
fn decode_fq2(bytes: &[u8]) -> Option<Fq2> {
    Some(Fq2::new(decode_fq(&bytes[32..64])?, decode_fq(&bytes[..32])?))
}

/// A point of G1; (0, 0) is the point at infinity. The curve's order is prime: being on it is enough.
fn decode_g1(bytes: &[u8]) -> Option<G1Affine> {
    let (x, y) = (decode_fq(&bytes[..32])?, decode_fq(&bytes[32..64])?);
    if x == Fq::ZERO && y == Fq::ZERO {
        return Some(G1Affine::identity());
    }
    let point = G1Affine::new_unchecked(x, y);
    point.is_on_curve().then_some(point)
}

/// x0, the number that gives the curve its prime and its order, in non-adjacent form: the most significant digit first.
const CURVE_PARAMETER: u64 = 4965661367192848881;
fn curve_parameter_digits() -> impl Iterator<Item = i8> {
    // 3x has a bit above x's where the digit is 1, and x one above 3x's where it is -1.
    let (triple, single) = (3 * CURVE_PARAMETER as u128, CURVE_PARAMETER as u128);
    (1..67).rev().map(move |i| ((triple >> i) & 1) as i8 - ((single >> i) & 1) as i8)
}

/// The twist's endomorphism that is the p-power Frobenius on the curve.
fn frobenius(point: &G2Projective) -> G2Projective {
    let mut image = *point;
    image.x.conjugate_in_place();
    image.x *= Config::TWIST_MUL_BY_Q_X;
    image.y.conjugate_in_place();
    image.y *= Config::TWIST_MUL_BY_Q_Y;
    image.z.conjugate_in_place();
    image
}

/// Whether a point of the twist has order r: [x0 + 1]Q + f([x0]Q) + f^2([x0]Q) = f^3([2 x0]Q), f the Frobenius
/// (eprint 2022/348, sections 3 and 5.1). Half the doublings that arkworks' own check by [6 x0^2]Q takes.
fn is_in_g2(point: &G2Affine) -> bool {
    let mut multiple = G2Projective::ZERO;
    for digit in curve_parameter_digits() {
        multiple.double_in_place();
        match digit {
            1 => multiple += point,
            -1 => multiple -= point,
            _ => {}
        }
    }
    let first = frobenius(&multiple);
    let second = frobenius(&first);
    let third = frobenius(&second);
    multiple + point + first + second == third.double()
}

/// A point of G2: on the twist and in the subgroup of order r; zeros are the point at infinity.
fn decode_g2(bytes: &[u8]) -> Option<G2Affine> {
    let (x, y) = (decode_fq2(&bytes[..64])?, decode_fq2(&bytes[64..128])?);
    if x == Fq2::ZERO && y == Fq2::ZERO {
        return Some(G2Affine::identity());
    }
    let point = G2Affine::new_unchecked(x, y);
    (point.is_on_curve() && is_in_g2(&point)).then_some(point)
}

fn encode_g1(point: G1Projective, out: &mut [u8]) {
    out.fill(0);
    if let Some((x, y)) = point.into_affine().xy() {
        out[..32].copy_from_slice(&x.into_bigint().to_bytes_be());
        out[32..].copy_from_slice(&y.into_bigint().to_bytes_be());
    }
}

/// EIP-196's addition: two points of 64 bytes to one. False if a point is invalid.
///
/// # Safety
/// `points` is good for 128 bytes, `sum` for 64.
#[no_mangle]
pub unsafe extern "C" fn weft_bn254_add(points: *const u8, sum: *mut u8) -> bool {
    let points = std::slice::from_raw_parts(points, 2 * G1_SIZE);
    let (Some(a), Some(b)) = (decode_g1(&points[..G1_SIZE]), decode_g1(&points[G1_SIZE..])) else {
        return false;
    };
    encode_g1(a + b, std::slice::from_raw_parts_mut(sum, G1_SIZE));
    true
}

/// EIP-196's scalar multiplication: a point of 64 bytes times a scalar of 32. False if the point is invalid.
///
/// # Safety
/// `point_and_scalar` is good for 96 bytes, `product` for 64.
#[no_mangle]
pub unsafe extern "C" fn weft_bn254_mul(point_and_scalar: *const u8, product: *mut u8) -> bool {
    let input = std::slice::from_raw_parts(point_and_scalar, G1_SIZE + 32);
    let Some(point) = decode_g1(&input[..G1_SIZE]) else {
        return false;
    };
    // The scalar may be any 256-bit number; the group has order r.
    let scalar = Fr::from_be_bytes_mod_order(&input[G1_SIZE..]);
    encode_g1(point * scalar, std::slice::from_raw_parts_mut(product, G1_SIZE));
    true
}

/// EIP-197's pairing check over `count` pairs of 192 bytes: 1 if the product is one, 0 if not, -1 if a point is invalid.
///
/// # Safety
/// `pairs` is good for 192 * count bytes.
#[no_mangle]
pub unsafe extern "C" fn weft_bn254_pairing(pairs: *const u8, count: usize) -> i32 {
    let mut g1 = Vec::with_capacity(count);
    let mut g2 = Vec::with_capacity(count);
    for i in 0..count {
        let pair = std::slice::from_raw_parts(pairs.add(i * PAIR_SIZE), PAIR_SIZE);
        let (Some(p), Some(q)) = (decode_g1(&pair[..G1_SIZE]), decode_g2(&pair[G1_SIZE..])) else {
            return -1;
        };
        // A pairing with the point at infinity is one.
        if !p.is_zero() && !q.is_zero() {
            g1.push(p);
            g2.push(q);
        }
    }
    if g1.is_empty() {
        return 1;
    }
    (Bn254::multi_pairing(g1, g2).0 == <Bn254 as Pairing>::TargetField::ONE) as i32
}
