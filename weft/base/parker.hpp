#pragma once

#include <atomic>
#include <cstdint>

namespace weft::base {

/// Tells the core that this thread is waiting in a loop.
inline void pause_core() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Where threads sleep until a 32-bit word changes (a Linux futex). Waking costs a system call only when
/// someone sleeps.
///
/// The waiter:  seen = word; if there is nothing to do: parker.wait_until_changed(word, seen)
/// The waker:   change the word (any memory order); parker.wake_all(word)
/// One parker may serve several words; the two must agree on which.
class Parker {
public:
    /// Returns the word's value once it is not `old` (acquire). Watches it for about `pause_ns` first, then
    /// sleeps.
    uint32_t wait_until_changed(const std::atomic<uint32_t>& word, uint32_t old,
                                uint32_t pause_ns = default_pause_ns) noexcept {
        const uint32_t now = word.load(std::memory_order_acquire);
        return now != old ? now : wait_slowly(word, old, pause_ns);
    }

    /// Wakes up to `count` threads that sleep on the word.
    void wake(const std::atomic<uint32_t>& word, uint32_t count) noexcept {
        // The waiter counts itself, then looks at the word; the waker changes the word, then looks at the
        // count. With a full barrier between the two on both sides at least one of them sees the other.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (sleepers_.load(std::memory_order_relaxed) != 0) wake_sleepers(word, count);
    }
    void wake_one(const std::atomic<uint32_t>& word) noexcept { wake(word, 1); }
    void wake_all(const std::atomic<uint32_t>& word) noexcept { wake(word, INT32_MAX); }

    /// How many threads sleep now, or are about to.
    [[nodiscard]] uint32_t sleepers() const noexcept { return sleepers_.load(std::memory_order_relaxed); }

    static constexpr uint32_t default_pause_ns = 20000;

private:
    uint32_t wait_slowly(const std::atomic<uint32_t>& word, uint32_t old, uint32_t pause_ns) noexcept;
    static void wake_sleepers(const std::atomic<uint32_t>& word, uint32_t count) noexcept;

    std::atomic<uint32_t> sleepers_{0};
};

}  // namespace weft::base
