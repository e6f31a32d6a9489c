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
    for (Node* next = node(children[at->rank(lowest_bit(bits))]); bits != 0;) {
        Node* const child = next;
        const uint32_t digit = lowest_bit(bits);
        bits &= bits - 1;
        if (bits != 0) {
            next = node(children[at->rank(lowest_bit(bits))]);
            __builtin_prefetch(next);
        }
        level = std::max(level, collect_child(worker, child, at->item(digit) + 1));
    }
    return level;
}

/// The same of a dirty node's child and what is below; returns the parent's level.
uint32_t Forest::collect_child(Worker& worker, Node* child, uint8_t* hash) {
    const uint32_t level = child->has_dirty_child() ? collect(worker, child) : 0;
    if (worker.levels.size() <= level) [[unlikely]]
        worker.levels.resize(level + 1);
    worker.levels[level].push_back({child, hash});
    return level + 1;
}

void Forest::hash_level(std::span<const Worker::Job> jobs) {
    constexpr size_t chunk = 128;
    std::array<crypto::KeccakJob, chunk> messages;
    for (size_t start = 0; start < jobs.size(); start += chunk) {
        const std::span some = jobs.subspan(start, std::min(chunk, jobs.size() - start));
        for (size_t i = 0; i < some.size(); ++i)
            messages[i] = {some[i].node->rlp(), some[i].node->size, some[i].hash};
        crypto::keccak256_batch({messages.data(), some.size()});
        if (options_.writer != nullptr) write(some);
    }
}

void Forest::write(std::span<const Worker::Job> jobs) {
    std::vector<HashedNode> hashed(jobs.size());
    for (size_t i = 0; i < jobs.size(); ++i) {
        std::memcpy(hashed[i].hash.data(), jobs[i].hash, hashed[i].hash.size());
        hashed[i].rlp = jobs[i].node->encoding();
        jobs[i].node->stored = 1;
    }
    options_.writer->write(hashed);
}

void Forest::hash_below(Worker& worker, NodeRef ref) {
    Node* const at = node(ref);
    if (!at->has_dirty_child()) return;
    collect(worker, at);
    for (auto& level : worker.levels) {
        hash_level(level);
        worker.hashes += level.size();
        level.clear();
    }
}

void Forest::hash(Root& root) {
    if (!root.is_dirty) return;
    Worker& worker = take_worker();
    hash_below(worker, root.ref);
    const Worker::Job job{node(root.ref), root.hash.data()};
    hash_level({&job, 1});
    ++worker.hashes;
    give_back(worker);
    root.is_dirty = false;
}

}  // namespace weft::trie
