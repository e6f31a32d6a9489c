#include "weft/state/code.hpp"

#include <utility>

#include "weft/base/counters.hpp"

namespace weft::state {
namespace {

/// EIP-7702: 0xef0100 followed by the address whose code runs instead.
std::optional<Address> delegation_target(BytesView code) {
    if (code.size() != 23 || code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00) return std::nullopt;
    Address target;
    std::memcpy(target.data(), code.data() + 3, 20);
    return target;
}

/// Bytes of memory that a code takes: itself, and its translation, eight bytes an instruction.
size_t footprint(const Code& code) { return sizeof(Code) + 12 * code.size(); }

}  // namespace

Code::Code(const Hash& hash, Bytes bytes)
    : hash_(hash), bytes_(std::move(bytes)), delegation_(delegation_target(bytes_)) {}

Code::~Code() {
    for (auto& slot : analyses_) delete slot.load(std::memory_order_relaxed);
}

const CodeAnalysis* Code::publish_analysis(size_t slot,
                                           std::unique_ptr<CodeAnalysis> analysis) const noexcept {
    CodeAnalysis* standing = nullptr;
    if (analyses_[slot].compare_exchange_strong(standing, analysis.get(), std::memory_order_acq_rel))
        return analysis.release();
    return standing;
}

CodeCache::CodeCache(size_t budget) : budget_(budget), empty_(crypto::empty_code_hash, {}) {}

ReadResult<const Code*> CodeCache::get(const Hash& hash, const StateReader& reader) {
    if (hash == crypto::empty_code_hash) return &empty_;
    Shard& shard = shards_[hash[31] % shard_count];
    {
        const base::CountedLock lock(shard.mutex);
        if (const auto found = shard.codes.find(hash); found != shard.codes.end() && found->second->was_read_)
            return found->second.get();
    }
    // Read outside the lock: a slow disk must not stop the other workers.
    auto bytes = reader.code(hash);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const base::CountedLock lock(shard.mutex);
    Code* const code = keep(shard, hash, *bytes);
    code->was_read_ = true;
    return code;
}

const Code* CodeCache::find(const Hash& hash) {
    if (hash == crypto::empty_code_hash) return &empty_;
    Shard& shard = shards_[hash[31] % shard_count];
    const base::CountedLock lock(shard.mutex);
    const auto found = shard.codes.find(hash);
    return found != shard.codes.end() ? found->second.get() : nullptr;
}

const Code* CodeCache::insert(const Hash& hash, BytesView bytes) {
    if (bytes.empty()) return &empty_;
    Shard& shard = shards_[hash[31] % shard_count];
    const base::CountedLock lock(shard.mutex);
    return keep(shard, hash, bytes);
}

/// Precondition: the shard is locked.
Code* CodeCache::keep(Shard& shard, const Hash& hash, BytesView bytes) {
    auto& code = shard.codes[hash];
    if (!code) {
        code = std::make_unique<Code>(hash, Bytes(bytes.begin(), bytes.end()));
        held_.fetch_add(footprint(*code), std::memory_order_relaxed);
    }
    return code.get();
}

void CodeCache::release() {
    if (users_.fetch_sub(1) == 1 && held_.load(std::memory_order_relaxed) > budget_) trim();
}

/// Evicts whole shards, which is as good as at random for keys that are hashes, until half the budget is
/// left.
void CodeCache::trim() {
    for (auto& shard : shards_) {
        if (held_.load(std::memory_order_relaxed) <= budget_ / 2) return;
        const base::CountedLock lock(shard.mutex);
        if (users_.load() != 0) return;
        size_t freed = 0;
        for (const auto& [hash, code] : shard.codes) freed += footprint(*code);
        shard.codes.clear();
        held_.fetch_sub(freed, std::memory_order_relaxed);
    }
}

}  // namespace weft::state
