#include "weft/cli/test_bench.hpp"

#include <fmt/format.h>

namespace weft::cli {
namespace {

using execution::BlockResult;
using execution::ContextOptions;
using execution::ExecutionContext;
using execution::ExecutionError;
using execution::ExecutorKind;
using execution::Speculation;

/// The first thing in which two results differ.
std::string differing_part(const BlockResult& a, const BlockResult& b) {
    if (a.gas_used != b.gas_used) return fmt::format("gas used ({} and {})", a.gas_used, b.gas_used);
    if (a.skipped != b.skipped) return "transactions skipped";
    if (a.receipts != b.receipts) return "receipts";
    if (a.diff != b.diff) return "state changes";
    if (a.requests != b.requests) return "requests";
    return "blob gas or bloom";
}

std::string differing_part(const std::expected<BlockResult, ExecutionError>& a,
                           const std::expected<BlockResult, ExecutionError>& b) {
    if (a && b) return differing_part(*a, *b);
    const auto say = [](const auto& outcome) {
        return outcome ? std::string("success") : execution::to_string(outcome.error());
    };
    return fmt::format("outcome ({} and {})", say(a), say(b));
}

}  // namespace

TestBench::TestBench(TestExecutors which, const std::shared_ptr<base::ThreadPool>& pool,
                     const std::shared_ptr<CodeCache>& codes) {
    const auto add = [&](const char* name, ExecutorKind executor, const Speculation& speculation) {
        ContextOptions options{
            .executor = executor, .threads = 1, .pool = pool, .codes = codes, .speculation = speculation};
        if (executor == ExecutorKind::optimistic) options.threads = 2;
        modes_.push_back({name, std::make_unique<ExecutionContext>(options)});
    };
    if (which != TestExecutors::optimistic) add("sequential", ExecutorKind::sequential, {});
    if (which == TestExecutors::sequential) return;
    Speculation speculation{.segment_transactions = 1, .stale_first_run = true};
    add("optimistic, stale first run", ExecutorKind::optimistic, speculation);
    speculation.refuse_percent = 50;
    speculation.seed = 1;
    add("optimistic, validations refused", ExecutorKind::optimistic, speculation);
}

TestBench::Outcome TestBench::execute(const execution::BlockEnv& env,
                                      std::span<const Transaction> transactions, const StateReader& reader,
                                      const execution::ExecutionOptions& options) {
    std::optional<Outcome> first;
    for (const Mode& mode : modes_) {
        auto result = execution::execute(env, transactions, reader, *mode.context, options);
        const auto& statistics = mode.context->statistics();
        speculative_ += statistics.speculative;
        repaired_ += statistics.repaired;
        if (!first) {
            first.emplace(Outcome{std::move(result), {}});
        } else if (first->difference.empty() && result != first->result) {
            first->difference = fmt::format("{} and {} differ in {}", modes_[0].name, mode.name,
                                            differing_part(first->result, result));
        }
    }
    return std::move(*first);
}

}  // namespace weft::cli
