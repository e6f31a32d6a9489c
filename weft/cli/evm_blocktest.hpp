#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm blocktest`.
struct BlockTestOptions {
    std::string path;  ///< a file or a folder; empty: stdin names one file a line
    std::string run = ".*";
    bool dump = false;
    bool human = false;
    bool fuzz = false;  ///< each test's verdict by itself, as soon as it is known
    TraceOptions trace;
    execution::ExecutorKind executor = execution::ExecutorKind::automatic;
};

/// `evm blocktest`: the verdicts go to stdout, traces to stderr. Error: a file that can't be read.
[[nodiscard]] Outcome<void> block_tests(const BlockTestOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
