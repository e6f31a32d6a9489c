#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/execution/executor.hpp"

namespace weft::cli {

/// Which executors run a test.
enum class TestExecutors : uint8_t { both, sequential, optimistic };

/// Runs blocks through the sequential executor and, under forced speculation, through the optimistic one, and
/// compares. Official tests hold one or few transactions; left alone, the optimistic executor would run most
/// of them straight on committed state and prove nothing. So every transaction is a segment, at least two
/// workers take part, and every segment first runs on the state before the block; a second mode also refuses
/// validations at random, so that repair runs too.
class TestBench {
public:
    TestBench(TestExecutors which, const std::shared_ptr<base::ThreadPool>& pool,
              const std::shared_ptr<CodeCache>& codes);

    /// One way to execute.
    struct Mode {
        const char* name;
        std::unique_ptr<execution::ExecutionContext> context;
    };
    /// Calls `run` with each mode in turn, the refusing one only where the others were quick. `run` tells
    /// count() of every block that it executes.
    void for_each_mode(base::FunctionRef<void(const Mode&)> run);
    /// The same with the ways that go by an access list (EIP-7928).
    void for_each_directed_mode(base::FunctionRef<void(const Mode&)> run);
    /// Notes how the mode's last block was executed.
    void count(const Mode& mode);

    struct Outcome {
        std::expected<execution::BlockResult, execution::ExecutionError> result;
        std::string difference;  ///< empty: all executors agree
    };
    /// One block through every mode.
    [[nodiscard]] Outcome execute(const execution::BlockEnv& env, std::span<const Transaction> transactions,
                                  const StateReader& reader, const execution::ExecutionOptions& options);

    /// Segments that the optimistic executor committed as they ran ahead, and those it had to run again.
    [[nodiscard]] uint64_t speculative() const noexcept { return speculative_; }
    [[nodiscard]] uint64_t repaired() const noexcept { return repaired_; }
    /// Cases that took so long that the refusing mode left them out.
    [[nodiscard]] uint64_t not_refused() const noexcept { return not_refused_; }

private:
    std::vector<Mode> modes_;
    std::vector<Mode> directed_;
    /// Contexts that refuse validations, each under a seed of its own, taken in turn: blocks of one
    /// transaction ask the dice only once.
    std::vector<Mode> refusing_;
    size_t next_refusing_ = 0;
    uint64_t speculative_ = 0, repaired_ = 0, not_refused_ = 0;
};

/// The first thing in which two outcomes differ.
[[nodiscard]] std::string differing_part(
    const std::expected<execution::BlockResult, execution::ExecutionError>& a,
    const std::expected<execution::BlockResult, execution::ExecutionError>& b);

}  // namespace weft::cli
