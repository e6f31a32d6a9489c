#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

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
    unsigned repeat = 5;
    std::string chain = "mainnet";  ///< or a genesis.json
    /// Blocks' access lists are made also in forks that have none.
    bool access_list = false;
    bool root = false;  ///< blocks are measured with their state root, too
    bool json = false;
    bool median = false;  ///< the table shows medians, not the fastest runs
    workload::Options workload;
};

/// `weft run`: executes blocks with both executors, checks and times them. Tables or JSON lines go to `out`,
/// progress and errors to `err`. Returns the exit status.
[[nodiscard]] int run(const RunOptions& options, std::FILE* out, std::FILE* err);

struct WorkloadOptions {
    std::string name;
    std::string folder;
    workload::Options workload;
};

/// `weft workload`: writes block.json and prestate.json. Returns the exit status.
[[nodiscard]] int write_workload(const WorkloadOptions& options, std::FILE* out, std::FILE* err);

}  // namespace weft::cli
