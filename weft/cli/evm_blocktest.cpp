#include "weft/cli/evm_blocktest.hpp"

#include <algorithm>

#include "weft/cli/block_tests.hpp"
#include "weft/cli/evm_report.hpp"

namespace weft::cli::evm_tool {
namespace {

/// `auto` means every executor, which must agree.
TestExecutors executors_of(execution::ExecutorKind kind) {
    switch (kind) {
        case execution::ExecutorKind::sequential:
            return TestExecutors::sequential;
        case execution::ExecutorKind::optimistic:
            return TestExecutors::optimistic;
        default:
            return TestExecutors::both;
    }
}

Outcome<std::vector<TestReport>> run_file(const std::string& path, const RunTest& run_test,
                                          const TestFilter& filter, TestBench& bench) {
    const auto fail = [](const std::string& why) {
        return std::unexpected(Failure{Exit::failed, "unable to read test file " + why});
    };
    const auto document = primitives::json::Document::load(path);
    if (!document) return fail(document.error());
    primitives::json::Object tests;
    if (const auto read = primitives::json::read(document->root(), tests); !read)
        return fail(document->describe(read.error()));
    std::vector<CaseResult> results;
    for (const auto& [name, test] : tests)
        if (filter.wants(name))
            if (auto done = run_test({path, name, test}, filter, bench, results); !done)
                return fail(document->describe(std::move(done.error()).within(name)));
    std::ranges::sort(results, {}, &CaseResult::name);
    std::vector<TestReport> reports;
    for (CaseResult& result : results)
        reports.push_back({.name = std::move(result.name),
                           .fork = std::move(result.fork),
                           .error = result.error,
                           .root = result.error.empty() ? result.root : std::nullopt,
                           .state = {},
                           .stats = {}});
    return reports;
}

}  // namespace

Outcome<void> block_tests(const BlockTestOptions& options, const Streams& streams) {
    auto name = test_pattern(options.run);
    if (!name) return std::unexpected(std::move(name.error()));
    const TestFilter filter{.name = std::move(*name), .skip = {}, .fork = {}};
    TestBench bench(executors_of(options.executor), std::make_shared<base::ThreadPool>(1),
                    std::make_shared<CodeCache>());
    PreAllocGroups groups;
    const RunTest run_test = run_block_test(groups);
    return run_test_files(options.path, options.human, streams.out,
                          [&](const std::string& file) { return run_file(file, run_test, filter, bench); });
}

}  // namespace weft::cli::evm_tool
