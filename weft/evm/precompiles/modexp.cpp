// MODEXP (EIP-198) and its prices (EIP-198, 2565, 7883) and limits (EIP-7823).
#include "weft/crypto/modexp.hpp"

#include <algorithm>

#include "weft/base/uint256.hpp"
#include "weft/evm/precompiles/contracts.hpp"

namespace weft::evm::precompiles {
namespace {

using Wide = unsigned __int128;

constexpr size_t header_size = 96;

// The three lengths in front; any that exceeds 64 bits reads as 2^64 - 1.
struct Lengths {
    static constexpr uint64_t unknown = ~uint64_t{0};
    uint64_t base, exponent, modulus;
    explicit Lengths(BytesView input) noexcept {
        const auto header = padded<header_size>(input);
        base = base::load_be(header.data()).saturate();
        exponent = base::load_be(header.data() + 32).saturate();
        modulus = base::load_be(header.data() + 64).saturate();
    }
};

// What there is of a number of `size` bytes at `offset`: the input ends early where the rest is zeros.
BytesView present(BytesView input, uint64_t offset, uint64_t size) noexcept {
    if (offset >= input.size()) return {};
    const BytesView rest = input.subspan(offset);
    return rest.first(std::min<uint64_t>(size, rest.size()));
}

// floor(log2) of the exponent's first 32 bytes, 0 for zero. Precondition: the base's length is not near 2^64.
unsigned exponent_head_bits(BytesView input, const Lengths& lengths) noexcept {
    const auto size = std::min<uint64_t>(lengths.exponent, 32);
    uint8_t head[32]{};
    const BytesView bytes = present(input, header_size + lengths.base, size);
    std::ranges::copy(bytes, head + 32 - size);
    const unsigned bits = 256 - base::count_leading_zeros(base::load_be(head));
    return bits == 0 ? 0 : bits - 1;
}

// EIP-198's estimate of a multiplication.
Wide complexity_198(Wide size) noexcept {
    if (size <= 64) return size * size;
    if (size <= 1024) return size * size / 4 + 96 * size - 3072;
    return size * size / 16 + 480 * size - 199680;
}

Wide words_squared(uint64_t size) noexcept {
    const Wide words = (Wide{size} + 7) / 8;
    return words * words;
}

uint64_t modexp_gas(BytesView input, Revision revision) noexcept {
    constexpr uint64_t osaka_limit = 1024;  // EIP-7823
    // More than 2^64 costs: a base or modulus longer than this, and one of the second length with an exponent
    // longer than this.
    constexpr uint64_t payable_limit = uint64_t{1} << 40, payable_beside = uint64_t{1} << 20;
    const Lengths lengths{input};
    const uint64_t size = std::max(lengths.base, lengths.modulus);
    if (revision >= Revision::osaka && std::max(size, lengths.exponent) > osaka_limit)
        return Precompile::unpayable;
    if (size == 0 && revision < Revision::berlin) return 0;
    if (size == 0 && revision < Revision::osaka) return 200;
    if (size > payable_limit || (size > payable_beside && lengths.exponent > payable_limit) ||
        lengths.exponent == Lengths::unknown)
        return Precompile::unpayable;

    const uint64_t tail_factor = revision >= Revision::osaka ? 16 : 8;
    Wide iterations = exponent_head_bits(input, lengths);
    if (lengths.exponent > 32) iterations += Wide{tail_factor} * (lengths.exponent - 32);
    iterations = std::max<Wide>(iterations, 1);

    Wide gas, least = 0;
    if (revision >= Revision::osaka) {
        gas = (size <= 32 ? 16 : 2 * words_squared(size)) * iterations;
        least = 500;
    } else if (revision >= Revision::berlin) {
        gas = words_squared(size) * iterations / 3;
        least = 200;
    } else {
        gas = complexity_198(size) * iterations / 20;
    }
    return static_cast<uint64_t>(std::min<Wide>(std::max(gas, least), Precompile::unpayable));
}

bool run_modexp(BytesView input, Revision, Bytes& output) noexcept {
    const Lengths lengths{input};
    output.assign(lengths.modulus, 0);
    if (lengths.modulus == 0 || input.size() <= header_size) return true;
    // An input that ends before the modulus leaves it zero, and so the output, whatever lengths were named.
    BytesView rest = input.subspan(header_size);
    if (lengths.base >= rest.size() || lengths.exponent >= rest.size() - lengths.base) return true;
    const BytesView base = rest.first(lengths.base);
    const BytesView exponent = rest.subspan(lengths.base, lengths.exponent);
    rest = rest.subspan(lengths.base + lengths.exponent);
    if (rest.size() >= lengths.modulus) {
        crypto::modexp(base, exponent, rest.first(lengths.modulus), output);
    } else {  // its zeros at the end are not there
        Bytes modulus(rest.begin(), rest.end());
        modulus.resize(lengths.modulus);
        crypto::modexp(base, exponent, modulus, output);
    }
    return true;
}

}  // namespace

const Precompile modexp{modexp_gas, run_modexp, "MODEXP"};

}  // namespace weft::evm::precompiles
