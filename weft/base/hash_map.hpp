#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "weft/base/bytes.hpp"
#include "weft/base/prefetch.hpp"
#include "weft/base/uint256.hpp"

namespace weft::base {

/// The halves of the 128-bit product, folded: the mixing step of the wyhash family. Every bit of the result
/// depends on every bit of both operands, unless one of them is zero: xor secrets into them first.
[[nodiscard]] constexpr uint64_t mix(uint64_t a, uint64_t b) noexcept {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Hash functions for the keys of state, under a secret seed: attackers choose addresses and slots, and must
/// not be able to choose collisions. The multiplications of one hash don't wait for one another. All 64 bits
/// are usable.
class Hasher {
public:
    /// A seed from the system's entropy.
    Hasher() noexcept;
    /// A fixed seed, for tests.
    explicit constexpr Hasher(uint64_t seed) noexcept {
        for (uint64_t& word : secret_) {  // splitmix64
            seed += 0x9e3779b97f4a7c15;
            uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    [[nodiscard]] constexpr uint64_t operator()(uint64_t id) const noexcept {
        return mix(half(id), secret_[3]);
    }
    [[nodiscard]] uint64_t operator()(const void* object) const noexcept { return (*this)(number(object)); }
    [[nodiscard]] uint64_t operator()(const Address& address) const noexcept {
        const uint8_t* const p = address.data();
        return mix(mix(load(p) ^ secret_[0], load(p + 8) ^ secret_[1]),
                   mix(load(p + 12) ^ secret_[2], secret_[3]));
    }
    [[nodiscard]] uint64_t operator()(const Hash& hash) const noexcept {
        const uint8_t* const p = hash.data();
        return four(load(p), load(p + 8), load(p + 16), load(p + 24), 0);
    }
    [[nodiscard]] constexpr uint64_t operator()(const uint256& key) const noexcept {
        return four(key.limb[0], key.limb[1], key.limb[2], key.limb[3], 0);
    }
    /// A key in a space of its own per owner, such as a slot of an account.
    [[nodiscard]] constexpr uint64_t operator()(uint64_t owner, const uint256& key) const noexcept {
        return four(key.limb[0], key.limb[1], key.limb[2], key.limb[3], half(owner));
    }
    [[nodiscard]] uint64_t operator()(const void* owner, const uint256& key) const noexcept {
        return (*this)(number(owner), key);
    }

private:
    static uint64_t load(const uint8_t* p) noexcept {
        uint64_t word;
        std::memcpy(&word, p, 8);
        return word;
    }
    static uint64_t number(const void* object) noexcept { return reinterpret_cast<uintptr_t>(object); }
    // One fold alone spreads small consecutive numbers badly (see the test); the fold of two folds does not.
    [[nodiscard]] constexpr uint64_t half(uint64_t id) const noexcept {
        return mix(id ^ secret_[4], secret_[5]);
    }
    [[nodiscard]] constexpr uint64_t four(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                          uint64_t owner) const noexcept {
        return mix(mix(a ^ secret_[0], b ^ secret_[1]) ^ owner, mix(c ^ secret_[2], d ^ secret_[3]));
    }

    std::array<uint64_t, 6> secret_{};
};

/// An open-addressing hash table from keys to entries that live elsewhere (in an arena) and never move. The
/// table knows an entry's hash and its address; the caller says what the key is. A lookup touches one cache
/// line of the table (four slots; rarely two), then the entry. Entries are not removed singly; clear() takes
/// constant time. Not thread-safe.
template <class Entry>
class PointerTable {
public:
    /// Room for `expected` entries before the table grows; a hasher of its own secret, unless one is given.
    explicit PointerTable(size_t expected = 64, const Hasher& hasher = Hasher{}) noexcept : hasher_(hasher) {
        size_t slots = 16;
        while (limit_of(slots) < expected) slots *= 2;
        allocate(slots);
    }

    /// The hash under this table's secret; see Hasher for the keys.
    template <class... Key>
    [[nodiscard]] uint64_t hash(const Key&... key) const noexcept {
        return hasher_(key...);
    }

    /// The entry with this hash for which equals(const Entry&) is true; nullptr if there is none.
    template <class Equals>
    [[nodiscard]] Entry* find(uint64_t hash, Equals&& equals) const noexcept {
        const uint64_t tag = tag_of(hash);
        for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
            const Slot& slot = slots_[i];
            if (slot.tag == tag && equals(std::as_const(*slot.entry))) [[likely]]
                return slot.entry;
            if (is_free(slot)) return nullptr;
        }
    }

    /// Adds an entry that is not there yet. Entry pointers stay as they are when the table grows.
    void insert(uint64_t hash, Entry* entry) noexcept {
        if (size_ == limit_) [[unlikely]]
            grow();
        size_t i = hash & mask_;
        while (!is_free(slots_[i])) i = (i + 1) & mask_;
        slots_[i] = {tag_of(hash), entry};
        ++size_;
    }

    /// find(), and where that finds nothing, insert what make() returns: an entry, or nullptr (nothing is
    /// inserted then, and nullptr returned). make() must not touch the table.
    template <class Equals, class Make>
    [[nodiscard]] Entry* find_or_insert(uint64_t hash, Equals&& equals, Make&& make) noexcept {
        const uint64_t tag = tag_of(hash);
        size_t i = hash & mask_;
        for (; !is_free(slots_[i]); i = (i + 1) & mask_)
            if (slots_[i].tag == tag && equals(std::as_const(*slots_[i].entry))) [[likely]]
                return slots_[i].entry;
        Entry* const entry = make();
        if (entry == nullptr) return nullptr;
        if (size_ == limit_) [[unlikely]] {
            insert(hash, entry);
        } else {
            slots_[i] = {tag, entry};
            ++size_;
        }
        return entry;
    }

    /// Asks the cache for the line where a lookup of this hash will begin.
    void prefetch(uint64_t hash) const noexcept { __builtin_prefetch(&slots_[hash & mask_]); }
    /// Once that line is there: asks for the first `bytes` of the entry with this hash, and says which it is;
    /// nullptr: there is none. Another key's entry may be taken for it.
    const Entry* prefetch_entry(uint64_t hash, size_t bytes) const noexcept {
        const uint64_t tag = tag_of(hash);
        for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
            if (is_free(slots_[i])) return nullptr;
            if (slots_[i].tag != tag) continue;
            base::prefetch(slots_[i].entry, bytes);
            return slots_[i].entry;
        }
    }

    /// Forgets all entries, in constant time; the memory stays.
    void clear() noexcept {
        size_ = 0;
        if (++epoch_ != 0) return;
        // After 2^32 clears the epochs begin anew, and slots of the first time round would look taken.
        std::fill_n(slots_.get(), mask_ + 1, Slot{});
        epoch_ = 1;
    }

    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] size_t bytes_reserved() const noexcept { return (mask_ + 1) * sizeof(Slot); }

private:
    /// tag: the epoch above the low 32 bits of the hash. A slot of another epoch is free; 0 is never an
    /// epoch. The index comes from the same low bits, so that the table can grow without a look at the
    /// entries.
    struct Slot {
        uint64_t tag = 0;
        Entry* entry = nullptr;
    };
    static_assert(sizeof(Slot) == 16);
    struct Free {
        void operator()(Slot* slots) const noexcept { ::operator delete[](slots, std::align_val_t{64}); }
    };

    static constexpr size_t limit_of(size_t slots) noexcept { return slots / 8 * 5; }
    [[nodiscard]] uint64_t tag_of(uint64_t hash) const noexcept {
        return static_cast<uint64_t>(epoch_) << 32 | static_cast<uint32_t>(hash);
    }
    [[nodiscard]] bool is_free(const Slot& slot) const noexcept { return slot.tag >> 32 != epoch_; }

    void allocate(size_t slots) noexcept {
        slots_.reset(new (std::align_val_t{64}) Slot[slots]);
        mask_ = slots - 1;
        limit_ = limit_of(slots);
    }
    [[gnu::noinline]] void grow() noexcept {
        const std::unique_ptr<Slot[], Free> old = std::move(slots_);
        const size_t old_slots = mask_ + 1;
        allocate(old_slots * 2);
        for (size_t from = 0; from < old_slots; ++from) {
            if (is_free(old[from])) continue;
            size_t to = old[from].tag & mask_;
            while (!is_free(slots_[to])) to = (to + 1) & mask_;
            slots_[to] = old[from];
        }
    }

    std::unique_ptr<Slot[], Free> slots_;
    size_t mask_ = 0;
    size_t size_ = 0;
    size_t limit_ = 0;
    uint32_t epoch_ = 1;
    Hasher hasher_;
};

}  // namespace weft::base
