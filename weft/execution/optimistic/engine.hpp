#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/base/parker.hpp"
#include "weft/execution/block_state.hpp"
#include "weft/execution/context.hpp"
#include "weft/execution/optimistic/accesses.hpp"
#include "weft/execution/optimistic/conflicts.hpp"
#include "weft/execution/optimistic/event_buffer.hpp"
#include "weft/execution/optimistic/predictions.hpp"
#include "weft/execution/optimistic/record.hpp"
#include "weft/execution/optimistic/row.hpp"
#include "weft/execution/optimistic/schedule.hpp"
#include "weft/execution/optimistic/segment_source.hpp"

namespace weft::execution::optimistic {

/// What a transaction needs to be in a block.
struct Needs {
    const Address& sender;
    std::optional<uint64_t> nonce;  ///< what the sender's must be; nullopt: whatever it is
    Room room;
};

/// The transactions of a batch, as the engine sees them; hides the chain's transaction type. Indices count
/// from the batch's first. Thread-safe.
class Batch {
public:
    virtual ~Batch() = default;
    [[nodiscard]] virtual size_t size() const noexcept = 0;
    /// What the transactions from `first` on are likely to cost, in nanoseconds; for cutting segments.
    virtual void estimate(size_t first, std::span<uint64_t> out) const noexcept = 0;
    [[nodiscard]] virtual Needs needs(size_t index) const noexcept = 0;
    [[nodiscard]] virtual Traits traits(size_t index, const base::Hasher& hasher) const noexcept = 0;
    /// Brings what transactions of [first, last) touch, for certain or as is expected, at most
    /// most_prefetched_transactions of them, near the core. Precondition: their senders are known.
    virtual void prefetch(const state::Source& source, Predictor& predictor, size_t first,
                          size_t last) const noexcept = 0;
    [[nodiscard]] virtual TransactionOutcome run(evm::Machine& machine, Predictor& predictor,
                                                 size_t index) const noexcept = 0;
    /// The transaction as one for a row; false: it is none, or not valid by itself.
    [[nodiscard]] virtual bool judge_for_row(size_t index, RowTransaction& out) const noexcept = 0;
    /// The call that it makes, if it may stand in a row (may_be_call()).
    [[nodiscard]] virtual std::optional<FunctionCall> call(size_t index) const noexcept = 0;
    /// What that call does, on the machine's journal, which is to be reset then; nullopt: that can't be
    /// summarised.
    [[nodiscard]] virtual std::optional<evm::Summary> summarize(evm::Machine& machine,
                                                                size_t index) const = 0;
    /// As BlockState::does_not_fit, for the transaction of the batch that comes next.
    [[nodiscard]] virtual std::optional<Reason> does_not_fit(const BlockState& block,
                                                             size_t index) const noexcept = 0;
};

/// One thread's tools.
struct Worker {
    Worker(VersionedState& versions, ExecutionContext& context)
        : journal(context.codes()),
          machine(journal, context.options().memory_budget),
          predictor(context.memory<Footprints>(), machine),
          source(versions, memory, context.codes()) {}
    BlockMemory memory;
    Journal journal;
    evm::Machine machine;
    Predictor predictor;
    SegmentSource source;
    size_t places = 0;  ///< that the journal's runs have met since its reset; one of two runs counts twice
    uint32_t rechecked = 0;  ///< Engine::published_ when it last looked at what is finished
    state::AccessRecorder recorder;
    ExecutionStatistics statistics;
};

/// Some consecutive transactions (see SegmentPlan), and how their run went. A worker may take several
/// segments as one: the first then stands for all of them, the others stay `taken`.
struct Segment {
    enum class State : uint8_t { waiting, taken, finished };
    uint32_t first = 0;
    uint32_t last = 0;   ///< one past the last
    uint32_t count = 1;  ///< segments in this run
    std::atomic<State> state{State::waiting};
    /// The run came to an end that has no meaning ahead of the cursor: a state error, an invalid transaction,
    /// an abort.
    bool failed = false;
    uint8_t reruns = 0;
    /// How much had been published when the run was last held against it (Engine::published_).
    uint32_t checked = 0;
    Record record;
    Accesses accesses;                         ///< where they are recorded
    std::vector<TransactionOutcome> outcomes;  ///< of a speculative run
    Room needed;                               ///< what the block must have left for all of them
    std::unique_ptr<EventBuffer> events;       ///< of a speculative run; nullptr: nobody inspects the block
};

/// Runs batches of transactions on many threads, with the outcome of running them one after the other.
///
/// Segments are taken in order, one or a few at once, by a worker that runs them on a private journal and
/// publishes what they wrote; but one that may take long begins as early as it can, or the block would wait
/// for it in the end.
/// The cursor stands at the first segment that is not committed. Who holds the baton moves it: a
/// segment whose reads hold is committed, another is run again right there, on committed state, where nothing
/// can refute it. A worker that starts the segment at the cursor runs on committed state in the first place.
/// There is no coordinator; with nothing to do a worker sleeps.
class Engine {
public:
    /// What the engine keeps from block to block.
    struct Memory final : ExecutionContext::Scratch {
        static constexpr size_t slot = 1;
        explicit Memory(ExecutionContext& context) : context(context) {}
        [[nodiscard]] Worker& worker(unsigned index);
        void forget() noexcept override {
            for (const auto& one : workers) one->machine.forget_preimages();
            conflicts.forget();
        }
        ExecutionContext& context;
        VersionedState versions;
        Conflicts conflicts;
        Summaries summaries;
        /// The first segments of it are the batch's; what they hold keeps its memory from block to block.
        std::unique_ptr<Segment[]> segments;
        size_t segment_capacity = 0;
        std::vector<uint64_t> estimates;  ///< of the batch's transactions
        std::vector<SegmentPlan> plan;
        std::vector<size_t> early;  ///< segments to begin before their turn, the longest first
        std::vector<std::unique_ptr<Worker>> workers;
    };

    Engine(ExecutionContext& context, BlockState& block, const evm::PrecompileSet& precompiles,
           const state::JournalRules& rules);

    /// predicted: what the block is expected to access and do; nullptr: nothing is known.
    void begin_block(const StateReader& reader, const primitives::BlockAccessList* predicted);
    /// Runs something that is no transaction at the cursor, as a step of the block (see BlockAccessIndex):
    /// what comes before the first, or after the last.
    [[nodiscard]] std::optional<ExecutionError> run_at_cursor(
        primitives::BlockAccessIndex step,
        base::FunctionRef<std::optional<ExecutionError>(evm::Machine&)> body);
    [[nodiscard]] std::optional<ExecutionError> run(const Batch& batch);
    /// What a row must weigh (payment_weight, call_weight) to be worth being executed by owner; 0: whatever
    /// it weighs, somebody asks for more than the block's result.
    [[nodiscard]] size_t least_in_row() const noexcept;
    /// Summarises the functions that the batch calls often.
    void learn_functions(const Batch& batch);
    /// Summarises the batch's first transaction where its function is known, but not the path that it takes.
    /// False: it is none, or can't be summarised.
    [[nodiscard]] bool learn_path(const Batch& batch);
    /// Whether the call's function has been summarised.
    [[nodiscard]] bool is_summarised(const FunctionCall& call) const noexcept {
        return memory_.summaries.find(call) != nullptr;
    }
    /// Executes the payments and calls that the batch begins with by owner, where that can be done
    /// (Row::run). Precondition: least_in_row() is not 0.
    [[nodiscard]] RowOutcome run_row(const Batch& batch);
    [[nodiscard]] StateDiff make_diff();
    /// Precondition: accesses were recorded.
    [[nodiscard]] primitives::BlockAccessList make_access_list() const {
        return optimistic::make_access_list(accesses_);
    }

private:
    void rouse() const noexcept;
    [[nodiscard]] std::vector<BlockMemory*> block_memories() const;
    void make_room_for_segments(size_t count);
    void cut(const Batch& batch, unsigned width);
    void release_segments();
    void work(unsigned index);
    bool help_others() const noexcept;
    /// Takes the baton, if it is free and there is something to commit, and walks. True: something was
    /// committed.
    bool walk(Worker& worker, unsigned index);
    /// Whether a segment is to begin before its turn.
    [[nodiscard]] bool begins_early(size_t number) const noexcept;
    /// Makes the segment this worker's; false: another has it.
    [[nodiscard]] bool take(size_t number) noexcept;
    /// Takes a segment that is to begin before its turn.
    [[nodiscard]] std::optional<size_t> take_early() noexcept;
    /// Makes some of the segments that follow a taken one part of its run.
    void take_more(size_t number) noexcept;
    /// Takes the segment at the cursor, if nobody has, and it isn't another's to take.
    [[nodiscard]] std::optional<size_t> take_head(unsigned index) noexcept;
    /// Whether a run of these transactions ahead of the cursor is likely to be refuted.
    [[nodiscard]] bool expects_conflict(size_t first, size_t last) const noexcept;
    /// Whether the segment is left to the cursor.
    [[nodiscard]] bool is_left(size_t number) const noexcept;
    /// What a run ahead of the cursor has shown.
    void learn(const Segment& segment, bool held) noexcept;
    /// Makes a finished segment this worker's: to commit it, or to look at it.
    [[nodiscard]] bool claim(size_t number) noexcept;
    enum class Next : uint8_t { ran, too_far_ahead, none_left };
    /// Runs the next segment that nobody has taken.
    Next run_next(Worker& worker, unsigned index);
    /// Sleeps until there may be something to do.
    void rest(Next why, uint32_t seen) noexcept;
    void wake_others() noexcept;
    /// There may be something to run again: that is enough for one.
    void wake_another() noexcept;
    void speculate(Worker& worker, unsigned index, size_t number);
    /// Runs the transactions of a segment ahead of the cursor, and publishes what they wrote.
    void run_ahead(Worker& worker, unsigned index, size_t number);
    /// Looks at what is finished ahead of the cursor, and runs again what no longer holds by what is
    /// published. False: there is nothing to do.
    bool recheck(Worker& worker, unsigned index);
    /// Makes a finished segment wait for the cursor again.
    void finish(Segment& segment) noexcept;
    /// Runs a segment on committed state, and commits it. False: the block has ended.
    bool run_on_committed(Worker& worker, unsigned index, size_t number);
    /// Commits a finished segment, or runs it again. False: the block has ended.
    bool settle(Worker& worker, unsigned index, size_t number);
    /// Runs the segment at the cursor again: its speculation did not hold. False: the block has ended.
    bool repair(Worker& worker, unsigned index, size_t number);
    [[nodiscard]] bool refused(size_t number);
    void include(Segment& segment);
    /// Readies the predictions for the batch's segments.
    void predict();
    /// Takes the accesses of a run that stands on committed state, or whose record was found to hold.
    [[nodiscard]] std::optional<ExecutionError> take_accesses(Accesses accesses, Position position,
                                                              primitives::BlockAccessIndex first);
    void look_at_code(Summaries::Function& function);
    [[nodiscard]] std::optional<uint256> slot_now(const Address& contract, const uint256& key);
    void make_workers_ready(unsigned count);
    void start(Worker& worker, Position position, unsigned index, evm::Inspector* inspector, Footing footing);
    /// Whom a speculative run of the segment tells; nullptr: nobody.
    [[nodiscard]] EventBuffer* make_events(Segment& segment);
    [[nodiscard]] std::optional<ExecutionError> await_sender(unsigned index, size_t i) const;
    static void predict_nonce(Worker& worker, const Needs& needs);
    /// Before transaction i of a segment runs: now and then brings what comes next near the core.
    void prefetch(Worker& worker, const Segment& segment, uint32_t i) const;
    /// Ends the block; returns false.
    bool fail(ExecutionError error);
    void advance(size_t number, unsigned index);
    void reached(unsigned index, Point point) const {
        if (policy_.interleaving != nullptr) policy_.interleaving->reached(index, point);
    }
    [[nodiscard]] Position position_of(size_t number) const noexcept {
        return base_position_ + static_cast<Position>(number);
    }
    [[nodiscard]] bool ended() const noexcept {
        return ended_.load(std::memory_order_acquire) ||
               cursor_.load(std::memory_order_acquire) == segment_count_;
    }

    ExecutionContext& context_;
    Memory& memory_;
    BlockState& block_;
    const evm::PrecompileSet& precompiles_;
    state::JournalRules rules_;
    Speculation policy_;
    const Batch* batch_ = nullptr;  ///< that runs; nullptr: none does
    size_t first_index_ = 0;        ///< of the batch, in the block
    Position base_position_ = 1;    ///< of the batch's first segment
    size_t segment_count_ = 0;
    size_t lookahead_ = 0;
    RunLength run_length_;
    size_t runs_ = 0;  ///< committed in this batch
    unsigned ready_workers_ = 0;
    EventBudget event_budget_;
    Segment* segments_ = nullptr;
    Predictions predictions_;
    std::vector<Accesses> accesses_;       ///< of all that is committed, in order
    std::optional<ExecutionError> error_;  ///< written by who holds the cursor
    alignas(64) std::atomic<size_t> next_{0};
    std::atomic<size_t> next_early_{0};  ///< into Memory::early
    alignas(64) std::atomic<size_t> cursor_{0};
    /// Who moved the cursor last, and so always looks there next.
    std::atomic<unsigned> keeper_{0};
    std::atomic<bool> baton_{false};
    std::atomic<bool> ended_{false};
    /// A run of this batch was refuted: others may be, too.
    std::atomic<bool> rechecks_{false};
    /// Runs ahead of the cursor that have published.
    alignas(64) std::atomic<uint32_t> published_{0};
    /// Where the cursor has to come to for workers that are too far ahead to go on.
    static constexpr size_t never = ~size_t{0};
    std::atomic<size_t> wake_at_{never};
    /// Changes when there may be something to do for who sleeps, or the block ends.
    alignas(64) std::atomic<uint32_t> progress_{0};
    base::Parker parker_;
};

}  // namespace weft::execution::optimistic
