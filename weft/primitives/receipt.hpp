#pragma once

#include <optional>
#include <span>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/inline_vector.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/bloom.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::primitives {

struct Log {
    Address address;
    base::InlineVector<Hash, 4> topics;    ///< at most 4
    base::InlineVector<uint8_t, 32> data;  ///< mostly one word
    friend bool operator==(const Log&, const Log&) = default;
};

/// What a transaction left behind (yellow paper, section 4.3.1).
struct Receipt {
    TxType type = TxType::legacy;
    /// Byzantium and later (EIP-658): whether the transaction succeeded. Known for every fork; encoded from
    /// Byzantium on.
    bool success = false;
    /// Before Byzantium: the state root after the transaction, where the executor was asked for it.
    std::optional<Hash> state_root;
    uint64_t gas_used = 0;             ///< by this transaction alone
    uint64_t cumulative_gas_used = 0;  ///< by the block up to and including this transaction
    Bloom logs_bloom;
    std::vector<Log> logs;
    /// The address of the contract that a creating transaction made.
    std::optional<Address> contract_address;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// The filter of these logs.
[[nodiscard]] Bloom logs_bloom(std::span<const Log> logs);
/// Sets every receipt's logs_bloom from its logs and returns their union, the block's. Faster than one by
/// one: each address and topic is hashed once for the whole block, many at a time.
Bloom fill_blooms(std::span<Receipt> receipts);

/// Appends a receipt as the receipts trie holds it (EIP-2718): the type's byte, unless legacy, and the RLP of
/// status (or state root, where the receipt has one: before Byzantium), cumulative gas, bloom and logs.
/// Bytes that suffice for its encoding, by little more than it takes.
[[nodiscard]] size_t enough_for(const Receipt& receipt) noexcept;
void encode(Bytes& out, const Receipt& receipt);
[[nodiscard]] Bytes encode(const Receipt& receipt);

}  // namespace weft::primitives

namespace weft {
using primitives::Log;
using primitives::Receipt;
}  // namespace weft
