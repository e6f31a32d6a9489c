#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::execution::optimistic {

// What decides who runs what when, apart from threads: the engine goes by it, and bench/simulate.cpp.

/// Segments for each worker that may be under way at once, from the cursor on.
inline constexpr size_t lookahead_per_worker = 64;
/// Segments that are run as one while nobody runs ahead.
inline constexpr size_t longest_stretch = 32;

/// A run of consecutive transactions, the unit of speculation.
struct SegmentPlan {
    uint32_t first = 0;
    uint32_t last = 0;  ///< one past the last
    uint64_t cost = 0;  ///< nanoseconds, by estimate
    /// May take long: begins as early as it can, or the block would wait for it in the end.
    bool begins_early = false;
};

/// Cuts a batch into segments.
/// estimates: what each transaction is likely to cost, in nanoseconds. segment_transactions: how many make a
/// segment; 0: by cost, for `width` workers.
void plan_segments(std::span<const uint64_t> estimates, unsigned width, size_t segment_transactions,
                   std::vector<SegmentPlan>& out);

/// Whether speculation pays, by how it went of late. Belongs to who holds the cursor.
class Confidence {
public:
    void reset() noexcept { *this = {}; }
    /// A segment that ran ahead of the cursor was held against the truth. Returns for how many segments
    /// nobody should run ahead; 0: let them.
    [[nodiscard]] size_t note(bool held) noexcept;

private:
    static constexpr uint32_t window = 0xffff;  ///< of `failures_`: the last 16
    static constexpr int too_many = 12;
    static constexpr int few = 6;
    static constexpr size_t shortest_rest = 16;
    static constexpr size_t longest_rest = 1024;
    uint32_t failures_ = 0;  ///< a bit for each, the newest lowest
    size_t rest_ = shortest_rest;
};

}  // namespace weft::execution::optimistic
