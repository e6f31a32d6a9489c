#include "weft/cli/evm_blocktest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "weft/cli/block_test_file.hpp"
#include "weft/cli/block_tests.hpp"
#include "weft/cli/evm_report.hpp"
#include "weft/cli/evm_text_tracers.hpp"
#include "weft/cli/evm_tracers.hpp"
#include "weft/cli/test_chain.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Result;

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

/// Runs the tests of a file one after another, in the order of their names.
class BlockTests {
public:
    BlockTests(const BlockTestOptions& options, std::regex name, const Streams& streams)
        : options_(options),
          filter_{.name = std::move(name), .skip = {}, .fork = {}},
          streams_(streams),
          bench_(executors_of(options.executor), std::make_shared<base::ThreadPool>(1),
                 std::make_shared<CodeCache>()),
          context_(context_options(execution::ExecutorKind::sequential)) {}

    Outcome<std::vector<TestReport>> run_file(const std::string& path) {
        const auto fail = [](const std::string& why) {
            return std::unexpected(Failure{Exit::failed, "unable to read test file " + why});
        };
        const auto document = primitives::json::Document::load(path);
        if (!document) return fail(document.error());
        primitives::json::Object object;
        if (const auto read = primitives::json::read(document->root(), object); !read)
            return fail(document->describe(read.error()));
        std::vector<primitives::json::Member> tests(object.begin(), object.end());
        std::ranges::sort(tests, {}, &primitives::json::Member::key);
        tracer_ = make_tracer(lines_, options_.trace);  // of the file, as geth's
        std::vector<TestReport> reports;
        for (const auto& [name, test] : tests) {
            if (!filter_.wants(name)) continue;
            auto report = run_test({path, name, test});
            if (!report) return fail(document->describe(std::move(report.error()).within(name)));
            reports.push_back(std::move(*report));
            if (options_.fuzz) print_reports(streams_.out, {&reports.back(), 1}, options_.human);
        }
        return reports;
    }

private:
    Result<TestReport> run_test(const NamedTest& named) {
        if (std::string_view network; read_network(named.value, network) && !primitives::named_chain(network))
            return TestReport{.name = std::string(named.name),
                              .fork = std::string(network),
                              .error = fmt::format("unsupported fork \"{}\"", network),
                              .root = {},
                              .state = {},
                              .stats = {}};
        std::vector<CaseResult> results;
        if (auto done = run_(named, filter_, bench_, results); !done) return std::unexpected(done.error());
        CaseResult& result = results.front();
        TestReport report{.name = std::move(result.name),
                          .fork = std::move(result.fork),
                          .error = result.error,
                          .root = result.error.empty() ? result.root : std::nullopt,
                          .state = {},
                          .stats = {}};
        if (options_.trace.enabled || options_.dump)
            if (auto done = show(named, report); !done) return std::unexpected(done.error());
        return report;
    }

    /// Once more, sequentially, for the trace and the last state.
    Result<void> show(const NamedTest& named, TestReport& report) {
        const auto test = parse_block_test(named, groups_);
        if (!test) return std::unexpected(test.error());
        TestChain chain(*test, nullptr);
        TransactionsOnly listener(*tracer_);
        for (const TestBlock& one : test->blocks) {
            auto block = primitives::decode_block(one.rlp);
            if (!block || one.refused) continue;
            // Whether it is as the test wants it has been judged already.
            static_cast<void>(chain.import(*block, context_, one.access_list ? &*one.access_list : nullptr,
                                           options_.trace.enabled ? &listener : nullptr));
            const std::string text = std::exchange(lines_, std::ostringstream()).str();
            std::fwrite(text.data(), 1, text.size(), streams_.err);
        }
        if (options_.dump) report.state = dump_json(chain.head_state());
        return {};
    }

    const BlockTestOptions& options_;
    TestFilter filter_;
    Streams streams_;
    TestBench bench_;
    execution::ExecutionContext context_;
    PreAllocGroups groups_;
    RunTest run_ = run_block_test(groups_, Refusal::any);
    std::ostringstream lines_;
    std::unique_ptr<evm::Inspector> tracer_;
};

}  // namespace

Outcome<void> block_tests(const BlockTestOptions& options, const Streams& streams) {
    auto name = test_pattern(options.run);
    if (!name) return std::unexpected(std::move(name.error()));
    BlockTests tests(options, std::move(*name), streams);
    return run_test_files(options.path, options.human, streams.out,
                          [&](const std::string& file) { return tests.run_file(file); });
}

}  // namespace weft::cli::evm_tool
