// Hashing what updates have made dirty.
#include <algorithm>

#include "weft/crypto/keccak.hpp"
#include "weft/trie/forest.hpp"

namespace weft::trie {

/// Notes the dirty nodes below this one, each at the level of its longest way down to a clean one; returns
/// the node's own level.
uint32_t Forest::collect(Worker& worker, Node* at) {
    switch (at->kind()) {
        case Kind::leaf:
            return 0;
        case Kind::account:
            if (!at->child_dirty) return 0;
            at->child_dirty = 0;
            return collect_child(worker, at->link, at->rlp() + at->size - storage_root_from_end);
        case Kind::extension:
            if (!at->child_dirty) return 0;
            at->child_dirty = 0;
            return collect_child(worker, at->link, at->rlp() + at->size - 32);
        case Kind::branch:
            break;
    }
    uint32_t level = 0;
    for (uint32_t bits = at->dirty(); bits != 0; bits &= bits - 1) {
        const auto digit = static_cast<uint32_t>(std::countr_zero(bits));
        level = std::max(level, collect_child(worker, at->child(digit), at->item(digit) + 1));
    }
    at->set_dirty(0);
    return level;
}

uint32_t Forest::collect_child(Worker& worker, NodeRef ref, uint8_t* hash) {
    Node* const child = node(ref);
    const uint32_t level = collect(worker, child);
    if (worker.levels.size() <= level) worker.levels.resize(level + 1);
    worker.levels[level].push_back({child, hash});
    return level + 1;
}

void Forest::hash_level(std::span<const Worker::Job> jobs) {
    constexpr size_t chunk = 128;
    std::array<crypto::KeccakJob, chunk> messages;
    std::array<HashedNode, chunk> hashed;
    for (size_t start = 0; start < jobs.size(); start += chunk) {
        const std::span some = jobs.subspan(start, std::min(chunk, jobs.size() - start));
        for (size_t i = 0; i < some.size(); ++i)
            messages[i] = {some[i].node->rlp(), some[i].node->size, some[i].hash};
        crypto::keccak256_batch({messages.data(), some.size()});
        if (options_.writer == nullptr) continue;
        for (size_t i = 0; i < some.size(); ++i) {
            std::memcpy(hashed[i].hash.data(), some[i].hash, hashed[i].hash.size());
            hashed[i].rlp = some[i].node->encoding();
            some[i].node->stored = 1;
        }
        options_.writer->write({hashed.data(), some.size()});
    }
}

void Forest::hash_below(Worker& worker, NodeRef ref) {
    collect(worker, node(ref));
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
