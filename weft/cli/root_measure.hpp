#pragma once

#include <memory>

#include "weft/base/function_ref.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/execution/executor.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::cli {

/// A block executed with its state root: from the start of execution, with commits streaming to the trie, to
/// the root.
struct RootMeasurement {
    uint64_t best_ns = 0;
    uint64_t median_ns = 0;
    uint64_t after_ns = 0;  ///< of the fastest run: from the end of execution to the root
    /// The same without a root: runs that alternate with the others. Each run of either kind comes right
    /// after the trie was worked on, as after the block before, and finds the caches so.
    uint64_t without_best_ns = 0;
    uint64_t without_median_ns = 0;
    /// Every run gave the root of the first one's StateDiff, and the trie came back to the state before.
    bool equal = true;
};

/// A standing trie of 1,000,000 accounts (or more): those before the block, and others that no block touches,
/// the same on every machine. Built once for a block; each run starts from it.
class RootMeter {
public:
    static constexpr size_t accounts = 1'000'000;

    /// pool: helps with roots; may be nullptr.
    RootMeter(const Input& input, base::ThreadPool* pool);

    using Outcome = std::expected<execution::BlockResult, execution::ExecutionError>;
    /// One uncounted run, then `repeat` (at least 1) counted ones; all zero where the block is invalid.
    /// execute: what is timed together with the root; executes the block with `context`, its changes going
    /// to the sink, where there is one.
    [[nodiscard]] RootMeasurement measure(execution::ExecutionContext& context,
                                          base::FunctionRef<Outcome(state::CommitSink* sink)> execute,
                                          unsigned repeat);

private:
    std::unique_ptr<trie::StateTrie> trie_;
};

}  // namespace weft::cli
