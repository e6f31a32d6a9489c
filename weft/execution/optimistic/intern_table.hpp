#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

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
                for (size_t i = 0; i <= now->mask; ++i) now->at[i].store(nullptr, std::memory_order_relaxed);
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

private:
    static constexpr unsigned shard_bits = 6;
    static constexpr size_t shard_count = size_t{1} << shard_bits;

    struct Cells {
        explicit Cells(size_t size) : mask(size - 1), at(new std::atomic<L*>[size]) {
            for (size_t i = 0; i < size; ++i) at[i].store(nullptr, std::memory_order_relaxed);
        }
        size_t mask;
        std::unique_ptr<std::atomic<L*>[]> at;
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
            L* location = cells.at[i].load(std::memory_order_acquire);
            if (location == nullptr) return nullptr;
            if (location->hash == hash && equals(*location)) return location;
        }
    }
    static void place(Cells& cells, L* location) {
        size_t i = location->hash & cells.mask;
        while (cells.at[i].load(std::memory_order_relaxed) != nullptr) i = (i + 1) & cells.mask;
        cells.at[i].store(location, std::memory_order_release);
    }
    static Cells* grow(Shard& shard) {
        auto larger = std::make_unique<Cells>((shard.owner->mask + 1) * 2);
        for (size_t i = 0; i <= shard.owner->mask; ++i)
            if (L* location = shard.owner->at[i].load(std::memory_order_relaxed)) place(*larger, location);
        shard.outgrown.push_back(std::move(shard.owner));
        shard.owner = std::move(larger);
        shard.cells.store(shard.owner.get(), std::memory_order_release);
        return shard.owner.get();
    }

    Shard shards_[shard_count];
};

}  // namespace weft::execution::optimistic
