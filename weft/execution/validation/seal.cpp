#include "weft/execution/validation/seal.hpp"

#include "weft/base/uint256.hpp"

namespace weft::execution {
namespace {

/// result <= 2^256 / difficulty, in whole numbers.
bool meets(const Hash& result, const uint256& difficulty) noexcept {
    if (difficulty <= uint256{1}) return !difficulty.is_zero();
    // 2^256 / d = (2^256 - d) / d + 1
    const uint256 target = base::divide(-difficulty, difficulty).quotient + uint256{1};
    return base::load_be(result.data()) <= target;
}

uint64_t nonce_of(const Header& header) noexcept {
    uint64_t nonce = 0;
    for (const uint8_t byte : header.nonce) nonce = nonce << 8 | byte;
    return nonce;
}

}  // namespace

std::shared_ptr<const crypto::EthashEpoch> EthashVerifier::epoch_of(uint64_t block) const {
    const uint64_t number = block / crypto::EthashEpoch::blocks;
    const std::lock_guard lock(mutex_);
    if (!epoch_ || epoch_->number() != number) epoch_ = std::make_shared<crypto::EthashEpoch>(number);
    return epoch_;
}

bool EthashVerifier::verify(const Header& header) const {
    const auto seal = epoch_of(header.number)->seal(primitives::seal_hash(header), nonce_of(header));
    return seal.mix_hash == header.mix_hash && meets(seal.result, header.difficulty);
}

}  // namespace weft::execution
