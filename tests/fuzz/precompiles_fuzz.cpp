// Every precompile of every revision on any input, and on inputs made of valid parts (points, scalars,
// lengths) so that the arithmetic is reached. Where the field gives laws, they are held against it.
#include "tests/fuzz/input.hpp"
#include "weft/base/hex.hpp"
#include "weft/crypto/hashes.hpp"
#include "weft/evm/precompile_set.hpp"

namespace weft {
namespace {

using fuzz::require;
using MaybeBytes = std::optional<Bytes>;

constexpr uint64_t most_gas = 400'000;  // bounds the work of one run
constexpr Revision newest = primitives::newest_revision;

enum : unsigned {
    ecrecover = 1,
    sha256 = 2,
    ripemd160 = 3,
    identity = 4,
    modexp = 5,
    bn_add = 6,
    bn_mul = 7,
    bn_pairing = 8,
    blake2f = 9,
    point_evaluation = 10,
    g1_add = 11,
    g1_msm = 12,
    g2_add = 13,
    g2_msm = 14,
    bls_pairing = 15,
    map_fp = 16,
    map_fp2 = 17,
    p256 = 0x100,
};

/// The output; nullopt where the call fails, or costs more than this target spends.
MaybeBytes run(unsigned number, const Bytes& input, Revision revision = newest) {
    Address address{};
    address[18] = static_cast<uint8_t>(number >> 8);
    address[19] = static_cast<uint8_t>(number);
    const evm::Precompile* const contract = evm::precompile_at(address, revision);
    if (contract == nullptr || contract->gas(input, revision) > most_gas) return std::nullopt;
    Bytes output(3, 0xaa), again;
    if (!contract->run(input, revision, output)) {
        require(!contract->run(input, revision, again), "a failure fails again");
        return std::nullopt;
    }
    require(contract->run(input, revision, again) && again == output, "the same input gives the same output");
    return output;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
Bytes word(const uint256& value) {
    Bytes out(32);
    base::store_be(out.data(), value);
    return out;
}
Bytes hex(std::string_view text) { return *from_hex(text); }
bool is_infinity(const Bytes& point) {
    return std::ranges::all_of(point, [](uint8_t byte) { return byte == 0; });
}

constexpr uint256 bn_order{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
constexpr uint256 bls_order{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48};

Bytes bn_g2() {
    return hex(
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa");
}
/// Some multiple of bn254's generator.
Bytes bn_point(fuzz::Input& in) { return *run(bn_mul, word(1) + word(2) + word(in.number())); }
/// A point of BLS12-381's subgroups, by the map from the field.
Bytes g1_point(fuzz::Input& in) { return *run(map_fp, Bytes(32) + word(in.number())); }
Bytes g2_point(fuzz::Input& in) {
    return *run(map_fp2, Bytes(32) + word(in.number()) + Bytes(32) + word(in.byte()));
}

/// base ^ exponent mod modulus by the binary method on 256-bit numbers.
uint256 power_mod(uint256 base, const uint256& exponent, const uint256& modulus) {
    uint256 result = base::divide(1, modulus).remainder;
    for (uint64_t bit = 256; bit-- > 0;) {
        result = base::mul_mod(result, result, modulus);
        if (((exponent >> bit).low() & 1) != 0) result = base::mul_mod(result, base, modulus);
    }
    return result;
}

void check_modexp(fuzz::Input& in) {
    const uint256 base = in.number(), exponent = in.number(), modulus = in.number();
    // Any lengths, up to 32 bytes of zeros in front of each.
    const size_t more[] = {in.below(33), in.below(33), in.below(33)};
    Bytes input = word(32 + more[0]) + word(32 + more[1]) + word(32 + more[2]);
    input = input + Bytes(more[0]) + word(base) + Bytes(more[1]) + word(exponent) + Bytes(more[2]) +
            word(modulus);
    const MaybeBytes output = run(modexp, input, in.one_in(2) ? Revision::berlin : newest);
    if (output)
        require(*output == Bytes(more[2]) + word(power_mod(base, exponent, modulus)), "MODEXP (EIP-198)");
    // The lengths that stand in the input need not fit it.
    (void)run(modexp, word(in.number()) + word(in.number()) + word(in.number()) + word(in.number()));
    (void)run(modexp, word(in.word16()) + word(in.byte()) + word(in.word16()) + word(in.number()));
}

void check_bn254(fuzz::Input& in) {
    const Bytes a = bn_point(in), b = bn_point(in);
    const Bytes sum = *run(bn_add, a + b);
    require(sum == *run(bn_add, b + a), "ECADD commutes");
    require(*run(bn_add, a + Bytes(64)) == a, "ECADD with infinity");
    require(*run(bn_mul, a + word(2)) == *run(bn_add, a + a), "ECMUL by two");
    const uint256 k = in.number();
    require(
        *run(bn_add, *run(bn_mul, a + word(k)) + a) == *run(bn_mul, a + word(base::add_mod(k, 1, bn_order))),
        "kP + P = (k + 1)P");
    const Bytes minus = *run(bn_mul, a + word(bn_order - 1));
    require(is_infinity(*run(bn_add, a + minus)), "P - P");
    if (in.one_in(8)) {
        const Bytes g2 = bn_g2();
        require(*run(bn_pairing, a + g2 + minus + g2) == word(1), "e(P, Q) e(-P, Q) = 1");
        require((*run(bn_pairing, a + g2) == word(1)) == is_infinity(a), "the pairing isn't degenerate");
        require(*run(bn_pairing, sum + g2 + *run(bn_mul, sum + word(bn_order - 1)) + g2) == word(1),
                "bilinear");
    }
}

/// The laws of one of BLS12-381's groups.
void check_group(fuzz::Input& in, unsigned add, unsigned msm, const Bytes& a, const Bytes& b) {
    const Bytes sum = *run(add, a + b);
    require(sum == *run(add, b + a), "addition commutes");
    require(*run(msm, a + word(1) + b + word(1)) == sum, "MSM of two by one");
    const uint256 k = in.number(), l = in.number();
    const Bytes ka = *run(msm, a + word(k)), lb = *run(msm, b + word(l));
    require(*run(msm, a + word(k) + b + word(l)) == *run(add, ka + lb), "MSM is a sum of products");
    require(is_infinity(*run(add, a + *run(msm, a + word(bls_order - 1)))), "P - P");
}

void check_bls(fuzz::Input& in) {
    const Bytes p = g1_point(in), q = g2_point(in);
    if (in.one_in(2)) {
        check_group(in, g1_add, g1_msm, p, g1_point(in));
    } else {
        check_group(in, g2_add, g2_msm, q, g2_point(in));
    }
    if (!in.one_in(4)) return;
    const Bytes minus = *run(g1_msm, p + word(bls_order - 1));
    require(*run(bls_pairing, p + q + minus + q) == word(1), "e(P, Q) e(-P, Q) = 1");
    require((*run(bls_pairing, p + q) == word(1)) == (is_infinity(p) || is_infinity(q)),
            "the pairing isn't degenerate");
}

/// An input of the right form for the contract, with bytes of the fuzzer's put into it.
void check_damaged(fuzz::Input& in, unsigned number) {
    Bytes input;
    switch (number) {
        case ecrecover:
            input = word(in.number()) + word(27 + in.below(3)) + word(in.number()) + word(in.number());
            break;
        case bn_add:
            input = bn_point(in) + bn_point(in);
            break;
        case bn_pairing:
            input = bn_point(in) + bn_g2();
            break;
        case blake2f:
            input = Bytes{0, 0, in.byte(), in.byte()} + Bytes(208, in.byte()) +
                    Bytes{static_cast<uint8_t>(in.below(3))};
            break;
        case point_evaluation: {
            const Bytes commitment = Bytes{0xc0} + Bytes(47);  // infinity, the commitment to zero
            Hash versioned = crypto::sha256(commitment);
            versioned[0] = 1;
            input = Bytes(versioned.begin(), versioned.end()) + word(in.number()) +
                    word(in.one_in(2) ? in.number() : 0);
            input = input + commitment + commitment;
            break;
        }
        case g1_add:
        case g1_msm:
            input = g1_point(in) + (number == g1_add ? g1_point(in) : word(in.number()));
            break;
        case g2_add:
        case g2_msm:
            input = g2_point(in) + (number == g2_add ? g2_point(in) : word(in.number()));
            break;
        case bls_pairing:
            input = g1_point(in) + g2_point(in);
            break;
        case p256:
            for (int i = 0; i < 5; ++i) input = input + word(in.number());
            break;
        default:
            break;
    }
    for (size_t changes = in.below(4); changes > 0 && !input.empty(); --changes)
        input[in.word16() % input.size()] ^= in.byte();
    const BytesView rest = in.rest();
    input.insert(input.end(), rest.begin(), rest.end());
    (void)run(number, input);
}

/// The output's size, where the contract succeeds.
void check_any(fuzz::Input& in, unsigned number) {
    const auto revision = static_cast<Revision>(in.below(static_cast<size_t>(newest) + 1));
    const BytesView rest = in.rest();
    const Bytes input(rest.begin(), rest.end());
    const MaybeBytes output = run(number, input, revision);
    if (!output) return;
    const size_t sizes[] = {0, 32, 32, 32, 0, 0, 64, 64, 32, 64, 64, 128, 128, 256, 256, 32, 128, 256};
    if (number == identity) require(*output == input, "IDENTITY");
    if (number == ecrecover || number == p256)
        require(output->empty() || output->size() == 32, "a word or nothing");
    if (number < std::size(sizes) && number != ecrecover && number != identity && number != modexp)
        require(output->size() == sizes[number], "the output's size");
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    fuzz::Input in(data, size);
    const size_t choice = in.below(19);
    const auto number = static_cast<unsigned>(choice == 18 ? p256 : choice);
    switch (in.below(3)) {
        case 0:
            check_any(in, number);
            break;
        case 1:
            check_damaged(in, number);
            break;
        default:
            if (number == modexp)
                check_modexp(in);
            else if (number >= bn_add && number <= bn_pairing)
                check_bn254(in);
            else if (number >= g1_add && number <= map_fp2)
                check_bls(in);
            else
                check_damaged(in, number);
    }
    return 0;
}
