#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/base/parker.hpp"
#include "weft/base/thread_pool.hpp"

namespace weft::trie {

/// The threads of a pool while they work on one thing together, whose parts split again: who waits for the
/// parts that others have taken does other parts meanwhile. (ThreadPool::run alone would let it sleep.)
class Team {
public:
    /// pool: may be nullptr.
    explicit Team(base::ThreadPool* pool) noexcept : pool_(pool) {}

    /// Calls `lead` on this thread; meanwhile the pool's threads, each once inside `member`, which is to call
    /// the function that it is given, do what for_each hands out.
    void run(base::FunctionRef<void()> lead,
             base::FunctionRef<void(base::FunctionRef<void(void* worker)>)> member) noexcept;

    /// What for_each hands out: part i, and the thread's own worker.
    using Body = base::FunctionRef<void(size_t i, void* worker)>;
    /// Calls body(i, worker) once for each i below count, on this thread, whose worker is given, and on
    /// others. Within run(), or on one thread.
    void for_each(size_t count, void* worker, Body body) noexcept;

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

    base::ThreadPool* pool_;
    std::mutex mutex_;
    std::vector<Job*> jobs_;  ///< with parts nobody has taken, newest last; under mutex_
    std::atomic<bool> is_over_{true};
    std::atomic<uint32_t> changes_{0};
    base::Parker parker_;
};

}  // namespace weft::trie
