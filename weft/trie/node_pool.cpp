#include "weft/trie/node_pool.hpp"

#include <sys/mman.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace weft::trie {
namespace {

[[noreturn]] void out_of_memory() noexcept {
    if (const auto handler = std::get_new_handler(); handler != nullptr) handler();  // the program's own end
    std::fputs("weft: no memory left for trie nodes\n", stderr);
    std::abort();
}

/// The class of a size in units, and the units it really takes.
struct Class {
    uint32_t index;
    uint32_t units;
};
Class class_of(uint32_t units, uint32_t small_units) noexcept {
    if (units <= small_units) return {units, units};
    const uint32_t rounded = std::bit_ceil(units);
    return {small_units + static_cast<uint32_t>(std::countr_zero(rounded)), rounded};
}

}  // namespace

void NodePool::Free::operator()(void* p) const noexcept { std::free(p); }

NodePool::NodePool() : chunks_(static_cast<std::byte**>(std::calloc(chunk_count, sizeof(std::byte*)))) {
    if (chunks_ == nullptr) out_of_memory();
}

NodePool::~NodePool() {
    for (uint32_t i = 0; i < used_chunks_; ++i) std::free(chunks_[i]);
}

uint32_t NodePool::new_chunk(size_t bytes) noexcept {
    uint32_t index;
    if (!free_chunks_.empty()) {
        index = free_chunks_.back();
        free_chunks_.pop_back();
    } else {
        if (used_chunks_ == chunk_count) out_of_memory();
        index = used_chunks_++;
    }
    constexpr size_t alignment = chunk_units * unit;
    void* const memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) out_of_memory();
    chunks_[index] = static_cast<std::byte*>(memory);
    return index;
}

NodePool::Span NodePool::take_span(uint32_t units) noexcept {
    const std::lock_guard lock(mutex_);
    if (end_ - next_ < units) {
        const uint32_t index = new_chunk(chunk_units * unit);
        // From the second chunk on the trie is large: then fewer, larger pages pay.
        if (index != 0) madvise(chunks_[index], chunk_units * unit, MADV_HUGEPAGE);
        next_ = index << chunk_bits;
        end_ = next_ + (chunk_units - 1);  // so that the last chunk's end is a number
        if (index == 0) ++next_;           // reference 0 is `none`
    }
    const Span span{next_, next_ + units};
    next_ += units;
    return span;
}

NodeRef NodePool::take_chunk(size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    // The first chunk begins with `none`, so it is never a large node's.
    if (used_chunks_ == 0) {
        next_ = (new_chunk(chunk_units * unit) << chunk_bits) + 1;
        end_ = chunk_units - 1;
    }
    return new_chunk(bytes) << chunk_bits;
}

void NodePool::free_chunk(NodeRef ref) noexcept {
    const std::lock_guard lock(mutex_);
    const uint32_t index = ref >> chunk_bits;
    std::free(chunks_[index]);
    chunks_[index] = nullptr;
    free_chunks_.push_back(index);
}

/// Goes on at `next`; what lies before it becomes a free place of its size.
void NodePool::Allocator::skip_to(NodeRef next) noexcept {
    const uint32_t rest = next - next_;
    if (rest != 0 && rest <= small_units) {
        std::memcpy(pool_->at(next_), &free_[rest], sizeof(NodeRef));
        free_[rest] = next_;
    }
    next_ = next;
}

NodeRef NodePool::Allocator::bump(uint32_t units) noexcept {
    if (units > span_units / 4) return pool_->take_span(units).begin;
    // A large node that begins with a line of the cache lies in one line less.
    const auto begin = [&] {
        return units < large_units ? next_ : (next_ + line_units - 1) / line_units * line_units;
    };
    if (begin() > end_ || end_ - begin() < units) {
        skip_to(end_);
        const Span span = pool_->take_span(span_units);
        next_ = span.begin;
        end_ = span.end;
    }
    skip_to(begin());
    const NodeRef ref = next_;
    next_ += units;
    return ref;
}

NodeRef NodePool::Allocator::allocate(size_t bytes) noexcept {
    const auto size = static_cast<uint32_t>((bytes + unit - 1) / unit);
    const auto [index, units] = class_of(size, small_units);
    bytes_in_use_ += static_cast<int64_t>(units * unit);
    ++nodes_in_use_;
    if (units >= chunk_units / 2) return pool_->take_chunk(bytes);
    if (const NodeRef ref = free_[index]; ref != none) {
        std::memcpy(&free_[index], pool_->at(ref), sizeof(NodeRef));
        if (free_[index] != none) __builtin_prefetch(pool_->at(free_[index]));
        return ref;
    }
    return bump(units);
}

void NodePool::Allocator::free(NodeRef ref, size_t bytes) noexcept {
    const auto size = static_cast<uint32_t>((bytes + unit - 1) / unit);
    const auto [index, units] = class_of(size, small_units);
    bytes_in_use_ -= static_cast<int64_t>(units * unit);
    --nodes_in_use_;
    if (units >= chunk_units / 2) return pool_->free_chunk(ref);
    std::memcpy(pool_->at(ref), &free_[index], sizeof(NodeRef));
    free_[index] = ref;
}

}  // namespace weft::trie
