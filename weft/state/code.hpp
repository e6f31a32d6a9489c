#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "weft/primitives/revision.hpp"
#include "weft/state/reader.hpp"

namespace weft::state {

/// What a higher room derives from code once and keeps beside it (the interpreter's translation).
struct CodeAnalysis {
    virtual ~CodeAnalysis() = default;
};

/// Immutable code with its hash. Shared between threads.
class Code {
public:
    Code(const Hash& hash, Bytes bytes);
    ~Code();
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    [[nodiscard]] const Hash& hash() const noexcept { return hash_; }
    [[nodiscard]] BytesView bytes() const noexcept { return bytes_; }
    [[nodiscard]] size_t size() const noexcept { return bytes_.size(); }
    /// The target of an EIP-7702 delegation, if the code is a delegation designator.
    [[nodiscard]] const std::optional<Address>& delegation() const noexcept { return delegation_; }

    /// One analysis for each revision, plain and traced. Slots are filled at most once: `publish_analysis`
    /// returns the analysis that stands, which may be another thread's; the argument is then destroyed.
    static constexpr size_t analysis_slots = 2 * (static_cast<size_t>(primitives::newest_revision) + 1);
    [[nodiscard]] const CodeAnalysis* analysis(size_t slot) const noexcept {
        return analyses_[slot].load(std::memory_order_acquire);
    }
    const CodeAnalysis* publish_analysis(size_t slot, std::unique_ptr<CodeAnalysis> analysis) const noexcept;

private:
    friend class CodeCache;
    Hash hash_;
    Bytes bytes_;
    std::optional<Address> delegation_;
    bool was_read_ = false;  ///< a reader gave it; under the cache's lock
    mutable std::array<std::atomic<CodeAnalysis*>, analysis_slots> analyses_{};
};

/// Code by hash, kept across blocks within a budget of bytes. Thread-safe; shareable between execution
/// contexts.
class CodeCache {
public:
    /// budget: bytes of code and analyses that may stay between blocks; about half of it stays when it is
    /// exceeded.
    explicit CodeCache(size_t budget = size_t{256} << 20);

    /// The code with this hash of the state that `reader` shows, read through it the first time. Code that
    /// only came into being here is read too: otherwise a read that fails would go unnoticed where another
    /// thread happened to create the same code before.
    [[nodiscard]] ReadResult<const Code*> get(const Hash& hash, const StateReader& reader);
    /// The code with this hash, if the cache has it; nullptr otherwise.
    [[nodiscard]] const Code* find(const Hash& hash);
    /// Code that has just come into being. Precondition: hash == keccak256(bytes).
    [[nodiscard]] const Code* insert(const Hash& hash, BytesView bytes);
    /// The code of accounts without code.
    [[nodiscard]] const Code* empty() const noexcept { return &empty_; }

    /// Pointers handed out stay valid while a Use lives. Eviction waits until there is none.
    class Use {
    public:
        explicit Use(CodeCache& cache) : cache_(cache) { cache_.users_.fetch_add(1); }
        ~Use() { cache_.release(); }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        CodeCache& cache_;
    };

private:
    struct HashOfHash {
        size_t operator()(const Hash& hash) const noexcept {
            size_t out;
            std::memcpy(&out, hash.data(), sizeof out);
            return out;
        }
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Hash, std::unique_ptr<Code>, HashOfHash> codes;
    };
    Code* keep(Shard& shard, const Hash& hash, BytesView bytes);
    void release();
    void trim();

    static constexpr size_t shard_count = 64;
    std::array<Shard, shard_count> shards_;
    std::atomic<int> users_{0};
    std::atomic<size_t> held_{0};  ///< bytes of all codes, with what their analyses will take
    size_t budget_;
    Code empty_;
};

}  // namespace weft::state

namespace weft {
using state::Code;
using state::CodeCache;
}  // namespace weft
