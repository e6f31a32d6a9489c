#pragma once

#include <span>

#include "weft/trie/forest.hpp"

namespace weft::trie {

/// A Merkle Patricia trie (yellow paper, appendix D) from keys to values, kept from one update to the next.
/// The tries of a state are a StateTrie.
class Trie {
public:
    /// An empty trie.
    explicit Trie(const TrieOptions& options = {}) : forest_(options) {}
    /// The trie with this root, whose nodes come from options.source when they are needed.
    Trie(const Hash& root, const TrieOptions& options) : forest_(options) { root_.hash = root; }

    /// Makes the changes. Precondition: keys ascending, all different. Error: a node was missing; the trie
    /// then has part of the changes, and the same update may be tried again.
    [[nodiscard]] ReadResult<void> update(std::span<const Change> changes) {
        return forest_.update(root_, changes, {});
    }
    [[nodiscard]] Hash root() {
        forest_.hash(root_);
        return root_.hash;
    }
    /// A key's value.
    [[nodiscard]] ReadResult<std::optional<Bytes>> find(BytesView key) {
        return walk(key, [](const PathNode&) {});
    }
    /// The same, and each node on the way: a proof (yellow paper, appendix D; eth_getProof).
    [[nodiscard]] ReadResult<std::optional<Bytes>> walk(BytesView key, PathVisitor visit) {
        forest_.hash(root_);
        auto found = forest_.walk(root_, key, {}, visit);
        if (!found) return std::unexpected(std::move(found.error()));
        if (!*found) return std::nullopt;
        return std::move((*found)->value);
    }
    /// Calls `visit` for the entries from key `from` on, ascending by key, until it returns false.
    [[nodiscard]] ReadResult<void> visit(BytesView from, EntryVisitor visit) {
        forest_.hash(root_);
        return forest_.visit(root_, from, {}, visit);
    }
    /// Drops nodes from memory that the source or the writer has, until no more than `budget` bytes are in
    /// use or nothing is left to drop.
    void unload(size_t budget) {
        forest_.hash(root_);
        forest_.unload(root_, budget);
    }
    [[nodiscard]] TrieStatistics statistics() const { return forest_.statistics(); }

private:
    Forest forest_;
    Forest::Root root_;
};

/// The root of the trie with these entries, without keeping it. Precondition: keys ascending, all different,
/// values not empty.
[[nodiscard]] Hash trie_root(std::span<const Change> entries);

/// The root of a trie from rlp(index) to values[index]: transactions, receipts, withdrawals (yellow paper,
/// section 4.3.2).
[[nodiscard]] Hash ordered_root(std::span<const BytesView> values);
[[nodiscard]] Hash ordered_root(std::span<const Bytes> values);

}  // namespace weft::trie
