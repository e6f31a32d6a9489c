#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "weft/base/arena.hpp"
#include "weft/base/function_ref.hpp"
#include "weft/base/thread_pool.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/trie/node.hpp"
#include "weft/trie/node_source.hpp"
#include "weft/trie/team.hpp"
#include "weft/trie/undo_log.hpp"

namespace weft::trie {

/// The root of a trie without entries: Keccak-256 of the RLP of the empty string.
inline constexpr Hash empty_root{
    {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
      0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}}};

/// What tries work with; what is pointed to outlives them.
struct TrieOptions {
    base::ThreadPool* pool = nullptr;    ///< helps with large updates; nullptr: one thread
    const NodeSource* source = nullptr;  ///< nullptr: all nodes are in memory
    NodeWriter* writer = nullptr;
};

struct AccountUpdate;
class UndoBatch;

/// A key's new value.
struct Change {
    BytesView key;
    BytesView value;                         ///< empty: the key is removed
    const AccountUpdate* account = nullptr;  ///< where the value is an account: see StateTrie
};

/// What happens to an account besides its own fields. In its Change the value is the account's RLP with any
/// storage root, which is put right; it may be empty: `removed` then tells whether the account goes or stays
/// as it is.
struct AccountUpdate {
    bool removed = false;
    bool wiped = false;                  ///< its storage is emptied before `slots`
    const Detached* restored = nullptr;  ///< the storage that it gets back before `slots`
    std::span<const Change> slots{};
    /// How much work the updates before this one are, and those up to and including it; at least 1 each.
    uint32_t work_before = 0;
    uint32_t work_through = 0;
    const Node* moved = nullptr;  ///< within an update: the leaf whose storage this account takes over
};

/// How much work changes are: one unit for each account and slot.
[[nodiscard]] inline uint32_t work_of(std::span<const Change> changes) noexcept {
    if (changes.empty()) return 0;
    if (changes.front().account == nullptr) return static_cast<uint32_t>(changes.size());
    return changes.back().account->work_through - changes.front().account->work_before;
}

struct TrieStatistics {
    uint64_t nodes = 0;   ///< in memory
    uint64_t bytes = 0;   ///< that these take, their values included
    uint64_t hashes = 0;  ///< computed since the trie was made
};

/// One step of a walk from a root towards a key.
struct PathNode {
    BytesView rlp;     ///< valid during the call
    uint32_t depth;    ///< nibbles of the key before this node
    bool is_embedded;  ///< part of its parent's RLP, not a node of its own; a root never is
};
using PathVisitor = base::FunctionRef<void(const PathNode&)>;
/// Is called with a key and its value; false: enough.
using EntryVisitor = base::FunctionRef<bool(BytesView key, BytesView value)>;

/// Tries that share memory, source, writer and threads: a state's account trie with all its storage tries, or
/// a single trie. The one implementation of updates, hashing and walks. Updates are for one thread at a time;
/// walks may run beside each other, but not beside an update.
class Forest {
public:
    explicit Forest(const TrieOptions& options);
    ~Forest();

    /// A trie of the forest.
    struct Root {
        NodeRef ref = none;      ///< none: the trie is empty, or only its hash is known
        Hash hash = empty_root;  ///< where not dirty
        bool is_dirty = false;
    };

    /// What a walk comes to.
    struct Found {
        Bytes value;
        NodeRef below = none;  ///< an account's storage, where it is in memory
    };

    /// Makes the changes, which ascend by key, in one walk; where they are many, with all that help, and
    /// hashes what is below the upper nodes right away. Error: a node was missing; the trie then has part of
    /// the changes, and the same update may be tried again.
    [[nodiscard]] ReadResult<void> update(Root& root, std::span<const Change> changes, Place place);
    /// From so much work on an update is split, and hashes while it is in the cache.
    static constexpr uint32_t much_work = 1024;
    /// The same of a part that is begun when no others are left.
    static constexpr uint32_t some_work = 128;
    /// Calls `lead`; the pool's threads, if there is so much work that it pays, help with its updates and
    /// with what it hands out by for_each().
    void together(size_t work, base::FunctionRef<void()> lead);
    /// Calls body(i) once for each i below count, with all that help.
    void for_each(size_t count, base::FunctionRef<void(size_t i)> body) noexcept;
    /// Calls body(begin, end) for ranges of `grain` that make up [0, count), with all that help.
    template <class Body>
    void for_ranges(size_t count, size_t grain, Body&& body) noexcept {
        for_each((count + grain - 1) / grain,
                 [&](size_t i) { body(i * grain, std::min(count, (i + 1) * grain)); });
    }
    /// Makes root.hash what it should be.
    void hash(Root& root);
    /// Calls `visit` for the nodes on the key's path from the root on, as far as the path goes. Returns the
    /// key's value, if it has one. Precondition: the root isn't dirty.
    [[nodiscard]] ReadResult<std::optional<Found>> walk(const Root& root, BytesView key, Place place,
                                                        PathVisitor visit) const;
    /// Calls `visit` for the entries from key `from` on, ascending by key, until it returns false.
    /// Precondition: the root isn't dirty.
    [[nodiscard]] ReadResult<void> visit(const Root& root, BytesView from, Place place,
                                         EntryVisitor visit) const;
    /// From now on updates note what they overwrite, so that revert() can take it back; what was noted before
    /// is forgotten. Keys must be hashes.
    void mark();
    [[nodiscard]] bool is_marked() const noexcept { return is_marked_; }
    /// Makes the trie what it was at mark(). Error: a node was missing; it may be tried again, and nothing
    /// else may be done. Precondition: is_marked().
    [[nodiscard]] ReadResult<void> revert(Root& root, Place place);
    /// Whether revert() failed, and has not succeeded since.
    [[nodiscard]] bool is_reverting() const noexcept { return undo_ != nullptr; }
    /// Drops nodes that can be had again from the source, those not used of late first, until no more than
    /// `budget` bytes are in use or nothing is left to drop. Precondition: the root isn't dirty.
    void unload(Root& root, size_t budget);

    [[nodiscard]] TrieStatistics statistics() const;

private:
    friend class Updater;

    /// What one thread needs; no line of the cache is two threads'.
    struct alignas(64) Worker {
        explicit Worker(NodePool& pool) : allocator(pool) {}
        NodePool::Allocator allocator;
        base::Arena arena{size_t{4} << 10};
        /// Nodes to hash, by the longest way down to a clean one.
        std::vector<std::vector<crypto::KeccakJob>> levels;
        uint64_t hashes = 0;
        std::unique_ptr<UndoLog> undo;  ///< nullptr: nothing noted since the mark
    };

    [[nodiscard]] Node* node(NodeRef ref) const noexcept { return reinterpret_cast<Node*>(pool_.at(ref)); }
    /// The checked RLP of a node; `way` leads there from the trie's root, for the error.
    [[nodiscard]] ReadResult<Bytes> fetch(const Hash& hash, Place place, Path way) const;
    /// A new node with this RLP. Precondition: it was checked for its place.
    [[nodiscard]] NodeRef decode(Worker& worker, BytesView rlp, bool accounts);
    void free(Worker& worker, NodeRef ref) noexcept { worker.allocator.free(ref, node(ref)->bytes()); }
    void free_all(Worker& worker, NodeRef ref) noexcept;

    class Visit;

    /// The thread's log, where updates are to be noted; else nullptr.
    [[nodiscard]] UndoLog* log(Worker& worker) {
        if (!is_noting_) return nullptr;
        if (worker.undo == nullptr) [[unlikely]]
            begin_log(worker);
        return worker.undo.get();
    }
    void begin_log(Worker& worker);
    [[nodiscard]] std::vector<std::unique_ptr<UndoLog>> take_logs();
    void forget(std::vector<std::unique_ptr<UndoLog>> logs);

    /// Hashes what is dirty below this node, many lanes at a time.
    void hash_below(Worker& worker, NodeRef ref);
    uint32_t collect(Worker& worker, Node* node);
    uint32_t collect_child(Worker& worker, Node* child, uint8_t* hash);
    void hash_level(Worker& worker, std::span<const crypto::KeccakJob> jobs);
    /// Gives the writer nodes that have been hashed.
    void write(std::span<const crypto::KeccakJob> jobs);

    bool sweep(Worker& worker, NodeRef ref, size_t budget);

    /// Whether, while threads help, another one will soon find nothing to do.
    [[nodiscard]] bool is_last_part() noexcept {
        return !team_.is_over() && team_.has_fewer_than(options_.pool->size());
    }
    [[nodiscard]] Worker& take_worker();
    void give_back(Worker& worker);

    TrieOptions options_;
    Team team_;
    NodePool pool_;
    bool is_marked_ = false;
    bool is_noting_ = false;
    uint32_t round_ = 0;               ///< updates since the mark
    std::unique_ptr<UndoBatch> undo_;  ///< while a revert goes on
    std::mutex mutex_;
    std::vector<std::unique_ptr<Worker>> workers_;  ///< under mutex_
    std::vector<Worker*> idle_;                     ///< under mutex_
    std::vector<std::unique_ptr<UndoLog>> spare_;   ///< empty logs with their memory; under mutex_
};

}  // namespace weft::trie
