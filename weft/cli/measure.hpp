#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weft/base/counters.hpp"
#include "weft/cli/block_checks.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/cli/root_measure.hpp"
#include "weft/execution/context.hpp"
#include "weft/execution/error.hpp"

namespace weft::cli {

/// One block measured with one executor. Times are nanoseconds of the timed region: from the loaded state and
/// the transactions with their senders to receipts (status, gas, logs) and state changes. Unlike the peers'
/// harness it holds the system calls, rewards and withdrawals too. Outside it, before: parsing, sender
/// recovery. After: blooms (reported apart), roots, all checks, dropping the result.
struct Measurement {
    std::optional<execution::ExecutionError> error;
    uint64_t gas_used = 0;
    uint64_t best_ns = 0;
    uint64_t median_ns = 0;
    uint64_t p99_ns = 0;     ///< the 99th percentile of the counted runs; the slowest where they are few
    uint64_t blooms_ns = 0;  ///< the fastest computation of all blooms
    HeaderChecks checks;
    /// Every run's result, or error, equals the first sequential one's.
    bool equal = true;
    execution::ExecutionStatistics statistics;  ///< the last run's
    base::Counts contention{};                  ///< of all counted runs; zero in builds that don't count
    std::optional<RootMeasurement> root;        ///< where it was asked for
    [[nodiscard]] bool ok() const noexcept {
        return !error && equal && checks.ok() && (!root || root->equal);
    }
};

struct BlockMeasurement {
    Revision revision{};
    std::optional<Measurement> sequential;  ///< absent: the other executor ran alone
    std::optional<Measurement> parallel;
    /// The oracle's, where it ran.
    [[nodiscard]] const Measurement& first() const noexcept { return sequential ? *sequential : *parallel; }
    /// The executor's that was asked for.
    [[nodiscard]] const Measurement& chosen() const noexcept { return parallel ? *parallel : *sequential; }
};

/// Measures blocks one after another, with one context for each executor: threads, memory and analysed code
/// stay from run to run. The state is immutable and shared, so every run starts from the same, untouched one;
/// the preimage caches are emptied between runs.
class Meter {
public:
    /// parallel: what to run beside the sequential executor; absent: nothing. access_lists: make them also
    /// where the fork has none. roots: measure the chosen executor with the state root, too. alone: only the
    /// chosen executor runs, and nothing is kept to hold its results against, so that the process's memory is
    /// that of one execution; what the header says is checked all the same.
    struct What {
        bool access_lists = false;
        bool roots = false;
        bool alone = false;
    };
    Meter(std::optional<execution::ContextOptions> parallel, const What& what);

    /// Two uncounted runs, then `repeat` (at least 1) counted ones, with one executor and then with the
    /// other: each finds the core's caches as its own last run left them, as when blocks follow one another.
    /// `directed` is told, outside the timed region, what a sequential run before gave as the block's access
    /// list: the best that a prediction can be.
    [[nodiscard]] BlockMeasurement measure(const Input& input, const ChainConfig& config, unsigned repeat);
    /// How many threads the parallel executor has.
    [[nodiscard]] unsigned threads() const noexcept { return parallel_ ? parallel_->threads() : 1; }

private:
    What what_;
    execution::ExecutionContext sequential_;
    std::unique_ptr<execution::ExecutionContext> parallel_;
};

}  // namespace weft::cli
