#include "weft/execution/optimistic/schedule.hpp"

#include <gtest/gtest.h>

namespace weft::execution::optimistic {
namespace {

std::vector<SegmentPlan> plan(std::vector<uint64_t> estimates, unsigned width, size_t transactions = 0) {
    std::vector<SegmentPlan> out;
    static_cast<void>(plan_segments(estimates, width, transactions, out));
    return out;
}

TEST(Schedule, EveryTransactionIsInOneSegmentInOrder) {
    std::vector<uint64_t> estimates;
    for (uint64_t i = 0; i < 1000; ++i) estimates.push_back(i % 7 == 0 ? 30'000 : 300 * (i % 11));
    for (const unsigned width : {1U, 2U, 8U})
        for (const size_t transactions : {0, 1, 3}) {
            uint32_t next = 0;
            uint64_t cost = 0;
            for (const SegmentPlan& segment : plan(estimates, width, transactions)) {
                EXPECT_EQ(segment.first, next);
                EXPECT_LT(segment.first, segment.last);
                if (transactions != 0) EXPECT_LE(segment.last - segment.first, transactions);
                next = segment.last;
                cost += segment.cost;
            }
            EXPECT_EQ(next, 1000u);
            uint64_t total = 0;
            for (const uint64_t estimate : estimates) total += estimate;
            EXPECT_EQ(cost, total);
        }
}

TEST(Schedule, AHeavyTransactionIsASegmentOfItsOwnAndBeginsEarly) {
    std::vector<uint64_t> estimates(100, 1000);
    estimates[60] = 3'000'000;
    size_t early = 0;
    for (const SegmentPlan& segment : plan(estimates, 2)) {
        if (!segment.begins_early) continue;
        ++early;
        EXPECT_EQ(segment.first, 60u);
        EXPECT_EQ(segment.last, 61u);
    }
    EXPECT_EQ(early, 1u);
    for (const SegmentPlan& segment : plan(estimates, 1)) EXPECT_FALSE(segment.begins_early);
}

TEST(Schedule, RunsGetLongerWhileTheyHoldAndShorterWhenOneIsRefuted) {
    std::vector<SegmentPlan> out;
    const RunLimits limits = plan_segments(std::vector<uint64_t>(100'000, 500), 2, 0, out);
    EXPECT_GT(limits.first, 1u);
    EXPECT_GT(limits.longest, limits.first);
    EXPECT_EQ(plan_segments(std::vector<uint64_t>(100'000, 500), 1, 0, out), RunLimits{});
    EXPECT_EQ(plan_segments(std::vector<uint64_t>(100'000, 500), 2, 1, out), RunLimits{});
    EXPECT_EQ(plan_segments(std::vector<uint64_t>(20, 500), 2, 0, out), RunLimits{});

    RunLength length;
    length.begin(limits);
    EXPECT_EQ(length.now(), limits.first);
    length.refuted();
    EXPECT_EQ(length.now(), 1u);
    unsigned held = 0;
    for (; length.now() < limits.longest; ++held) length.held();
    EXPECT_GT(held, 8u);
    for (int i = 0; i < 100; ++i) length.held();
    EXPECT_EQ(length.now(), limits.longest);
    length.refuted();
    EXPECT_EQ(length.now(), std::max(1u, limits.longest / 4));
}

TEST(Schedule, OfThoseThatBeginEarlyTheLongestIsFirst) {
    std::vector<uint64_t> estimates(100, 1000);
    estimates[10] = 200'000;
    estimates[40] = 3'000'000;
    estimates[60] = 200'000;
    const auto segments = plan(estimates, 2);
    std::vector<size_t> early;
    for (size_t i = 0; i < segments.size(); ++i)
        if (segments[i].begins_early) early.push_back(i);
    order_early(segments, early);
    std::vector<uint32_t> first;
    for (const size_t number : early) first.push_back(segments[number].first);
    EXPECT_EQ(first, (std::vector<uint32_t>{40, 10, 60}));
}

}  // namespace
}  // namespace weft::execution::optimistic
