#include "weft/execution/optimistic/engine.hpp"

#include <algorithm>

namespace weft::execution::optimistic {

Worker& Engine::Memory::worker(unsigned index) {
    while (workers.size() <= index) workers.push_back(std::make_unique<Worker>(versions, context));
    return *workers[index];
}

Engine::Engine(ExecutionContext& context, BlockState& block, const evm::PrecompileSet& precompiles,
               const state::JournalRules& rules)
    : context_(context),
      memory_(context.memory<Memory>()),
      block_(block),
      precompiles_(precompiles),
      rules_(rules),
      policy_(context.options().speculation) {}

/// Wakes some of the pool's threads, that they be there when they are needed.
void Engine::rouse() const noexcept {
    if (context_.threads() > 1 && context_.pool() != nullptr)
        context_.pool()->announce(std::min(context_.threads() - 1, 2U));
}

void Engine::begin_block(const StateReader& reader, const primitives::BlockAccessList* predicted) {
    rouse();
    context_.memory<Footprints>().begin_block();
    memory_.versions.begin_block(reader, predicted != nullptr ? primitives::item_count(*predicted) : 256);
    predictions_.begin_block(predicted);
    memory_.conflicts.begin_block();
    memory_.summaries.forget();
    accesses_.clear();
    ready_workers_ = 0;
    make_workers_ready(1);
    base_position_ = 1;
    event_budget_.set(context_.options().event_budget);
}

/// The first `count` workers, for this block.
void Engine::make_workers_ready(unsigned count) {
    for (; ready_workers_ < count; ++ready_workers_) {
        Worker& worker = memory_.worker(ready_workers_);
        worker.memory.reset();
        worker.journal.reset(worker.source, rules_);
        worker.places = 0;
        worker.rechecked = 0;
        worker.predictor.set_reader_waits(memory_.versions.reader().read_time() != 0);
    }
}

/// Readies a worker's tools for a run.
void Engine::start(Worker& worker, Position position, unsigned index, evm::Inspector* inspector,
                   Footing footing) {
    // An inspector, an access list and a transaction's root are to have the values themselves.
    const bool may_commute = footing == Footing::speculative && inspector == nullptr &&
                             !block_.records_accesses() && !block_.wants_transaction_roots() &&
                             predictions_.empty();
    const auto commuting = !may_commute            ? SegmentSource::Commuting::none
                           : policy_.slots_commute ? SegmentSource::Commuting::all
                                                   : SegmentSource::Commuting::tried;
    const bool is_watched = footing == Footing::speculative && !policy_.stale_first_run;
    worker.source.begin(position, commuting, is_watched ? &worker.journal : nullptr, index,
                        policy_.interleaving);
    // Places that the core's own cache holds are kept for the next run; to come back to others costs more
    // than to find them anew.
    constexpr size_t most_places = 512;
    worker.places += worker.journal.accounts().size() + worker.journal.slots().size();
    if (worker.places > most_places) {
        worker.journal.reset(worker.source, rules_);
        worker.places = 0;
    }
    worker.journal.begin_run();
    worker.recorder.clear();
    worker.journal.set_observer(block_.records_accesses() ? &worker.recorder : nullptr);
    worker.machine.begin_block(block_.env().context, block_.env().revision, precompiles_);
    worker.machine.set_inspector(inspector);
    worker.machine.set_stop_flag(&block_.stopped());
    // Who reads what isn't so may go on, without reading, for as long as the gas lasts.
    worker.machine.ask_once(is_watched ? &memory_.versions.committed() : nullptr, position - 1);
}

std::optional<ExecutionError> Engine::run_at_cursor(
    primitives::BlockAccessIndex step, base::FunctionRef<std::optional<ExecutionError>(evm::Machine&)> body) {
    Worker& worker = memory_.worker(0);
    // What comes after it stands behind it, also where no transaction does.
    const Position position = base_position_++ - 1;
    start(worker, position, 0, block_.options().inspector, Footing::committed);
    if (auto error = body(worker.machine)) {
        if (std::holds_alternative<StateError>(*error) && worker.source.error())
            return *worker.source.error();
        return error;
    }
    const Record record =
        make_record(worker.journal, memory_.versions, worker.memory, position, Footing::committed);
    publish(record);
    if (block_.stream() != nullptr) report(record, *block_.stream());
    if (!block_.records_accesses()) return std::nullopt;
    return take_accesses(make_accesses(worker.journal, worker.recorder, memory_.versions, worker.memory),
                         position, step);
}

std::optional<ExecutionError> Engine::take_accesses(Accesses accesses, Position position,
                                                    primitives::BlockAccessIndex first) {
    accesses.first = first;
    auto fixed = fix_balances(accesses, memory_.versions, position);
    if (!fixed) return std::move(fixed.error());
    accesses_.push_back(accesses);
    return std::nullopt;
}

void Engine::predict() {
    if (predictions_.empty()) return;
    std::vector<Position> positions;
    for (size_t number = 0; number < segment_count_; ++number)
        positions.resize(segments_[number].last, position_of(number));
    predictions_.begin_batch(block_.next_step(), std::move(positions));
}

void Engine::make_room_for_segments(size_t count) {
    if (memory_.segment_capacity < count) {
        memory_.segments = std::make_unique<Segment[]>(count);
        memory_.segment_capacity = count;
    }
    segments_ = memory_.segments.get();
}

void Engine::cut(const Batch& batch, unsigned width) {
    auto& estimates = memory_.estimates;
    estimates.resize(batch.size());
    base::parallel_for(context_.pool(), batch.size(), 4096, [&](size_t begin, size_t end) {
        batch.estimate(begin, std::span(estimates).subspan(begin, end - begin));
    });
    run_length_.begin(plan_segments(
        estimates, width, block_.wants_transaction_roots() ? 1 : policy_.segment_transactions, memory_.plan));
    runs_ = 0;
    segment_count_ = memory_.plan.size();
    make_room_for_segments(segment_count_);
    memory_.early.clear();
    for (size_t number = 0; number < segment_count_; ++number) {
        Segment& segment = segments_[number];
        segment.first = memory_.plan[number].first;
        segment.last = memory_.plan[number].last;
        segment.count = 1;
        segment.state.store(Segment::State::waiting, std::memory_order_relaxed);
        segment.failed = false;
        segment.reruns = 0;
        if (begins_early(number)) memory_.early.push_back(number);
    }
    order_early(memory_.plan, memory_.early);
}

bool Engine::begins_early(size_t number) const noexcept {
    if (policy_.early_percent == 0) return memory_.plan[number].begins_early;
    const base::Hasher dice(policy_.seed + 1);
    return dice(uint64_t{number}) % 100 < policy_.early_percent;
}

/// What the segments hold beyond the batch is memory; the buffers of events are counted in this engine's
/// budget.
void Engine::release_segments() {
    for (size_t i = 0; i < segment_count_; ++i) {
        segments_[i].outcomes.clear();
        segments_[i].events.reset();
    }
}

std::optional<ExecutionError> Engine::run(const Batch& batch) {
    if (batch.size() == 0) return std::nullopt;
    batch_ = &batch;
    first_index_ = block_.next();
    cut(batch, context_.threads());
    predict();
    memory_.versions.set_committed(base_position_ - 1);
    block_.reserve(batch.size());
    next_.store(0, std::memory_order_relaxed);
    next_early_.store(0, std::memory_order_relaxed);
    cursor_.store(0, std::memory_order_relaxed);
    ended_.store(false, std::memory_order_relaxed);
    keeper_.store(0, std::memory_order_relaxed);
    rechecks_.store(false, std::memory_order_relaxed);
    wake_at_.store(never, std::memory_order_relaxed);

    const auto width = static_cast<unsigned>(std::min<size_t>(context_.threads(), segment_count_));
    lookahead_ = width * lookahead_per_worker;
    make_workers_ready(width);
    for (unsigned i = 0; i < width; ++i)
        memory_.worker(i).source.expect_misses(pays_to_prefetch(batch.size()));
    if (policy_.interleaving != nullptr) policy_.interleaving->begin(width);
    if (width == 1 || context_.pool() == nullptr) {
        work(0);
    } else {
        context_.pool()->run(width, [this](unsigned index) { work(index); });
    }
    for (unsigned i = 0; i < width; ++i) {
        ExecutionStatistics& part = memory_.worker(i).statistics;
        ExecutionStatistics& sum = context_.statistics();
        sum.speculative += part.speculative;
        sum.head += part.head;
        sum.repaired += part.repaired;
        sum.stopped += part.stopped;
        sum.rerun += part.rerun;
        sum.early += part.early;
        sum.reexecuted_transactions += part.reexecuted_transactions;
        sum.sums += part.sums;
        part = {};
    }
    context_.statistics().segments += runs_;
    release_segments();
    batch_ = nullptr;
    if (memory_.plan.size() > 1) rouse();
    // What comes after the batch stands behind its last segment.
    base_position_ += static_cast<Position>(segment_count_) + 1;
    return std::exchange(error_, std::nullopt);
}

size_t Engine::least_in_row() const noexcept {
    const auto& options = block_.options();
    const Checks& checks = options.checks;
    const bool is_plain = options.inspector == nullptr && block_.stream() == nullptr &&
                          !block_.records_accesses() && !block_.wants_transaction_roots() &&
                          predictions_.empty();
    return is_plain && checks.nonce && checks.balance && checks.sender_code ? policy_.least_in_row : 0;
}

void Engine::learn_functions(const Batch& batch) {
    constexpr size_t few = 64, most_looked_at = 1024;
    if (!block_.has_senders(block_.next() + batch.size())) return;
    Summaries::Sample sample{.batch_size = batch.size(), .least_in_row = policy_.least_in_row / call_weight};
    const auto look_at = [&](size_t most) {
        sample.calls.clear();
        sample.indices.clear();
        const size_t stride = batch.size() / most + 1;
        for (size_t i = 0; i < batch.size(); i += stride)
            if (const auto call = batch.call(i)) {
                sample.calls.push_back(*call);
                sample.indices.push_back(i);
            }
    };
    Worker& worker = memory_.worker(0);
    const auto summarize = [&](size_t i) {
        start(worker, base_position_, 0, nullptr, Footing::committed);
        return batch.summarize(worker.machine, sample.indices[i]);
    };
    const auto read = [&](const Address& contract, const uint256& key) { return slot_now(contract, key); };
    // To look at a transaction costs as much as to make a payment: where what is called all the time can't
    // be summarised, a few tell.
    look_at(few);
    sample.often = few / 8;
    if (sample.calls.empty()) return;
    bool may_make_row = memory_.summaries.learn(sample, summarize, read);
    if (may_make_row) {
        look_at(most_looked_at);
        // To summarise a function takes as long as some dozens of its calls.
        const size_t stride = batch.size() / most_looked_at + 1;
        sample.often = std::max<size_t>(2, policy_.least_in_row / 20 / stride);
        sample.is_last = true;
        may_make_row = memory_.summaries.learn(sample, summarize, read);
    }
    if (!may_make_row) memory_.summaries.forget();
    for (Summaries::Function& function : memory_.summaries.functions()) look_at_code(function);
}

bool Engine::learn_path(const Batch& batch) {
    const auto call = batch.call(0);
    if (!call || !block_.has_senders(block_.next() + 1)) return false;
    const auto summarize = [&] {
        Worker& worker = memory_.worker(0);
        start(worker, base_position_, 0, nullptr, Footing::committed);
        return batch.summarize(worker.machine, 0);
    };
    const auto read = [&](const Address& contract, const uint256& key) { return slot_now(contract, key); };
    if (!memory_.summaries.learn_path(*call, summarize, read)) return false;
    // Code that it runs may be another's already when the next row begins.
    for (Summaries::Function& function : memory_.summaries.functions()) look_at_code(function);
    return true;
}

/// What the slot holds where the engine stands; nullopt: it can't be read.
std::optional<uint256> Engine::slot_now(const Address& contract, const uint256& key) {
    BlockMemory& memory = memory_.worker(0).memory;
    return memory_.versions.value_at(memory_.versions.locate(contract, memory), key, base_position_, memory);
}

/// Its paths are those of the code that it has, and delegates to.
void Engine::look_at_code(Summaries::Function& function) {
    function.is_current = true;
    for (Summaries::Code& code : function.codes) {
        const bool is_new = code.account == nullptr;
        if (is_new) code.account = memory_.versions.locate(code.of, memory_.worker(0).memory);
        AccountState spare;
        const auto now = memory_.versions.read(*code.account, base_position_, spare);
        const bool exists = now && (*now)->exists;
        const Hash& hash = exists ? (*now)->account.code_hash : crypto::empty_code_hash;
        if (is_new) code.hash = hash;
        function.is_current &= hash == code.hash && hash != crypto::empty_code_hash;
    }
    function.contract = function.codes.front().account;
}

RowOutcome Engine::run_row(const Batch& batch) {
    if (!block_.has_senders(block_.next() + batch.size())) return {0, batch.size(), 0};
    make_workers_ready(context_.threads());
    const auto memories = block_memories();
    for (Summaries::Function& function : memory_.summaries.functions()) look_at_code(function);
    Row row(memory_.versions, block_, memory_.summaries, memories, context_.pool(), base_position_,
            rules_.eip161);
    const RowOutcome outcome = row.run(batch, policy_.least_in_row);
    if (outcome.executed == 0) return outcome;
    context_.statistics().by_owner += outcome.executed;
    context_.statistics().calls_by_owner += outcome.calls;
    memory_.versions.set_committed(base_position_);
    base_position_ += 2;  // what comes after it stands between it and the next batch
    return outcome;
}

void Engine::work(unsigned index) {
    Worker& worker = memory_.worker(index);
    while (predictions_.publish_some(memory_.versions, worker.memory, context_.codes())) {
    }
    while (!ended()) {
        reached(index, Point::claim);
        const uint32_t seen = progress_.load(std::memory_order_acquire);
        if (walk(worker, index)) continue;
        const Next next = run_next(worker, index);
        if (next == Next::ran || recheck(worker, index)) continue;
        // Who runs one of the remaining segments commits it too, or whoever has the baton then does.
        if (next == Next::none_left && !rechecks_.load(std::memory_order_relaxed)) break;
        reached(index, Point::wait);
        if (policy_.interleaving == nullptr && !ended() && !help_others()) rest(next, seen);
    }
    if (policy_.interleaving != nullptr) policy_.interleaving->end(index);
}

void Engine::rest(Next why, uint32_t seen) noexcept {
    if (why == Next::too_far_ahead) {
        // Not at the cursor's every step: to wake costs as much as some transactions, and a chain at the
        // cursor had better stay on one core.
        const size_t enough = next_.load(std::memory_order_relaxed) - lookahead_ / 2;
        size_t before = wake_at_.load(std::memory_order_relaxed);
        while (enough < before &&
               !wake_at_.compare_exchange_weak(before, enough, std::memory_order_seq_cst)) {
        }
        if (cursor_.load(std::memory_order_seq_cst) >= enough) return;
    }
    parker_.wait_until_changed(progress_, seen);
}

void Engine::wake_another() noexcept {
    progress_.fetch_add(1, std::memory_order_release);
    parker_.wake_one(progress_);
}

void Engine::wake_others() noexcept {
    progress_.fetch_add(1, std::memory_order_release);
    parker_.wake_all(progress_);
}

/// Does some of what is waited for soon, senders for instance, instead of sleeping. False: there is nothing.
bool Engine::help_others() const noexcept {
    return context_.pool() != nullptr && context_.pool()->do_idle_work(/*pressing=*/true);
}

/// What the block's workers have made.
std::vector<BlockMemory*> Engine::block_memories() const {
    std::vector<BlockMemory*> memories;
    for (unsigned i = 0; i < ready_workers_; ++i) memories.push_back(&memory_.worker(i).memory);
    return memories;
}

StateDiff Engine::make_diff() {
    const auto memories = block_memories();
    return memory_.versions.make_diff(memories, context_.codes(),
                                      memories.size() > 1 ? context_.pool() : nullptr);
}

}  // namespace weft::execution::optimistic
