#include "weft/cli/test_bench.hpp"

#include <fmt/format.h>

#include <chrono>

namespace weft::cli {
namespace {

using execution::BlockResult;
using execution::ContextOptions;
using execution::ExecutionContext;
using execution::ExecutionError;
using execution::ExecutorKind;
using execution::Speculation;

/// Bytes of EVM memory: randomStatetest94 hashes 1.4 GB, of which the system never provides a page.
constexpr size_t memory_budget = size_t{4} << 30;
constexpr uint64_t refusing_seeds = 8;
/// Blocks that took longer than this in the modes before are not run in the refusing mode as well.
constexpr std::chrono::seconds longest_repeated{2};

/// The first thing in which two results differ.
std::string differing_part(const BlockResult& a, const BlockResult& b) {
    if (a.gas_used != b.gas_used) return fmt::format("gas used ({} and {})", a.gas_used, b.gas_used);
    if (a.skipped != b.skipped) return "transactions skipped";
    if (a.receipts != b.receipts) return "receipts";
    if (a.diff != b.diff) return "state changes";
    if (a.requests != b.requests) return "requests";
    return "blob gas or bloom";
}

}  // namespace

std::string differing_part(const std::expected<BlockResult, ExecutionError>& a,
                           const std::expected<BlockResult, ExecutionError>& b) {
    if (a && b) return differing_part(*a, *b);
    const auto say = [](const auto& outcome) {
        return outcome ? std::string("success") : execution::to_string(outcome.error());
    };
    return fmt::format("outcome ({} and {})", say(a), say(b));
}

TestBench::TestBench(TestExecutors which, const std::shared_ptr<base::ThreadPool>& pool,
                     const std::shared_ptr<CodeCache>& codes) {
    const auto make = [&](const char* name, ExecutorKind executor, const Speculation& speculation) {
        ContextOptions options{.executor = executor,
                               .threads = executor == ExecutorKind::sequential ? 1U : 2U,
                               .pool = pool,
                               .codes = codes,
                               .memory_budget = memory_budget,
                               .speculation = speculation};
        return Mode{name, std::make_unique<ExecutionContext>(std::move(options))};
    };
    if (which != TestExecutors::optimistic)
        modes_.push_back(make("sequential", ExecutorKind::sequential, {}));
    if (which == TestExecutors::sequential) return;
    Speculation speculation{.segment_transactions = 1, .stale_first_run = true};
    modes_.push_back(make("optimistic, stale first run", ExecutorKind::optimistic, speculation));
    // Here no run is stale: what it finds ahead of the cursor is what the list says.
    directed_.push_back(
        make("directed", ExecutorKind::directed, {.segment_transactions = 1, .trust_head = false}));
    directed_.push_back(make("directed, segments by cost", ExecutorKind::directed, {}));
    speculation.refuse_percent = 50;
    for (speculation.seed = 1; speculation.seed <= refusing_seeds; ++speculation.seed)
        refusing_.push_back(make("optimistic, validations refused", ExecutorKind::optimistic, speculation));
}

void TestBench::count(const Mode& mode) {
    const auto& statistics = mode.context->statistics();
    speculative_ += statistics.speculative;
    repaired_ += statistics.repaired;
}

void TestBench::for_each_mode(base::FunctionRef<void(const Mode&)> run) {
    const auto start = std::chrono::steady_clock::now();
    for (const Mode& mode : modes_) run(mode);
    if (refusing_.empty()) return;
    if (std::chrono::steady_clock::now() - start > longest_repeated) {
        ++not_refused_;
    } else {
        run(refusing_[next_refusing_++ % refusing_.size()]);
    }
}

void TestBench::for_each_directed_mode(base::FunctionRef<void(const Mode&)> run) {
    for (const Mode& mode : directed_) run(mode);
}

TestBench::Outcome TestBench::execute(const execution::BlockEnv& env,
                                      std::span<const Transaction> transactions, const StateReader& reader,
                                      const execution::ExecutionOptions& options) {
    std::optional<Outcome> first;
    for_each_mode([&](const Mode& mode) {
        auto result = execution::execute(env, transactions, reader, *mode.context, options);
        count(mode);
        if (!first) {
            first.emplace(Outcome{std::move(result), {}});
        } else if (first->difference.empty() && result != first->result) {
            first->difference = fmt::format("{} and {} differ in {}", modes_[0].name, mode.name,
                                            differing_part(first->result, result));
        }
    });
    return std::move(*first);
}

}  // namespace weft::cli
