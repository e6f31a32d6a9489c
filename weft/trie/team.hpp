#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/base/parker.hpp"

namespace weft::trie {

/// Threads that work on one thing together, whose parts split again: who waits for the parts that others have
/// taken does other parts meanwhile. (ThreadPool::run alone would let it sleep.)
class Team {
public:
    /// Between begin() and end(), both called by one thread, for_each() hands parts out to those inside
    /// join(). Nothing may have begun. pause_ns: how long a thread watches for parts before it sleeps.
    void begin(uint32_t pause_ns) noexcept {
        pause_ns_ = pause_ns;
        is_over_.store(false, std::memory_order_release);
    }
    void end() noexcept {
        is_over_.store(true, std::memory_order_release);
        signal();
    }
    /// Does what is handed out, until the end. worker: the thread's own.
    void join(void* worker) noexcept;
    /// Whether end() has come, or nothing has begun.
    [[nodiscard]] bool is_over() const noexcept { return is_over_.load(std::memory_order_acquire); }

    /// What for_each hands out: part i, and the thread's own worker.
    using Body = base::FunctionRef<void(size_t i, void* worker)>;
    /// Calls body(i, worker) once for each i below count, on this thread, whose worker is given, and on
    /// those that have joined.
    void for_each(size_t count, void* worker, Body body) noexcept;
    /// Whether fewer than `count` parts are handed out that nobody has taken.
    [[nodiscard]] bool has_fewer_than(size_t count) noexcept;

private:
    struct Job {
        Body body;
        size_t count;
        size_t next = 0;  ///< the first part nobody has taken; under mutex_
        std::atomic<size_t> unfinished;
    };

    /// Does one part of a job; false: there is none to take.
    bool help(void* worker) noexcept;
    void signal() noexcept {
        changes_.fetch_add(1, std::memory_order_release);
        parker_.wake_all(changes_);
    }

    std::mutex mutex_;
    std::vector<Job*> jobs_;  ///< with parts nobody has taken, newest last; under mutex_
    std::atomic<bool> is_over_{true};
    uint32_t pause_ns_ = base::Parker::default_pause_ns;
    std::atomic<uint32_t> changes_{0};
    base::Parker parker_;
};

}  // namespace weft::trie
