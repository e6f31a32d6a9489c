#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace weft::trie {

/// Where a node lies in its pool; `none` stands for no node, or for one that isn't in memory.
using NodeRef = uint32_t;
inline constexpr NodeRef none = 0;

/// Memory for the nodes of a forest: units of 8 bytes in chunks that never move, so that a reference has 32
/// bits and up to 32 GiB can be referred to. Threads take and give back through an Allocator each; what one
/// took another may give back. When the system has no memory left the process ends.
class NodePool {
public:
    NodePool();
    ~NodePool();
    NodePool(const NodePool&) = delete;
    NodePool& operator=(const NodePool&) = delete;

    /// The memory behind a reference that is not `none`.
    [[nodiscard]] std::byte* at(NodeRef ref) const noexcept {
        return chunks_[ref >> chunk_bits] + size_t{ref & (chunk_units - 1)} * unit;
    }

    /// One thread's way to the pool.
    class Allocator {
    public:
        explicit Allocator(NodePool& pool) noexcept : pool_(&pool) {}
        /// Uninitialised memory, aligned to 8.
        [[nodiscard]] NodeRef allocate(size_t bytes) noexcept;
        /// bytes: as it was taken.
        void free(NodeRef ref, size_t bytes) noexcept;
        /// Bytes taken less bytes given back, rounded as they are stored.
        [[nodiscard]] int64_t bytes_in_use() const noexcept { return bytes_in_use_; }
        [[nodiscard]] int64_t nodes_in_use() const noexcept { return nodes_in_use_; }

    private:
        [[nodiscard]] NodeRef bump(uint32_t units) noexcept;
        void skip_to(NodeRef next) noexcept;

        NodePool* pool_;
        NodeRef next_ = 0;
        NodeRef end_ = 0;
        std::array<NodeRef, 160> free_{};  ///< by class; a free place holds the next one's reference
        int64_t bytes_in_use_ = 0;
        int64_t nodes_in_use_ = 0;
    };

private:
    static constexpr size_t unit = 8;
    static constexpr unsigned chunk_bits = 18;
    static constexpr uint32_t chunk_units = 1U << chunk_bits;  ///< 2 MiB
    static constexpr size_t chunk_count = size_t{1} << (32 - chunk_bits);
    static constexpr uint32_t span_units = 1U << 13;  ///< what an allocator takes at once: 64 KiB
    static constexpr uint32_t line_units = 8;         ///< a line of the cache
    static constexpr uint32_t large_units = 32;       ///< from here on a node begins with a line
    static constexpr uint32_t small_units = 128;      ///< up to 1 KiB in exact sizes, beyond in powers of two

    struct Span {
        NodeRef begin;
        NodeRef end;
    };
    [[nodiscard]] Span take_span(uint32_t units) noexcept;
    [[nodiscard]] NodeRef take_chunk(size_t bytes) noexcept;
    void free_chunk(NodeRef ref) noexcept;
    [[nodiscard]] uint32_t new_chunk(size_t bytes) noexcept;

    struct Free {
        void operator()(void* p) const noexcept;
    };
    std::unique_ptr<std::byte*[], Free> chunks_;
    std::mutex mutex_;
    uint32_t used_chunks_ = 0;             ///< under mutex_
    std::vector<uint32_t> free_chunks_{};  ///< of nodes larger than a chunk; under mutex_
    NodeRef next_ = 0;                     ///< under mutex_
    NodeRef end_ = 0;                      ///< under mutex_
};

}  // namespace weft::trie
