#include "weft/execution/optimistic/schedule.hpp"

#include <algorithm>

namespace weft::execution::optimistic {
namespace {

/// Nanoseconds that a run should take: enough to outweigh what it costs to publish and to validate it, and
/// little enough to share the work out. A segment takes less: what is refuted should not lose much.
constexpr uint64_t largest_run = 20'000;
constexpr uint64_t largest_segment = 6'500;
constexpr uint64_t smallest_segment = 4'000;
/// Runs for each worker that a batch is cut into at least, if its transactions allow it.
constexpr uint64_t runs_per_worker = 32;
/// A transaction that may take this long, by estimate, begins early.
constexpr uint64_t heavy_transaction = 48'000;
constexpr uint64_t most_segments_in_a_run = 32;
/// So many runs must hold before longer ones are tried.
constexpr unsigned held_before_longer = 8;

}  // namespace

RunLimits plan_segments(std::span<const uint64_t> estimates, unsigned width, size_t segment_transactions,
                        std::vector<SegmentPlan>& out) {
    uint64_t total = 0;
    for (const uint64_t cost : estimates) total += std::min(cost, largest_run);
    const uint64_t share = total / (width * runs_per_worker);
    // A single worker has nobody to share with.
    const uint64_t target =
        width == 1 ? std::max(share, 10 * largest_run) : std::clamp(share, smallest_segment, largest_segment);
    out.clear();
    for (size_t i = 0; i < estimates.size();) {
        const size_t first = i;
        uint64_t cost = estimates[i++];
        const bool is_full = segment_transactions == 0 && cost > target;
        while (i < estimates.size() && !is_full &&
               (segment_transactions != 0 ? i - first < segment_transactions : cost + estimates[i] <= target))
            cost += estimates[i++];
        const bool is_heavy = segment_transactions == 0 && cost >= heavy_transaction;
        out.push_back({static_cast<uint32_t>(first), static_cast<uint32_t>(i), cost, is_heavy && width > 1});
    }
    if (width == 1 || segment_transactions != 0) return {};
    const uint64_t first = std::max<uint64_t>(1, std::min(share, largest_run) / target);
    const uint64_t longest = std::clamp(share / target / 4, first, most_segments_in_a_run);
    return {static_cast<unsigned>(first), static_cast<unsigned>(longest)};
}

void RunLength::held() noexcept {
    if (now() >= longest_ || ++held_ < held_before_longer) return;
    held_ = 0;
    now_.store(std::min(2 * now(), longest_), std::memory_order_relaxed);
}

void RunLength::refuted() noexcept {
    held_ = 0;
    now_.store(std::max(1U, now() / 4), std::memory_order_relaxed);
}

void order_early(std::span<const SegmentPlan> plan, std::vector<size_t>& early) {
    std::ranges::sort(early, [&](size_t a, size_t b) {
        return plan[a].cost != plan[b].cost ? plan[a].cost > plan[b].cost : a < b;
    });
}

}  // namespace weft::execution::optimistic
