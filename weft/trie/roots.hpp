#pragma once

#include <span>

#include "weft/primitives/block.hpp"
#include "weft/primitives/json.hpp"
#include "weft/primitives/receipt.hpp"
#include "weft/state/memory_state.hpp"
#include "weft/trie/trie.hpp"

namespace weft::trie {

/// The roots of a header (yellow paper, section 4.3.2; EIP-2718, EIP-4895).
[[nodiscard]] Hash transactions_root(std::span<const Transaction> transactions);
/// Receipts' blooms must be filled. Receipts that have a state root are encoded with it (before Byzantium).
[[nodiscard]] Hash receipts_root(std::span<const Receipt> receipts);
[[nodiscard]] Hash withdrawals_root(std::span<const Withdrawal> withdrawals);

struct StorageEntry {
    uint256 key;
    uint256 value;  ///< not zero
};
/// The root of an account's storage, from all slots that aren't zero, in any order (yellow paper,
/// section 4.1).
[[nodiscard]] Hash storage_root(std::span<const StorageEntry> slots);
/// The root of a whole state (yellow paper, section 4.1): every account that exists, empty ones included.
[[nodiscard]] Hash state_root(const state::MemoryState& state);

/// The header of a chain's first block: what the file gives, the roots, and the fields that the rules at that
/// block add, with geth's default values (base fee 1 gwei).
[[nodiscard]] Header genesis_header(const primitives::json::Genesis& genesis,
                                    const state::MemoryState& state);

}  // namespace weft::trie
