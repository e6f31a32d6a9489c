#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "weft/base/prefetch.hpp"

namespace weft::execution::optimistic {

/// One location for each key, found by many threads at once. Lookups take no lock; a new key locks its shard.
/// `L` has a member `hash`; locations live in the callers' arenas until the block ends.
template <class L>
class InternTable {
public:
    /// Forgets everything; room for about `expected` locations, or as many as there were, before a shard
    /// grows. Precondition: no other thread.
    void reset(size_t expected) {
        size_t before = 0;
        for (const Shard& shard : shards_) before += shard.count;
        expected = std::max(expected, before);
        const size_t cells = std::bit_ceil(std::max<size_t>(expected * 2 / shard_count, 8));
        for (Shard& shard : shards_) {
            shard.outgrown.clear();
            Cells* now = shard.cells.load(std::memory_order_relaxed);
            if (shard.owner && now == shard.owner.get() && now->mask + 1 >= cells &&
                now->mask + 1 <= 8 * cells) {
                now->clear();
            } else {
                shard.owner = std::make_unique<Cells>(cells);
                shard.cells.store(shard.owner.get(), std::memory_order_relaxed);
            }
            shard.count = 0;
        }
    }

    /// The location with this hash for which equals(location) is true; where there is none, the one that
    /// make() gives.
    template <class Equals, class Make>
    [[nodiscard]] L* intern(uint64_t hash, Equals&& equals, Make&& make) {
        Shard& shard = shards_[hash >> (64 - shard_bits)];
        if (L* found = find(*shard.cells.load(std::memory_order_acquire), hash, equals)) return found;
        const std::lock_guard lock(shard.mutex);
        Cells* cells = shard.cells.load(std::memory_order_relaxed);
        if (L* found = find(*cells, hash, equals)) return found;
        if (2 * (shard.count + 1) > cells->mask + 1) cells = grow(shard);
        L* location = make();
        ++shard.count;
        place(*cells, location);
        return location;
    }

    /// Asks the cache for where intern() will begin to look.
    void prefetch(uint64_t hash) const noexcept {
        const Cells& cells = *shards_[hash >> (64 - shard_bits)].cells.load(std::memory_order_acquire);
        __builtin_prefetch(&cells.at[hash & cells.mask]);
    }
    /// Once that is there: asks for the location with this hash, and says which it is; nullptr: there is none
    /// yet. Another key's location may be taken for it.
    const L* prefetch_location(uint64_t hash) const noexcept {
        const Cells& cells = *shards_[hash >> (64 - shard_bits)].cells.load(std::memory_order_acquire);
        for (size_t i = hash & cells.mask;; i = (i + 1) & cells.mask) {
            const uint64_t cell = cells.at[i].load(std::memory_order_acquire);
            if (cell == free_cell) return nullptr;
            if (tag_of(cell) != tag_of(hash)) continue;
            base::prefetch(location_in(cell), sizeof(L));
            return location_in(cell);
        }
    }

private:
    static constexpr unsigned shard_bits = 6;
    static constexpr size_t shard_count = size_t{1} << shard_bits;

    /// A cell holds a location's address and, in the bits that no address uses, some of its hash: others need
    /// not be looked at.
    static constexpr uint64_t free_cell = 0;
    static constexpr unsigned tag_shift = 48;
    static constexpr uint64_t tag_of(uint64_t cell_or_hash) noexcept { return cell_or_hash >> tag_shift; }
    static L* location_in(uint64_t cell) noexcept {
        return reinterpret_cast<L*>(cell & ((uint64_t{1} << tag_shift) - 1));
    }

    struct Cells {
        explicit Cells(size_t size) : mask(size - 1), at(new std::atomic<uint64_t>[size]) { clear(); }
        void clear() noexcept {
            for (size_t i = 0; i <= mask; ++i) at[i].store(free_cell, std::memory_order_relaxed);
        }
        size_t mask;
        std::unique_ptr<std::atomic<uint64_t>[]> at;
    };
    struct alignas(64) Shard {
        std::atomic<Cells*> cells{nullptr};
        /// On a line of its own: lookups need not wait for those who add.
        alignas(64) std::mutex mutex;
        size_t count = 0;
        std::unique_ptr<Cells> owner;
        /// Cells that a reader may still be looking at.
        std::vector<std::unique_ptr<Cells>> outgrown;
    };

    template <class Equals>
    [[nodiscard]] static L* find(const Cells& cells, uint64_t hash, Equals& equals) {
        for (size_t i = hash & cells.mask;; i = (i + 1) & cells.mask) {
            const uint64_t cell = cells.at[i].load(std::memory_order_acquire);
            if (cell == free_cell) return nullptr;
            if (tag_of(cell) != tag_of(hash)) continue;
            L* const location = location_in(cell);
            if (location->hash == hash && equals(*location)) return location;
        }
    }
    static void place(Cells& cells, L* location) {
        size_t i = location->hash & cells.mask;
        while (cells.at[i].load(std::memory_order_relaxed) != free_cell) i = (i + 1) & cells.mask;
        const auto address = reinterpret_cast<uintptr_t>(location);
        cells.at[i].store(address | tag_of(location->hash) << tag_shift, std::memory_order_release);
    }
    static Cells* grow(Shard& shard) {
        auto larger = std::make_unique<Cells>((shard.owner->mask + 1) * 2);
        for (size_t i = 0; i <= shard.owner->mask; ++i)
            if (const uint64_t cell = shard.owner->at[i].load(std::memory_order_relaxed); cell != free_cell)
                place(*larger, location_in(cell));
        shard.outgrown.push_back(std::move(shard.owner));
        shard.owner = std::move(larger);
        shard.cells.store(shard.owner.get(), std::memory_order_release);
        return shard.owner.get();
    }

    Shard shards_[shard_count];
};

}  // namespace weft::execution::optimistic
