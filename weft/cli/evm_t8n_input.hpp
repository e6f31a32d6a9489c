#pragma once

#include <map>
#include <optional>
#include <vector>

#include "weft/cli/evm_t8n.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::cli::evm_tool {

/// The block's environment as the caller gives it; what is absent can follow from the parent's fields.
struct TransitionEnv {
    Address coinbase;
    uint64_t number = 0;
    uint64_t timestamp = 0;
    uint64_t gas_limit = 0;
    std::optional<uint256> difficulty;
    std::optional<uint256> random;
    std::optional<uint256> base_fee;
    std::optional<uint64_t> excess_blob_gas;
    std::optional<Hash> parent_beacon_block_root;
    std::optional<std::map<uint64_t, Hash>> block_hashes;
    std::optional<std::vector<Withdrawal>> withdrawals;

    /// An ommer, by the generations between it and the block.
    struct Ommer {
        uint64_t delta = 0;
        Address address;
    };
    std::vector<Ommer> ommers;

    std::optional<uint256> parent_difficulty;
    std::optional<uint256> parent_base_fee;
    std::optional<uint64_t> parent_excess_blob_gas;
    std::optional<uint64_t> parent_blob_gas_used;
    uint64_t parent_gas_used = 0;
    uint64_t parent_gas_limit = 0;
    uint64_t parent_timestamp = 0;
    Hash parent_ommers_hash;  ///< zero: the parent has none
};

/// A transaction with its sender, or why it is none, in geth's words.
using InputTransaction = std::expected<Transaction, std::string>;

struct TransitionInput {
    MemoryState pre;
    TransitionEnv env;
    ChainConfig config;
    std::vector<InputTransaction> transactions;
};

/// Reads what the options name; transactions that come with a "secretKey" instead of a signature are signed.
[[nodiscard]] Outcome<TransitionInput> read_transition_input(const TransitionOptions& options);

/// Fills in what follows from the parent's fields and refuses what the fork's rules lack, as geth's tool
/// does.
[[nodiscard]] Outcome<void> complete(TransitionEnv& env, const ChainConfig& config);

/// The rules of "Fork" or "Fork+EIP+EIP…". An EIP that the fork has already changes nothing; another is an
/// error: Weft switches rules by revision.
[[nodiscard]] Outcome<ChainConfig> chain_named(const std::string& fork);

}  // namespace weft::cli::evm_tool
