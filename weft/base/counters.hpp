#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace weft::base {

/// What threads do to each other. Counted, by every thread for itself, in builds that ask for it
/// (-DWEFT_COUNTERS=ON, preset `counters`); in others nothing of it is compiled.
enum class Counter : uint8_t {
    locks,         ///< mutexes taken
    locks_held,    ///< of them, those that another thread held just then
    lock_wait_ns,  ///< time spent waiting for those
    cas_lost,      ///< compare-and-swaps that another thread came before
    baton_held,    ///< tries for the commit cursor's baton that found it with another
    waits,         ///< waits for a word to change that began with a pause
    sleeps,        ///< of them, those that went to sleep
    sleep_ns,      ///< time spent asleep
    wakes,         ///< system calls that woke others
};
inline constexpr std::array<std::string_view, 9> counter_names{
    "locks", "locks_held", "lock_wait_ns", "cas_lost", "baton_held", "waits", "sleeps", "sleep_ns", "wakes"};
using Counts = std::array<uint64_t, counter_names.size()>;  ///< by Counter

/// Whether this build counts.
[[nodiscard]] bool counts_contention() noexcept;
/// What all threads have counted since the process began; all zero where nothing is counted.
[[nodiscard]] Counts contention() noexcept;

namespace detail {
void add(Counter counter, uint64_t by) noexcept;
}

#ifdef WEFT_COUNTERS
inline constexpr bool counting = true;
#else
inline constexpr bool counting = false;
#endif

/// Static, for a program may hold rooms that count beside others that don't.
[[gnu::always_inline]] static inline void count(Counter counter, uint64_t by = 1) noexcept {
    if constexpr (counting) detail::add(counter, by);
}

/// Nanoseconds from its beginning to its end, for a counter.
template <bool active = counting>
class CountedTime {
public:
    explicit CountedTime(Counter counter) noexcept : counter_(counter) {
        if constexpr (active) start_ = std::chrono::steady_clock::now();
    }
    ~CountedTime() {
        if constexpr (active)
            detail::add(counter_, static_cast<uint64_t>((std::chrono::steady_clock::now() - start_).count()));
    }
    CountedTime(const CountedTime&) = delete;
    CountedTime& operator=(const CountedTime&) = delete;

private:
    Counter counter_;
    std::chrono::steady_clock::time_point start_;
};

/// A lock_guard that counts.
template <bool active = counting>
class CountedLock {
public:
    explicit CountedLock(std::mutex& mutex) : mutex_(mutex) {
        if constexpr (active) {
            detail::add(Counter::locks, 1);
            if (mutex.try_lock()) return;
            detail::add(Counter::locks_held, 1);
        }
        const CountedTime<active> time(Counter::lock_wait_ns);
        mutex.lock();
    }
    ~CountedLock() { mutex_.unlock(); }
    CountedLock(const CountedLock&) = delete;
    CountedLock& operator=(const CountedLock&) = delete;

private:
    std::mutex& mutex_;
};

}  // namespace weft::base
