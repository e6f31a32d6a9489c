// The precompiles on pairing-friendly curves: BN254 (EIP-196, 197, prices of EIP-1108) and BLS12-381
// (EIP-2537).
#include <algorithm>

#include "weft/crypto/bls12_381.hpp"
#include "weft/crypto/bn254.hpp"
#include "weft/evm/precompiles/contracts.hpp"

namespace weft::evm::precompiles {
namespace {

// EIP-1108 made BN254 cheaper.
template <uint64_t byzantium, uint64_t istanbul>
uint64_t bn254_gas(BytesView, Revision revision) noexcept {
    return revision >= Revision::istanbul ? istanbul : byzantium;
}

bool run_bn254_add(BytesView input, Revision, Bytes& output) noexcept {
    const auto in = padded<128>(input);
    return deliver(crypto::bn254_add(in.bytes), output);
}

bool run_bn254_mul(BytesView input, Revision, Bytes& output) noexcept {
    const auto in = padded<96>(input);
    return deliver(crypto::bn254_mul(in.bytes), output);
}

// A check's verdict as a word.
bool deliver_verdict(const std::optional<bool>& verdict, Bytes& output) noexcept {
    if (!verdict) return false;
    output.assign(32, 0);
    output.back() = *verdict ? 1 : 0;
    return true;
}

uint64_t bn254_pairing_gas(BytesView input, Revision revision) noexcept {
    const uint64_t pairs = input.size() / 192;
    return revision >= Revision::istanbul ? 45000 + 34000 * pairs : 100000 + 80000 * pairs;
}

bool run_bn254_pairing(BytesView input, Revision, Bytes& output) noexcept {
    return deliver_verdict(crypto::bn254_pairing(input), output);
}

// EIP-2537's discounts in thousandths for 1 to 128 pairs; more have the last.
constexpr uint16_t g1_discount[128] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr uint16_t g2_discount[128] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

template <size_t pair_size, uint64_t multiplication, const uint16_t (&discount)[128]>
uint64_t bls12_msm_gas(BytesView input, Revision) noexcept {
    const uint64_t pairs = input.size() / pair_size;
    if (pairs == 0) return 0;
    return pairs * multiplication * discount[std::min<uint64_t>(pairs, 128) - 1] / 1000;
}

uint64_t bls12_pairing_gas(BytesView input, Revision) noexcept {
    return 32600 * (input.size() / 384) + 37700;
}

// A contract on an input of exactly `size` bytes.
template <size_t size, auto operation>
bool run_exact(BytesView input, Revision, Bytes& output) noexcept {
    return input.size() == size && deliver(operation(input.first<size>()), output);
}

template <auto operation>
bool run_pairs(BytesView input, Revision, Bytes& output) noexcept {
    return deliver(operation(input), output);
}

bool run_bls12_pairing(BytesView input, Revision, Bytes& output) noexcept {
    return deliver_verdict(crypto::bls12_pairing(input), output);
}

}  // namespace

const Precompile bn254_add{bn254_gas<500, 150>, run_bn254_add, "BN254_ADD"};
const Precompile bn254_mul{bn254_gas<40000, 6000>, run_bn254_mul, "BN254_MUL"};
const Precompile bn254_pairing{bn254_pairing_gas, run_bn254_pairing, "BN254_PAIRING"};

const Precompile bls12_g1_add{fixed_gas<375>, run_exact<256, crypto::bls12_g1_add>, "BLS12_G1ADD"};
const Precompile bls12_g1_msm{bls12_msm_gas<160, 12000, g1_discount>, run_pairs<crypto::bls12_g1_msm>,
                              "BLS12_G1MSM"};
const Precompile bls12_g2_add{fixed_gas<600>, run_exact<512, crypto::bls12_g2_add>, "BLS12_G2ADD"};
const Precompile bls12_g2_msm{bls12_msm_gas<288, 22500, g2_discount>, run_pairs<crypto::bls12_g2_msm>,
                              "BLS12_G2MSM"};
const Precompile bls12_pairing{bls12_pairing_gas, run_bls12_pairing, "BLS12_PAIRING_CHECK"};
const Precompile bls12_map_fp_to_g1{fixed_gas<5500>, run_exact<64, crypto::bls12_map_fp_to_g1>,
                                    "BLS12_MAP_FP_TO_G1"};
const Precompile bls12_map_fp2_to_g2{fixed_gas<23800>, run_exact<128, crypto::bls12_map_fp2_to_g2>,
                                     "BLS12_MAP_FP2_TO_G2"};

}  // namespace weft::evm::precompiles
