#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "weft/cli/inputs.hpp"
#include "weft/execution/context.hpp"
#include "weft/workload/workload.hpp"

namespace weft::cli {

/// Exit statuses of the program.
inline constexpr int exit_ok = 0;
inline constexpr int exit_check_failed = 1;
inline constexpr int exit_bad_input = 2;

/// Says on `err` in one line what is wrong with what was given; returns exit_bad_input.
int bad_input(std::FILE* err, std::string why);

struct RunOptions {
    std::vector<std::string> inputs;  ///< folders and workloads
    execution::ExecutorKind executor = execution::ExecutorKind::automatic;
    unsigned threads = 0;     ///< 0: one for each core
    bool whole_path = false;  ///< execution::Speculation::trust_head is off
    bool alone = false;       ///< see Meter::What; needs `json`
    unsigned repeat = 5;
    std::string chain = "mainnet";  ///< or a genesis.json
    /// Blocks' access lists are made also in forks that have none.
    bool access_list = false;
    /// The clock starts with raw transactions instead of transactions with their senders.
    bool from_raw = false;
    bool root = false;  ///< blocks are measured with their state root, too
    bool json = false;
    bool median = false;  ///< the table shows medians, not the fastest runs
    workload::Options workload;
};

/// A number of nanoseconds as milliseconds.
[[nodiscard]] constexpr double milliseconds(uint64_t nanoseconds) noexcept {
    return static_cast<double>(nanoseconds) / 1e6;
}

/// One line on a terminal, overwritten by the next and wiped at the end; nothing on anything else.
class Progress {
public:
    Progress(std::FILE* err, size_t total);
    ~Progress() { wipe(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(size_t done, const std::string& what);
    void wipe();

private:
    std::FILE* err_;
    size_t total_;
};

/// `weft run`: executes blocks with both executors, checks and times them. Tables or JSON lines go to `out`,
/// progress and errors to `err`. Returns the exit status.
[[nodiscard]] int run(const RunOptions& options, std::FILE* out, std::FILE* err);

/// `weft run --from raw`: the same from raw transactions, with one executor, block by block and all in a row.
/// Precondition: the options are found good.
[[nodiscard]] int run_from_raw(const RunOptions& options, const std::vector<Source>& sources,
                               const ChainConfig& config, std::FILE* out, std::FILE* err);

struct WorkloadOptions {
    std::string name;
    std::string folder;
    workload::Options workload;
};

/// `weft workload`: writes block.json and prestate.json. Returns the exit status.
[[nodiscard]] int write_workload(const WorkloadOptions& options, std::FILE* out, std::FILE* err);

}  // namespace weft::cli
