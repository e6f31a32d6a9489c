// Reading along a key's path, and giving memory back.
#include "weft/trie/forest.hpp"

namespace weft::trie {
namespace {

/// Where a walk stands: a node's RLP, and the node itself where it is in memory.
struct Position {
    BytesView rlp;
    Node* node = nullptr;
    uint32_t depth = 0;
};

}  // namespace

ReadResult<std::optional<Forest::Found>> Forest::walk(const Root& root, BytesView key, Place place,
                                                      PathVisitor visit) const {
    if (root.ref == none && root.hash == empty_root) return std::nullopt;
    Bytes fetched;  // what the position's RLP lies in, where it is not in memory
    Position at;
    // Steps to a child by its item; the reference may be `none`.
    const auto step = [&](NodeRef ref, const uint8_t* item, uint32_t depth) -> ReadResult<void> {
        const bool is_embedded = depth != 0 && item[0] >= 0xc0;
        at.depth = depth;
        at.node = ref == none ? nullptr : node(ref);
        if (at.node != nullptr) {
            at.rlp = at.node->encoding();
        } else if (is_embedded) {
            at.rlp = {item, item_size(item)};
        } else {
            Hash hash;
            std::memcpy(hash.data(), item + 1, hash.size());
            Place here = place;
            if (here.left != Place::any) here.left -= depth;
            auto rlp = fetch(hash, here, path_of(key).first(depth));
            if (!rlp) return std::unexpected(std::move(rlp.error()));
            fetched = std::move(*rlp);
            at.rlp = fetched;
        }
        visit({at.rlp, depth, is_embedded});
        return {};
    };

    std::array<uint8_t, hash_item_size> item{hash_item_head};
    std::memcpy(item.data() + 1, root.hash.data(), root.hash.size());
    if (auto stepped = step(root.ref, item.data(), 0); !stepped) return std::unexpected(stepped.error());
    for (;;) {
        const Path rest = path_of(key, at.depth);
        NodeRef ref = none;
        const uint8_t* next = nullptr;
        uint32_t depth = 0;
        if (is_branch(at.rlp.data())) {
            next = at.rlp.data() + list_header_size(at.rlp.data());
            const uint32_t digit = rest.empty() ? 16 : rest[0];
            for (uint32_t i = 0; i < digit; ++i) next += item_size(next);
            if (*next == empty_item) return std::nullopt;
            if (rest.empty()) {
                const BytesView value = payload(next);
                return Found{Bytes(value.begin(), value.end())};
            }
            if (at.node != nullptr) ref = at.node->child(digit);
            depth = at.depth + 1;
        } else {
            const ShortNode parsed = read_short(at.rlp.data());
            if (parsed.is_leaf) {
                if (!(parsed.path == rest)) return std::nullopt;
                const BytesView value = payload(parsed.second);
                return Found{Bytes(value.begin(), value.end()),
                             at.node != nullptr && place.accounts ? at.node->link : none};
            }
            if (common_nibbles(parsed.path, rest) != parsed.path.size()) return std::nullopt;
            next = parsed.second;
            if (at.node != nullptr) ref = at.node->link;
            depth = at.depth + parsed.path.size();
        }
        if (auto stepped = step(ref, next, depth); !stepped) return std::unexpected(stepped.error());
    }
}

/// One node's turn in a sweep: drops its children that were not used since the last sweep, and goes on below
/// the others. Returns whether anything was dropped.
bool Forest::sweep(Worker& worker, NodeRef ref, size_t budget) {
    Node* const at = node(ref);
    std::span<NodeRef> children;
    if (at->kind() == Kind::branch)
        children = {at->children(), at->child_count()};
    else if (at->kind() != Kind::leaf)
        children = {&at->link, 1};
    bool dropped = false;
    for (NodeRef& child : children) {
        if (child == none) continue;
        if (statistics().bytes <= budget) return dropped;
        Node* const below = node(child);
        // What is stored has everything below it stored.
        if (below->stored && !below->touched) {
            free_all(worker, child);
            child = none;
            dropped = true;
        } else {
            below->touched = 0;
            dropped |= sweep(worker, child, budget);
        }
    }
    return dropped;
}

void Forest::unload(Root& root, size_t budget) {
    if (root.ref == none || root.is_dirty) return;
    Worker& worker = take_worker();
    // The first sweep may only mark; when the second, too, drops nothing, nothing can be dropped.
    for (int in_vain = 0; in_vain < 2 && statistics().bytes > budget;)
        in_vain = sweep(worker, root.ref, budget) ? 0 : in_vain + 1;
    if (Node* const top = node(root.ref); statistics().bytes > budget && top->stored) {
        free_all(worker, root.ref);
        root.ref = none;
    }
    give_back(worker);
}

}  // namespace weft::trie
