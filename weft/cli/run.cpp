#include "weft/cli/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "weft/cli/measure.hpp"
#include "weft/cli/table.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"

namespace weft::cli {
Progress::Progress(std::FILE* err, size_t total)
    : err_(isatty(fileno(err)) != 0 ? err : nullptr), total_(total) {}

void Progress::show(size_t done, const std::string& what) {
    if (err_ == nullptr) return;
    fmt::print(err_, "\r\033[K{} of {}: {}", done + 1, total_, what);
    std::fflush(err_);
}

void Progress::wipe() {
    if (err_ == nullptr) return;
    fmt::print(err_, "\r\033[K");
    std::fflush(err_);
}

int bad_input(std::FILE* err, std::string why) {
    // Names of files and what the command line says may hold anything.
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    std::ranges::replace_if(why, is_control, '?');
    fmt::print(err, "weft: {}\n", why);
    return exit_bad_input;
}

int run(const RunOptions& options, std::FILE* out, std::FILE* err) {
    if (options.repeat == 0) return bad_input(err, "--repeat: at least 1");
    const auto config = load_chain(options.chain);
    if (!config) return bad_input(err, config.error());
    const auto sources = find_sources(options.inputs);
    if (!sources) return bad_input(err, sources.error());

    if (options.from_raw) return run_from_raw(options, *sources, *config, out, err);
    std::optional<execution::ContextOptions> parallel;
    if (options.executor != execution::ExecutorKind::sequential)
        parallel = {.executor = options.executor,
                    .threads = options.threads,
                    .speculation = {.trust_head = !options.whole_path}};
    Meter meter(parallel,
                {.access_lists = options.access_list, .roots = options.root, .alone = options.alone});
    Report report(out, {.json = options.json,
                        .median = options.median,
                        .root = options.root,
                        .parallel = parallel ? std::optional(options.executor) : std::nullopt,
                        .threads = meter.threads(),
                        .repeat = options.repeat});
    Progress progress(err, sources->size());
    for (size_t i = 0; i < sources->size(); ++i) {
        const Source& source = (*sources)[i];
        progress.show(i, source.workload.empty() ? source.folder : source.workload);
        const auto input = load(source, options.workload, *config);
        if (!input) {
            progress.wipe();
            return bad_input(err, input.error());
        }
        const BlockMeasurement measured =
            meter.measure(*input, input->rules.value_or(*config), options.repeat);
        progress.wipe();
        report.add(*input, measured);
    }
    report.finish();
    return report.ok() ? exit_ok : exit_check_failed;
}

int write_workload(const WorkloadOptions& options, std::FILE* out, std::FILE* err) {
    namespace fs = std::filesystem;
    auto workload = workload::make_workload(options.name, options.workload);
    if (!workload) return bad_input(err, workload.error());
    const auto input = complete_workload(std::move(*workload), primitives::mainnet());
    if (!input) return bad_input(err, input.error());
    std::error_code error;
    fs::create_directories(options.folder, error);
    if (error) return bad_input(err, fmt::format("{}: {}", options.folder, error.message()));
    const fs::path folder = options.folder;
    const std::pair<const char*, std::string> files[] = {
        {"block.json", primitives::json::to_json(input->block)},
        {"prestate.json", state::json::to_json(input->state)}};
    for (const auto& [name, text] : files)
        if (auto written = primitives::json::write_file((folder / name).string(), text); !written)
            return bad_input(err, written.error());
    const Header& header = input->block.header;
    fmt::print(out, "{}: block {} (mainnet's rules), {} transactions, {} gas, {} accounts\n", options.folder,
               header.number, input->block.transactions.size(), header.gas_used,
               input->state.account_count());
    return exit_ok;
}

}  // namespace weft::cli
