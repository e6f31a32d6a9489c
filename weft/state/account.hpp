#pragma once

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/crypto/keccak.hpp"

namespace weft::state {

/// An account as flat state holds it (yellow paper, section 4.1): the storage root is the trie's business.
struct Account {
    uint64_t nonce = 0;
    uint256 balance;
    Hash code_hash = crypto::empty_code_hash;

    /// EIP-161: nonce and balance zero and no code.
    [[nodiscard]] bool is_empty() const noexcept {
        return nonce == 0 && balance.is_zero() && code_hash == crypto::empty_code_hash;
    }
    friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace weft::state

namespace weft {
using state::Account;
}  // namespace weft
