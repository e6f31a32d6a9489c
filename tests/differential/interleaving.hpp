#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <vector>

#include "weft/execution/context.hpp"

namespace weft::differential {

/// Lets the workers of an optimistic run take steps strictly one at a time, from one Point to the next; a
/// seed says who is next. With a pool that has a free thread for every worker the order depends on nothing
/// else, so that a failure replays.
class SeededInterleaving final : public execution::Interleaving {
public:
    explicit SeededInterleaving(uint64_t seed) : random_(seed) {}

    void begin(unsigned workers) noexcept override;
    void reached(unsigned worker, execution::Point point) noexcept override;
    void end(unsigned worker) noexcept override;

    /// The workers in the order of their steps: equal for equal seeds.
    [[nodiscard]] const std::vector<uint8_t>& trace() const noexcept { return trace_; }

private:
    enum class State : uint8_t { absent, ready, idle, gone };

    void choose();

    /// How long the first step waits for workers that the pool has not started yet; they join later then.
    static constexpr std::chrono::milliseconds patience{500};
    static constexpr unsigned nobody = ~0U;

    std::mutex mutex_;
    std::condition_variable turn_;
    std::mt19937_64 random_;
    std::vector<State> workers_;
    std::vector<uint8_t> trace_;
    unsigned running_ = nobody;
    unsigned absent_ = 0;
    bool started_ = false;
};

}  // namespace weft::differential
