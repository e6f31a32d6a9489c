// Hashing what updates have made dirty.
#include <algorithm>

#include "weft/crypto/keccak.hpp"
#include "weft/trie/forest.hpp"

namespace weft::trie {
namespace {

uint32_t lowest_bit(uint32_t bits) noexcept { return static_cast<uint32_t>(std::countr_zero(bits)); }

}  // namespace

/// Notes the dirty nodes below this one, which has some, each at the level of its longest way down to a clean
/// one; returns the node's own level.
uint32_t Forest::collect(Worker& worker, Node* at) {
    if (at->kind() != Kind::branch) {
        at->child_dirty = 0;
        const size_t from_end = at->kind() == Kind::account ? storage_root_from_end : Hash::size();
        return collect_child(worker, node(at->link), at->rlp() + at->size - from_end);
    }
    uint32_t level = 0;
    uint32_t bits = at->dirty();
    at->set_dirty(0);
    const NodeRef* const children = at->children();
    uint8_t* const items = at->items();
    uint32_t digit = lowest_bit(bits), rank = at->rank(digit);
    for (Node* child = node(children[rank]);;) {
        uint8_t* const hash = (at->irregular ? at->item(digit) : items + digit + size_t{32} * rank) + 1;
        bits &= bits - 1;
        if (bits == 0) return std::max(level, collect_child(worker, child, hash));
        digit = lowest_bit(bits);
        rank = at->rank(digit);
        Node* const next = node(children[rank]);
        __builtin_prefetch(next);
        level = std::max(level, collect_child(worker, child, hash));
        child = next;
    }
}

/// The same of a dirty node's child and what is below; returns the parent's level.
uint32_t Forest::collect_child(Worker& worker, Node* child, uint8_t* hash) {
    const uint32_t level = child->has_dirty_child() ? collect(worker, child) : 0;
    if (worker.levels.size() <= level) [[unlikely]]
        worker.levels.resize(level + 1);
    if (options_.writer != nullptr) child->stored = 1;
    worker.levels[level].push_back({child->rlp(), child->whole_size(), hash});
    return level + 1;
}

void Forest::hash_level(Worker& worker, std::span<const crypto::KeccakJob> jobs) {
    crypto::keccak256_batch(jobs);
    worker.hashes += jobs.size();
    if (options_.writer != nullptr) write(jobs);
}

void Forest::write(std::span<const crypto::KeccakJob> jobs) {
    std::vector<HashedNode> hashed(jobs.size());
    for (size_t i = 0; i < jobs.size(); ++i) {
        std::memcpy(hashed[i].hash.data(), jobs[i].out, hashed[i].hash.size());
        hashed[i].rlp = {jobs[i].p, jobs[i].size};
    }
    options_.writer->write(hashed);
}

void Forest::hash_below(Worker& worker, NodeRef ref) {
    Node* const at = node(ref);
    if (!at->has_dirty_child()) return;
    collect(worker, at);
    for (auto& level : worker.levels) {
        hash_level(worker, level);
        level.clear();
    }
}

void Forest::hash(Root& root) {
    if (!root.is_dirty) return;
    Worker& worker = take_worker();
    hash_below(worker, root.ref);
    Node* const top = node(root.ref);
    const crypto::KeccakJob job{top->rlp(), top->whole_size(), root.hash.data()};
    hash_level(worker, {&job, 1});
    if (options_.writer != nullptr) top->stored = 1;
    give_back(worker);
    root.is_dirty = false;
}

}  // namespace weft::trie
