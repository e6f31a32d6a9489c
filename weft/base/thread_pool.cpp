#include "weft/base/thread_pool.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <system_error>

#include "weft/base/counters.hpp"

namespace weft::base {

ThreadPool::ThreadPool(unsigned workers) noexcept
    // A virtual machine takes up to a tenth of a millisecond to wake a thread, which a block of a millisecond
    // feels; where cores are scarce, who watches takes one from who works.
    : idle_pause_ns_(workers < std::thread::hardware_concurrency() ? 500'000 : Parker::default_pause_ns) {
    threads_.reserve(workers);
    // A new thread inherits the mask: signals stay with the threads of the program that embeds us.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        for (unsigned number = 1; number <= workers; ++number)
            threads_.emplace_back([this, number] { work(number); });
    } catch (const std::system_error&) {
        // The system gives no more threads: the pool is as large as it has become.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() {
    stopping_.store(true, std::memory_order_relaxed);
    posted_.fetch_add(1, std::memory_order_release);
    idle_.wake_all(posted_);
    for (std::thread& thread : threads_) thread.join();
}

/// Takes the job's next index, and the job off the list with its last one; 0 if there is none. Under mutex_.
unsigned ThreadPool::take(Job& job) noexcept {
    if (job.next >= job.width) return 0;
    const unsigned index = job.next++;
    if (job.next < job.width) return index;
    Job* before = nullptr;
    for (Job* at = first_; at != &job; at = at->following) before = at;
    (before == nullptr ? first_ : before->following) = job.following;
    if (last_ == &job) last_ = before;
    return index;
}

/// The job lies on its caller's stack, which may be gone as soon as `unfinished` is 0: from then on only the
/// pool is touched.
void ThreadPool::finish_one(Job& job) noexcept {
    if (job.unfinished.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    finished_.fetch_add(1, std::memory_order_release);
    callers_.wake_all(finished_);
}

void ThreadPool::work(unsigned number) noexcept {
    pthread_setname_np(pthread_self(), fmt::format("weft-{}", number).substr(0, 15).c_str());
    for (;;) {
        const uint32_t seen = posted_.load(std::memory_order_acquire);
        Job* job = nullptr;
        unsigned index = 0;
        bool more = false;
        {
            const CountedLock lock(mutex_);
            job = first_;
            if (job != nullptr) index = take(*job);
            more = first_ != nullptr;
        }
        if (job != nullptr) {
            // Waking spreads like a tree, so that the caller of a wide run soon comes to its own body.
            if (more) idle_.wake(posted_, 2);
            job->body(index);
            finish_one(*job);
        } else if (stopping_.load(std::memory_order_relaxed)) {
            return;
        } else if (!do_idle_work(/*pressing=*/false)) {
            idle_.wait_until_changed(posted_, seen, idle_pause_ns_);
        }
    }
}

void ThreadPool::run(unsigned width, FunctionRef<void(unsigned)> body) noexcept {
    if (width == 0) return;
    if (width == 1 || threads_.empty()) {
        for (unsigned index = 0; index < width; ++index) body(index);
        return;
    }
    Job job{.body = body, .width = width, .unfinished = width - 1};
    {
        const CountedLock lock(mutex_);
        (last_ == nullptr ? first_ : last_->following) = &job;
        last_ = &job;
    }
    posted_.fetch_add(1, std::memory_order_release);
    idle_.wake(posted_, std::min(width - 1, 2U));

    body(0);
    for (;;) {
        unsigned index = 0;
        {
            const CountedLock lock(mutex_);
            index = take(job);
        }
        if (index == 0) break;
        body(index);
        job.unfinished.fetch_sub(1, std::memory_order_acq_rel);
    }
    for (;;) {
        const uint32_t seen = finished_.load(std::memory_order_acquire);
        if (job.unfinished.load(std::memory_order_acquire) == 0) return;
        if (!do_idle_work(/*pressing=*/true)) callers_.wait_until_changed(finished_, seen);
    }
}

void ThreadPool::add(IdleWork& work) {
    {
        const CountedLock lock(mutex_);
        idle_work_.push_back(std::make_unique<Idle>(&work));
        has_idle_work_.store(true, std::memory_order_relaxed);
    }
    announce(1);
}

void ThreadPool::remove(IdleWork& work) noexcept {
    std::unique_ptr<Idle> leaving;
    {
        const CountedLock lock(mutex_);
        const auto at = std::ranges::find(idle_work_, &work, &Idle::work);
        leaving = std::move(*at);
        leaving->leaving = true;
        idle_work_.erase(at);
        has_idle_work_.store(!idle_work_.empty(), std::memory_order_relaxed);
    }
    for (;;) {
        const uint32_t seen = finished_.load(std::memory_order_acquire);
        {
            const CountedLock lock(mutex_);
            if (leaving->users == 0) return;
        }
        callers_.wait_until_changed(finished_, seen);
    }
}

void ThreadPool::announce(size_t pieces) noexcept {
    posted_.fetch_add(1, std::memory_order_release);
    idle_.wake(posted_, static_cast<uint32_t>(std::min<size_t>(pieces, threads_.size())));
}

bool ThreadPool::do_idle_work(bool pressing) noexcept {
    if (!has_idle_work_.load(std::memory_order_relaxed)) return false;
    for (size_t i = 0;; ++i) {
        Idle* idle = nullptr;
        {
            const CountedLock lock(mutex_);
            if (i >= idle_work_.size()) return false;
            idle = idle_work_[i].get();
            ++idle->users;
        }
        const bool done = idle->work->do_piece(pressing);
        bool leaving = false;
        {
            const CountedLock lock(mutex_);
            --idle->users;
            leaving = idle->leaving;
        }
        if (leaving) {
            finished_.fetch_add(1, std::memory_order_release);
            callers_.wake_all(finished_);
        }
        if (done) return true;
    }
}

}  // namespace weft::base
