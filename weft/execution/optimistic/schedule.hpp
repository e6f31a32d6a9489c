#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::execution::optimistic {

// What decides who runs what when, apart from threads: the engine goes by it, and bench/simulate.cpp.

/// Segments for each worker that may be under way at once, from the cursor on.
inline constexpr size_t lookahead_per_worker = 160;

/// Finished segments after the cursor that are held against what is published, and how often one is run again
/// there: more bring little, and take a core from what is new.
inline constexpr size_t most_rechecked = 64;
inline constexpr unsigned most_reruns = 2;

/// Some consecutive transactions, the least that is run at once.
struct SegmentPlan {
    uint32_t first = 0;
    uint32_t last = 0;  ///< one past the last
    uint64_t cost = 0;  ///< nanoseconds, by estimate
    /// May take long: begins as early as it can, or the block would wait for it in the end.
    bool begins_early = false;
};

/// How many segments make a run.
struct RunLimits {
    unsigned first = 1;    ///< as long as nothing is known
    unsigned longest = 1;  ///< if all runs hold: a batch of much work has time to learn that
    friend bool operator==(const RunLimits&, const RunLimits&) = default;
};

/// Cuts a batch into segments.
/// estimates: what each transaction is likely to cost, in nanoseconds. segment_transactions: how many make a
/// segment; 0: by cost, for `width` workers.
/// Returns how many of these segments make a run.
[[nodiscard]] RunLimits plan_segments(std::span<const uint64_t> estimates, unsigned width,
                                      size_t segment_transactions, std::vector<SegmentPlan>& out);

/// How many segments a worker takes as one run: twice as many when some have held, for each costs something
/// to publish and to validate; a quarter of it when one is refuted, so that little is run again.
class RunLength {
public:
    /// Any thread.
    [[nodiscard]] unsigned now() const noexcept { return now_.load(std::memory_order_relaxed); }
    // The rest: one thread at a time.
    void begin(const RunLimits& limits) noexcept {
        longest_ = limits.longest;
        held_ = 0;
        now_.store(limits.first, std::memory_order_relaxed);
    }
    void held() noexcept;
    void refuted() noexcept;

private:
    std::atomic<unsigned> now_{1};
    unsigned longest_ = 1;
    unsigned held_ = 0;  ///< runs since now_ changed
};

/// Orders the segments that begin before their turn: the longest first, or it would end last.
void order_early(std::span<const SegmentPlan> plan, std::vector<size_t>& early);

}  // namespace weft::execution::optimistic
