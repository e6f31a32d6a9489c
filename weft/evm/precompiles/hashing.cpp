// The precompiles that hash or copy: SHA-256, RIPEMD-160, identity, BLAKE2b's F.
#include "weft/crypto/blake2.hpp"
#include "weft/crypto/hashes.hpp"
#include "weft/evm/precompiles/contracts.hpp"

namespace weft::evm::precompiles {
namespace {

// Yellow paper, appendix E: so much, and so much for each word begun.
template <uint64_t base, uint64_t per_word>
uint64_t gas_by_word(BytesView input, Revision) noexcept {
    return base + per_word * ((input.size() + 31) / 32);
}

bool run_sha256(BytesView input, Revision, Bytes& output) noexcept {
    const Hash hash = crypto::sha256(input);
    output.assign(hash.begin(), hash.end());
    return true;
}

bool run_ripemd160(BytesView input, Revision, Bytes& output) noexcept {
    const auto hash = crypto::ripemd160(input);
    output.assign(12, 0);
    output.insert(output.end(), hash.begin(), hash.end());
    return true;
}

bool run_identity(BytesView input, Revision, Bytes& output) noexcept {
    output.assign(input.begin(), input.end());
    return true;
}

// EIP-152: rounds (4 bytes, big-endian), h (64), m (128), t (16; words little-endian), the flag of the last
// block (1).
constexpr size_t blake2f_size = 213;

uint32_t blake2f_rounds(BytesView input) noexcept {
    uint32_t rounds;
    std::memcpy(&rounds, input.data(), 4);
    return __builtin_bswap32(rounds);
}

uint64_t blake2f_gas(BytesView input, Revision) noexcept {
    return input.size() == blake2f_size ? blake2f_rounds(input) : Precompile::unpayable;
}

bool run_blake2f(BytesView input, Revision, Bytes& output) noexcept {
    if (input.size() != blake2f_size || input[212] > 1) return false;
    std::array<uint64_t, 8> h;
    std::array<uint64_t, 16> m;
    std::array<uint64_t, 2> t;
    std::memcpy(h.data(), input.data() + 4, 64);
    std::memcpy(m.data(), input.data() + 68, 128);
    std::memcpy(t.data(), input.data() + 196, 16);
    const auto state = crypto::blake2b_compress(blake2f_rounds(input), h, m, t, input[212] == 1);
    output.resize(64);
    std::memcpy(output.data(), state.data(), 64);
    return true;
}

}  // namespace

const Precompile sha256{gas_by_word<60, 12>, run_sha256, "SHA256"};
const Precompile ripemd160{gas_by_word<600, 120>, run_ripemd160, "RIPEMD160"};
const Precompile identity{gas_by_word<15, 3>, run_identity, "ID"};
const Precompile blake2f{blake2f_gas, run_blake2f, "BLAKE2F"};

}  // namespace weft::evm::precompiles
