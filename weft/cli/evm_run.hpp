#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm run`.
struct CodeOptions {
    std::string code;      ///< hex digits
    std::string codefile;  ///< a file with them; "-": stdin
    std::string input;
    std::string inputfile;
    std::string prestate;  ///< a genesis.json; empty: the newest fork's rules and no accounts
    std::string sender;
    std::string receiver;
    uint64_t gas = 10'000'000'000;
    std::string value = "0", price = "0";  ///< wei, decimal or with 0x
    bool create = false;
    bool dump = false;
    bool bench = false;
    bool statistics = false;
    bool logs = false;  ///< to stderr, for people
    TraceOptions trace;
};

/// `evm run`: executes one call or creation without a transaction around it. Output goes to stdout, unless it
/// is traced, traces to stderr.
[[nodiscard]] Outcome<void> run_code(const CodeOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
