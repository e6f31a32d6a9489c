#include "weft/evm/precompiles/precompiles.hpp"

#include <cstring>

#include "weft/evm/precompiles/contracts.hpp"

namespace weft::evm {
namespace {

struct Entry {
    const Precompile* contract;
    Revision since;
};

using namespace precompiles;

// By the address' low byte. All later revisions keep what an earlier one brought.
constexpr Entry low_addresses[] = {
    {nullptr, Revision::frontier},
    {&ecrecover, Revision::frontier},
    {&sha256, Revision::frontier},
    {&ripemd160, Revision::frontier},
    {&identity, Revision::frontier},
    {&modexp, Revision::byzantium},            // EIP-198
    {&bn254_add, Revision::byzantium},         // EIP-196
    {&bn254_mul, Revision::byzantium},         // EIP-196
    {&bn254_pairing, Revision::byzantium},     // EIP-197
    {&blake2f, Revision::istanbul},            // EIP-152
    {&point_evaluation, Revision::cancun},     // EIP-4844
    {&bls12_g1_add, Revision::prague},         // EIP-2537, this and the following
    {&bls12_g1_msm, Revision::prague},         //
    {&bls12_g2_add, Revision::prague},         //
    {&bls12_g2_msm, Revision::prague},         //
    {&bls12_pairing, Revision::prague},        //
    {&bls12_map_fp_to_g1, Revision::prague},   //
    {&bls12_map_fp2_to_g2, Revision::prague},  //
};
constexpr Entry p256_entry{&p256_verify, Revision::osaka};  // EIP-7951
constexpr unsigned p256_address = 0x100;

}  // namespace

const Precompile* precompile_at(const Address& address, Revision revision) noexcept {
    uint64_t first, second;
    uint32_t last;
    std::memcpy(&first, address.data(), 8);
    std::memcpy(&second, address.data() + 8, 8);
    std::memcpy(&last, address.data() + 16, 4);
    if ((first | second) != 0) [[likely]]
        return nullptr;
    const uint32_t number = __builtin_bswap32(last);
    if (number < std::size(low_addresses)) {
        const Entry& entry = low_addresses[number];
        return revision >= entry.since ? entry.contract : nullptr;
    }
    return number == p256_address && revision >= p256_entry.since ? p256_entry.contract : nullptr;
}

}  // namespace weft::evm
