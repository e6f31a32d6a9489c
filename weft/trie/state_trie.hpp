#pragma once

#include "weft/state/commit.hpp"
#include "weft/state/diff.hpp"
#include "weft/state/memory_state.hpp"
#include "weft/trie/diff_batch.hpp"
#include "weft/trie/forest.hpp"
#include "weft/trie/state_batch.hpp"

namespace weft::trie {

/// An account as the state trie holds it (yellow paper, section 4.1).
struct TrieAccount {
    state::Account account;
    Hash storage_root = empty_root;
    friend bool operator==(const TrieAccount&, const TrieAccount&) = default;
};

/// The commitment to a state: the account trie with all storage tries, kept from block to block.
///
///     StateTrie trie(state);          // or an empty one, or one whose nodes come from a source
///     trie.commit(diff);              // or as an executor's CommitSink, while the block executes
///     ReadResult<Hash> root = trie.root();
///
/// Commits are noted, and cost little; root() hashes their keys, makes all changes in one walk, and hashes
/// what changed, with all threads of options.pool. Commits and root() are for one thread at a time; reads see
/// the state of the last root(), and may run beside each other and beside commits.
class StateTrie final : public state::RootSink {
public:
    /// The empty state.
    explicit StateTrie(const TrieOptions& options = {}) : forest_(options) {}
    /// The state with this root, whose nodes come from options.source when they are needed.
    StateTrie(const Hash& root, const TrieOptions& options) : StateTrie(options) { root_.hash = root; }
    /// All of this state.
    explicit StateTrie(const state::MemoryState& state, const TrieOptions& options = {});

    void commit(std::span<const state::CommittedAccount> accounts,
                std::span<const state::CommittedSlot> slots) override;
    [[nodiscard]] bool takes_whole_blocks() const noexcept override { return true; }
    void commit_block(const StateDiff& diff) override { commit(diff); }
    /// All of a block's changes. Its `before` values are not looked at. Where nothing is noted yet, its keys
    /// are hashed and sorted right away, with all threads.
    void commit(const state::StateDiff& diff);

    /// The root after all commits. Error: a node was missing; nothing is lost, and root() may be called
    /// again. Until it succeeds, or revert() does, the trie is between two states and can't be read.
    [[nodiscard]] ReadResult<Hash> root() override;

    /// From now on changes are noted, so that revert() can take them back: before a block that may turn out
    /// to be invalid, or be reorganised away. There is one mark; a new one takes its place, at the state of
    /// the last root(). Error: that one failed, so that there is no such state.
    [[nodiscard]] ReadResult<void> mark();
    /// Goes back to the state at mark(), and forgets commits that are in no root yet. Error: there is no
    /// mark, and nothing is forgotten; or a node was missing. Then it may be called again, and until it
    /// succeeds there is neither a root nor anything to read.
    [[nodiscard]] ReadResult<Hash> revert();

    /// The account at this address. visit: is called for each node from the root on, as far as there are
    /// nodes: together they prove what is returned (EIP-1186).
    [[nodiscard]] ReadResult<std::optional<TrieAccount>> account(
        const Address& address, PathVisitor visit = [](const PathNode&) {}) const;
    /// The value of a slot; zero where there is none. visit: the same for the nodes of the account's storage
    /// trie.
    [[nodiscard]] ReadResult<uint256> storage(
        const Address& address, const uint256& key, PathVisitor visit = [](const PathNode&) {}) const;

    /// Drops nodes from memory that the source or the writer has, until no more than `budget` bytes are in
    /// use or nothing is left to drop; those not used of late go first. Commits must be in the root.
    void unload(size_t budget) { forest_.unload(root_, budget); }
    [[nodiscard]] TrieStatistics statistics() const { return forest_.statistics(); }

private:
    static constexpr Place accounts_place{.accounts = true, .left = 2 * Hash::size()};

    /// An error where the last root() failed, and left part of its changes.
    [[nodiscard]] ReadResult<void> check_whole() const;
    /// Makes the changes that are noted, and hashes.
    [[nodiscard]] ReadResult<void> update();
    template <class Batch>
    [[nodiscard]] ReadResult<void> take_in(Batch& batch,
                                           base::FunctionRef<std::span<const Change>()> changes);

    Forest forest_;
    Forest::Root root_;
    // What the next root() is to take in: first a diff, then what was noted after it.
    DiffBatch diff_;
    StateBatch pending_;
};

}  // namespace weft::trie

namespace weft {
using trie::StateTrie;
}  // namespace weft
