#include "weft/cli/measure.hpp"

#include <tuple>

#include "weft/cli/timing.hpp"
#include "weft/execution/executor.hpp"

namespace weft::cli {
namespace {

using execution::BlockResult;
using execution::ExecutionContext;
using execution::ExecutionError;
using execution::ExecutorKind;
using Outcome = std::expected<BlockResult, ExecutionError>;

/// One executor's runs of one block.
class Series {
public:
    Series(ExecutionContext& context, const Input& input, const ChainConfig& config,
           const execution::ExecutionOptions& options)
        : context_(context),
          input_(input),
          config_(config),
          options_(options),
          env_(execution::make_block_env(input.block, config)) {}

    /// reference: what the first sequential run gave; nullptr: this is that run.
    Outcome run(bool counted, const Outcome* reference) {
        context_.forget();
        const base::Counts before = base::contention();
        const auto start = Clock::now();
        Outcome outcome = execution::execute_block(input_.block, config_, input_.state, context_, options_);
        const uint64_t time = nanoseconds_since(start);
        if (counted) {
            times_.push_back(time);
            const base::Counts after = base::contention();
            for (size_t i = 0; i < after.size(); ++i) measurement_.contention[i] += after[i] - before[i];
        }
        measurement_.statistics = context_.statistics();
        if (outcome) {
            const auto blooms = Clock::now();
            outcome->logs_bloom = primitives::fill_blooms(outcome->receipts);
            const uint64_t bloom_time = nanoseconds_since(blooms);
            if (counted && (bloom_time < measurement_.blooms_ns || times_.size() == 1))
                measurement_.blooms_ns = bloom_time;
        }
        if (reference != nullptr && outcome != *reference) measurement_.equal = false;
        return outcome;
    }

    /// last: the outcome to be held against the header.
    Measurement finish(const Outcome& last, ReceiptChecks receipts) {
        std::tie(measurement_.best_ns, measurement_.median_ns) = best_and_median(times_);
        measurement_.p99_ns = times_[(times_.size() * 99 + 99) / 100 - 1];
        if (last) {
            measurement_.gas_used = last->gas_used;
            measurement_.checks = check_header(input_.block.header, *last, env_.revision, receipts);
        } else {
            measurement_.error = last.error();
        }
        return measurement_;
    }

private:
    ExecutionContext& context_;
    const Input& input_;
    const ChainConfig& config_;
    const execution::ExecutionOptions& options_;
    execution::BlockEnv env_;
    std::vector<uint64_t> times_;
    Measurement measurement_;
};

}  // namespace

Meter::Meter(std::optional<execution::ContextOptions> parallel, const What& what)
    : what_(what), sequential_({.executor = ExecutorKind::sequential, .threads = 1}) {
    if (!parallel) return;
    parallel->codes = sequential_.options().codes;  // each code once in memory, whoever runs it
    parallel_ = std::make_unique<ExecutionContext>(std::move(*parallel));
}

BlockMeasurement Meter::measure(const Input& input, const ChainConfig& config, unsigned repeat) {
    const Header& header = input.block.header;
    BlockMeasurement out;
    out.revision = config.revision(header.number, header.timestamp, header.difficulty.is_zero());
    execution::ExecutionOptions options;
    options.blooms = false;
    options.record_access_list = what_.access_lists;
    if (input.access_list) options.access_list = &*input.access_list;
    execution::ExecutionOptions told = options;
    std::optional<BlockAccessList> expected;
    if (parallel_ && parallel_->options().executor == ExecutorKind::directed && !input.access_list) {
        told.record_access_list = true;
        auto first = execution::execute_block(input.block, config, input.state, sequential_, told);
        if (first) expected = std::move(first->access_list);
        told.record_access_list = what_.access_lists;
        if (expected) told.predicted_list = &*expected;
    }
    Series sequential(sequential_, input, config, options);
    std::optional<Series> parallel;
    if (parallel_) parallel.emplace(*parallel_, input, config, told);

    const auto repeat_runs = [&](Series& series, std::optional<Outcome>& reference) {
        Outcome last;
        for (unsigned run = 0; run < warm_up_runs + repeat; ++run) {
            last = Outcome{};  // goes before the next one comes
            last = series.run(run >= warm_up_runs, reference ? &*reference : nullptr);
            if (!reference && !what_.alone) reference = last;
        }
        return last;
    };
    std::optional<Outcome> reference;
    // A trie of the receipts can take more memory than the execution.
    const ReceiptChecks receipts = what_.alone ? ReceiptChecks::bloom_only : ReceiptChecks::root;
    if (!what_.alone || !parallel)
        out.sequential = sequential.finish(repeat_runs(sequential, reference), receipts);
    if (parallel) out.parallel = parallel->finish(repeat_runs(*parallel, reference), receipts);
    if (what_.roots) {
        ExecutionContext& context = parallel_ ? *parallel_ : sequential_;
        const auto execute = [&](state::CommitSink* sink) {
            execution::ExecutionOptions heard = parallel_ ? told : options;
            heard.sink = sink;
            return execution::execute_block(input.block, config, input.state, context, heard);
        };
        (out.parallel ? *out.parallel : *out.sequential).root =
            RootMeter(input, context.pool()).measure(context, execute, repeat);
    }
    return out;
}

}  // namespace weft::cli
