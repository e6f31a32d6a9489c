#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/cli/block_checks.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/cli/root_measure.hpp"
#include "weft/execution/context.hpp"
#include "weft/execution/sender_pipeline.hpp"

namespace weft::cli {

/// A block whose transactions lie there as the network brings them.
struct RawInput {
    Input input;
    std::vector<Bytes> transactions;
    std::vector<BytesView> views;  ///< of `transactions`
};

/// Encodes the transactions. Error: one line that names `file`: a transaction has no signature, or is none
/// that the network could bring.
[[nodiscard]] std::expected<RawInput, std::string> make_raw(Input input, const std::string& file);

/// One block measured from its raw transactions. Times are nanoseconds; outside of the timed region, after
/// it: blooms, checks, dropping results.
struct RawMeasurement {
    Revision revision{};
    std::optional<execution::ExecutionError> error;
    uint64_t gas_used = 0;
    /// From transactions with their senders to receipts and state changes: execution alone.
    uint64_t execution_ns = 0;
    /// From raw transactions to the same, the block by itself: nothing was done before the clock started.
    uint64_t best_ns = 0;
    uint64_t median_ns = 0;
    HeaderChecks checks;
    /// Every run's result, or error, equals the sequential one with the senders that the file gives.
    bool equal = true;
    std::optional<RootMeasurement> root;  ///< from raw transactions to the state root
    [[nodiscard]] bool ok() const noexcept {
        return !error && equal && checks.ok() && (!root || root->equal);
    }
};

/// All blocks one after the other: the senders of those to come are recovered while one executes. From the
/// first byte to the last receipt.
struct RawRowMeasurement {
    uint64_t best_ns = 0;
    uint64_t median_ns = 0;
    bool equal = true;  ///< every run gave the results known
};

/// Measures blocks from raw transactions with one context and one pipeline, which share their threads. Every
/// run starts from the same state, untouched; analysed code stays, preimage caches are emptied.
class RawMeter {
public:
    /// options.threads: of everything together; 0: one for each core. access_lists, roots: see Meter.
    RawMeter(execution::ContextOptions options, bool access_lists, bool roots);

    /// Two uncounted runs, then `repeat` (at least 1) counted ones.
    [[nodiscard]] RawMeasurement measure(const RawInput& raw, const ChainConfig& config, unsigned repeat);
    /// One uncounted run, then `repeat` counted ones, of all blocks measured so far.
    [[nodiscard]] RawRowMeasurement measure_row(std::span<const RawInput> blocks, const ChainConfig& config,
                                                unsigned repeat);
    [[nodiscard]] unsigned threads() const noexcept { return context_.threads(); }

private:
    using Outcome = std::expected<execution::BlockResult, execution::ExecutionError>;
    /// One block on its way.
    struct Running {
        std::vector<Transaction> transactions;
        std::unique_ptr<execution::SenderPipeline::Block> senders;
    };
    [[nodiscard]] Running start(const RawInput& raw, const ChainConfig& config);
    [[nodiscard]] Outcome finish(const RawInput& raw, const ChainConfig& config, Running& running,
                                 execution::ExecutionOptions options);
    [[nodiscard]] uint64_t run_row(std::span<const RawInput> blocks, const ChainConfig& config, bool& equal);

    execution::ExecutionContext context_;
    execution::SenderPipeline pipeline_;
    execution::ExecutionOptions options_;
    bool roots_;
    std::vector<Outcome> known_;  ///< of the blocks measured so far
};

}  // namespace weft::cli
