#include "weft/state/code_space.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>

namespace weft::state {
namespace {

constexpr size_t whole = 2 * CodeSpace::twin_distance;
/// Where address space is scarce, others need it, too.
constexpr size_t sizes[] = {CodeSpace::twin_distance, size_t{128} << 20, size_t{32} << 20};

std::byte* map(uintptr_t at, size_t bytes, int flags) noexcept {
    // Without access it counts nowhere as memory.
    void* const p = ::mmap(reinterpret_cast<void*>(at), bytes, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    return p == MAP_FAILED ? nullptr : static_cast<std::byte*>(p);
}

/// `bytes` at this very place; false: something is there, or there is no address space.
bool map_at(uintptr_t at, size_t bytes) noexcept {
    std::byte* const p = map(at, bytes, MAP_FIXED_NOREPLACE);
    if (p != nullptr && p != reinterpret_cast<std::byte*>(at)) ::munmap(p, bytes);  // before Linux 4.17
    return p == reinterpret_cast<std::byte*>(at);
}

// Both forms' places, the first at a multiple of `whole`, so that an address says which it is of; nullptr:
// there are none.

/// As large as can be.
std::byte* reserve() noexcept {
    std::byte* const p = map(0, 2 * whole, 0);
    if (p == nullptr) return nullptr;
    const size_t before = -reinterpret_cast<uintptr_t>(p) % whole;
    if (before != 0) ::munmap(p, before);
    ::munmap(p + before + whole, whole - before);
    return p + before;
}

/// Where the process may not have so much address space.
std::byte* reserve(size_t bytes) noexcept {
    std::byte* const likely = map(0, bytes, 0);
    if (likely == nullptr) return nullptr;
    ::munmap(likely, bytes);
    uintptr_t at = reinterpret_cast<uintptr_t>(likely) / whole * whole;
    for (int tries = 0; tries < 256 && at >= whole; ++tries, at -= whole) {
        if (!map_at(at, bytes)) continue;
        if (map_at(at + CodeSpace::twin_distance, bytes)) return reinterpret_cast<std::byte*>(at);
        ::munmap(reinterpret_cast<void*>(at), bytes);
    }
    return nullptr;
}

bool make_usable(std::byte* at, size_t bytes) noexcept {
    return ::mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0 &&
           ::mprotect(at + CodeSpace::twin_distance, bytes, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace

CodeSpace::~CodeSpace() {
    if (base_ == nullptr) return;
    ::munmap(base_, size_);
    ::munmap(base_ + twin_distance, size_);
}

std::byte* CodeSpace::take(size_t segments, bool keep) noexcept {
    const std::scoped_lock lock(mutex_);
    const size_t bytes = segments * segment_size;
    for (size_t i = 0; base_ == nullptr && i < std::size(sizes); ++i)
        if ((base_ = i == 0 ? reserve() : reserve(sizes[i])) != nullptr) size_ = sizes[i];
    const size_t most_kept = std::min(most_kept_, size_ / 2);
    if (keep && (bytes > most_kept || kept_ > most_kept - bytes)) return nullptr;
    std::byte* out = nullptr;
    if (segments == 1 && !free_.empty()) {
        out = free_.back();
        free_.pop_back();
    } else {
        if (bytes > size_ - next_ || !make_usable(base_ + next_, bytes)) return nullptr;
        out = base_ + next_;
        next_ += bytes;
    }
    if (keep) kept_ += bytes;
    return out;
}

void CodeSpace::give_back(std::byte* first, size_t segments, bool kept) noexcept {
    const std::scoped_lock lock(mutex_);
    if (kept) kept_ -= segments * segment_size;
    for (size_t i = 0; i < segments; ++i) free_.push_back(first + i * segment_size);
}

size_t CodeArena::reserved() const noexcept {
    size_t segments = 0;
    for (const Chunk& chunk : chunks_) segments += chunk.segments;
    return segments * CodeSpace::segment_size;
}

std::byte* CodeArena::room(size_t bytes) noexcept {
    while (static_cast<size_t>(end_ - cursor_) < bytes)
        if (!enter_next(bytes)) return nullptr;
    return cursor_;
}

void CodeArena::commit(size_t bytes, size_t beside) noexcept {
    const size_t rounded = (bytes + 7) & ~size_t{7};
    cursor_ += rounded;
    count(rounded + beside);
}

void* CodeArena::allocate_last(size_t bytes) noexcept {
    const size_t rounded = (bytes + 7) & ~size_t{7};
    end_ -= rounded;
    count(rounded);
    return end_;
}

void CodeArena::count(size_t bytes) noexcept {
    used_ += bytes;
    if (held_ != nullptr) held_->fetch_add(bytes, std::memory_order_relaxed);
}

/// Goes on with the next chunk: one that was used before, or a new one that holds `bytes`.
bool CodeArena::enter_next(size_t bytes) noexcept {
    if (cursor_ != nullptr) ++current_;
    if (current_ == chunks_.size()) {
        const size_t segments = (bytes + CodeSpace::segment_size - 1) / CodeSpace::segment_size;
        std::byte* const start = space_.take(segments, held_ != nullptr);
        if (start == nullptr) {
            if (cursor_ != nullptr) --current_;
            return false;
        }
        chunks_.push_back({start, segments});
    }
    cursor_ = chunks_[current_].start;
    end_ = cursor_ + chunks_[current_].segments * CodeSpace::segment_size;
    return true;
}

void CodeArena::rewind(const Mark& mark) noexcept {
    if (held_ != nullptr) held_->fetch_sub(used_ - mark.used, std::memory_order_relaxed);
    used_ = mark.used;
    current_ = mark.chunk;
    cursor_ = mark.cursor;
    end_ = mark.end;
}

void CodeArena::clear() noexcept {
    rewind({});
    for (const Chunk& chunk : chunks_) space_.give_back(chunk.start, chunk.segments, held_ != nullptr);
    chunks_.clear();
}

}  // namespace weft::state
