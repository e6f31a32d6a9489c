#include <fmt/format.h>

#include "weft/cli/raw_measure.hpp"
#include "weft/cli/run.hpp"
#include "weft/cli/table.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli {
namespace {

std::string verdict(const RawMeasurement& measured) {
    if (!measured.equal) return "FAILED: not what known senders give";
    if (measured.root && !measured.root->equal) return "FAILED: the state roots differ";
    if (measured.error) return "FAILED: " + execution::to_string(*measured.error);
    if (const std::string fields = measured.checks.failures(); !fields.empty()) return "FAILED: " + fields;
    return "ok";
}

/// Prints what was measured, as a table or as lines of JSON.
class RawReport {
public:
    RawReport(const RunOptions& options, unsigned threads, std::FILE* out)
        : options_(options), threads_(threads), out_(out) {}

    void add(const Input& input, const RawMeasurement& measured) {
        transactions_ += input.block.transactions.size();
        gas_ += measured.gas_used;
        execution_ns_ += measured.execution_ns;
        raw_ns_ += time(measured);
        if (options_.json) {
            add_json(input, measured);
        } else {
            add_row(input, measured);
        }
        std::fflush(out_);
    }

    void finish(const RawRowMeasurement& row, size_t blocks) {
        if (options_.json) {
            auto writer = begin_json("all");
            writer.key("blocks").number(blocks).key("txs").number(transactions_).key("gas").number(gas_);
            writer.key("best_ns").number(row.best_ns).key("median_ns").number(row.median_ns);
            writer.key("equal").boolean(row.equal).key("ok").boolean(row.equal);
            writer.end_object();
            fmt::print(out_, "{}\n", writer.str());
            return;
        }
        fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>13.3f} {:>12.3f}\n", "total", "", transactions_,
                   gas_, milliseconds(execution_ns_), milliseconds(raw_ns_));
        fmt::print(
            out_, "all {} in a row, senders of the next recovered meanwhile: {:.3f} ms (median {:.3f}); {}\n",
            blocks, milliseconds(row.best_ns), milliseconds(row.median_ns),
            row.equal ? "ok" : "FAILED: not what known senders give");
        fmt::print(out_, "{} of {} runs each, {} threads together ({})\n",
                   options_.median ? "median" : "fastest", options_.repeat, threads_,
                   name_of(options_.executor));
    }

private:
    [[nodiscard]] uint64_t time(const RawMeasurement& one) const noexcept {
        return options_.median ? one.median_ns : one.best_ns;
    }
    [[nodiscard]] primitives::json::Writer begin_json(const std::string& name) const {
        primitives::json::Writer writer;
        writer.begin_object();
        writer.key("engine").string("weft").key("executor").string(name_of(options_.executor));
        writer.key("from").string("raw").key("name").string(name);
        writer.key("threads").number(threads_).key("repeat").number(options_.repeat);
        return writer;
    }
    void add_json(const Input& input, const RawMeasurement& measured) const {
        auto writer = begin_json(input.name);
        writer.key("block").number(input.block.header.number);
        writer.key("fork").string(primitives::name_of(measured.revision));
        writer.key("txs").number(input.block.transactions.size()).key("gas").number(measured.gas_used);
        writer.key("execution_best_ns").number(measured.execution_ns);
        writer.key("best_ns").number(measured.best_ns).key("median_ns").number(measured.median_ns);
        if (measured.root) {
            writer.key("with_root_best_ns").number(measured.root->best_ns);
            writer.key("with_root_median_ns").number(measured.root->median_ns);
            writer.key("root_after_ns").number(measured.root->after_ns);
            writer.key("root_equal").boolean(measured.root->equal);
        }
        add_checks(writer, measured.checks);
        writer.key("equal").boolean(measured.equal).key("ok").boolean(measured.ok());
        if (measured.error) writer.key("error").string(execution::to_string(*measured.error));
        writer.end_object();
        fmt::print(out_, "{}\n", writer.str());
    }
    void add_row(const Input& input, const RawMeasurement& measured) {
        if (!header_printed_) {
            fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>13} {:>12}", "block", "fork", "txs", "gas",
                       "execution ms", "from raw ms");
            if (options_.root) fmt::print(out_, " {:>13} {:>13}", "to root ms", "root after ms");
            fmt::print(out_, "  verdict\n");
            header_printed_ = true;
        }
        fmt::print(out_, "{:>11}  {:<17} {:>6} {:>12} {:>13.3f} {:>12.3f}", input.name,
                   primitives::name_of(measured.revision), input.block.transactions.size(), measured.gas_used,
                   milliseconds(measured.execution_ns), milliseconds(time(measured)));
        if (measured.root)
            fmt::print(out_, " {:>13.3f} {:>13.3f}",
                       milliseconds(options_.median ? measured.root->median_ns : measured.root->best_ns),
                       milliseconds(measured.root->after_ns));
        fmt::print(out_, "  {}\n", verdict(measured));
    }

    const RunOptions& options_;
    unsigned threads_;
    std::FILE* out_;
    bool header_printed_ = false;
    size_t transactions_ = 0;
    uint64_t gas_ = 0, execution_ns_ = 0, raw_ns_ = 0;
};

std::expected<RawInput, std::string> load_raw(const Source& source, const RunOptions& options,
                                              const ChainConfig& config) {
    if (!source.workload.empty())
        return std::unexpected(fmt::format(
            "{}: a workload's transactions are not signed; --from raw needs signed ones", source.workload));
    auto input = load(source, options.workload, config);
    if (!input) return std::unexpected(std::move(input.error()));
    return make_raw(std::move(*input), source.folder + "/block.json");
}

}  // namespace

int run_from_raw(const RunOptions& options, const std::vector<Source>& sources, const ChainConfig& config,
                 std::FILE* out, std::FILE* err) {
    RawMeter meter({.executor = options.executor,
                    .threads = options.threads,
                    .speculation = {.trust_head = !options.whole_path}},
                   options.access_list, options.root);
    RawReport report(options, meter.threads(), out);
    Progress progress(err, sources.size());
    std::vector<RawInput> blocks;
    blocks.reserve(sources.size());
    bool ok = true;
    for (size_t i = 0; i < sources.size(); ++i) {
        const Source& source = sources[i];
        progress.show(i, source.workload.empty() ? source.folder : source.workload);
        auto raw = load_raw(source, options, config);
        if (!raw) {
            progress.wipe();
            return bad_input(err, raw.error());
        }
        blocks.push_back(std::move(*raw));
        const RawMeasurement measured = meter.measure(blocks.back(), config, options.repeat);
        progress.wipe();
        report.add(blocks.back().input, measured);
        ok = ok && measured.ok();
    }
    const RawRowMeasurement row = meter.measure_row(blocks, config, options.repeat);
    report.finish(row, blocks.size());
    return ok && row.equal ? exit_ok : exit_check_failed;
}

}  // namespace weft::cli
