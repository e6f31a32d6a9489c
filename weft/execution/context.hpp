#pragma once

#include <cstdint>
#include <memory>

#include "weft/base/thread_pool.hpp"
#include "weft/execution/result.hpp"
#include "weft/state/code.hpp"

namespace weft::execution {

/// Which executor runs a block.
enum class ExecutorKind : uint8_t {
    sequential,  ///< one transaction after the other: the oracle
    optimistic,  ///< always speculates
    /// `optimistic`, knowing what an access list says that the transactions do: the one given, or the one
    /// predicted (ExecutionOptions). Without a list nothing else than `optimistic`.
    directed,
    automatic,  ///< `directed` where it promises to pay, else `sequential`
};

/// Where the threads of an optimistic run stand; for Interleaving.
enum class Point : uint8_t { claim, load, publish, validate, commit, wait };

/// Lets a test drive the interleaving of an optimistic run: called by each worker at every point where
/// another worker's step could make a difference. To make an order, it blocks.
class Interleaving {
public:
    virtual ~Interleaving() = default;
    virtual void begin(unsigned workers) noexcept = 0;
    virtual void reached(unsigned worker, Point point) noexcept = 0;
    /// This worker has nothing more to do.
    virtual void end(unsigned worker) noexcept = 0;
};

/// How an optimistic run speculates. The defaults are for speed; the rest is for tests, whose results must be
/// the same.
struct Speculation {
    /// Transactions in a segment; 0: by estimated cost.
    size_t segment_transactions = 0;
    /// Every segment, the one at the cursor too, first runs on the state before the first transaction.
    bool stale_first_run = false;
    /// False: a segment that starts at the cursor is speculated and validated like any other. Shows the whole
    /// path's cost on one thread.
    bool trust_head = true;
    /// The percentage of validations refused at random, under `seed`.
    unsigned refuse_percent = 0;
    /// The percentage of segments that begin before their turn, drawn under `seed`; 0: by estimated cost.
    unsigned early_percent = 0;
    uint64_t seed = 0;
    /// Every slot is treated as one that commutes, wherever any may be; otherwise those that have refuted a
    /// run.
    bool slots_commute = false;
    /// Plain payments in a row, at least so many, are executed by owner, and calls of summarised functions
    /// that weigh as much; 0: none are.
    size_t least_in_row = 512;
    Interleaving* interleaving = nullptr;
};

/// What a context is made with; fixed for its life.
struct ContextOptions {
    ExecutorKind executor = ExecutorKind::automatic;
    /// Workers of an optimistic run, the caller's thread included; 0: as many as the pool has, and one.
    unsigned threads = 0;
    /// Shared with other contexts where given.
    std::shared_ptr<base::ThreadPool> pool = nullptr;
    std::shared_ptr<CodeCache> codes = nullptr;
    /// Bytes of EVM memory for each worker: address space, taken when a worker is first needed;
    /// std::bad_alloc where the system has not as much.
    size_t memory_budget = size_t{1} << 30;
    /// Bytes of an inspector's events that a block's runs ahead of the cursor may hold back together. Beyond
    /// it a run is given up, and repeated at the cursor.
    size_t event_budget = size_t{256} << 20;
    Speculation speculation = {};
};

/// What executions share and keep from block to block: threads, analysed code, memory. One block at a time.
class ExecutionContext {
public:
    explicit ExecutionContext(ContextOptions options = {});
    ~ExecutionContext();
    ExecutionContext(const ExecutionContext&) = delete;
    ExecutionContext& operator=(const ExecutionContext&) = delete;

    [[nodiscard]] const ContextOptions& options() const noexcept { return options_; }
    [[nodiscard]] CodeCache& codes() noexcept { return *options_.codes; }
    /// nullptr: one thread.
    [[nodiscard]] base::ThreadPool* pool() noexcept { return options_.pool.get(); }
    [[nodiscard]] unsigned threads() const noexcept { return options_.threads; }
    /// How the last block was executed.
    [[nodiscard]] const ExecutionStatistics& statistics() const noexcept { return statistics_; }
    [[nodiscard]] ExecutionStatistics& statistics() noexcept { return statistics_; }

    /// Memory of one kind of executor, made at first use.
    template <class Memory>
    [[nodiscard]] Memory& memory() {
        return static_cast<Memory&>(
            memory_of(Memory::slot, [](ExecutionContext& context) -> std::unique_ptr<Scratch> {
                return std::make_unique<Memory>(context);
            }));
    }
    /// Base of what memory() hands out.
    struct Scratch {
        virtual ~Scratch() = default;
        virtual void forget() noexcept = 0;
    };
    /// Forgets what earlier blocks taught (Keccak preimages, what functions touch); threads, memory and
    /// analysed code stay. For measurements: a repeated block then costs what it cost the first time.
    void forget() noexcept;

private:
    [[nodiscard]] Scratch& memory_of(size_t slot, std::unique_ptr<Scratch> (*make)(ExecutionContext&));

    ContextOptions options_;
    ExecutionStatistics statistics_;
    std::unique_ptr<Scratch> scratch_[3];
};

}  // namespace weft::execution
