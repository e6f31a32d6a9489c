#pragma once

#include <cstdio>
#include <expected>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/cli/test_bench.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli {

struct TestOptions {
    std::vector<std::string> paths = {};  ///< files, and folders in which every *.json is one
    std::string run = {};   ///< a regular expression that the names of tests to run match; empty: all
    std::string skip = {};  ///< a regular expression: tests whose name matches are counted as skipped
    std::string fork = {};  ///< only this one; empty: all
    unsigned jobs = 0;      ///< files at a time; 0: one for each core
    TestExecutors executors = TestExecutors::both;
    std::string export_to = {};  ///< blocktest: the folder that blocks are written to; empty: none
};

/// One test's verdict.
struct CaseResult {
    std::string name;
    std::string fork;
    std::optional<size_t> index;  ///< among the test's cases for this fork
    std::optional<Hash> root;
    std::string error;  ///< empty: passed
    /// Blocks refused for the reason that the test names, and for one that the test doesn't name.
    size_t named_refusals = 0, unnamed_refusals = 0;
};

/// Whether the expression matches somewhere in a test's name; of a long name in its first 1,024 characters:
/// std::regex takes native stack for each.
[[nodiscard]] bool matches(const std::regex& expression, std::string_view name);

/// Which tests of a file are wanted.
struct TestFilter {
    std::optional<std::regex> name, skip;
    std::string fork;

    [[nodiscard]] bool wants(std::string_view test) const { return !name || matches(*name, test); }
    [[nodiscard]] bool skips(std::string_view test) const { return skip && matches(*skip, test); }
    [[nodiscard]] bool wants_fork(std::string_view test_fork) const {
        return fork.empty() || fork == test_fork;
    }
};

/// A test as it stands in its file.
struct NamedTest {
    const std::string& file;
    std::string_view name;
    primitives::json::Value value;
};

/// Runs one test of a file and appends its cases. Error: the file is no such test.
using RunTest = std::function<primitives::json::Result<void>(const NamedTest& test, const TestFilter& filter,
                                                             TestBench& bench, std::vector<CaseResult>& out)>;

/// Runs every test of every file, files side by side. Prints geth's JSON array to `out`, the first failures,
/// the counts and last the bad files to `err`. Returns the exit status: 2 where a file could not be read or
/// holds no test, 1 where a test failed, or where the optimistic executor ran many blocks and committed
/// nothing speculatively, or repaired nothing.
[[nodiscard]] int run_suite(const TestOptions& options, const RunTest& run_test, std::FILE* out,
                            std::FILE* err);

}  // namespace weft::cli
