#include "weft/primitives/signature_batch.hpp"

#include "weft/crypto/keccak.hpp"

namespace weft::primitives {

void SignatureBatch::clear() noexcept {
    messages_.clear();
    ends_.clear();
    signatures_.clear();
}

void SignatureBatch::add(const Transaction& tx) {
    append_signing_message(messages_, tx);
    add(tx.r, tx.s, tx.y_parity, true);
}

void SignatureBatch::add(const Transaction& tx, BytesView encoded) {
    append_signing_message(messages_, tx, encoded);
    add(tx.r, tx.s, tx.y_parity, true);
}

void SignatureBatch::add(const Authorization& authorization) {
    append_signing_message(messages_, authorization);
    add(authorization.r, authorization.s, authorization.y_parity, is_low_s(authorization.s));
}

void SignatureBatch::add(const uint256& r, const uint256& s, const uint256& y_parity, bool valid) {
    ends_.push_back(messages_.size());
    valid &= y_parity <= uint256{1};
    // No key signs with r = 0: what is refused here recovers nothing.
    signatures_.push_back({Hash{}, valid ? r : uint256{}, s, static_cast<unsigned>(y_parity.low() & 1)});
}

std::span<const std::optional<Address>> SignatureBatch::recover() {
    views_.clear();
    size_t start = 0;
    for (const size_t end : ends_) {
        views_.push_back(BytesView{messages_}.subspan(start, end - start));
        start = end;
    }
    hashes_.resize(signatures_.size());
    crypto::keccak256_batch(views_, hashes_);
    for (size_t i = 0; i < signatures_.size(); ++i) signatures_[i].message_hash = hashes_[i];
    signers_.resize(signatures_.size());
    crypto::recover_addresses(signatures_, signers_);
    return signers_;
}

}  // namespace weft::primitives
