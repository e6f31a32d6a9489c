#include "weft/base/arena.hpp"

#include <sys/mman.h>

#include <algorithm>

#ifdef WEFT_ARENA_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace weft::base {

#ifdef WEFT_ARENA_POISONS
void Arena::poison(void* p, size_t bytes) noexcept { ASAN_POISON_MEMORY_REGION(p, bytes); }
void Arena::unpoison(void* p, size_t bytes) noexcept { ASAN_UNPOISON_MEMORY_REGION(p, bytes); }
#endif

namespace {

/// Large chunks lie on huge pages, where the system has them: what is scattered over many pages waits for
/// their translation, too.
constexpr size_t huge_page = size_t{2} << 20;
std::align_val_t alignment_of(size_t chunk) noexcept {
    return std::align_val_t{chunk % huge_page == 0 ? huge_page : 64};
}

}  // namespace

void Arena::enter(size_t chunk) noexcept {
    current_ = chunk;
    cursor_ = reinterpret_cast<uintptr_t>(chunks_[chunk].start);
    end_ = cursor_ + chunks_[chunk].size;
}

void* Arena::allocate_in_next_chunk(size_t bytes, size_t alignment) noexcept {
    // cursor_ is 0 while even chunk `current_` is unused: before the first allocation and after a reset.
    size_t next = cursor_ == 0 ? current_ : current_ + 1;
    const size_t needed = bytes + gap;
    while (next < chunks_.size() && chunks_[next].size < needed) ++next;
    if (next == chunks_.size()) {
        const size_t size =
            std::max(next_chunk_, (needed + chunk_alignment - 1) / chunk_alignment * chunk_alignment);
        next_chunk_ = std::max(next_chunk_, std::min(next_chunk_ * 2, largest_chunk));
        auto* const start = static_cast<std::byte*>(::operator new(size, alignment_of(size)));
        if (size % huge_page == 0) ::madvise(start, size, MADV_HUGEPAGE);
        poison(start, size);
        chunks_.push_back({start, size});
        reserved_ += size;
    }
    enter(next);
    return allocate(bytes, alignment);
}

void Arena::rewind(const Mark& mark) noexcept {
    if (chunks_.empty()) return;
    for (size_t i = mark.chunk + 1; i <= current_; ++i) poison(chunks_[i].start, chunks_[i].size);
    enter(mark.chunk);
    if (mark.cursor != 0) cursor_ = mark.cursor;
    poison(reinterpret_cast<void*>(cursor_), end_ - cursor_);
}

void Arena::release(size_t keep) noexcept {
    reset();
    while (!chunks_.empty() && reserved_ > keep) {
        const Chunk& last = chunks_.back();
        reserved_ -= last.size;
        unpoison(last.start, last.size);
        ::operator delete(last.start, alignment_of(last.size));
        chunks_.pop_back();
    }
    if (chunks_.empty()) cursor_ = end_ = current_ = 0;
}

}  // namespace weft::base
