#pragma once

#include <optional>
#include <span>

#include "weft/cli/evm_t8n_input.hpp"
#include "weft/execution/block_env.hpp"
#include "weft/execution/result.hpp"

namespace weft::cli::evm_tool {

/// A transaction that was left out, by its place in the input.
struct Rejection {
    size_t index = 0;
    std::string error;
};

/// What a transition came to.
struct TransitionResult {
    MemoryState post;
    execution::BlockResult block;
    std::vector<Transaction> included;
    std::vector<Rejection> rejected;
    /// Why the block is invalid though its transactions are not: a system call failed.
    std::string block_exception;
    std::optional<uint64_t> excess_blob_gas;  ///< absent where the environment has none
};

/// Writes alloc, result and body where the options want them.
[[nodiscard]] Outcome<void> write_transition(const TransitionOptions& options, const TransitionEnv& env,
                                             const execution::BlockEnv& block, const TransitionResult& result,
                                             const Streams& streams);

}  // namespace weft::cli::evm_tool
