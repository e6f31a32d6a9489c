#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm blocktest`.
struct BlockTestOptions {
    std::string path;  ///< a file or a folder; empty: stdin names one file a line
    std::string run = ".*";
    bool human = false;
    execution::ExecutorKind executor = execution::ExecutorKind::automatic;
};

/// `evm blocktest`: the verdicts go to stdout.
[[nodiscard]] Outcome<void> block_tests(const BlockTestOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
