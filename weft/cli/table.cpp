#include "weft/cli/table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "weft/cli/run.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli {
namespace {

std::string verdict(const BlockMeasurement& measured) {
    const Measurement& first = measured.first();
    if (measured.parallel && !measured.parallel->equal) return "FAILED: the executors differ";
    if (!first.equal) return "FAILED: repetitions differ";
    if (const auto& root = measured.chosen().root; root && !root->equal)
        return "FAILED: the state roots differ";
    if (first.error) return "FAILED: " + execution::to_string(*first.error);
    if (const std::string fields = first.checks.failures(); !fields.empty()) return "FAILED: " + fields;
    return "ok";
}

double ratio(uint64_t sequential, uint64_t parallel) {
    return parallel == 0 ? 0 : static_cast<double>(sequential) / static_cast<double>(parallel);
}

void add_check(primitives::json::Writer& writer, std::string_view key, const std::optional<bool>& check) {
    writer.key(key);
    if (check) {
        writer.boolean(*check);
    } else {
        writer.null();
    }
}

}  // namespace

void add_checks(primitives::json::Writer& writer, const HeaderChecks& checks) {
    writer.key("gas_used_ok").boolean(checks.gas_used);
    add_check(writer, "receipts_root_ok", checks.receipts_root);
    writer.key("logs_bloom_ok").boolean(checks.logs_bloom);
    add_check(writer, "requests_hash_ok", checks.requests_hash);
    add_check(writer, "blob_gas_used_ok", checks.blob_gas_used);
    add_check(writer, "access_list_ok", checks.access_list);
}

const char* name_of(execution::ExecutorKind kind) noexcept {
    switch (kind) {
        case execution::ExecutorKind::sequential:
            return "sequential";
        case execution::ExecutorKind::optimistic:
            return "optimistic";
        case execution::ExecutorKind::directed:
            return "directed";
        case execution::ExecutorKind::automatic:
            return "auto";
    }
    return "";
}

void Report::add(const Input& input, const BlockMeasurement& measured) {
    ok_ = ok_ && measured.first().ok() && measured.chosen().ok();
    receipts_unchecked_ = receipts_unchecked_ || measured.revision < Revision::byzantium;
    if (!options_.json) return add_row(input, measured);
    if (measured.sequential) add_json(input, measured, "sequential", 1, *measured.sequential);
    if (measured.parallel)
        add_json(input, measured, name_of(*options_.parallel), options_.threads, *measured.parallel);
    std::fflush(out_);
}

void Report::add_row(const Input& input, const BlockMeasurement& measured) {
    if (!header_printed_) {
        fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>14}", "block", "fork", "txs", "gas",
                   "sequential ms");
        if (options_.parallel)
            fmt::print(out_, " {:>14} {:>9} {:>13}", "parallel ms", "speed-up", "re-executions");
        if (options_.root)
            fmt::print(out_, " {:>14} {:>12} {:>7} {:>13}", "same without", "with root ms", "more",
                       "root after ms");
        fmt::print(out_, "  verdict\n");
        header_printed_ = true;
    }
    const uint64_t sequential = time(measured.first());
    fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>14.3f}", input.name,
               primitives::name_of(measured.revision), input.block.transactions.size(),
               measured.first().gas_used, milliseconds(sequential));
    if (measured.parallel) {
        const uint64_t parallel = time(*measured.parallel);
        const double speed_up = ratio(sequential, parallel);
        fmt::print(out_, " {:>14.3f} {:>9.2f} {:>13}", milliseconds(parallel), speed_up,
                   measured.parallel->statistics.reexecuted_transactions);
        parallel_ns_ += parallel;
        reexecuted_ += measured.parallel->statistics.reexecuted_transactions;
        log_speed_ups_ += std::log(speed_up);
    }
    if (const auto& root = measured.chosen().root) {
        const uint64_t with_root = options_.median ? root->median_ns : root->best_ns;
        const uint64_t without = options_.median ? root->without_median_ns : root->without_best_ns;
        fmt::print(out_, " {:>14.3f} {:>12.3f} {:>6.1f}% {:>13.3f}", milliseconds(without),
                   milliseconds(with_root), 100 * (ratio(with_root, without) - 1),
                   milliseconds(root->after_ns));
    }
    fmt::print(out_, "  {}\n", verdict(measured));
    std::fflush(out_);
    ++blocks_;
    transactions_ += input.block.transactions.size();
    gas_ += measured.first().gas_used;
    sequential_ns_ += sequential;
    blooms_ns_ += measured.first().blooms_ns;
    for (size_t i = 0; i < contention_.size(); ++i) contention_[i] += measured.chosen().contention[i];
}

void Report::add_json(const Input& input, const BlockMeasurement& measured, const char* executor,
                      unsigned threads, const Measurement& one) {
    primitives::json::Writer writer;
    writer.begin_object();
    writer.key("engine").string("weft").key("version").string(WEFT_VERSION).key("executor").string(executor);
    writer.key("name").string(input.name).key("block").number(input.block.header.number);
    writer.key("fork").string(primitives::name_of(measured.revision));
    writer.key("txs").number(input.block.transactions.size()).key("gas").number(one.gas_used);
    writer.key("threads").number(threads).key("repeat").number(options_.repeat);
    writer.key("best_ns").number(one.best_ns).key("median_ns").number(one.median_ns);
    writer.key("p99_ns").number(one.p99_ns).key("blooms_ns").number(one.blooms_ns);
    if (one.root) {
        writer.key("without_root_best_ns").number(one.root->without_best_ns);
        writer.key("without_root_median_ns").number(one.root->without_median_ns);
        writer.key("with_root_best_ns").number(one.root->best_ns);
        writer.key("with_root_median_ns").number(one.root->median_ns);
        writer.key("root_after_ns").number(one.root->after_ns);
        writer.key("root_equal").boolean(one.root->equal);
    }
    writer.key("segments").number(one.statistics.segments);
    writer.key("segments_repaired").number(one.statistics.repaired);
    writer.key("segments_stopped").number(one.statistics.stopped);
    writer.key("segments_rerun").number(one.statistics.rerun);
    writer.key("reexecutions").number(one.statistics.reexecuted_transactions);
    writer.key("by_owner").number(one.statistics.by_owner);
    writer.key("calls_by_owner").number(one.statistics.calls_by_owner);
    if (base::counts_contention()) {
        writer.key("contention").begin_object();
        for (size_t i = 0; i < one.contention.size(); ++i)
            writer.key(base::counter_names[i]).number(one.contention[i]);
        writer.end_object();
    }
    add_checks(writer, one.checks);
    writer.key("equal").boolean(one.equal).key("ok").boolean(one.ok());
    if (one.error) writer.key("error").string(execution::to_string(*one.error));
    writer.end_object();
    fmt::print(out_, "{}\n", writer.str());
}

void Report::finish() {
    if (options_.json || blocks_ == 0) return;
    fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>14.3f}", "total", "", transactions_, gas_,
               milliseconds(sequential_ns_));
    if (options_.parallel) {
        fmt::print(out_, " {:>14.3f} {:>9.2f} {:>13}", milliseconds(parallel_ns_),
                   ratio(sequential_ns_, parallel_ns_), reexecuted_);
        fmt::print(out_, "\n{:>11} {:>79.2f}", "geom. mean",
                   std::exp(log_speed_ups_ / static_cast<double>(blocks_)));
    }
    fmt::print(out_, "\n");
    fmt::print(out_,
               "{} of {} runs each, {} threads ({}); blooms, computed after the clock: {:.3f} ms in total\n",
               options_.median ? "median" : "fastest", options_.repeat, options_.threads,
               options_.parallel ? name_of(*options_.parallel) : "sequential", milliseconds(blooms_ns_));
    if (base::counts_contention()) {
        fmt::print(out_, "threads among each other, {}, for each run of all blocks:", options_.threads);
        for (size_t i = 0; i < contention_.size(); ++i)
            fmt::print(out_, " {} {:.1f}", base::counter_names[i],
                       static_cast<double>(contention_[i]) / options_.repeat);
        fmt::print(out_, "\n");
    }
    if (receipts_unchecked_)
        fmt::print(out_,
                   "receiptsRoot not checked before Byzantium: those receipts hold state roots, which need "
                   "the whole "
                   "state\n");
}

}  // namespace weft::cli
