#include <algorithm>

#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/signature_batch.hpp"

namespace weft::primitives {

std::optional<Address> recover_sender(const Transaction& tx) {
    if (tx.y_parity > uint256{1}) return std::nullopt;
    return crypto::recover_address(signing_hash(tx), tx.r, tx.s, static_cast<unsigned>(tx.y_parity.low()));
}

void recover_senders(std::span<const Transaction> transactions, std::span<std::optional<Address>> out) {
    SignatureBatch batch;
    for (const Transaction& tx : transactions) batch.add(tx);
    std::ranges::copy(batch.recover(), out.begin());
}

std::optional<Address> recover_authority(const Authorization& authorization) {
    const auto& [chain_id, address, nonce, y_parity, r, s, authority, recovered] = authorization;
    if (y_parity > uint256{1} || !is_low_s(s)) return std::nullopt;
    return crypto::recover_address(signing_hash(authorization), r, s, static_cast<unsigned>(y_parity.low()));
}

}  // namespace weft::primitives
