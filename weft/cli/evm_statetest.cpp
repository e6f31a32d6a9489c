#include "weft/cli/evm_statetest.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <sstream>

#include "weft/base/hex.hpp"
#include "weft/cli/evm_rejection.hpp"
#include "weft/cli/evm_report.hpp"
#include "weft/cli/evm_text_tracers.hpp"
#include "weft/cli/logs_hash.hpp"
#include "weft/cli/state_test_file.hpp"
#include "weft/cli/test_state.hpp"
#include "weft/cli/test_suite.hpp"
#include "weft/execution/executor.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Result;
using primitives::json::Value;

std::string digits(const Hash& hash) { return to_hex(hash).substr(2); }

/// What is wrong with a result; empty: nothing.
std::string check(const StateTest::Case& one, const execution::BlockResult& result, const Hash& root) {
    if (root != one.post_root)
        return fmt::format("post state root mismatch: got {}, want {}", digits(root), digits(one.post_root));
    if (const Hash logs = logs_hash(result.receipts); logs != one.logs_hash)
        return fmt::format("post state logs hash mismatch: got {}, want {}", digits(logs),
                           digits(one.logs_hash));
    return {};
}

/// Why a transaction was refused, in geth's words.
std::string why_invalid(const StateTest& test, const Transaction& tx, const execution::BlockEnv& env,
                        const execution::ExecutionError& error) {
    const auto* const invalid = std::get_if<execution::InvalidBlock>(&error);
    if (invalid == nullptr) return execution::to_string(error);
    RejectedAt at{
        .sender = test.pre.account(tx.sender)->value_or(Account{}), .code_size = 0, .blob_gas_used = 0};
    if (const Bytes* const code = test.pre.find_code(at.sender.code_hash)) at.code_size = code->size();
    return describe_rejection(invalid->reason, tx, env, at);
}

/// Runs the tests of a file one after another.
class StateTests {
public:
    StateTests(const StateTestOptions& options, std::regex name, const Streams& streams)
        : options_(options),
          name_(std::move(name)),
          streams_(streams),
          context_(context_options(options.executor)) {}

    Outcome<std::vector<TestReport>> run_file(const std::string& path) {
        const auto fail = [&](const std::string& why) {
            return std::unexpected(Failure{Exit::failed, "unable to read test file " + why});
        };
        const auto document = primitives::json::Document::load(path);
        if (!document) return fail(document.error());
        primitives::json::Object tests;
        if (const auto read = primitives::json::read(document->root(), tests); !read)
            return fail(document->describe(read.error()));
        std::vector<TestReport> reports;
        tracer_ = make_tracer(lines_, options_.trace);
        for (const auto& [name, test] : tests) {
            if (!matches(name_, name)) continue;
            if (auto done = run_test(name, test, reports); !done)
                return fail(document->describe(std::move(done.error()).within(name)));
        }
        return reports;
    }

private:
    Result<void> run_test(std::string_view name, Value value, std::vector<TestReport>& out) {
        const auto test = parse_state_test(value, options_.fork);
        if (!test) return std::unexpected(test.error());
        for (const StateTest::Case& one : test->cases) {
            if (options_.index && one.index != *options_.index) continue;
            const auto env = block_env(*test, one.fork);
            TestReport& report = out.emplace_back();
            report.name = name;
            report.fork = one.fork;
            if (env)
                run_case(*test, one, *env, report);
            else
                report.error = fmt::format("unexpected error: unsupported fork \"{}\"", one.fork);
        }
        return {};
    }

    void run_case(const StateTest& test, const StateTest::Case& one, const execution::BlockEnv& env,
                  TestReport& report) {
        MemoryState post = test.pre;
        std::string invalid;  // why the transaction is, as the test may want it
        if (!one.transaction) {
            invalid = one.transaction.error();
        } else {
            const auto result = execute(test, *one.transaction, env);
            if (result) {
                post.apply(result->diff);
                if (!one.exception) report.error = check(one, *result, trie::state_root(post));
            } else {
                invalid = why_invalid(test, *one.transaction, env, result.error());
            }
            if (options_.bench) report.stats = measure(test, *one.transaction, env);
        }
        report.root = trie::state_root(post);
        if (invalid.empty() && one.exception)
            report.error = fmt::format("expected error \"{}\", got no error", *one.exception);
        else if (!invalid.empty() && !one.exception)
            report.error = "unexpected error: " + invalid;
        else if (!invalid.empty() && !one.post_root.is_zero() && *report.root != one.post_root)
            report.error = fmt::format("post-state root does not match the pre-state root: got {}, want {}",
                                       digits(*report.root), digits(one.post_root));
        fmt::print(streams_.err, "{{\"stateRoot\": \"{}\"}}\n", to_hex(*report.root));
        if (options_.dump) report.state = dump_json(post);
    }

    std::expected<execution::BlockResult, execution::ExecutionError> execute(const StateTest& test,
                                                                             const Transaction& tx,
                                                                             const execution::BlockEnv& env) {
        const TestState state(test.pre);
        auto result = execution::execute(
            env, {&tx, 1}, state, context_,
            {.inspector = options_.trace.enabled ? tracer_.get() : nullptr, .blooms = false});
        const std::string text = lines_.str();
        lines_.str({});
        std::fwrite(text.data(), 1, text.size(), streams_.err);
        return result;
    }

    /// geth's figures for one more, untraced run; Weft doesn't count allocations.
    std::string measure(const StateTest& test, const Transaction& tx, const execution::BlockEnv& env) {
        const TestState state(test.pre);
        const auto start = std::chrono::steady_clock::now();
        const auto result = execution::execute(env, {&tx, 1}, state, context_, {.blooms = false});
        const auto time =
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start);
        return fmt::format(R"({{"time":{},"allocs":0,"bytesAllocated":0,"gasUsed":{}}})", time.count(),
                           result ? result->gas_used : 0);
    }

    const StateTestOptions& options_;
    std::regex name_;
    Streams streams_;
    execution::ExecutionContext context_;
    std::ostringstream lines_;
    std::unique_ptr<evm::Inspector> tracer_;  ///< of the file: geth's, too, keeps slots from test to test
};

}  // namespace

Outcome<void> state_tests(const StateTestOptions& options, const Streams& streams) {
    auto name = test_pattern(options.run);
    if (!name) return std::unexpected(std::move(name.error()));
    StateTests tests(options, std::move(*name), streams);
    return run_test_files(options.path, options.human, streams.out,
                          [&](const std::string& file) { return tests.run_file(file); });
}

}  // namespace weft::cli::evm_tool
