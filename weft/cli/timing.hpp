#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace weft::cli {

using Clock = std::chrono::steady_clock;

/// Runs before the counted ones.
inline constexpr unsigned warm_up_runs = 2;

[[nodiscard]] inline uint64_t nanoseconds_between(Clock::time_point start, Clock::time_point end) {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
}
[[nodiscard]] inline uint64_t nanoseconds_since(Clock::time_point start) {
    return nanoseconds_between(start, Clock::now());
}

/// The fastest and the median of these times, which it sorts. Precondition: there are some.
[[nodiscard]] inline std::pair<uint64_t, uint64_t> best_and_median(std::vector<uint64_t>& times) {
    std::ranges::sort(times);
    return {times.front(), times[times.size() / 2]};
}

}  // namespace weft::cli
