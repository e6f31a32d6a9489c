#include "weft/state/code.hpp"

#include <new>
#include <utility>

#include "weft/base/counters.hpp"

namespace weft::state {
namespace {

/// EIP-7702: 0xef0100 followed by the address whose code runs instead.
bool is_delegation(BytesView code) noexcept {
    return code.size() == 23 && code[0] == 0xef && code[1] == 0x01 && code[2] == 0x00;
}

constexpr size_t smallest_table = 16;

}  // namespace

Code::Code(const Hash& hash, std::shared_ptr<const Bytes> bytes, CodeArena& arena) noexcept
    : hash_(hash),
      data_(bytes->data()),
      size_(static_cast<uint32_t>(bytes->size())),
      delegates_(is_delegation(*bytes)),
      arena_(arena),
      bytes_(std::move(bytes)) {}

Address Code::delegation_target() const noexcept {
    Address target;
    std::memcpy(target.data(), data_ + 3, 20);
    return target;
}

CodeCache::CodeCache(size_t budget, size_t most_kept)
    : space_(most_kept),
      budget_(budget),
      empty_(crypto::empty_code_hash, std::make_shared<const Bytes>(), no_arena_) {
    for (auto& shard : shards_) shard = std::make_unique<Shard>(*this);
}

CodeCache::~CodeCache() {
    for (auto& shard : shards_) clear(*shard);
}

Code* CodeCache::look_up(const Shard& shard, const Hash& hash) noexcept {
    const Table* const table = shard.table.load(std::memory_order_acquire);
    if (table == nullptr) return nullptr;
    const size_t mask = table->cells.size() - 1;
    const uint64_t tag = tag_of(hash);
    for (size_t i = tag >> 1;; ++i) {
        const Cell& cell = table->cells[i & mask];
        const uint64_t found = cell.tag.load(std::memory_order_acquire);
        if (found == 0) return nullptr;
        if (found != tag) continue;
        Code* const code = cell.code.load(std::memory_order_relaxed);
        if (code->hash() == hash) [[likely]]
            return code;
    }
}

ReadResult<const Code*> CodeCache::get(const Hash& hash, const StateReader& reader) {
    if (hash == crypto::empty_code_hash) return &empty_;
    Shard& shard = shard_of(hash);
    if (const Code* const code = look_up(shard, hash);
        code != nullptr && code->was_read_.load(std::memory_order_acquire))
        return code;
    // Read outside the lock: a slow disk must not stop the other workers.
    auto bytes = reader.shared_code(hash);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const base::CountedLock lock(shard.arena.mutex);
    Code* const code = keep(shard, hash, std::move(*bytes));
    code->was_read_.store(true, std::memory_order_release);
    return code;
}

const Code* CodeCache::find(const Hash& hash) noexcept {
    if (hash == crypto::empty_code_hash) return &empty_;
    return look_up(shard_of(hash), hash);
}

const Code* CodeCache::insert(const Hash& hash, BytesView bytes) {
    if (bytes.empty()) return &empty_;
    Shard& shard = shard_of(hash);
    if (const Code* const code = look_up(shard, hash)) return code;
    auto copy = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
    const base::CountedLock lock(shard.arena.mutex);
    return keep(shard, hash, std::move(copy));
}

void CodeCache::put(Table& table, uint64_t tag, Code* code) noexcept {
    const size_t mask = table.cells.size() - 1;
    size_t i = tag >> 1;
    while (table.cells[i & mask].tag.load(std::memory_order_relaxed) != 0) ++i;
    Cell& cell = table.cells[i & mask];
    cell.code.store(code, std::memory_order_relaxed);
    cell.tag.store(tag, std::memory_order_release);
}

/// Precondition: the shard is locked.
Code* CodeCache::keep(Shard& shard, const Hash& hash, std::shared_ptr<const Bytes> bytes) {
    if (Code* const code = look_up(shard, hash)) return code;
    if (Table* const table = shard.table.load(std::memory_order_relaxed);
        table == nullptr || 2 * (shard.codes.size() + 1) > table->cells.size()) {
        auto larger = std::make_unique<Table>(table == nullptr ? smallest_table : 2 * table->cells.size());
        if (table != nullptr)
            for (const Cell& cell : table->cells)
                if (const uint64_t tag = cell.tag.load(std::memory_order_relaxed); tag != 0)
                    put(*larger, tag, cell.code.load(std::memory_order_relaxed));
        shard.table.store(larger.get(), std::memory_order_release);
        shard.tables.push_back(std::move(larger));
    }
    const size_t held = sizeof(Code) + (bytes.use_count() == 1 ? bytes->capacity() : 0);
    shard.code_bytes += held;
    held_.fetch_add(held, std::memory_order_relaxed);
    Code* const code =
        shard.codes.emplace_back(std::make_unique<Code>(hash, std::move(bytes), shard.arena)).get();
    put(*shard.tables.back(), tag_of(hash), code);
    return code;
}

/// Precondition: nobody uses the cache.
void CodeCache::clear(Shard& shard) noexcept {
    if (shard.codes.empty()) return;
    shard.table.store(nullptr, std::memory_order_relaxed);
    shard.tables.clear();
    shard.codes.clear();
    held_.fetch_sub(shard.code_bytes, std::memory_order_relaxed);
    shard.code_bytes = 0;
    shard.arena.clear();
}

void CodeCache::enter() {
    if (users_.fetch_add(1, std::memory_order_acq_rel) >= 0) [[likely]]
        return;
    const std::scoped_lock until_evicted(trimming_);
}

void CodeCache::release() {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1 && held() > budget_) trim();
}

/// Evicts whole shards, which is as good as at random for keys that are hashes, until half the budget is
/// left.
void CodeCache::trim() {
    const std::scoped_lock lock(trimming_);
    int nobody = 0;
    if (!users_.compare_exchange_strong(nobody, evicting, std::memory_order_acq_rel)) return;
    for (auto& shard : shards_) {
        if (held() <= budget_ / 2) break;
        clear(*shard);
    }
    users_.fetch_sub(evicting, std::memory_order_acq_rel);
}

}  // namespace weft::state
