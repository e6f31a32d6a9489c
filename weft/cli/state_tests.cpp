#include "weft/cli/state_tests.hpp"

#include <fmt/format.h>

#include "weft/base/hex.hpp"
#include "weft/cli/logs_hash.hpp"
#include "weft/cli/state_test_file.hpp"
#include "weft/cli/test_state.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

using primitives::json::Result;

Hash root_after(const MemoryState& pre, const StateDiff& diff) {
    MemoryState post = pre;
    post.apply(diff);
    return trie::state_root(post);
}

/// What is wrong with the result of a case whose transaction must be valid; empty: nothing.
std::string check_valid(const StateTest::Case& one, const execution::BlockResult& result, const Hash& root) {
    if (root != one.post_root)
        return fmt::format("post state root mismatch: got {}, want {}", to_hex(root), to_hex(one.post_root));
    if (const Hash logs = logs_hash(result.receipts); logs != one.logs_hash)
        return fmt::format("post state logs hash mismatch: got {}, want {}", to_hex(logs),
                           to_hex(one.logs_hash));
    const Receipt& receipt = result.receipts.front();
    if (one.cumulative_gas && receipt.cumulative_gas_used != *one.cumulative_gas)
        return fmt::format("gas used mismatch: got {}, want {}", receipt.cumulative_gas_used,
                           *one.cumulative_gas);
    if (one.success && receipt.success != *one.success)
        return fmt::format("receipt status mismatch: got {}, want {}", receipt.success, *one.success);
    return {};
}

/// One case through the executors.
class CaseRun {
public:
    CaseRun(const StateTest& test, const StateTest::Case& one, const execution::BlockEnv& env,
            TestBench& bench)
        : test_(test), case_(one), env_(env), bench_(bench), state_(test.pre) {}

    void run(CaseResult& out) {
        if (!case_.transaction) {  // its values fit no transaction, as the test expects
            out.root = trie::state_root(test_.pre);
            return;
        }
        options_.blooms = false;
        const auto outcome = execute(out);
        if (!out.error.empty()) return;
        if (case_.exception) {
            run_invalid(outcome, out);
        } else if (!outcome.result) {
            out.error = "unexpected error: " + execution::to_string(outcome.result.error());
        } else {
            out.root = root_after(test_.pre, outcome.result->diff);
            out.error = check_valid(case_, *outcome.result, *out.root);
        }
    }

private:
    TestBench::Outcome execute(CaseResult& out) {
        TestBench::Outcome outcome = bench_.execute(env_, {&*case_.transaction, 1}, state_, options_);
        out.error = outcome.difference;
        return outcome;
    }

    /// The block must be invalid; left out, the transaction must leave the state as it was. Who filled the
    /// test may have given the coinbase a reward of nothing, which touches it, or no reward.
    void run_invalid(const TestBench::Outcome& outcome, CaseResult& out) {
        if (outcome.result) {
            out.error = fmt::format("expected error \"{}\", got no error", *case_.exception);
            return;
        }
        const auto* invalid = std::get_if<execution::InvalidBlock>(&outcome.result.error());
        if (invalid == nullptr || invalid->transaction != 0) {
            out.error = fmt::format("expected error \"{}\", got: {}", *case_.exception,
                                    execution::to_string(outcome.result.error()));
            return;
        }
        options_.on_invalid = execution::OnInvalid::skip;
        const auto skipped = execute(out);
        if (!out.error.empty()) return;
        if (!skipped.result ||
            skipped.result->skipped != std::vector{execution::Skipped{0, invalid->reason}}) {
            out.error = "an invalid transaction was not left out with the reason that it fails with";
            return;
        }
        out.root = root_after(test_.pre, skipped.result->diff);
        if (const Hash untouched = trie::state_root(test_.pre); untouched == case_.post_root)
            out.root = untouched;
        if (*out.root != case_.post_root)
            out.error = fmt::format("root after an invalid transaction: got {}, want {}", to_hex(*out.root),
                                    to_hex(case_.post_root));
    }

    const StateTest& test_;
    const StateTest::Case& case_;
    const execution::BlockEnv& env_;
    TestBench& bench_;
    TestState state_;
    execution::ExecutionOptions options_;
};

Result<void> run_test(const NamedTest& named, const TestFilter& filter, TestBench& bench,
                      std::vector<CaseResult>& out) {
    const auto test = parse_state_test(named.value, filter.fork);
    if (!test) return std::unexpected(test.error());
    std::optional<execution::BlockEnv> env;
    std::string_view env_fork;
    for (const StateTest::Case& one : test->cases) {
        if (!env || env_fork != one.fork) {
            auto made = block_env(*test, one.fork);
            if (!made) return std::unexpected(std::move(made.error()));
            env = std::move(*made);
            env_fork = one.fork;
        }
        CaseResult& result = out.emplace_back();
        result.name = named.name;
        result.fork = one.fork;
        result.index = one.index;
        CaseRun(*test, one, *env, bench).run(result);
    }
    return {};
}

}  // namespace

int run_state_tests(const TestOptions& options, std::FILE* out, std::FILE* err) {
    return run_suite(options, run_test, out, err);
}

}  // namespace weft::cli
