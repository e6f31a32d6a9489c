#include "weft/evm/create_address.hpp"

#include <bit>

#include "weft/crypto/keccak.hpp"

namespace weft::evm {
namespace {

Address low_20_bytes(const Hash& hash) noexcept {
    Address out;
    std::memcpy(out.data(), hash.data() + 12, 20);
    return out;
}

}  // namespace

Address create_address(const Address& sender, uint64_t nonce) noexcept {
    // RLP: a list whose payload is 0x94 and the address, then the nonce as a number without leading zeros.
    uint8_t buffer[1 + 1 + 20 + 9];
    size_t size = 1;
    buffer[size++] = 0x80 + 20;
    std::memcpy(buffer + size, sender.data(), 20);
    size += 20;
    if (nonce == 0) {
        buffer[size++] = 0x80;
    } else if (nonce < 0x80) {
        buffer[size++] = static_cast<uint8_t>(nonce);
    } else {
        const int bytes = (64 - std::countl_zero(nonce) + 7) / 8;
        buffer[size++] = static_cast<uint8_t>(0x80 + bytes);
        for (int i = bytes - 1; i >= 0; --i) buffer[size++] = static_cast<uint8_t>(nonce >> (8 * i));
    }
    buffer[0] = static_cast<uint8_t>(0xc0 + size - 1);
    return low_20_bytes(crypto::keccak256({buffer, size}));
}

Address create2_address(const Address& sender, const uint256& salt, BytesView init_code) noexcept {
    uint8_t buffer[1 + 20 + 32 + 32];
    buffer[0] = 0xff;
    std::memcpy(buffer + 1, sender.data(), 20);
    base::store_be(buffer + 21, salt);
    const Hash code_hash = crypto::keccak256(init_code);
    std::memcpy(buffer + 53, code_hash.data(), 32);
    return low_20_bytes(crypto::keccak256({buffer, sizeof buffer}));
}

}  // namespace weft::evm
