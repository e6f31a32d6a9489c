#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "weft/execution/context.hpp"
#include "weft/primitives/access_list.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"
#include "weft/state/memory_state.hpp"
#include "weft/workload/workload.hpp"

namespace weft::cli {

/// A block to execute, and the state before it.
struct Input {
    std::string name;  ///< the block's number, or the workload's name
    Block block;
    MemoryState state;
    /// The block's, where the folder has an access_list.json (EIP-7928).
    std::optional<BlockAccessList> access_list = {};
    /// Its rules, where the folder has a genesis.json.
    std::optional<ChainConfig> rules = {};
};

/// Where an input comes from: a folder with block.json, or a workload.
struct Source {
    std::string folder;
    std::string workload;
};

/// The rules of "mainnet" or of a genesis.json. Error: one line.
[[nodiscard]] std::expected<ChainConfig, std::string> load_chain(const std::string& chain);

/// What the command line's words name: a folder with block.json and prestate.json, a folder of such (in the
/// order of their numbers), or a workload. A folder of the name goes first. Error: one line.
[[nodiscard]] std::expected<std::vector<Source>, std::string> find_sources(
    const std::vector<std::string>& words);

/// Reads or makes one input. A workload's header is completed by sequential execution. Error: one line.
[[nodiscard]] std::expected<Input, std::string> load(const Source& source, const workload::Options& options,
                                                     const ChainConfig& config);

/// Makes a workload's block whole: gasUsed, logsBloom, blobGasUsed, requestsHash, the roots of transactions
/// and receipts, as sequential execution gives them. The state root stays zero: nothing here needs it.
[[nodiscard]] std::expected<Input, std::string> complete_workload(workload::Workload workload,
                                                                  const ChainConfig& config);

}  // namespace weft::cli
