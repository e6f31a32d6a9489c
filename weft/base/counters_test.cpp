#include "weft/base/counters.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "weft/base/parker.hpp"

namespace weft::base {
namespace {

uint64_t of(const Counts& counts, Counter counter) { return counts[static_cast<size_t>(counter)]; }

TEST(Counters, EveryThreadCountsForItselfAndTheSumStays) {
    const uint64_t before = of(contention(), Counter::cas_lost);
    std::thread ended([] { detail::add(Counter::cas_lost, 5); });
    ended.join();
    detail::add(Counter::cas_lost, 2);
    EXPECT_EQ(of(contention(), Counter::cas_lost) - before, 7U);
}

TEST(Counters, ALockThatIsHeldIsCountedAndWaitedFor) {
    std::mutex mutex;
    const Counts before = contention();
    {
        const CountedLock<true> lock(mutex);
    }
    EXPECT_EQ(of(contention(), Counter::locks_held), of(before, Counter::locks_held));
    std::atomic<bool> is_held{false};
    std::thread holder([&] {
        const CountedLock<true> lock(mutex);
        is_held = true;
        while (of(contention(), Counter::locks_held) == of(before, Counter::locks_held)) pause_core();
    });
    while (!is_held) pause_core();
    {
        const CountedLock<true> lock(mutex);
    }
    holder.join();
    const Counts after = contention();
    EXPECT_EQ(of(after, Counter::locks) - of(before, Counter::locks), 3U);
    EXPECT_EQ(of(after, Counter::locks_held) - of(before, Counter::locks_held), 1U);
    EXPECT_GT(of(after, Counter::lock_wait_ns), of(before, Counter::lock_wait_ns));
}

TEST(Counters, ABuildThatDoesNotAskForThemCountsNothing) {
    const Counts before = contention();
    count(Counter::baton_held);
    std::mutex mutex;
    {
        const CountedLock lock(mutex);
    }
    const uint64_t counted = counts_contention() ? 1 : 0;
    EXPECT_EQ(of(contention(), Counter::baton_held) - of(before, Counter::baton_held), counted);
    EXPECT_EQ(of(contention(), Counter::locks) - of(before, Counter::locks), counted);
}

TEST(Counters, AWaitAndASleep) {
    const Counts before = contention();
    Parker parker;
    std::atomic<uint32_t> word{0};
    std::thread waiter([&] { parker.wait_until_changed(word, 0); });
    while (parker.sleepers() == 0) pause_core();
    word = 1;
    parker.wake_all(word);
    waiter.join();
    const uint64_t counted = counts_contention() ? 1 : 0;
    EXPECT_EQ(of(contention(), Counter::sleeps) - of(before, Counter::sleeps), counted);
    EXPECT_EQ(of(contention(), Counter::waits) - of(before, Counter::waits), counted);
    EXPECT_EQ(of(contention(), Counter::wakes) - of(before, Counter::wakes), counted);
}

}  // namespace
}  // namespace weft::base
