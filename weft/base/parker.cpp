#include "weft/base/parker.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

#include "weft/base/counters.hpp"

namespace weft::base {

uint32_t Parker::wait_slowly(const std::atomic<uint32_t>& word, uint32_t old, uint32_t pause_ns) noexcept {
    using Clock = std::chrono::steady_clock;
    uint32_t now = old;
    count(Counter::waits);
    if (pause_ns != 0) {
        const auto end = Clock::now() + std::chrono::nanoseconds(pause_ns);
        do {
            for (int i = 0; i < 8; ++i) {  // a pause takes from 10 to 50 ns, a look at the clock 20
                pause_core();
                now = word.load(std::memory_order_acquire);
                if (now != old) return now;
            }
        } while (Clock::now() < end);
    }
    count(Counter::sleeps);
    const CountedTime<> time(Counter::sleep_ns);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    while ((now = word.load(std::memory_order_acquire)) == old) {
        // Returns at once if the word is not `old` any more; signals and stray wakes only lead round the
        // loop.
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    return now;
}

void Parker::wake_sleepers(const std::atomic<uint32_t>& word, uint32_t count) noexcept {
    base::count(Counter::wakes);
    static_assert(sizeof word == 4 && std::atomic<uint32_t>::is_always_lock_free);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace weft::base
