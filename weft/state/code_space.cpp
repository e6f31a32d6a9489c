#include "weft/state/code_space.hpp"

#include <sys/mman.h>

namespace weft::state {
namespace {

constexpr size_t whole = 2 * CodeSpace::twin_distance;

/// A multiple of its size, so that an address says which half it is in; nullptr: there is none.
std::byte* reserve() noexcept {
    void* const p = ::mmap(nullptr, 2 * whole, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return nullptr;
    auto* const begin = static_cast<std::byte*>(p);
    const size_t before = -reinterpret_cast<uintptr_t>(p) % whole;
    if (before != 0) ::munmap(begin, before);
    ::munmap(begin + before + whole, whole - before);
    return begin + before;
}

}  // namespace

CodeSpace::~CodeSpace() {
    if (base_ != nullptr) ::munmap(base_, whole);
}

std::byte* CodeSpace::take(size_t segments) noexcept {
    const std::scoped_lock lock(mutex_);
    if (segments == 1 && !free_.empty()) {
        std::byte* const out = free_.back();
        free_.pop_back();
        return out;
    }
    if (base_ == nullptr) {
        base_ = reserve();
        if (base_ == nullptr) return nullptr;
    }
    if (segments > (twin_distance - next_) / segment_size) return nullptr;
    std::byte* const out = base_ + next_;
    next_ += segments * segment_size;
    return out;
}

void CodeSpace::give_back(std::byte* first, size_t segments) noexcept {
    const std::scoped_lock lock(mutex_);
    for (size_t i = 0; i < segments; ++i) free_.push_back(first + i * segment_size);
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
        std::byte* const start = space_.take(segments);
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
    for (const Chunk& chunk : chunks_) space_.give_back(chunk.start, chunk.segments);
    chunks_.clear();
}

}  // namespace weft::state
