#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "weft/state/code_space.hpp"
#include "weft/state/reader.hpp"

namespace weft::state {

/// What a higher room derives from code and keeps beside it, in the code's arena (the interpreter's
/// translation). Goes with the code; no destructor runs.
struct CodeAnalysis {
    explicit CodeAnalysis(unsigned kind_) noexcept : kind(kind_) {}

    const unsigned kind;  ///< the number by which it is found again
private:
    friend class Code;
    CodeAnalysis* next_ = nullptr;
};

/// Immutable code with its hash. Shared between threads.
class Code {
public:
    /// arena: where its analyses go.
    Code(const Hash& hash, std::shared_ptr<const Bytes> bytes, CodeArena& arena) noexcept;
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    [[nodiscard]] const Hash& hash() const noexcept { return hash_; }
    [[nodiscard]] BytesView bytes() const noexcept { return {data_, size_}; }
    [[nodiscard]] size_t size() const noexcept { return size_; }
    /// The target of an EIP-7702 delegation, if the code is a delegation designator.
    [[nodiscard]] std::optional<Address> delegation() const noexcept {
        if (!delegates_) [[likely]]
            return std::nullopt;
        return delegation_target();
    }

    /// The analysis of this kind; nullptr: there is none yet.
    [[nodiscard]] CodeAnalysis* analysis(unsigned kind) const noexcept {
        CodeAnalysis* found = analyses_.load(std::memory_order_acquire);
        while (found != nullptr && found->kind != kind) [[unlikely]]
            found = found->next_;
        return found;
    }
    /// Adds one, made in arena(). Precondition: the arena is locked, and there is none of its kind.
    void publish_analysis(CodeAnalysis* made) const noexcept {
        made->next_ = analyses_.load(std::memory_order_relaxed);
        analyses_.store(made, std::memory_order_release);
    }
    /// Not to be used without its lock.
    [[nodiscard]] CodeArena& arena() const noexcept { return arena_; }

private:
    friend class CodeCache;
    [[nodiscard]] Address delegation_target() const noexcept;

    Hash hash_;
    mutable std::atomic<CodeAnalysis*> analyses_{nullptr};
    const uint8_t* data_;
    uint32_t size_;
    bool delegates_;
    std::atomic<bool> was_read_{false};  ///< a reader gave it
    CodeArena& arena_;
    std::shared_ptr<const Bytes> bytes_;
};

/// Code by hash, kept across blocks within a budget of bytes. Thread-safe; shareable between execution
/// contexts. Look-ups take no lock.
class CodeCache {
public:
    /// budget: bytes of code and analyses that may stay between blocks; about half of it stays when it is
    /// exceeded. Code that the reader keeps in memory anyway doesn't count.
    /// most_kept: bytes of analyses within a block, however many codes it runs: beyond it they are made for
    /// each call anew.
    explicit CodeCache(size_t budget = size_t{256} << 20, size_t most_kept = CodeSpace::twin_distance / 2);
    ~CodeCache();
    CodeCache(const CodeCache&) = delete;
    CodeCache& operator=(const CodeCache&) = delete;

    /// The code with this hash of the state that `reader` shows, read through it the first time. Code that
    /// only came into being here is read too: otherwise a read that fails would go unnoticed where another
    /// thread happened to create the same code before.
    [[nodiscard]] ReadResult<const Code*> get(const Hash& hash, const StateReader& reader);
    /// The code with this hash, if the cache has it; nullptr otherwise.
    [[nodiscard]] const Code* find(const Hash& hash) noexcept;
    /// Code that has just come into being. Precondition: hash == keccak256(bytes).
    [[nodiscard]] const Code* insert(const Hash& hash, BytesView bytes);
    /// The code of accounts without code.
    [[nodiscard]] const Code* empty() const noexcept { return &empty_; }

    /// Where analyses of code that isn't kept may lie, too.
    [[nodiscard]] CodeSpace& space() noexcept { return space_; }
    /// Bytes of codes and analyses that the cache holds.
    [[nodiscard]] size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

    /// Pointers handed out stay valid while a Use lives. Eviction waits until there is none, and who comes
    /// meanwhile waits for it.
    class Use {
    public:
        explicit Use(CodeCache& cache) : cache_(cache) { cache_.enter(); }
        ~Use() { cache_.release(); }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        CodeCache& cache_;
    };

private:
    /// Open addressing by the hash's first bytes, at most half full. What grew out of use is kept until the
    /// shard is cleared, for somebody may be looking at it.
    struct Cell {
        std::atomic<uint64_t> tag{0};  ///< 0: free
        std::atomic<Code*> code{nullptr};
    };
    struct Table {
        explicit Table(size_t size) : cells(size) {}
        std::vector<Cell> cells;
    };
    struct Shard {
        explicit Shard(CodeCache& cache) : arena(cache.space_, &cache.held_) {}
        CodeArena arena;  ///< its lock is the shard's
        std::atomic<Table*> table{nullptr};
        std::vector<std::unique_ptr<Table>> tables;  ///< the last is in use
        std::vector<std::unique_ptr<Code>> codes;
        size_t code_bytes = 0;  ///< of codes, and of bytes that are held for the cache alone
    };
    [[nodiscard]] static uint64_t tag_of(const Hash& hash) noexcept {
        uint64_t out;
        std::memcpy(&out, hash.data(), sizeof out);
        return out | 1;
    }
    [[nodiscard]] Shard& shard_of(const Hash& hash) noexcept { return *shards_[hash[31] % shard_count]; }
    [[nodiscard]] static Code* look_up(const Shard& shard, const Hash& hash) noexcept;
    static void put(Table& table, uint64_t tag, Code* code) noexcept;
    Code* keep(Shard& shard, const Hash& hash, std::shared_ptr<const Bytes> bytes);
    void clear(Shard& shard) noexcept;
    void enter();
    void release();
    void trim();

    static constexpr size_t shard_count = 64;
    static constexpr int evicting = -(1 << 30);
    CodeSpace space_;
    std::atomic<size_t> held_{0};
    std::array<std::unique_ptr<Shard>, shard_count> shards_;
    std::mutex trimming_;
    std::atomic<int> users_{0};  ///< far below zero while codes are evicted
    size_t budget_;
    CodeArena no_arena_{space_};
    Code empty_;
};

}  // namespace weft::state

namespace weft {
using state::Code;
using state::CodeCache;
}  // namespace weft
