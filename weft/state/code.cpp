#include "weft/state/code.hpp"

#include <utility>

namespace weft::state {
namespace {

/// EIP-7702: 0xef0100 followed by the address whose code runs instead.
std::optional<Address> delegation_target(BytesView code) {
    if (code.size() != 23 || code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00) return std::nullopt;
    Address target;
    std::memcpy(target.data(), code.data() + 3, 20);
    return target;
}

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

size_t Code::footprint() const noexcept {
    size_t total = sizeof(Code) + bytes_.capacity();
    for (const auto& slot : analyses_)
        if (const auto* analysis = slot.load(std::memory_order_acquire)) total += analysis->footprint();
    return total;
}

CodeCache::CodeCache(size_t budget) : budget_(budget), empty_(crypto::empty_code_hash, {}) {}

ReadResult<const Code*> CodeCache::get(const Hash& hash, const StateReader& reader) {
    if (hash == crypto::empty_code_hash) return &empty_;
    Shard& shard = shards_[hash[31] % shard_count];
    {
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.codes.find(hash); found != shard.codes.end()) return found->second.get();
    }
    // Read outside the lock: a slow disk must not stop the other workers.
    auto bytes = reader.code(hash);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const std::lock_guard lock(shard.mutex);
    auto& code = shard.codes[hash];
    if (!code) code = std::make_unique<Code>(hash, std::move(*bytes));
    inserted_.store(true, std::memory_order_relaxed);
    return code.get();
}

const Code* CodeCache::insert(const Hash& hash, BytesView bytes) {
    if (bytes.empty()) return &empty_;
    Shard& shard = shards_[hash[31] % shard_count];
    const std::lock_guard lock(shard.mutex);
    auto& code = shard.codes[hash];
    if (!code) code = std::make_unique<Code>(hash, Bytes(bytes.begin(), bytes.end()));
    inserted_.store(true, std::memory_order_relaxed);
    return code.get();
}

void CodeCache::release() {
    if (users_.fetch_sub(1) == 1 && inserted_.exchange(false)) trim();
}

void CodeCache::trim() {
    size_t total = 0;
    for (auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (const auto& [hash, code] : shard.codes) total += code->footprint();
    }
    // Evicts whole shards' worth in hash order, which is as good as random for keys that are hashes.
    for (auto& shard : shards_) {
        if (total <= budget_) return;
        const std::lock_guard lock(shard.mutex);
        if (users_.load() != 0) return;
        for (const auto& [hash, code] : shard.codes) total -= code->footprint();
        shard.codes.clear();
    }
}

}  // namespace weft::state
