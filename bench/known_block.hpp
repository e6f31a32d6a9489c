#pragma once

#include <chrono>
#include <optional>

#include "weft/cli/inputs.hpp"
#include "weft/execution/executor.hpp"

namespace weft::bench {

/// A block, and the result that each of its executions must have.
struct KnownBlock {
    cli::Input input;
    execution::BlockResult known;
};

/// Executes the block once; the milliseconds that it took, or nullopt: the result is not the known one.
/// config: the rules where the input names none.
inline std::optional<double> time_of(const KnownBlock& block, ExecutionContext& context,
                                     const primitives::ChainConfig& config,
                                     const execution::ExecutionOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    const auto outcome = execution::execute_block(block.input.block, block.input.rules.value_or(config),
                                                  block.input.state, context, options);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (!outcome || outcome->receipts != block.known.receipts || outcome->diff != block.known.diff)
        return std::nullopt;
    return time.count();
}

}  // namespace weft::bench
