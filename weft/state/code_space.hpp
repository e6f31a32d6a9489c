#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace weft::state {

/// Address space for what is derived from code, in segments, all of it so near together that an offset of 32
/// bits in words of 8 bytes reaches from any place to any other. Pages come into being when they are first
/// written. Each address has a second one, `twin_distance` bytes further, for another form of what lies
/// there. 2 GB of each form, less where the process may not have so much. Thread-safe.
class CodeSpace {
public:
    static constexpr size_t segment_size = size_t{256} << 10;
    static constexpr size_t twin_distance = size_t{2} << 30;

    /// most_kept: bytes of it for arenas that keep what they hold, as a cache does; half of it at most. The
    /// rest is for those that soon give it back: however much is kept, they go on.
    explicit CodeSpace(size_t most_kept = twin_distance / 2) noexcept : most_kept_(most_kept) {}
    ~CodeSpace();
    CodeSpace(const CodeSpace&) = delete;
    CodeSpace& operator=(const CodeSpace&) = delete;

    /// Whether a place is some other place's twin.
    [[nodiscard]] static bool is_twin(const void* place) noexcept {
        return (reinterpret_cast<uintptr_t>(place) & twin_distance) != 0;
    }

    /// So many segments side by side, to keep them or not; nullptr: the space is used up.
    [[nodiscard]] std::byte* take(size_t segments, bool keep) noexcept;
    /// Takes segments back; their pages stay.
    void give_back(std::byte* first, size_t segments, bool kept) noexcept;

private:
    std::mutex mutex_;
    std::byte* base_ = nullptr;  ///< reserved with the first segment; a multiple of 2 * twin_distance
    size_t size_ = 0;            ///< bytes reserved, and as many for the other form
    size_t next_ = 0;            ///< bytes that were ever taken
    size_t kept_ = 0;            ///< bytes taken to be kept
    const size_t most_kept_;
    std::vector<std::byte*> free_;
};

/// A bump allocator in a CodeSpace. Not thread-safe: who shares one holds `mutex` while calling it.
class CodeArena {
public:
    /// held: counts the bytes allocated, where given: of an arena that keeps them. Both outlive the arena.
    explicit CodeArena(CodeSpace& space, std::atomic<size_t>* held = nullptr) : space_(space), held_(held) {}
    ~CodeArena() { clear(); }
    CodeArena(const CodeArena&) = delete;
    CodeArena& operator=(const CodeArena&) = delete;

    std::mutex mutex;

    /// Where at least so many bytes are free, at a multiple of 8; they are taken by commit() only. nullptr:
    /// the space, or what may be kept of it, is used up.
    [[nodiscard]] std::byte* room(size_t bytes) noexcept;
    /// Takes the first `bytes` of what room() gave, and counts `beside` bytes elsewhere.
    void commit(size_t bytes, size_t beside = 0) noexcept;
    /// Uninitialised memory; nullptr as above.
    [[nodiscard]] void* allocate(size_t bytes) noexcept {
        std::byte* const out = room(bytes);
        if (out != nullptr) commit(bytes);
        return out;
    }
    /// The same, from the far end of what room() gave: what lies at its beginning may be in use already.
    /// Precondition: room() gave enough for both.
    [[nodiscard]] void* allocate_last(size_t bytes) noexcept;
    [[nodiscard]] size_t used() const noexcept { return used_; }
    /// Bytes of the segments that the arena has.
    [[nodiscard]] size_t reserved() const noexcept;

    /// A place to come back to.
    struct Mark {
        size_t chunk = 0;
        std::byte* cursor = nullptr;
        std::byte* end = nullptr;
        size_t used = 0;
    };
    [[nodiscard]] Mark mark() const noexcept { return {current_, cursor_, end_, used_}; }
    /// Takes back everything allocated since mark(), in the manner of a stack; the segments stay here.
    void rewind(const Mark& mark) noexcept;
    /// Takes back everything and returns the segments.
    void clear() noexcept;

private:
    struct Chunk {
        std::byte* start;
        size_t segments;
    };
    bool enter_next(size_t bytes) noexcept;
    void count(size_t bytes) noexcept;

    CodeSpace& space_;
    std::atomic<size_t>* held_;
    std::vector<Chunk> chunks_;
    size_t current_ = 0;
    std::byte* cursor_ = nullptr;
    std::byte* end_ = nullptr;
    size_t used_ = 0;
};

}  // namespace weft::state
