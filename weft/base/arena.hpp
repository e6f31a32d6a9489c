#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft::base {

/// A bump allocator. Nothing is freed singly; reset() takes everything back at once and keeps the memory, so
/// that the next block finds its pages mapped and warm. Not thread-safe: one arena per worker. When the
/// system has no memory left the process ends, as everywhere in Weft. Under AddressSanitizer what is not
/// allocated is poisoned, and allocations lie apart.
class Arena {
public:
    /// `first_chunk`: bytes reserved by the first allocation; chunks double in size up to `largest_chunk`.
    explicit Arena(size_t first_chunk = size_t{64} << 10) noexcept : next_chunk_(first_chunk) {}
    ~Arena() { release(0); }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    Arena(Arena&& other) noexcept { swap(other); }
    Arena& operator=(Arena&& other) noexcept {
        Arena taken(std::move(other));
        swap(taken);
        return *this;
    }

    static constexpr size_t largest_chunk = size_t{4} << 20;

    /// Uninitialised memory; `alignment` is a power of two, at most 64. May be null for 0 bytes.
    [[nodiscard]] void* allocate(size_t bytes, size_t alignment) noexcept {
        const uintptr_t start = (cursor_ + (alignment - 1)) & ~(static_cast<uintptr_t>(alignment) - 1);
        if (start > end_ || end_ - start < bytes + gap) [[unlikely]]
            return allocate_in_next_chunk(bytes, alignment);
        cursor_ = start + bytes + gap;
        void* const out = reinterpret_cast<void*>(start);
        unpoison(out, bytes);
        return out;
    }

    /// A new T, made from the arguments; value-initialised without. Its destructor will not run.
    template <class T, class... Args>
    [[nodiscard]] T* make(Args&&... args) noexcept {
        static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
        return ::new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
    }

    /// `count` value-initialised elements.
    template <class T>
    [[nodiscard]] std::span<T> make_array(size_t count) noexcept {
        static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
        if (count == 0) return {};
        T* const first = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
        std::uninitialized_value_construct_n(first, count);
        return {first, count};
    }

    /// A copy of the elements, that lives as long as the arena's other memory.
    template <class T>
    [[nodiscard]] std::span<T> copy(std::span<const T> from) noexcept {
        static_assert(std::is_trivially_copyable_v<T>);
        if (from.empty()) return {};
        T* const first = static_cast<T*>(allocate(from.size_bytes(), alignof(T)));
        std::memcpy(static_cast<void*>(first), from.data(), from.size_bytes());
        return {first, from.size()};
    }

    /// A place to come back to; see rewind().
    struct Mark {
        size_t chunk;
        uintptr_t cursor;
    };
    [[nodiscard]] Mark mark() const noexcept { return {current_, cursor_}; }
    /// Takes back everything allocated since mark(), in the manner of a stack: marks are rewound newest
    /// first, and not across a reset().
    void rewind(const Mark& mark) noexcept;

    /// Takes back everything; the memory stays reserved.
    void reset() noexcept { rewind({0, 0}); }
    /// Takes back everything and gives memory beyond `keep` bytes back to the system.
    void release(size_t keep) noexcept;

    /// The memory held from the system, used or not.
    [[nodiscard]] size_t bytes_reserved() const noexcept { return reserved_; }

private:
#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ARENA_POISONS 1
#endif
#endif
#ifdef WEFT_ARENA_POISONS
    static constexpr size_t gap = 16;
    static void poison(void* p, size_t bytes) noexcept;
    static void unpoison(void* p, size_t bytes) noexcept;
#else
    static constexpr size_t gap = 0;
    static void poison(void*, size_t) noexcept {}
    static void unpoison(void*, size_t) noexcept {}
#endif

    static constexpr size_t chunk_alignment = 64;
    struct Chunk {
        std::byte* start;
        size_t size;
    };

    void* allocate_in_next_chunk(size_t bytes, size_t alignment) noexcept;
    void enter(size_t chunk) noexcept;
    void swap(Arena& other) noexcept {
        std::swap(chunks_, other.chunks_);
        std::swap(current_, other.current_);
        std::swap(cursor_, other.cursor_);
        std::swap(end_, other.end_);
        std::swap(reserved_, other.reserved_);
        std::swap(next_chunk_, other.next_chunk_);
    }

    uintptr_t cursor_ = 0;  ///< the first free byte of the current chunk; 0 before its first use
    uintptr_t end_ = 0;
    std::vector<Chunk> chunks_;
    size_t current_ = 0;
    size_t reserved_ = 0;
    size_t next_chunk_ = size_t{64} << 10;
};

}  // namespace weft::base
