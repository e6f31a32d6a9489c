#pragma once

#include <optional>

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm statetest`.
struct StateTestOptions {
    std::string path;  ///< a file or a folder; empty: stdin names one file a line
    std::string run = ".*";
    std::string fork;
    std::optional<size_t> index;
    bool dump = false;
    bool human = false;
    bool bench = false;
    TraceOptions trace;
    execution::ExecutorKind executor = execution::ExecutorKind::automatic;
};

/// `evm statetest`: the verdicts go to stdout, traces and state roots to stderr.
[[nodiscard]] Outcome<void> state_tests(const StateTestOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
