#include "weft/trie/team.hpp"

namespace weft::trie {

void Team::join(void* worker) noexcept {
    for (;;) {
        const uint32_t seen = changes_.load(std::memory_order_acquire);
        if (help(worker)) continue;
        if (is_over()) return;
        parker_.wait_until_changed(changes_, seen, pause_ns_);
    }
}

bool Team::help(void* worker) noexcept {
    Job* job = nullptr;
    size_t part = 0;
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.empty()) return false;
        job = jobs_.back();
        part = job->next++;
        if (job->next == job->count) jobs_.pop_back();
    }
    job->body(part, worker);
    // The job lies on its caller's stack, which may be gone as soon as nothing is unfinished.
    if (job->unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) signal();
    return true;
}

bool Team::has_fewer_than(size_t count) noexcept {
    const std::lock_guard lock(mutex_);
    size_t untaken = 0;
    for (const Job* job : jobs_) untaken += job->count - job->next;
    return untaken < count;
}

void Team::for_each(size_t count, void* worker, Body body) noexcept {
    if (count <= 1 || is_over_.load(std::memory_order_relaxed)) {
        for (size_t i = 0; i < count; ++i) body(i, worker);
        return;
    }
    Job job{.body = body, .count = count, .unfinished = count};
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(&job);
    }
    signal();
    for (;;) {
        const uint32_t seen = changes_.load(std::memory_order_acquire);
        if (job.unfinished.load(std::memory_order_acquire) == 0) return;
        if (!help(worker)) parker_.wait_until_changed(changes_, seen, pause_ns_);
    }
}

}  // namespace weft::trie
