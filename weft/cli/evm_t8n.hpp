#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm t8n`, with geth's defaults. Of the files, "stdin", "stdout" and "stderr" mean these
/// streams.
struct TransitionOptions {
    std::string input_alloc = "alloc.json";
    std::string input_env = "env.json";
    std::string input_txs = "txs.json";  ///< a name that ends in ".rlp": a JSON string with a block's body
    std::string output_basedir;
    std::string output_alloc = "alloc.json";
    std::string output_result = "result.json";
    std::string output_body;
    std::string fork = "GrayGlacier";
    uint64_t chain_id = 1;
    int64_t reward = 0;  ///< wei; -1: none, which also leaves the coinbase untouched
    std::string opcode_count;
    TraceOptions trace;
    execution::ExecutorKind executor = execution::ExecutorKind::automatic;
};

/// `evm t8n`: applies transactions to a state.
[[nodiscard]] Outcome<void> transition(const TransitionOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
