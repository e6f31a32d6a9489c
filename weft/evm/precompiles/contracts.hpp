#pragma once

#include "weft/evm/precompiles/precompiles.hpp"

// The single contracts, each with all revisions' prices; precompiles.cpp says which revision has which.
namespace weft::evm::precompiles {

extern const Precompile ecrecover, sha256, ripemd160, identity, modexp;
extern const Precompile bn254_add, bn254_mul, bn254_pairing;
extern const Precompile blake2f, point_evaluation, p256_verify;
extern const Precompile bls12_g1_add, bls12_g1_msm, bls12_g2_add, bls12_g2_msm;
extern const Precompile bls12_pairing, bls12_map_fp_to_g1, bls12_map_fp2_to_g2;

/// A contract whose price depends on nothing.
template <uint64_t cost>
uint64_t fixed_gas(BytesView, Revision) noexcept {
    return cost;
}

/// The first `size` bytes of the input, with zeros where it ends earlier.
template <size_t size>
base::FixedBytes<size> padded(BytesView input) noexcept {
    base::FixedBytes<size> out;
    const size_t present = input.size() < size ? input.size() : size;
    if (present != 0) std::memcpy(out.data(), input.data(), present);
    return out;
}

/// `size` bytes at a place in an input whose length has been checked.
template <size_t size>
std::span<const uint8_t, size> part(BytesView input, size_t offset) noexcept {
    return input.subspan(offset).first<size>();
}

/// Puts a fixed-size result into `output`, if there is one.
template <class Result>
bool deliver(const Result& result, Bytes& output) noexcept {
    if (!result) return false;
    output.assign(result->begin(), result->end());
    return true;
}

}  // namespace weft::evm::precompiles
