#pragma once

#include <functional>
#include <optional>
#include <regex>
#include <span>
#include <vector>

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// One test's verdict, as geth's tool reports it.
struct TestReport {
    std::string name;
    std::string fork;
    std::string error;         ///< empty: passed
    std::optional<Hash> root;  ///< of the state afterwards
    std::string state;         ///< a dump in JSON; empty: none was asked for
    std::string stats;         ///< of --bench, in JSON; empty: none was asked for
};

/// Runs the tests of one file.
using RunTestFile = std::function<Outcome<std::vector<TestReport>>(const std::string& path)>;

/// Runs a file, every *.json of a folder, or (path empty) the files that stdin names, one a line, and prints
/// the verdicts: once for all, of stdin's files one array each. `human`: lines for people instead of JSON.
/// The first file that can't be read ends it.
[[nodiscard]] Outcome<void> run_test_files(const std::string& path, bool human, std::FILE* out,
                                           const RunTestFile& run_file);

void print_reports(std::FILE* out, std::span<const TestReport> reports, bool human);

/// --run's regular expression.
[[nodiscard]] Outcome<std::regex> test_pattern(const std::string& text);

}  // namespace weft::cli::evm_tool
