#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "weft/base/counters.hpp"
#include "weft/base/prefetch.hpp"

namespace weft::execution::optimistic {

/// One location for each key, found by many threads at once; nobody takes a lock, and nothing moves.
///
/// Cells lie in lines of eight, a cache line each. A key may stand in a few neighbouring lines of the first
/// level; where these are full, which is rare, in such lines of the next level (deeper down: in more). Cells
/// are filled in order and stay taken until reset(), so that two threads that bring one key meet at one cell.
/// Locations live in the callers' arenas until the block ends.
template <class L>
class InternTable {
public:
    InternTable() { reset(0); }
    ~InternTable() { drop_levels(0); }
    InternTable(const InternTable&) = delete;
    InternTable& operator=(const InternTable&) = delete;

    /// Forgets everything; room for about `expected` locations before keys have to be looked for in a second
    /// place. Precondition: no other thread.
    void reset(size_t expected) {
        const size_t lines = lines_for(expected);
        drop_levels(1);
        Level* first = levels_[0].load(std::memory_order_relaxed);
        if (first != nullptr && first->mask + 1 >= lines && first->mask + 1 <= 8 * lines) {
            first->clear();
            return;
        }
        delete first;
        levels_[0].store(new Level(lines), std::memory_order_relaxed);
    }

    /// The location with this hash for which equals(location) is true; where there is none, the one that
    /// make() gives (then the second is true). What make() gives may also be left unused.
    template <class Equals, class Make>
    [[nodiscard]] std::pair<L*, bool> intern(uint64_t hash, Equals&& equals, Make&& make) {
        L* made = nullptr;
        Way way;
        for (Line* line = &first_line(hash);; line = &next_line(hash, way)) {
            for (std::atomic<uint64_t>& cell : line->cells) {
                uint64_t seen = cell.load(std::memory_order_acquire);
                if (seen == free_cell) {
                    if (made == nullptr) made = make();
                    if (cell.compare_exchange_strong(seen, cell_of(made, hash), std::memory_order_acq_rel,
                                                     std::memory_order_acquire))
                        return {made, true};
                    base::count(base::Counter::cas_lost);
                }
                if (tag_of(seen) == tag_of(hash) && equals(*location_in(seen)))
                    return {location_in(seen), false};
            }
        }
    }

    /// Asks the cache for where intern() will begin to look.
    void prefetch(uint64_t hash) const noexcept { __builtin_prefetch(&first_line(hash)); }
    /// Once that is there: asks for the location with this hash, and says which it is; nullptr: there is none
    /// yet, or it is hard to find. Another key's location may be taken for it.
    const L* prefetch_location(uint64_t hash) const noexcept {
        for (const std::atomic<uint64_t>& cell : first_line(hash).cells) {
            const uint64_t seen = cell.load(std::memory_order_acquire);
            if (seen == free_cell) {
                __builtin_prefetch(&cell, 1);  // it will be written to
                return nullptr;
            }
            if (tag_of(seen) != tag_of(hash)) continue;
            base::prefetch(location_in(seen), sizeof(L));
            return location_in(seen);
        }
        return nullptr;
    }

private:
    /// A cell holds a location's address and, in the bits that no address uses, some of its hash: others need
    /// not be looked at.
    static constexpr uint64_t free_cell = 0;
    static constexpr unsigned tag_shift = 48;
    static constexpr uint64_t tag_of(uint64_t cell_or_hash) noexcept { return cell_or_hash >> tag_shift; }
    static L* location_in(uint64_t cell) noexcept {
        return reinterpret_cast<L*>(cell & ((uint64_t{1} << tag_shift) - 1));
    }
    static uint64_t cell_of(const L* location, uint64_t hash) noexcept {
        return reinterpret_cast<uintptr_t>(location) | tag_of(hash) << tag_shift;
    }

    struct alignas(64) Line {
        std::array<std::atomic<uint64_t>, 8> cells{};
    };
    struct Level {
        explicit Level(size_t lines) : mask(lines - 1), lines(new Line[lines]) {}
        void clear() noexcept {
            for (size_t i = 0; i <= mask; ++i)
                for (auto& cell : lines[i].cells) cell.store(free_cell, std::memory_order_relaxed);
        }
        [[nodiscard]] size_t count() const noexcept {
            size_t count = 0;
            for (size_t i = 0; i <= mask; ++i)
                for (const auto& cell : lines[i].cells)
                    count += cell.load(std::memory_order_relaxed) != free_cell ? 1 : 0;
            return count;
        }
        /// The lines that a key may stand in: ever more, so that even keys with one hash need few levels.
        /// One in fifty lines of a table half full is full itself, but hardly any with its neighbours.
        [[nodiscard]] size_t width(size_t depth) const noexcept {
            return std::min(mask + 1, size_t{4} << (depth < 4 ? 0 : depth - 3));
        }
        [[nodiscard]] Line& line(uint64_t hash, size_t depth, size_t i) const noexcept {
            return lines[(std::rotr(hash, static_cast<int>(depth * 13)) + i) & mask];
        }
        size_t mask;
        std::unique_ptr<Line[]> lines;
    };
    static constexpr size_t most_levels = 48;

    /// Lines that `count` keys fill by half at most.
    static size_t lines_for(size_t count) noexcept {
        return std::bit_ceil(std::max<size_t>(count * 2 / 8, 16));
    }
    /// A line that a key may stand in.
    struct Way {
        size_t depth = 0;
        size_t i = 0;
    };
    /// The one after it.
    [[nodiscard, gnu::noinline]] Line& next_line(uint64_t hash, Way& way) {
        if (++way.i >= at(way.depth).width(way.depth)) way = {way.depth + 1, 0};
        return at(way.depth).line(hash, way.depth, way.i);
    }
    [[nodiscard]] Line& first_line(uint64_t hash) const noexcept {
        return levels_[0].load(std::memory_order_acquire)->line(hash, 0, 0);
    }
    /// The level at this depth; makes it if it has to, large enough for twice what there is so far.
    [[nodiscard]] Level& at(size_t depth) {
        Level* level = levels_[depth].load(std::memory_order_acquire);
        if (level != nullptr) [[likely]]
            return *level;
        auto made = std::make_unique<Level>(lines_for(2 * count()));
        if (levels_[depth].compare_exchange_strong(level, made.get(), std::memory_order_acq_rel))
            return *made.release();
        return *level;
    }
    [[nodiscard]] size_t count() const noexcept {
        size_t count = 0;
        for (const auto& slot : levels_)
            if (const Level* level = slot.load(std::memory_order_acquire)) count += level->count();
        return count;
    }
    void drop_levels(size_t from) noexcept {
        for (size_t depth = from; depth < most_levels; ++depth)
            delete levels_[depth].exchange(nullptr, std::memory_order_relaxed);
    }

    std::array<std::atomic<Level*>, most_levels> levels_{};
};

}  // namespace weft::execution::optimistic
