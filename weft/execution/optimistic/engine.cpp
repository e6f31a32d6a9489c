#include "weft/execution/optimistic/engine.hpp"

#include <algorithm>

#include "weft/base/counters.hpp"

namespace weft::execution::optimistic {
namespace {

/// What `make` returns, made where it is to be: std::vector::emplace_back moves nothing then.
template <class Make>
struct Made {
    Make make;
    operator std::invoke_result_t<Make>() const { return make(); }
};
template <class Make>
Made(Make) -> Made<Make>;

}  // namespace

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
    memory_.versions.begin_block(reader, predicted != nullptr ? primitives::item_count(*predicted) : 256);
    predictions_.begin_block(predicted);
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
    worker.source.begin(position, commuting, index, policy_.interleaving);
    // Places that the core's own cache holds are kept for the next run; to come back to others costs more
    // than to find them anew.
    constexpr size_t most_places = 2048;
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
}

std::optional<ExecutionError> Engine::run_at_cursor(
    primitives::BlockAccessIndex step, base::FunctionRef<std::optional<ExecutionError>(evm::Machine&)> body) {
    Worker& worker = memory_.worker(0);
    const Position position = base_position_ - 1;
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
        for (size_t i = begin; i < end; ++i) estimates[i] = batch.estimate(i);
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

    const auto width = static_cast<unsigned>(std::min<size_t>(context_.threads(), segment_count_));
    lookahead_ = width * lookahead_per_worker;
    make_workers_ready(width);
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
        sum.early += part.early;
        sum.reexecuted_transactions += part.reexecuted_transactions;
        sum.sums += part.sums;
        part = {};
    }
    context_.statistics().segments += runs_;
    release_segments();
    if (memory_.plan.size() > 1) rouse();
    // What comes after the batch stands behind its last segment.
    base_position_ += static_cast<Position>(segment_count_) + 1;
    return std::exchange(error_, std::nullopt);
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
        if (next == Next::ran) continue;
        // Who runs one of the remaining segments commits it too, or whoever has the baton then does.
        if (next == Next::none_left) break;
        reached(index, Point::wait);
        if (policy_.interleaving == nullptr && !ended() && !help_others())
            parker_.wait_until_changed(progress_, seen);
    }
    if (policy_.interleaving != nullptr) policy_.interleaving->end(index);
}

/// Does some of what is waited for soon, senders for instance, instead of sleeping. False: there is nothing.
bool Engine::help_others() const noexcept {
    return context_.pool() != nullptr && context_.pool()->do_idle_work(/*pressing=*/true);
}

bool Engine::walk(Worker& worker, unsigned index) {
    bool moved = false;
    for (;;) {
        const size_t number = cursor_.load(std::memory_order_acquire);
        if (ended_.load(std::memory_order_acquire) || number == segment_count_) return moved;
        // Sequentially consistent, as are finishing a segment and giving the baton back: of one who finishes
        // the segment at the cursor and finds the baton taken, and one who lays it down and finds that
        // segment unfinished, only one can be.
        if (segments_[number].state.load(std::memory_order_seq_cst) != Segment::State::finished) return moved;
        if (baton_.exchange(true, std::memory_order_seq_cst)) {
            base::count(base::Counter::baton_held);
            return moved;
        }
        // Whoever had the baton before may have moved on.
        size_t here = cursor_.load(std::memory_order_acquire);
        while (!ended() &&
               segments_[here].state.load(std::memory_order_acquire) == Segment::State::finished) {
            moved = true;
            if (!settle(worker, index, here)) break;
            here = cursor_.load(std::memory_order_acquire);
        }
        baton_.store(false, std::memory_order_seq_cst);
        // Look again: who finished the segment at the cursor in the meantime found the baton taken.
    }
}

bool Engine::take(size_t number) noexcept {
    auto waiting = Segment::State::waiting;
    const bool mine = segments_[number].state.compare_exchange_strong(waiting, Segment::State::taken,
                                                                      std::memory_order_acq_rel);
    if (!mine) base::count(base::Counter::cas_lost);
    return mine;
}

std::optional<size_t> Engine::take_early() noexcept {
    size_t at = next_early_.load(std::memory_order_relaxed);
    while (at < memory_.early.size()) {
        const size_t number = memory_.early[at];
        // Who waited for senders would be missed in front of them.
        if (!block_.has_senders(first_index_ + segments_[number].last)) break;
        if (!next_early_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        if (take(number)) return number;
        ++at;
    }
    return std::nullopt;
}

size_t Engine::take_more(size_t number) noexcept {
    Segment& segment = segments_[number];
    const size_t end = std::min(segment_count_, number + run_length_.now());
    size_t next = number + 1;
    // What is heavy stays a run of its own.
    while (next < end && !begins_early(next) && take(next)) ++next;
    segment.count = static_cast<uint32_t>(next - number);
    segment.last = segments_[next - 1].last;
    return next;
}

Engine::Next Engine::run_next(Worker& worker, unsigned index) {
    size_t number = next_.load(std::memory_order_acquire);
    for (;; ++number) {
        // What began before its turn is passed over.
        while (number < segment_count_ &&
               segments_[number].state.load(std::memory_order_relaxed) != Segment::State::waiting)
            ++number;
        if (number == segment_count_) return Next::none_left;
        const size_t cursor = cursor_.load(std::memory_order_acquire);
        // Someone always goes on at the cursor.
        if (number != cursor)
            if (const auto early = take_early()) {
                ++worker.statistics.early;
                number = *early;
                break;
            }
        if (number >= cursor + lookahead_) return Next::too_far_ahead;
        if (take(number)) {
            next_.store(begins_early(number) ? number + 1 : take_more(number), std::memory_order_release);
            break;
        }
    }
    reached(index, Point::claim);
    if (cursor_.load(std::memory_order_acquire) == number && policy_.trust_head && !policy_.stale_first_run) {
        ++worker.statistics.head;
        run_on_committed(worker, index, number);
    } else {
        speculate(worker, index, number);
    }
    return Next::ran;
}

void Engine::speculate(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    const Position position = position_of(number);
    EventBuffer* const events = make_events(segment);
    start(worker, policy_.stale_first_run ? 1 : position, index, events, Footing::speculative);
    segment.outcomes.clear();
    segment.outcomes.reserve(segment.last - segment.first);
    primitives::BlockAccessIndex included = 0;
    for (uint32_t i = segment.first; i < segment.last && !segment.failed; ++i) {
        prefetch(worker, segment, i);
        // What can't stand anywhere in the block is for the cursor to judge.
        segment.failed = await_sender(index, i) || batch_->does_not_fit(block_, i, 0, 0);
        if (segment.failed) break;
        predict_nonce(worker, i);
        worker.recorder.set_index(included);
        const TransactionOutcome& outcome =
            segment.outcomes.emplace_back(Made{[&] { return batch_->run(worker.machine, i); }});
        included += outcome.invalid ? 0 : 1;
        segment.failed =
            outcome.run_ended || (outcome.invalid && block_.options().on_invalid == OnInvalid::fail);
        if (events == nullptr) continue;
        events->end_transaction();
        segment.failed |= events->overflowed();
    }
    if (segment.failed && events != nullptr) events->clear();
    reached(index, Point::publish);
    if (!segment.failed) {
        segment.record =
            make_record(worker.journal, memory_.versions, worker.memory, position, Footing::speculative);
        publish(segment.record);
        if (block_.records_accesses())
            segment.accesses =
                make_accesses(worker.journal, worker.recorder, memory_.versions, worker.memory);
    }
    segment.state.store(Segment::State::finished, std::memory_order_seq_cst);
}

/// Waits for the sender of the batch's transaction `i`; an error if the block ends meanwhile.
std::optional<ExecutionError> Engine::await_sender(unsigned index, size_t i) const {
    const size_t count = first_index_ + i + 1;
    if (policy_.interleaving != nullptr)
        while (!block_.has_senders(count) && !block_.stopped() && !block_.options().senders->help())
            reached(index, Point::wait);
    return block_.await_senders(count);
}

EventBuffer* Engine::make_events(Segment& segment) {
    if (block_.options().inspector == nullptr) return nullptr;
    if (!segment.events) segment.events = std::make_unique<EventBuffer>(event_budget_);
    segment.events->clear();
    return segment.events.get();
}

/// A transaction's own nonce says what its sender's must be, whatever the transactions before it, perhaps
/// still running, have made of it so far.
void Engine::predict_nonce(Worker& worker, size_t index) const {
    const auto nonce = batch_->required_nonce(index);
    if (!nonce || !block_.options().checks.nonce) return;
    state::AccountEntry* sender = worker.journal.peek(batch_->sender(index));
    if (sender == nullptr || (sender->observed & state::observed_nonce) || sender->now.nonce == *nonce)
        return;
    sender->base.nonce = sender->now.nonce = *nonce;
    sender->seen = nullptr;
}

void Engine::prefetch(const Worker& worker, const Segment& segment, uint32_t i) const {
    if ((i - segment.first) % most_prefetched_transactions != 0 || !pays_to_prefetch(batch_->size())) return;
    const auto last = std::min<size_t>(segment.last, i + most_prefetched_transactions);
    if (block_.has_senders(first_index_ + last)) batch_->prefetch(worker.journal, i, last);
}

bool Engine::run_on_committed(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    const Position position = position_of(number);
    start(worker, position, index, block_.options().inspector, Footing::committed);
    const auto first_step = block_.next_step();
    for (uint32_t i = segment.first; i < segment.last; ++i) {
        prefetch(worker, segment, i);
        if (auto error = await_sender(index, i)) return fail(std::move(*error));
        block_.begin_transaction();
        auto invalid =
            batch_->does_not_fit(block_, i, block_.result().gas_used, block_.result().blob_gas_used);
        if (!invalid) {
            worker.recorder.set_index(block_.next_step() - first_step);
            auto outcome = batch_->run(worker.machine, i);
            if (outcome.run_ended) {
                ExecutionError error = error_of(*outcome.run_ended);
                if (std::holds_alternative<StateError>(error) && worker.source.error())
                    error = *worker.source.error();
                return fail(std::move(error));
            }
            invalid = outcome.invalid;
            if (!invalid) block_.include(std::move(outcome));
        }
        if (invalid)
            if (auto error = block_.leave_out(*invalid)) return fail(std::move(*error));
    }
    const Record record =
        make_record(worker.journal, memory_.versions, worker.memory, position, Footing::committed);
    publish(record);
    if (block_.stream() != nullptr) report(record, *block_.stream());
    if (block_.records_accesses())
        if (auto error =
                take_accesses(make_accesses(worker.journal, worker.recorder, memory_.versions, worker.memory),
                              position, first_step))
            return fail(std::move(*error));
    if (auto error = block_.add_transaction_root()) return fail(std::move(*error));
    advance(number);
    return true;
}

bool Engine::settle(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    const Position position = position_of(number);
    reached(index, Point::validate);
    if (!segment.failed && fits(segment) && holds(segment.record, memory_.versions, position) &&
        !refused(number)) {
        reached(index, Point::commit);
        if (block_.records_accesses())
            if (auto error = take_accesses(segment.accesses, position, block_.next_step()))
                return fail(std::move(*error));
        if (auto done = commit(segment.record, memory_.versions, position); !done)
            return fail(std::move(done.error()));
        if (block_.stream() != nullptr) report(segment.record, *block_.stream());
        include(segment);
        if (auto error = block_.add_transaction_root()) return fail(std::move(*error));
        run_length_.held();
        ++worker.statistics.speculative;
        worker.statistics.sums += segment.record.sums;
        advance(number);
        return true;
    }
    if (!segment.failed) withdraw(segment.record);
    if (segment.events) segment.events->clear();
    run_length_.refuted();
    ++worker.statistics.repaired;
    worker.statistics.reexecuted_transactions += segment.last - segment.first;
    return run_on_committed(worker, index, number);
}

/// The checks that need everything before; what fails one is decided by running the segment at the cursor.
bool Engine::fits(const Segment& segment) const {
    uint64_t gas = block_.result().gas_used;
    uint64_t blob_gas = block_.result().blob_gas_used;
    uint32_t i = segment.first;
    for (const TransactionOutcome& outcome : segment.outcomes) {
        if (batch_->does_not_fit(block_, i++, gas, blob_gas)) return false;
        if (outcome.invalid) continue;
        gas += outcome.gas_used;
        blob_gas += outcome.blob_gas;
    }
    return true;
}

void Engine::include(Segment& segment) {
    for (TransactionOutcome& outcome : segment.outcomes) {
        block_.begin_transaction();
        if (segment.events) segment.events->replay_transaction(*block_.options().inspector);
        if (!outcome.invalid) {
            block_.include(std::move(outcome));
        } else {
            // Ends no block: with OnInvalid::fail the segment would have failed.
            static_cast<void>(block_.leave_out(*outcome.invalid));
        }
    }
    if (segment.events) segment.events->clear();
}

/// For tests: whether the policy's dice refuse this validation.
bool Engine::refused(size_t number) {
    if (policy_.refuse_percent == 0) return false;
    const base::Hasher dice(policy_.seed);
    return dice(uint64_t{position_of(number)}) % 100 < policy_.refuse_percent;
}

void Engine::advance(size_t number) {
    const size_t next = number + segments_[number].count;
    ++runs_;
    memory_.versions.set_committed(position_of(next - 1));
    cursor_.store(next, std::memory_order_release);
    progress_.fetch_add(1, std::memory_order_release);
    parker_.wake_all(progress_);
}

bool Engine::fail(ExecutionError error) {
    error_ = std::move(error);
    ended_.store(true, std::memory_order_release);
    block_.halt();
    progress_.fetch_add(1, std::memory_order_release);
    parker_.wake_all(progress_);
    return false;
}

StateDiff Engine::make_diff() {
    std::vector<BlockMemory*> memories;
    for (unsigned i = 0; i < ready_workers_; ++i) memories.push_back(&memory_.worker(i).memory);
    return memory_.versions.make_diff(memories, context_.codes(),
                                      memories.size() > 1 ? context_.pool() : nullptr);
}

}  // namespace weft::execution::optimistic
