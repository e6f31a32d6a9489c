#pragma once

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::evm {

/// The address of the contract that `sender` creates with this nonce (yellow paper, equation 88): Keccak of
/// RLP(sender, nonce).
[[nodiscard]] Address create_address(const Address& sender, uint64_t nonce) noexcept;

/// The address of a contract created by CREATE2 (EIP-1014).
[[nodiscard]] Address create2_address(const Address& sender, const uint256& salt,
                                      BytesView init_code) noexcept;

}  // namespace weft::evm
