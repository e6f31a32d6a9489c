// What happens at the cursor.
#include "weft/base/counters.hpp"
#include "weft/execution/optimistic/engine.hpp"

namespace weft::execution::optimistic {

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
        while (!ended() && claim(here)) {
            moved = true;
            if (!settle(worker, index, here)) break;
            here = cursor_.load(std::memory_order_acquire);
        }
        baton_.store(false, std::memory_order_seq_cst);
        // Look again: who finished the segment at the cursor in the meantime found the baton taken.
    }
}

bool Engine::claim(size_t number) noexcept {
    auto finished = Segment::State::finished;
    return segments_[number].state.compare_exchange_strong(finished, Segment::State::taken,
                                                           std::memory_order_seq_cst);
}

void Engine::finish(Segment& segment) noexcept {
    segment.state.store(Segment::State::finished, std::memory_order_seq_cst);
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
        auto invalid = batch_->does_not_fit(block_, i);
        if (!invalid) {
            worker.recorder.set_index(block_.next_step() - first_step);
            auto outcome = batch_->run(worker.machine, worker.predictor, i);
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
    published_.fetch_add(1, std::memory_order_acq_rel);
    if (block_.stream() != nullptr) report(record, *block_.stream());
    if (block_.records_accesses())
        if (auto error =
                take_accesses(make_accesses(worker.journal, worker.recorder, memory_.versions, worker.memory),
                              position, first_step))
            return fail(std::move(*error));
    if (auto error = block_.add_transaction_root()) return fail(std::move(*error));
    advance(number, index);
    return true;
}

bool Engine::settle(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    const Position position = position_of(number);
    reached(index, Point::validate);
    // What does not fit into the block is decided by running it at the cursor.
    if (!segment.failed && block_.has(segment.needed) && holds(segment.record, memory_.versions, position) &&
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
        learn(segment, /*held=*/true);
        ++worker.statistics.speculative;
        worker.statistics.sums += segment.record.sums;
        advance(number, index);
        return true;
    }
    if (!segment.failed) withdraw(segment.record);
    return repair(worker, index, number);
}

bool Engine::repair(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    segment.outcomes.clear();  // logs, which the run to come has once more
    if (segment.events) segment.events->clear();
    run_length_.refuted();
    learn(segment, /*held=*/false);
    rechecks_.store(true, std::memory_order_relaxed);
    ++worker.statistics.repaired;
    worker.statistics.reexecuted_transactions += segment.last - segment.first;
    const bool goes_on = run_on_committed(worker, index, number);
    wake_another();
    return goes_on;
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

void Engine::advance(size_t number, unsigned index) {
    const size_t next = number + segments_[number].count;
    ++runs_;
    memory_.versions.set_committed(position_of(next - 1));
    reached(index, Point::commit);
    keeper_.store(index, std::memory_order_relaxed);
    cursor_.store(next, std::memory_order_seq_cst);
    if (next != segment_count_ && next < wake_at_.load(std::memory_order_seq_cst)) return;
    wake_at_.store(never, std::memory_order_relaxed);
    wake_others();
}

bool Engine::fail(ExecutionError error) {
    error_ = std::move(error);
    ended_.store(true, std::memory_order_release);
    block_.halt();
    wake_others();
    return false;
}

}  // namespace weft::execution::optimistic
