#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/differential/scenario.hpp"
#include "weft/execution/executor.hpp"

namespace weft::differential {

/// How an optimistic run is forced.
struct Mode {
    unsigned threads = 1;
    size_t segment_transactions = 1;  ///< 0: by cost
    bool stale_first_run = false;
    bool trust_head = true;
    unsigned refuse_percent = 0;
    unsigned early_percent = 0;
    std::optional<uint64_t> interleaving = std::nullopt;  ///< seed; absent: as the threads happen to run
    size_t batches = 1;                                   ///< calls of apply()
    uint64_t seed = 0;
    bool directed = false;  ///< by the access list that the options name
    /// Every slot is taken for one that commutes. Then neither access lists nor transactions' roots are made.
    bool slots_commute = false;
    /// So many payments and calls in a row are executed by owner; 0: none are. Then neither access lists nor
    /// transactions' roots are made, and the sink hears of whole blocks.
    size_t least_in_row = 0;
    /// The context that goes from block to block, by its number; 0: one of the run's own.
    unsigned kept = 0;
    /// The reader says that its reads wait.
    bool reads_wait = false;
    /// Whether the mode leaves no room for who asks for more than the block's result.
    [[nodiscard]] bool is_bare() const noexcept { return slots_commute || least_in_row != 0; }
};
[[nodiscard]] std::string to_string(const Mode& mode);
/// What the mode leaves of a scenario and its options.
[[nodiscard]] Scenario scenario_for(const Mode& mode, const Scenario& scenario);
[[nodiscard]] execution::ExecutionOptions options_for(const Mode& mode, execution::ExecutionOptions options);
[[nodiscard]] Mode random_mode(uint64_t seed);
/// The modes that a trap has to stand: 1, 2, 3 and 8 threads; one transaction a segment, two, and segments by
/// cost; on fresh and on stale state; every validation refused, some, none; interleavings from seeds.
[[nodiscard]] const std::vector<Mode>& forcing_modes();

using Result = std::expected<BlockResult, ExecutionError>;

struct Outcome {
    Result result;
    /// The state before, with everything that the CommitSink heard of done to it; absent where there is no
    /// result.
    std::optional<MemoryState> streamed;
    execution::ExecutionStatistics statistics;
};

/// Executes scenarios; keeps the threads and the analysed code.
class Runs {
public:
    Runs();
    ~Runs();
    [[nodiscard]] Outcome sequential(const Scenario& scenario, execution::ExecutionOptions options = {});
    [[nodiscard]] Outcome optimistic(const Scenario& scenario, const Mode& mode,
                                     execution::ExecutionOptions options = {});
    /// On another reader than the scenario's own state.
    [[nodiscard]] Outcome sequential(const Scenario& scenario, const StateReader& reader,
                                     execution::ExecutionOptions options);
    [[nodiscard]] Outcome optimistic(const Scenario& scenario, const StateReader& reader, const Mode& mode,
                                     execution::ExecutionOptions options);
    /// Forgets analysed code, so that codes are read again.
    void forget_codes();
    void set_memory_budget(size_t bytes) { memory_budget_ = bytes; }

private:
    [[nodiscard]] Outcome run(const Scenario& scenario, const StateReader& reader,
                              execution::ExecutionContext& context, execution::ExecutionOptions options,
                              const Mode& mode);
    struct Kept;
    std::shared_ptr<base::ThreadPool> pool_;
    std::shared_ptr<CodeCache> codes_;
    std::map<unsigned, std::unique_ptr<Kept>> kept_;
    size_t memory_budget_ = size_t{1} << 30;
};

/// What is wrong with an outcome by itself: a stream of commits that doesn't amount to the diff.
[[nodiscard]] std::optional<std::string> inconsistency(const Scenario& scenario, const Outcome& outcome);
/// In which point two results differ; nothing if they don't.
[[nodiscard]] std::optional<std::string> difference(const Result& expected, const Result& actual);

}  // namespace weft::differential
