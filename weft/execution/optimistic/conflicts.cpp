#include "weft/execution/optimistic/conflicts.hpp"

#include <algorithm>

namespace weft::execution::optimistic {
namespace {

/// So many runs must have been refuted since one last held. Once a few traits explain what goes wrong, the
/// rest of their company holds again, and clears itself.
constexpr uint8_t expected_from = 16;
constexpr uint8_t suspected_from = 8;
constexpr uint8_t highest = 32;
/// What a block that has passed takes off a score, which until then counts no more than expected_from.
constexpr unsigned lost_in_a_block = 2;
/// So many blocks later no score is enough to suspect a trait.
constexpr unsigned blocks_suspected = (expected_from - suspected_from) / lost_in_a_block;

}  // namespace

void Conflicts::forget() noexcept {
    if (!knows_some_.load(std::memory_order_relaxed)) return;
    for (auto& score : scores_) score.store({}, std::memory_order_relaxed);
    knows_some_.store(false, std::memory_order_relaxed);
    suspects_some_.store(false, std::memory_order_relaxed);
    expects_some_.store(false, std::memory_order_relaxed);
}

void Conflicts::begin_block() noexcept {
    expects_some_.store(false, std::memory_order_relaxed);
    // Blocks are counted modulo 256.
    if (++block_ == 0) return forget();
    if (static_cast<uint8_t>(block_ - suspected_in_.load(std::memory_order_relaxed)) > blocks_suspected)
        suspects_some_.store(false, std::memory_order_relaxed);
}

uint8_t Conflicts::now(const std::atomic<Score>& score, unsigned later) const noexcept {
    const Score noted = score.load(std::memory_order_relaxed);
    const unsigned passed = static_cast<uint8_t>(block_ - noted.block) + later;
    if (passed == 0) return noted.value;
    const unsigned lost = lost_in_a_block * passed;
    const unsigned believed = std::min(noted.value, expected_from);
    return static_cast<uint8_t>(believed - std::min(believed, lost));
}

// Two threads at a time may lose a step, which changes little.

void Conflicts::held(const Traits& traits) noexcept {
    for (const uint32_t hash : traits.all()) {
        auto& score = scores_[place(hash)];
        if (score.load(std::memory_order_relaxed).value != 0) score.store({}, std::memory_order_relaxed);
    }
}

void Conflicts::refuted(const Traits& traits) noexcept {
    for (const uint32_t hash : traits.all()) {
        auto& score = scores_[place(hash)];
        const auto value = static_cast<uint8_t>(std::min(now(score) + 1, int{highest}));
        score.store({value, block_}, std::memory_order_relaxed);
        if (value < suspected_from) continue;
        suspects_some_.store(true, std::memory_order_relaxed);
        suspected_in_.store(block_, std::memory_order_relaxed);
        if (value >= expected_from) expects_some_.store(true, std::memory_order_relaxed);
    }
    knows_some_.store(true, std::memory_order_relaxed);
}

bool Conflicts::expects_one(const Traits& traits) const noexcept {
    return std::ranges::any_of(traits.all(),
                               [&](uint32_t hash) { return now(scores_[place(hash)]) >= expected_from; });
}

bool Conflicts::expected_lately(const Traits& traits) const noexcept {
    return std::ranges::any_of(traits.all(),
                               [&](uint32_t hash) { return now(scores_[place(hash)], 1) >= suspected_from; });
}

}  // namespace weft::execution::optimistic
