#include "tests/differential/interleaving.hpp"

namespace weft::differential {

void SeededInterleaving::begin(unsigned workers) noexcept {
    const std::lock_guard lock(mutex_);
    workers_.assign(workers, State::absent);
    absent_ = workers;
    running_ = nobody;
    started_ = false;
}

/// Names the next to run, among those who have something to do if there are any. Under mutex_.
void SeededInterleaving::choose() {
    std::vector<unsigned> candidates;
    for (const State wanted : {State::ready, State::idle}) {
        for (unsigned i = 0; i < workers_.size(); ++i)
            if (workers_[i] == wanted) candidates.push_back(i);
        if (!candidates.empty()) break;
    }
    running_ = candidates.empty() ? nobody : candidates[random_() % candidates.size()];
    if (running_ != nobody) trace_.push_back(static_cast<uint8_t>(running_));
    turn_.notify_all();
}

void SeededInterleaving::reached(unsigned worker, execution::Point point) noexcept {
    std::unique_lock lock(mutex_);
    if (worker >= workers_.size() || workers_[worker] == State::gone)
        return;  // before or after the workers' time
    if (workers_[worker] == State::absent) --absent_;
    // Someone else's step may give an idle worker something to do.
    if (point != execution::Point::wait && point != execution::Point::claim)
        for (State& other : workers_)
            if (other == State::idle) other = State::ready;
    workers_[worker] = point == execution::Point::wait ? State::idle : State::ready;
    if (!started_) {
        if (absent_ != 0) turn_.wait_for(lock, patience, [this] { return started_ || absent_ == 0; });
        if (!started_) {
            started_ = true;
            choose();
        }
    } else if (running_ == worker || running_ == nobody) {
        choose();
    }
    turn_.wait(lock, [&] { return running_ == worker; });
}

void SeededInterleaving::end(unsigned worker) noexcept {
    const std::lock_guard lock(mutex_);
    if (worker >= workers_.size()) return;
    if (workers_[worker] == State::absent) --absent_;
    workers_[worker] = State::gone;
    if (started_ && (running_ == worker || running_ == nobody)) choose();
    turn_.notify_all();
}

}  // namespace weft::differential
