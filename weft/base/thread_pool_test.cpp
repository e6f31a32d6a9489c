#include "weft/base/thread_pool.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <set>
#include <string>

namespace weft::base {
namespace {

using namespace std::chrono_literals;

TEST(FunctionRef, CallsWhatItBorrows) {
    int calls = 0;
    auto count = [&calls](int by) { return calls += by; };
    const FunctionRef<int(int)> ref = count;
    EXPECT_EQ(ref(2), 2);
    EXPECT_EQ(ref(3), 5);
    const auto constant = [](const std::string& text) { return text.size(); };
    EXPECT_EQ(FunctionRef<size_t(std::string)>(constant)("four"), 4U);
    const FunctionRef<int(int)> copy = ref;
    EXPECT_EQ(copy(1), 6);
}

TEST(Parker, ReturnsAtOnceWhenTheWordHasChanged) {
    Parker parker;
    const std::atomic<uint32_t> word{5};
    EXPECT_EQ(parker.wait_until_changed(word, 4), 5U);
    EXPECT_EQ(parker.sleepers(), 0U);
}

TEST(Parker, SleepsUntilWoken) {
    Parker parker;
    std::atomic<uint32_t> word{0}, seen{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { seen.fetch_add(parker.wait_until_changed(word, 0, 0)); });
    while (parker.sleepers() != 4) std::this_thread::sleep_for(100us);
    std::this_thread::sleep_for(5ms);
    parker.wake_all(word);  // a wake without a change wakes nobody for good
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(seen.load(), 0U);
    word.store(7);
    parker.wake_all(word);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen.load(), 28U);
    EXPECT_EQ(parker.sleepers(), 0U);
}

/// Two threads hand a word back and forth: a lost wake-up would hang here.
void ping_pong(uint32_t pause_ns, uint32_t rounds) {
    Parker parker;
    std::atomic<uint32_t> word{0};
    const auto player = [&](uint32_t parity) {
        uint32_t now = word.load();
        while (now < rounds) {
            if (now % 2 == parity) {
                word.store(now + 1, std::memory_order_release);
                parker.wake_one(word);
                ++now;
            } else {
                now = parker.wait_until_changed(word, now, pause_ns);
            }
        }
    };
    std::thread other(player, 1);
    player(0);
    other.join();
    EXPECT_EQ(word.load(), rounds);
}
TEST(Parker, LosesNoWakeUpAsleep) { ping_pong(0, 20'000); }
TEST(Parker, LosesNoWakeUpWhilePausing) { ping_pong(1000, 20'000); }

TEST(ThreadPool, RunsEveryIndexOnce) {
    for (const unsigned workers : {0U, 1U, 3U, 8U}) {
        ThreadPool pool(workers);
        ASSERT_EQ(pool.size(), workers);
        for (const unsigned width : {0U, 1U, 2U, 3U, 9U, 20U}) {
            for (int repeat = 0; repeat < 200; ++repeat) {
                std::vector<unsigned> calls(
                    width);  // plain: each index has its own, and run() orders them for us
                const auto caller = std::this_thread::get_id();
                bool zero_here = width == 0;
                pool.run(width, [&](unsigned worker) {
                    ++calls[worker];
                    if (worker == 0) zero_here = std::this_thread::get_id() == caller;
                });
                ASSERT_EQ(calls, std::vector<unsigned>(width, 1)) << workers << ' ' << width;
                ASSERT_TRUE(zero_here);
            }
        }
    }
}

TEST(ThreadPool, UsesItsThreads) {
    ThreadPool pool(3);
    std::mutex mutex;
    std::set<std::string> names;
    std::atomic<unsigned> inside{0};
    pool.run(4, [&](unsigned worker) {
        inside.fetch_add(1);
        // All four at once, as nothing else is going on; the deadline only keeps a failure from hanging.
        for (const auto end = std::chrono::steady_clock::now() + 20s; inside.load() < 4;) {
            if (std::chrono::steady_clock::now() > end) break;
            std::this_thread::yield();
        }
        char name[16]{};
        pthread_getname_np(pthread_self(), name, sizeof name);
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        const std::lock_guard lock(mutex);
        if (worker != 0) {
            names.insert(name);
            EXPECT_EQ(sigismember(&blocked, SIGTERM), 1);
        }
    });
    EXPECT_EQ(inside.load(), 4U);
    EXPECT_EQ(names, (std::set<std::string>{"weft-1", "weft-2", "weft-3"}));
}

TEST(ThreadPool, WakesSleepingThreads) {
    ThreadPool pool(2);
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(2ms);  // long past the pause: all asleep
        std::atomic<unsigned> inside{0};
        pool.run(3, [&](unsigned) {
            inside.fetch_add(1);
            for (const auto end = std::chrono::steady_clock::now() + 20s; inside.load() < 3;)
                if (std::chrono::steady_clock::now() > end) break;
        });
        ASSERT_EQ(inside.load(), 3U);
    }
}

TEST(ThreadPool, ManyCallersAtOnce) {
    ThreadPool pool(3);
    std::atomic<uint64_t> total{0};
    std::vector<std::thread> callers;
    for (unsigned caller = 0; caller < 4; ++caller)
        callers.emplace_back([&, caller] {
            for (unsigned i = 0; i < 500; ++i) {
                const unsigned width = 1 + (i + caller) % 7;
                std::vector<uint64_t> parts(width);
                pool.run(width, [&](unsigned worker) { parts[worker] = worker + 1; });
                for (const uint64_t part : parts) total.fetch_add(part);
            }
        });
    for (std::thread& caller : callers) caller.join();
    uint64_t expected = 0;
    for (unsigned caller = 0; caller < 4; ++caller)
        for (unsigned i = 0; i < 500; ++i) {
            const uint64_t width = 1 + (i + caller) % 7;
            expected += width * (width + 1) / 2;
        }
    EXPECT_EQ(total.load(), expected);
}

TEST(ThreadPool, RunsInsideRuns) {
    ThreadPool pool(2);
    std::atomic<unsigned> leaves{0};
    pool.run(5, [&](unsigned) {
        pool.run(5, [&](unsigned) {
            pool.run(3, [&](unsigned) { leaves.fetch_add(1, std::memory_order_relaxed); });
        });
    });
    EXPECT_EQ(leaves.load(), 75U);
}

TEST(ThreadPool, ABusyPoolDelaysNobody) {
    ThreadPool pool(1);
    std::atomic<bool> release{false}, held{false};
    std::thread first([&] {
        pool.run(2, [&](unsigned worker) {
            if (worker == 0) {  // stay until the pool's only thread is held
                while (!held.load()) std::this_thread::yield();
                return;
            }
            held.store(true);
            while (!release.load()) std::this_thread::yield();
        });
    });
    while (!held.load()) std::this_thread::yield();
    unsigned calls = 0;
    pool.run(4, [&](unsigned) {
        ++calls;
    });  // returns although the pool is taken; all on this thread, hence no race
    EXPECT_EQ(calls, 4U);
    release.store(true);
    first.join();
}

TEST(ThreadPool, ParallelForCoversTheRangeOnce) {
    ThreadPool pool(3);
    for (const size_t n : {0UL, 1UL, 7UL, 1000UL, 4096UL})
        for (const size_t grain : {0UL, 1UL, 3UL, 64UL, 5000UL}) {
            std::vector<uint8_t> hits(n);
            parallel_for(pool, n, grain, [&](size_t begin, size_t end) {
                ASSERT_LT(begin, end);
                ASSERT_LE(end - begin, std::max<size_t>(grain, 1));
                for (size_t i = begin; i < end; ++i) ++hits[i];
            });
            ASSERT_EQ(hits, std::vector<uint8_t>(n, 1)) << n << ' ' << grain;
        }
}

/// Pieces that are only counted.
struct CountedWork final : IdleWork {
    explicit CountedWork(int pieces) : left(pieces) {}
    bool do_piece(bool pressing) noexcept override {
        if (pressing && !presses) return false;
        if (left.fetch_sub(1) <= 0) return false;
        done.fetch_add(1);
        return true;
    }
    bool presses = false;
    std::atomic<int> left, done{0};
};

TEST(ThreadPool, IdleThreadsDoIdleWork) {
    for (const unsigned workers : {1U, 3U}) {
        ThreadPool pool(workers);
        CountedWork work(1000), more(1000);
        pool.add(work);
        pool.add(more);
        while (work.done != 1000 || more.done != 1000) std::this_thread::yield();
        std::this_thread::sleep_for(2ms);  // they sleep now
        work.left = 500;
        pool.announce(500);
        while (work.done != 1500) std::this_thread::yield();
        pool.remove(work);
        pool.remove(more);
    }
}

TEST(ThreadPool, RunsGoBeforeIdleWork) {
    ThreadPool pool(2);
    CountedWork work(1'000'000'000);
    pool.add(work);
    for (int round = 0; round < 100; ++round) {
        std::atomic<unsigned> bodies{0};
        pool.run(3, [&](unsigned) { bodies.fetch_add(1); });
        EXPECT_EQ(bodies, 3U);
    }
    pool.remove(work);
    const int done = work.done;
    std::this_thread::sleep_for(2ms);
    EXPECT_EQ(work.done, done) << "removed, it is left alone";
}

TEST(ThreadPool, WhoWaitsForARunDoesPressingWork) {
    ThreadPool pool(1);
    CountedWork work(3);
    work.presses = true;
    std::atomic<bool> begun{false};
    pool.run(2, [&](unsigned index) {
        if (index == 0) {
            while (!begun) pause_core();
            pool.add(work);
        } else {
            begun = true;
            while (work.done != 3) pause_core();  // the pool's one thread is here: only the caller can
        }
    });
    pool.remove(work);
    EXPECT_EQ(work.done, 3);
}

TEST(ThreadPool, WithoutThreadsIdleWorkIsDoneByHand) {
    ThreadPool pool(0);
    CountedWork work(2);
    EXPECT_FALSE(pool.do_idle_work(false));
    pool.add(work);
    EXPECT_FALSE(pool.do_idle_work(true)) << "nothing presses";
    EXPECT_TRUE(pool.do_idle_work(false));
    EXPECT_TRUE(pool.do_idle_work(false));
    EXPECT_FALSE(pool.do_idle_work(false));
    pool.remove(work);
}

}  // namespace
}  // namespace weft::base
