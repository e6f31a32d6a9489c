#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <span>

#include "weft/base/bytes.hpp"
#include "weft/base/hash_map.hpp"

namespace weft::execution::optimistic {

/// By what a transaction is likely to conflict with others that have it, too: hashes of the contract and the
/// function it calls, each with one of the addresses among the arguments; of contract and function alone
/// where there are none. Which pool, token or account a call is about is mostly such an argument.
struct Traits {
    static constexpr size_t most = 8;
    std::array<uint32_t, most> hashes;
    size_t count = 0;
    [[nodiscard]] std::span<const uint32_t> all() const noexcept { return {hashes.data(), count}; }
};

/// Of a call; a creation has none.
template <class Tx>
[[nodiscard]] Traits traits_of(const Tx& tx, const base::Hasher& hasher) noexcept {
    constexpr size_t selector_size = 4, word = 32, most_words = 12;
    Traits out;
    if (!tx.to) return out;
    uint32_t selector = 0;
    if (tx.data.size() >= selector_size) std::memcpy(&selector, tx.data.data(), selector_size);
    const uint64_t called = hasher(*tx.to) + selector;
    for (size_t i = 0; i < most_words && out.count < Traits::most; ++i) {
        const size_t at = selector_size + i * word;
        if (at + word > tx.data.size()) break;
        constexpr std::array<uint8_t, 12> padding{};
        const uint8_t* const argument = tx.data.data() + at;
        // Small numbers have more zeros than an address is likely to have.
        if (std::memcmp(argument, padding.data(), padding.size()) != 0 ||
            std::memcmp(argument + padding.size(), padding.data(), 4) == 0)
            continue;
        Address address;
        std::memcpy(address.data(), argument + padding.size(), address.size());
        out.hashes[out.count++] = static_cast<uint32_t>(hasher(called ^ hasher(address)));
    }
    if (out.count == 0) out.hashes[out.count++] = static_cast<uint32_t>(hasher(called));
    return out;
}

/// What runs ahead of the cursor have shown about the traits of their transactions: those that nearly always
/// refute a run are better left to the cursor. A guess: it decides who runs what when, never a result.
/// It outlives the block, less sure of itself with each that follows: what was expected in one block takes
/// two refuted runs in the next to be expected again, four in the one after that, and one that holds clears
/// it. Any thread, at any time, but for forget() and begin_block().
class Conflicts {
public:
    void forget() noexcept;
    void begin_block() noexcept;
    /// What its traits are hashed with.
    [[nodiscard]] const base::Hasher& hasher() const noexcept { return hasher_; }
    /// Some trait has been refuted so often that it may soon be expected to conflict: until then it does not
    /// matter what holds.
    [[nodiscard]] bool suspects_some() const noexcept {
        return suspects_some_.load(std::memory_order_relaxed);
    }
    /// Some trait has been expected to conflict in this block: until then none is.
    [[nodiscard]] bool expects_some() const noexcept { return expects_some_.load(std::memory_order_relaxed); }
    /// A run ahead of the cursor with such a transaction in it held, or did not.
    void held(const Traits& traits) noexcept;
    void refuted(const Traits& traits) noexcept;
    [[nodiscard]] bool expects_one(const Traits& traits) const noexcept;
    /// Before begin_block(): whether some trait of it conflicted in one of the last blocks, so that a few
    /// refuted runs would be enough to expect it again.
    [[nodiscard]] bool expected_lately(const Traits& traits) const noexcept;

private:
    static constexpr size_t size = 4096;
    /// How many runs were refuted, and the block when that was noted.
    struct Score {
        uint8_t value = 0;
        uint8_t block = 0;
    };
    [[nodiscard]] static size_t place(uint32_t hash) noexcept { return hash % size; }
    /// As of this block, or of the one so many blocks later.
    [[nodiscard]] uint8_t now(const std::atomic<Score>& score, unsigned later = 0) const noexcept;

    base::Hasher hasher_;
    std::array<std::atomic<Score>, size> scores_{};
    uint8_t block_ = 0;
    std::atomic<uint8_t> suspected_in_{0};  ///< the last block in which some trait was
    std::atomic<bool> knows_some_{false};
    std::atomic<bool> suspects_some_{false};
    std::atomic<bool> expects_some_{false};
};

}  // namespace weft::execution::optimistic
