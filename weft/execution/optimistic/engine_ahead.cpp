// What the workers run ahead of the cursor.
#include <algorithm>
#include <thread>

#include "weft/base/counters.hpp"
#include "weft/execution/optimistic/engine.hpp"

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

/// Of the segments that are left to the cursor, so many are one run, and every so many-th is not left.
constexpr size_t most_left_in_a_run = 32;
constexpr size_t tried_anyway = 128;

}  // namespace

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
        if (!block_.has_senders(first_index_ + memory_.plan[number].last)) break;
        if (!next_early_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        if (take(number)) return number;
        ++at;
    }
    return std::nullopt;
}

void Engine::take_more(size_t number) noexcept {
    // The state's root is asked for at the end of a run.
    if (block_.wants_transaction_roots()) return;
    Segment& segment = segments_[number];
    const bool left = is_left(number);
    const size_t end =
        std::min<size_t>(segment_count_, number + (left ? most_left_in_a_run : run_length_.now()));
    size_t next = number + 1;
    // What is heavy stays a run of its own.
    while (next < end && !begins_early(next) && is_left(next) == left && take(next)) ++next;
    segment.count = static_cast<uint32_t>(next - number);
    segment.last = segments_[next - 1].last;
}

std::optional<size_t> Engine::take_head(unsigned index) noexcept {
    const size_t number = cursor_.load(std::memory_order_acquire);
    if (number == segment_count_ ||
        segments_[number].state.load(std::memory_order_relaxed) != Segment::State::waiting)
        return std::nullopt;
    // What is left to the cursor stays with one worker and its caches.
    if (keeper_.load(std::memory_order_relaxed) != index && is_left(number)) return std::nullopt;
    if (!take(number)) return std::nullopt;
    return number;
}

bool Engine::expects_conflict(size_t first, size_t last) const noexcept {
    const Conflicts& conflicts = memory_.conflicts;
    if (!conflicts.expects_some()) return false;
    // Where reads wait, a run that will be refuted brings what the cursor would wait for.
    if (memory_.versions.reader().read_time() != 0) return false;
    for (size_t i = first; i < last; ++i)
        if (conflicts.expects_one(batch_->traits(i, conflicts.hasher()))) return true;
    return false;
}

bool Engine::is_left(size_t number) const noexcept {
    // The plan's, for another worker may just be making the segment a part of its run.
    const SegmentPlan& plan = memory_.plan[number];
    return number % tried_anyway != 0 && expects_conflict(plan.first, plan.last);
}

void Engine::learn(const Segment& segment, bool held) noexcept {
    Conflicts& conflicts = memory_.conflicts;
    if (held && !conflicts.suspects_some()) return;
    for (size_t i = segment.first; i < segment.last; ++i) {
        const Traits traits = batch_->traits(i, conflicts.hasher());
        held ? conflicts.held(traits) : conflicts.refuted(traits);
    }
}

Engine::Next Engine::run_next(Worker& worker, unsigned index) {
    // Someone always goes on at the cursor.
    std::optional<size_t> number = take_head(index);
    if (!number && (number = take_early())) ++worker.statistics.early;
    const bool is_heavy = number && begins_early(*number);
    for (size_t next = next_.load(std::memory_order_acquire); !number; ++next) {
        // What began before its turn is passed over, and what the cursor is to run.
        while (next < segment_count_ &&
               (segments_[next].state.load(std::memory_order_relaxed) != Segment::State::waiting ||
                is_left(next)))
            ++next;
        next_.store(next, std::memory_order_release);
        if (next == segment_count_) return Next::none_left;
        if (next >= cursor_.load(std::memory_order_acquire) + lookahead_) return Next::too_far_ahead;
        if (take(next)) number = next;
    }
    if (!is_heavy) take_more(*number);
    reached(index, Point::claim);
    if (cursor_.load(std::memory_order_acquire) == *number && policy_.trust_head &&
        !policy_.stale_first_run) {
        ++worker.statistics.head;
        run_on_committed(worker, index, *number);
    } else {
        speculate(worker, index, *number);
    }
    return Next::ran;
}

void Engine::speculate(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    run_ahead(worker, index, number);
    if (!worker.source.is_refuted()) return finish(segment);
    // The segment is the one at the cursor, and this worker's. But who commits the one before it says so
    // before the cursor moves, and must not move it back.
    while (cursor_.load(std::memory_order_acquire) != number) {
        reached(index, Point::wait);
        std::this_thread::yield();
    }
    ++worker.statistics.stopped;
    repair(worker, index, number);
}

bool Engine::recheck(Worker& worker, unsigned index) {
    const uint32_t published = published_.load(std::memory_order_acquire);
    if (!rechecks_.load(std::memory_order_relaxed) || worker.rechecked == published) return false;
    const size_t first = cursor_.load(std::memory_order_acquire) + 1;
    const size_t last = std::min(segment_count_, first + most_rechecked);
    for (size_t number = first; number < last; ++number) {
        Segment& segment = segments_[number];
        if (segment.state.load(std::memory_order_relaxed) != Segment::State::finished || !claim(number))
            continue;
        const bool is_due = segment.checked != published && segment.reruns < most_reruns &&
                            !expects_conflict(segment.first, segment.last);
        reached(index, Point::validate);
        if (is_due && (segment.failed || !holds(segment.record, memory_.versions, position_of(number)))) {
            ++segment.reruns;
            ++worker.statistics.rerun;
            speculate(worker, index, number);
            return true;
        }
        segment.checked = published;
        finish(segment);
        // Who came to it meanwhile has gone away.
        if (cursor_.load(std::memory_order_seq_cst) == number) return true;
    }
    worker.rechecked = published;
    return false;
}

void Engine::run_ahead(Worker& worker, unsigned index, size_t number) {
    Segment& segment = segments_[number];
    const bool is_rerun = segment.reruns != 0 && !segment.failed;
    segment.failed = false;
    const Position position = position_of(number);
    EventBuffer* const events = make_events(segment);
    start(worker, policy_.stale_first_run ? 1 : position, index, events, Footing::speculative);
    segment.outcomes.clear();
    segment.outcomes.reserve(segment.last - segment.first);
    segment.needed = {};
    Room used;
    const bool has_senders = block_.has_senders(first_index_ + segment.last);
    primitives::BlockAccessIndex included = 0;
    for (uint32_t i = segment.first; i < segment.last && !segment.failed; ++i) {
        prefetch(worker, segment, i);
        segment.failed =
            has_senders ? block_.stopped().load(std::memory_order_relaxed) : !!await_sender(index, i);
        if (segment.failed) break;
        const Needs needs = batch_->needs(i);
        // What can't stand anywhere in the block is for the cursor to judge.
        segment.failed = !block_.may_fit(first_index_ + i, needs.room);
        if (segment.failed) break;
        segment.needed = most(segment.needed, needs.room.after(used));
        if (needs.nonce && block_.options().checks.nonce) predict_nonce(worker, needs);
        worker.recorder.set_index(included);
        const TransactionOutcome& outcome = segment.outcomes.emplace_back(
            Made{[&] { return batch_->run(worker.machine, worker.predictor, i); }});
        if (!outcome.invalid) {
            ++included;
            used.gas += outcome.gas_used;
            used.blob_gas += outcome.blob_gas;
        }
        segment.failed =
            outcome.run_ended || (outcome.invalid && block_.options().on_invalid == OnInvalid::fail);
        if (events == nullptr) continue;
        events->end_transaction();
        segment.failed |= events->overflowed();
    }
    segment.failed |= worker.source.is_refuted();
    if (segment.failed && events != nullptr) events->clear();
    reached(index, Point::publish);
    if (is_rerun) withdraw(segment.record);
    if (!segment.failed) {
        segment.checked = published_.fetch_add(1, std::memory_order_acq_rel) + 1;
        segment.record =
            make_record(worker.journal, memory_.versions, worker.memory, position, Footing::speculative);
        publish(segment.record);
        if (block_.records_accesses())
            segment.accesses =
                make_accesses(worker.journal, worker.recorder, memory_.versions, worker.memory);
    }
    if (rechecks_.load(std::memory_order_relaxed)) wake_another();
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
void Engine::predict_nonce(Worker& worker, const Needs& needs) {
    state::AccountEntry* sender = worker.journal.peek(needs.sender);
    if (sender == nullptr || (sender->observed & state::observed_nonce) || sender->now.nonce == *needs.nonce)
        return;
    sender->base.nonce = sender->now.nonce = *needs.nonce;
    sender->seen = nullptr;
}

void Engine::prefetch(Worker& worker, const Segment& segment, uint32_t i) const {
    constexpr size_t group = most_prefetched_transactions;
    if ((i - segment.first) % group != 0 ||
        !(pays_to_prefetch(batch_->size()) || worker.predictor.reader_waits()))
        return;
    // What memory is asked for now is there when the group before has run.
    const size_t first = i == segment.first ? i : i + group;
    const auto last = std::min<size_t>(segment.last, i + 2 * group);
    if (first < last && block_.has_senders(first_index_ + last))
        batch_->prefetch(worker.source, worker.predictor, first, last);
}

}  // namespace weft::execution::optimistic
