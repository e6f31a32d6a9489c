#pragma once

#include <optional>
#include <span>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::crypto {

/// The order of the group of secp256k1 (SEC 2, section 2.4.1).
inline constexpr uint256 secp256k1_order{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                                         0xffffffffffffffff};

/// The address whose key signed `message_hash` with (r, s) (SEC 1, section 4.1.6; yellow paper, appendix F).
/// Of recovery_id, bit 0 is the parity of the nonce point's y, bit 1 says that its x is r + n; Ethereum's
/// signatures have 0 or 1 only, which is the caller's to check, as is EIP-2's rule against high s. nullopt
/// if r or s is outside [1, n), recovery_id is above 3, or no key made this signature. Exactly
/// libsecp256k1's answer. Not in constant time: what is recovered from is public.
[[nodiscard]] std::optional<Address> recover_address(const Hash& message_hash, const uint256& r,
                                                     const uint256& s, unsigned recovery_id) noexcept;

/// One signature of a batch, as recover_address takes it.
struct SignedHash {
    Hash message_hash;
    uint256 r;
    uint256 s;
    unsigned recovery_id;
};

/// recover_address for each; precondition: out.size() == signatures.size(). Two and more are recovered side
/// by side, each the faster the more there are; beyond 64 hardly anything is gained. Takes 200 KiB of stack.
void recover_addresses(std::span<const SignedHash> signatures,
                       std::span<std::optional<Address>> out) noexcept;

/// A signature with the parity of its nonce point's y.
struct Signature {
    uint256 r;
    uint256 s;
    unsigned y_parity = 0;
    friend bool operator==(const Signature&, const Signature&) = default;
};
/// Signs with the nonce of RFC 6979 and a low s. nullopt: the key is zero or beyond the group's order. For
/// test keys: Weft keeps no accounts.
[[nodiscard]] std::optional<Signature> sign(const Hash& message_hash, const Hash& key) noexcept;

}  // namespace weft::crypto
