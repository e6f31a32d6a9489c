#pragma once

#include <optional>
#include <span>
#include <vector>

#include "weft/evm/machine.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::execution {

/// An ommer as far as its reward goes (yellow paper, section 11.3).
struct Ommer {
    Address coinbase;
    uint64_t number = 0;
};

/// Everything but the transactions that the execution of a block depends on.
struct BlockEnv {
    evm::BlockContext context;
    Revision revision = primitives::newest_revision;
    /// EIP-155's replay-protected transactions are valid.
    bool eip155 = true;
    /// The DAO fork's irregular state change happens before the first transaction.
    bool dao_fork = false;
    /// The beacon root, history and request contracts are called (EIP-4788, 2935, 7002, 7251), where the
    /// revision has them.
    bool system_calls = true;
    Hash parent_hash;
    std::optional<Hash> parent_beacon_block_root;
    /// What the coinbase gets for the block; absent from Paris on. (Zero is not absent: it touches the
    /// coinbase.)
    std::optional<uint256> reward;
    std::vector<Ommer> ommers;
    std::vector<primitives::Withdrawal> withdrawals;
    BlobParams blobs;
    /// EIP-6110
    Address deposit_contract;
    /// By the header; 0: not known, as while a block is built. Says how much work to expect: no result
    /// depends on it.
    uint64_t gas_used = 0;
};

/// The environment of a block with this header and body under `config`.
[[nodiscard]] BlockEnv make_block_env(const Block& block, const ChainConfig& config);

/// EIP-4844: the price of a unit of blob gas.
[[nodiscard]] uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParams& params) noexcept;

/// The static block reward of a revision (EIP-649, EIP-1234); absent from Paris on.
[[nodiscard]] std::optional<uint256> block_reward(Revision revision) noexcept;

inline constexpr uint64_t gas_per_blob = 131072;  ///< EIP-4844

}  // namespace weft::execution
