#pragma once

#include <optional>
#include <span>
#include <vector>

#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::primitives {

/// Signatures of transactions and of authorizations, hashed and recovered side by side. Kept and filled
/// again, it allocates nothing.
class SignatureBatch {
public:
    void add(const Transaction& transaction);
    /// encoded: what the transaction was decoded from, which saves encoding it again.
    void add(const Transaction& transaction, BytesView encoded);
    void add(const Authorization& authorization);
    [[nodiscard]] size_t size() const noexcept { return signatures_.size(); }
    void clear() noexcept;

    /// Who signed, in the order of the additions; nullopt as recover_sender and recover_authority give it.
    /// Valid until the batch changes.
    [[nodiscard]] std::span<const std::optional<Address>> recover();

private:
    void add(const uint256& r, const uint256& s, const uint256& y_parity, bool valid);

    Bytes messages_;            ///< what was signed, one after the other
    std::vector<size_t> ends_;  ///< of each message
    std::vector<crypto::SignedHash> signatures_;
    std::vector<BytesView> views_;
    std::vector<Hash> hashes_;
    std::vector<std::optional<Address>> signers_;
};

}  // namespace weft::primitives
