#include "weft/cli/raw_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "weft/cli/timing.hpp"
#include "weft/execution/executor.hpp"

namespace weft::cli {
namespace {

using execution::BlockResult;
using execution::ExecutionContext;
using execution::ExecutionError;
using execution::ExecutorKind;

execution::ContextOptions with_pool(execution::ContextOptions options) {
    if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
    if (options.threads > 1) options.pool = std::make_shared<base::ThreadPool>(options.threads - 1);
    return options;
}

}  // namespace

std::expected<RawInput, std::string> make_raw(Input input, const std::string& file) {
    RawInput out{std::move(input), {}, {}};
    const auto& transactions = out.input.block.transactions;
    for (size_t i = 0; i < transactions.size(); ++i) {
        if (transactions[i].r.is_zero() && transactions[i].s.is_zero())
            return std::unexpected(fmt::format(
                "{}: transactions[{}]: no signature (r and s are zero); --from raw needs signed transactions",
                file, i));
        out.transactions.push_back(primitives::encode(transactions[i]));
        if (const auto read = primitives::decode_transaction(out.transactions.back()); !read)
            return std::unexpected(
                fmt::format("{}: transactions[{}]: {}", file, i, primitives::to_string(read.error())));
    }
    out.views.assign(out.transactions.begin(), out.transactions.end());
    return out;
}

RawMeter::RawMeter(execution::ContextOptions options, bool access_lists, bool roots)
    : context_(with_pool(std::move(options))), pipeline_({.pool = context_.options().pool}), roots_(roots) {
    options_.blooms = false;
    options_.record_access_list = access_lists;
}

RawMeter::Running RawMeter::start(const RawInput& raw, const ChainConfig& config) {
    const Header& header = raw.input.block.header;
    Running running;
    running.senders =
        pipeline_.push(raw.views, running.transactions,
                       config.revision(header.number, header.timestamp, header.difficulty.is_zero()));
    return running;
}

RawMeter::Outcome RawMeter::finish(const RawInput& raw, const ChainConfig& config, Running& running,
                                   execution::ExecutionOptions options) {
    // It decodes: make_raw() has tried.
    static_cast<void>(running.senders->decoded());
    options.senders = &running.senders->gate();
    const execution::BlockEnv env = execution::make_block_env(raw.input.block, config);
    return execution::execute(env, running.transactions, raw.input.state, context_, options);
}

RawMeasurement RawMeter::measure(const RawInput& raw, const ChainConfig& config, unsigned repeat) {
    const Input& input = raw.input;
    execution::ExecutionOptions options = options_;
    if (input.access_list) options.access_list = &*input.access_list;
    RawMeasurement out;
    out.revision = execution::make_block_env(input.block, config).revision;
    ExecutionContext oracle({.executor = ExecutorKind::sequential, .threads = 1});
    Outcome known = execution::execute_block(input.block, config, input.state, oracle, options);

    std::vector<uint64_t> executions, times;
    for (unsigned run = 0; run < warm_up_runs + repeat; ++run) {
        context_.forget();
        const auto start = Clock::now();
        const auto outcome = execution::execute_block(input.block, config, input.state, context_, options);
        if (run >= warm_up_runs) executions.push_back(nanoseconds_since(start));
        out.equal = out.equal && outcome == known;
    }
    for (unsigned run = 0; run < warm_up_runs + repeat; ++run) {
        context_.forget();
        const auto start = Clock::now();
        Running running = this->start(raw, config);
        const auto outcome = finish(raw, config, running, options);
        if (run >= warm_up_runs) times.push_back(nanoseconds_since(start));
        out.equal = out.equal && outcome == known;
    }
    out.execution_ns = best_and_median(executions).first;
    std::tie(out.best_ns, out.median_ns) = best_and_median(times);
    if (roots_) {
        const auto execute = [&](CommitSink* sink) {
            execution::ExecutionOptions told = options;
            told.sink = sink;
            Running running = this->start(raw, config);
            return finish(raw, config, running, told);
        };
        out.root = RootMeter(input, context_.pool()).measure(context_, execute, repeat);
    }
    known_.push_back(known);
    if (known) {
        out.gas_used = known->gas_used;
        known->logs_bloom = primitives::fill_blooms(known->receipts);
        out.checks = check_header(input.block.header, *known, out.revision);
    } else {
        out.error = known.error();
    }
    return out;
}

uint64_t RawMeter::run_row(std::span<const RawInput> blocks, const ChainConfig& config, bool& equal) {
    std::vector<Running> running(blocks.size());
    std::vector<Outcome> outcomes;
    outcomes.reserve(blocks.size());
    execution::ExecutionOptions options = options_;
    context_.forget();
    const auto begin = Clock::now();
    for (size_t i = 0, pushed = 0; i < blocks.size(); ++i) {
        for (; pushed < blocks.size() && (pushed == i || pipeline_.has_room()); ++pushed)
            running[pushed] = start(blocks[pushed], config);
        const auto& list = blocks[i].input.access_list;
        options.access_list = list ? &*list : nullptr;
        outcomes.push_back(finish(blocks[i], config, running[i], options));
        running[i].senders.reset();
    }
    const uint64_t time = nanoseconds_since(begin);
    equal = equal && outcomes == known_;
    return time;
}

RawRowMeasurement RawMeter::measure_row(std::span<const RawInput> blocks, const ChainConfig& config,
                                        unsigned repeat) {
    RawRowMeasurement out;
    std::vector<uint64_t> times;
    static_cast<void>(run_row(blocks, config, out.equal));
    for (unsigned run = 0; run < repeat; ++run) times.push_back(run_row(blocks, config, out.equal));
    std::tie(out.best_ns, out.median_ns) = best_and_median(times);
    return out;
}

}  // namespace weft::cli
