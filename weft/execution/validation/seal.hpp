#pragma once

#include <memory>
#include <mutex>

#include "weft/crypto/ethash.hpp"
#include "weft/primitives/block.hpp"

namespace weft::execution {

/// Says whether the seals of proof-of-work blocks are right. Thread-safe.
class SealVerifier {
public:
    virtual ~SealVerifier() = default;
    [[nodiscard]] virtual bool verify(const Header& header) const = 0;
};

/// Mainnet's: Ethash. Keeps the epoch that was asked for last.
class EthashVerifier final : public SealVerifier {
public:
    [[nodiscard]] bool verify(const Header& header) const override;

private:
    [[nodiscard]] std::shared_ptr<const crypto::EthashEpoch> epoch_of(uint64_t block) const;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const crypto::EthashEpoch> epoch_;  ///< under mutex_
};

}  // namespace weft::execution
