#include "weft/execution/optimistic/conflicts.hpp"

#include <algorithm>

namespace weft::execution::optimistic {
namespace {

/// So many runs must have been refuted since one last held. Once a few traits explain what goes wrong, the
/// rest of their company holds again, and clears itself.
constexpr uint8_t expected_from = 16;
constexpr uint8_t suspected_from = 8;
constexpr uint8_t highest = 32;

}  // namespace

void Conflicts::forget() noexcept {
    if (!knows_some_.load(std::memory_order_relaxed)) return;
    for (auto& score : scores_) score.store(0, std::memory_order_relaxed);
    knows_some_.store(false, std::memory_order_relaxed);
    suspects_some_.store(false, std::memory_order_relaxed);
}

// Two threads at a time may lose a step, which changes little.

void Conflicts::held(const Traits& traits) noexcept {
    for (const uint32_t hash : traits.all()) {
        auto& score = scores_[place(hash)];
        if (score.load(std::memory_order_relaxed) != 0) score.store(0, std::memory_order_relaxed);
    }
}

void Conflicts::refuted(const Traits& traits) noexcept {
    for (const uint32_t hash : traits.all()) {
        auto& score = scores_[place(hash)];
        const uint8_t now = score.load(std::memory_order_relaxed);
        if (now < highest) score.store(static_cast<uint8_t>(now + 1), std::memory_order_relaxed);
        if (now + 1 == suspected_from) suspects_some_.store(true, std::memory_order_relaxed);
    }
    knows_some_.store(true, std::memory_order_relaxed);
}

bool Conflicts::expects_one(const Traits& traits) const noexcept {
    return std::ranges::any_of(traits.all(), [&](uint32_t hash) {
        return scores_[place(hash)].load(std::memory_order_relaxed) >= expected_from;
    });
}

}  // namespace weft::execution::optimistic
