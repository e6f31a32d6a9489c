#pragma once

#include <vector>

#include "weft/base/bytes.hpp"

namespace weft::crypto {

/// Ethash (yellow paper, appendix J), as a verifier needs it: the cache of one epoch, from which each item of
/// the data set is computed when it is asked for. Takes 16 MiB at least, and about as many seconds to make
/// as a seal takes milliseconds to verify.
class EthashEpoch {
public:
    static constexpr uint64_t blocks = 30'000;
    explicit EthashEpoch(uint64_t number);

    [[nodiscard]] uint64_t number() const noexcept { return number_; }

    struct Seal {
        Hash mix_hash;
        Hash result;  ///< as a big-endian number at most 2^256 / difficulty
    };
    /// What the nonce gives for a header (its hash without mix hash and nonce).
    [[nodiscard]] Seal seal(const Hash& header, uint64_t nonce) const noexcept;

private:
    static constexpr size_t words_per_item = 16;
    struct alignas(64) Item {
        uint32_t word[words_per_item];
    };
    [[nodiscard]] static Item hash(const Item& item) noexcept;
    [[nodiscard]] Item data_set_item(uint32_t index) const noexcept;

    uint64_t number_;
    uint64_t data_set_items_;
    std::vector<Item> cache_;
};

}  // namespace weft::crypto
