#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/base/parker.hpp"

namespace weft::base {

/// Work that nobody waits for yet: a pool's threads do it, piece by piece, where no run() needs them.
class IdleWork {
public:
    /// Does one piece, of some hundred microseconds at most: a thread that is in it comes to a run() only
    /// afterwards. `pressing`: only a piece that will be waited for soon. False: there is none. Thread-safe;
    /// must not throw, nor wait for another piece.
    virtual bool do_piece(bool pressing) noexcept = 0;

protected:
    ~IdleWork() = default;
};

/// Threads that help whoever calls run(), and do idle work meanwhile. Where each has a core they watch for
/// work for half a millisecond, for blocks come in rows, and then sleep. run() may be called from several
/// threads at once, and from within a body.
class ThreadPool {
public:
    /// Starts `workers` threads, or as many as the system allows; 0 is fine: then callers do everything
    /// themselves. The threads have the name weft-N and take no signals.
    explicit ThreadPool(unsigned workers) noexcept;
    /// No run() may be under way, and no idle work be left.
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// The pool's own threads; with the caller, size() + 1 can work on a run.
    [[nodiscard]] unsigned size() const noexcept { return static_cast<unsigned>(threads_.size()); }

    /// How long its threads watch for work before they sleep. Who hands out work within a run() should have
    /// its threads watch as long.
    [[nodiscard]] uint32_t pause_ns() const noexcept { return idle_pause_ns_; }

    /// Calls body(0) on this thread and body(1), ..., body(width - 1) on the pool's, each once; returns when
    /// all have returned. What no thread of the pool has begun when body(0) returns runs on this thread, so a
    /// busy pool delays nobody, and a body must not wait for another one to begin. Bodies must not throw: the
    /// process would end. Everything before run() is visible to the bodies, everything in them to the code
    /// after run().
    /// While body(0) has returned and others have not, this thread does pressing idle work.
    void run(unsigned width, FunctionRef<void(unsigned worker)> body) noexcept;

    /// The pool's threads do pieces of `work` from now on, until remove() returns.
    void add(IdleWork& work);
    void remove(IdleWork& work) noexcept;
    /// Says that there are `pieces` more: wakes as many threads. Before a run() that comes soon, too, for to
    /// wake takes longer (some tens of microseconds) than to watch a little in vain.
    void announce(size_t pieces) noexcept;
    /// Does a piece on this thread, which would only wait otherwise. False: there is none.
    bool do_idle_work(bool pressing) noexcept;

private:
    struct Job {
        FunctionRef<void(unsigned)> body;
        unsigned width;
        unsigned next = 1;  ///< the first index nobody has taken; under mutex_
        std::atomic<unsigned> unfinished;
        Job* following = nullptr;
    };

    /// Idle work, and how many threads are in it; under mutex_.
    struct Idle {
        IdleWork* work;
        unsigned users = 0;
        bool leaving = false;
    };

    void work(unsigned number) noexcept;
    unsigned take(Job& job) noexcept;
    void finish_one(Job& job) noexcept;

    std::mutex mutex_;
    Job* first_ = nullptr;  ///< jobs with indices nobody has taken, oldest first; under mutex_
    Job* last_ = nullptr;
    std::vector<std::unique_ptr<Idle>> idle_work_;  ///< under mutex_
    std::atomic<bool> has_idle_work_{false};
    alignas(64) std::atomic<uint32_t> posted_{0};  ///< changes when there is work, or the end
    Parker idle_;
    uint32_t idle_pause_ns_;
    std::atomic<bool> stopping_{false};
    alignas(64) std::atomic<uint32_t> finished_{0};  ///< changes when a job is done
    Parker callers_;
    std::vector<std::thread> threads_;
};

/// Calls f(begin, end) for consecutive ranges that make up [0, n), on the caller and the pool; a range has
/// `grain` elements (at least 1), the last one perhaps fewer. Ranges are handed out in order, to whoever is
/// free.
template <class F>
void parallel_for(ThreadPool& pool, size_t n, size_t grain, F&& f) noexcept {
    grain = std::max<size_t>(grain, 1);
    const size_t ranges = n / grain + (n % grain != 0 ? 1 : 0);
    const auto width = static_cast<unsigned>(std::min<size_t>(ranges, size_t{pool.size()} + 1));
    std::atomic<size_t> next{0};
    const auto body = [&](unsigned) {
        for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < ranges;)
            f(i * grain, i + 1 == ranges ? n : (i + 1) * grain);
    };
    if (width <= 1) {
        body(0);
    } else {
        pool.run(width, body);
    }
}
/// The same where there may be no pool: without one, f gets the whole of [0, n), if it is not empty.
template <class F>
void parallel_for(ThreadPool* pool, size_t n, size_t grain, F&& f) noexcept {
    if (pool != nullptr) {
        parallel_for(*pool, n, grain, f);
    } else if (n != 0) {
        f(size_t{0}, n);
    }
}

}  // namespace weft::base
