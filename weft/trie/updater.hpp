#pragma once

#include "weft/trie/forest.hpp"

namespace weft::trie {

/// One thread's walk with a batch of changes. Recurses once per node on a key's path: at most twice a key's
/// length, and once more per account for its storage.
class Updater {
public:
    using Worker = Forest::Worker;
    using Changes = std::span<const Change>;

    /// top: the place of the trie's root.
    Updater(Forest& forest, Worker& worker, Place top) : forest_(forest), worker_(worker), top_(top) {}

    struct Outcome {
        NodeRef ref;  ///< the node that stands there now
        bool changed;
    };
    /// Makes the changes, which share their first `depth` nibbles, below a node that is in memory, or where
    /// there is none.
    [[nodiscard]] Outcome update_all(NodeRef ref, uint32_t depth, Changes changes);

    /// Brings a node that only its item in the parent speaks of into memory. `none`: error() says why not.
    [[nodiscard]] NodeRef load(const uint8_t* item, Path way);

    [[nodiscard]] std::optional<StateError>& error() noexcept { return error_; }

private:
    /// What a parent says of a child.
    struct Child {
        NodeRef ref = none;             ///< none: not in memory
        const uint8_t* item = nullptr;  ///< nullptr: there is no child
        bool dirty = false;             ///< the item's hash is out of date
    };
    /// A branch taken apart.
    struct Parts {
        std::array<Child, 16> children{};
        const uint8_t* value = nullptr;  ///< as an item; nullptr: none
        [[nodiscard]] uint32_t count() const noexcept;
    };
    /// The changes below one child of a branch. (Nothing of it has a value until cut() gives one: a branch
    /// has few groups, and room for many.)
    struct Group {
        const Change* changes;
        uint32_t count;
        uint32_t digit;
        NodeRef child;
        const uint8_t* item;  ///< of a child that isn't in memory
        Outcome outcome;
        [[nodiscard]] Changes list() const noexcept { return {changes, count}; }
    };
    struct Groups {
        std::array<Group, 16> list;
        size_t count;
    };
    struct New {
        NodeRef ref;
        Node* node;
    };

    Outcome update(NodeRef ref, uint32_t depth, Changes changes);
    Outcome update_one(NodeRef ref, uint32_t depth, Changes change);
    Outcome update_node(NodeRef ref, uint32_t depth, Changes changes);
    Outcome update_leaf(NodeRef ref, uint32_t depth, Changes changes);
    Outcome update_extension(NodeRef ref, uint32_t depth, Changes changes);
    Outcome split_extension(NodeRef ref, uint32_t depth, uint32_t common, Changes changes);
    Outcome update_branch(NodeRef ref, uint32_t depth, Changes changes);
    [[nodiscard]] static bool has_form(Node* branch) noexcept;
    [[nodiscard]] bool has_room(Node* branch, uint32_t digit, NodeRef child) const noexcept;
    Outcome fold(NodeRef ref, uint32_t depth, const Groups& groups, const Change* value);
    [[nodiscard]] NodeRef remake(Node* branch, const Groups& groups);
    Outcome rebuild(NodeRef ref, uint32_t depth, const Groups& groups, const Change* value);

    Outcome replace(NodeRef ref, BytesView before, uint32_t depth, const Change& change);
    Outcome put_account(NodeRef ref, BytesView old_value, uint32_t depth, const Change& change);
    Outcome remove_leaf(NodeRef ref, BytesView value, const Change& change);
    void note(const Change& change, BytesView before);
    void drop_storage(BytesView account, NodeRef storage, const Hash& hash, bool is_dirty);
    Outcome insert(uint32_t depth, Changes changes);
    NodeRef build(uint32_t depth, Changes changes);
    NodeRef build_leaf(uint32_t depth, const Change& change);

    Groups cut(uint32_t depth, Changes changes) const;
    void run(Groups& groups, uint32_t depth, bool building, Changes changes);
    void run_one(Group& group, uint32_t depth, bool building);
    void run_together(Groups& groups, uint32_t depth, bool building);
    void start(NodeRef ref, uint32_t depth, Changes changes) noexcept;
    void ask_ahead(const Change* next);
    void begin_ways(const Change* next) noexcept;
    void ask_level(const Change* next) noexcept;

    New make(Kind kind, size_t size, uint16_t mask = 0);
    New make_leaf(Path path, BytesView value, Kind kind);
    NodeRef make_extension(Path path, const Child& child);
    NodeRef make_branch(const Parts& parts);
    NodeRef remake_branch(Node* branch, uint16_t gone, uint16_t come, const std::array<NodeRef, 16>& added);
    Parts take_apart(Node* branch) const;
    NodeRef prepend(Path prefix, Child child, Path way);
    Child child_of(NodeRef ref) const;
    Child only_child(Node* extension) const;
    const uint8_t* value_item(BytesView value);
    Path join(Path a, Path b);
    Path way_to(BytesView key, uint32_t depth, uint32_t digit);

    [[nodiscard]] Node* node(NodeRef ref) const noexcept { return forest_.node(ref); }
    [[nodiscard]] Kind leaf_kind() const noexcept { return top_.accounts ? Kind::account : Kind::leaf; }

    Forest& forest_;
    Worker& worker_;
    Place top_;
    uint32_t shared_from_ = Forest::much_work;  ///< so much work is shared out among the threads
    std::optional<StateError> error_;
    // Of the changes of update_all(), for ask_ahead().
    NodeRef start_ = none;
    uint32_t start_depth_ = 0;
    const Change* end_ = nullptr;
    const Change* asked_ = nullptr;   ///< those before are asked for, or on their way in ahead_
    const Change* needed_ = nullptr;  ///< the first in ahead_: when the walk is there, it should be done
    const Change* due_ = nullptr;     ///< when the walk is there, ask_ahead() has something to do
    /// Ways that are being asked for, those in common as one: how far each has come.
    struct Way {
        const Change* first;
        const Change* end;
        Node* at;
    };
    static constexpr size_t ways_at_once = 32;
    std::array<Way, ways_at_once> ahead_;
    size_t ahead_count_ = 0;
    uint32_t ahead_depth_ = 0;
};

}  // namespace weft::trie
