#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::primitives {

std::optional<Address> recover_sender(const Transaction& tx) {
    if (tx.y_parity > uint256{1}) return std::nullopt;
    return crypto::recover_address(signing_hash(tx), tx.r, tx.s, static_cast<unsigned>(tx.y_parity.low()));
}

void recover_senders(std::span<const Transaction> transactions, std::span<std::optional<Address>> out) {
    std::vector<crypto::SignedHash> signatures;
    signatures.reserve(transactions.size());
    for (const Transaction& tx : transactions) {
        // A parity beyond 1 becomes a recovery id that recovers nothing.
        const auto recovery_id = static_cast<unsigned>(tx.y_parity > uint256{1} ? 4 : tx.y_parity.low());
        signatures.push_back({signing_hash(tx), tx.r, tx.s, recovery_id});
    }
    crypto::recover_addresses(signatures, out);
}

std::optional<Address> recover_authority(const Authorization& authorization) {
    const auto& [chain_id, address, nonce, y_parity, r, s, authority, recovered] = authorization;
    if (y_parity > uint256{1} || !is_low_s(s)) return std::nullopt;
    return crypto::recover_address(signing_hash(authorization), r, s, static_cast<unsigned>(y_parity.low()));
}

}  // namespace weft::primitives
