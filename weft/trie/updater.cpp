#include "weft/trie/updater.hpp"

#include <algorithm>

#include "weft/trie/undo.hpp"

namespace weft::trie {
namespace {

uint8_t nibble(BytesView key, uint32_t i) noexcept { return i % 2 == 0 ? key[i / 2] >> 4 : key[i / 2] & 15; }

bool is_insert(const Change& change) noexcept { return !change.value.empty(); }

}  // namespace

Updater::Outcome Updater::update_all(NodeRef ref, uint32_t depth, Changes changes) {
    start(ref, depth, changes);
    return update(ref, depth, changes);
}

void Updater::start(NodeRef ref, uint32_t depth, Changes changes) noexcept {
    start_ = ref;
    start_depth_ = depth;
    end_ = changes.data() + changes.size();
    constexpr size_t few = 3;  // to ask for these takes longer than to wait for them
    asked_ = needed_ = due_ = ref == none || changes.size() < few ? end_ : changes.data();
}

Updater::Outcome Updater::update(NodeRef ref, uint32_t depth, Changes changes) {
    if (ref == none) return insert(depth, changes);
    if (changes.size() == 1) return update_one(ref, depth, changes);
    return update_node(ref, depth, changes);
}

/// One change: straight through the branches that keep their form.
Updater::Outcome Updater::update_one(NodeRef ref, uint32_t depth, Changes change) {
    const BytesView key = change.front().key;
    std::array<NodeRef, 64> way;
    size_t steps = 0;
    for (; steps < way.size() && depth < 2 * key.size(); ++steps, ++depth) {
        Node* const at = node(ref);
        const uint32_t digit = nibble(key, depth);
        if (at->kind() != Kind::branch || !at->has_child(digit) || at->child(digit) == none) break;
        at->touched = 1;
        way[steps] = ref;
        ref = at->child(digit);
    }
    Outcome out = update_node(ref, depth, change);
    if (!out.changed) return {steps == 0 ? out.ref : way[0], false};
    while (steps-- != 0) {
        Node* const at = node(way[steps]);
        const uint32_t digit = nibble(key, --depth);
        if (!has_form(at) || !has_room(at, digit, out.ref)) {
            Groups groups;
            groups.count = 1;
            groups.list[0] = {change.data(), 1, digit, none, nullptr, out};
            out = fold(way[steps], depth, groups, nullptr);
            continue;
        }
        at->child(digit) = out.ref;
        at->set_dirty(static_cast<uint16_t>(at->dirty() | 1U << digit));
        at->stored = 0;
        out.ref = way[steps];
    }
    return out;
}

Updater::Outcome Updater::update_node(NodeRef ref, uint32_t depth, Changes changes) {
    Node* const at = node(ref);
    at->touched = 1;
    switch (at->kind()) {
        case Kind::leaf:
        case Kind::account:
            return update_leaf(ref, depth, changes);
        case Kind::extension:
            return update_extension(ref, depth, changes);
        case Kind::branch:
            return update_branch(ref, depth, changes);
    }
    __builtin_unreachable();
}

NodeRef Updater::load(const uint8_t* item, Path way) {
    if (item[0] >= 0xc0) return forest_.decode(worker_, {item, item_size(item)}, top_.accounts);
    Hash hash;
    std::memcpy(hash.data(), item + 1, hash.size());
    Place place = top_;
    if (place.left != Place::any) place.left -= way.size();
    const auto rlp = forest_.fetch(hash, place, way);
    if (!rlp) {
        if (!error_) error_ = rlp.error();
        return none;
    }
    const NodeRef ref = forest_.decode(worker_, *rlp, top_.accounts);
    node(ref)->stored = 1;
    return ref;
}

// --- leaves ---------------------------------------------------------------------------------------------

Updater::Outcome Updater::update_leaf(NodeRef ref, uint32_t depth, Changes changes) {
    const auto [path, is_leaf, value] = read_short(node(ref)->rlp());
    const auto same =
        std::ranges::find_if(changes, [&](const Change& c) { return path_of(c.key, depth) == path; });
    if (changes.size() == 1 && same != changes.end()) [[likely]]
        return replace(ref, payload(value), depth, *same);

    const base::Arena::Mark mark = worker_.arena.mark();
    // The key of the leaf, whose path may not outlive its replacement.
    const Path key = join(path_of(changes.front().key).first(depth), path);
    Outcome out{ref, false};
    if (same != changes.end()) out = replace(ref, payload(value), depth, *same);
    const auto others = std::ranges::count_if(
        changes, [&](const Change& c) { return &c != std::to_address(same) && is_insert(c); });
    if (others != 0 && !error_) {
        Change* const list = worker_.arena.make_array<Change>(static_cast<size_t>(others) + 1).data();
        Change* end = list;
        auto next = changes.begin();
        const auto take_until = [&](auto stop) {
            for (; next != stop; ++next)
                if (next != same && is_insert(*next)) *end++ = *next;
        };
        AccountUpdate moved;
        if (out.ref != none) {
            const BytesView leaf_key{key.bytes, (size_t{key.to} + 1) / 2};
            take_until(std::ranges::partition_point(changes, [&](const Change& c) {
                return std::ranges::lexicographical_compare(c.key, leaf_key);
            }));
            *end++ = {leaf_key, payload(read_short(node(out.ref)->rlp()).second)};
            if (top_.accounts) {
                const uint32_t work =
                    end - 1 == list ? changes.front().account->work_before : end[-2].account->work_through;
                moved = {.work_before = work, .work_through = work, .moved = node(out.ref)};
                end[-1].account = &moved;
            }
        }
        take_until(changes.end());
        for (const Change& change : std::span(list, end))
            if (change.key.data() != key.bytes) note(change, {});
        const NodeRef built = build(depth, {list, end});
        if (out.ref != none) forest_.free(worker_, out.ref);
        out = {built, true};
    }
    worker_.arena.rewind(mark);
    return out;
}

/// Notes what is overwritten, if a mark asks for it; before: the value.
void Updater::note(const Change& change, BytesView before) {
    UndoLog* const log = forest_.log(worker_);
    if (log == nullptr) return;
    if (top_.accounts)
        log->add_account(change.key, forest_.round_, before);
    else
        log->add_slot(top_.owner, change.key, forest_.round_, before);
}

/// Takes an account's storage away: it is freed, or kept for a return to the mark.
void Updater::drop_storage(BytesView account, NodeRef storage, const Hash& hash, bool is_dirty) {
    if (UndoLog* const log = forest_.log(worker_); log != nullptr)
        log->add_storage(account, forest_.round_, {.ref = storage, .hash = hash, .is_dirty = is_dirty});
    else if (storage != none)
        forest_.free_all(worker_, storage);
}

Updater::Outcome Updater::remove_leaf(NodeRef ref, BytesView value, const Change& change) {
    Node* const leaf = node(ref);
    note(change, value);
    if (top_.accounts) {
        Hash root;
        std::memcpy(root.data(), value.data() + value.size() - storage_root_from_end, root.size());
        if (leaf->link != none || root != empty_root)
            drop_storage(change.key, leaf->link, root, leaf->child_dirty);
    }
    forest_.free(worker_, ref);
    return {none, true};
}

/// Gives a leaf its new value in the place of `before`, or removes it.
Updater::Outcome Updater::replace(NodeRef ref, BytesView before, uint32_t depth, const Change& change) {
    if (top_.accounts) {
        if (change.account->removed) return remove_leaf(ref, before, change);
        return put_account(ref, before, depth, change);
    }
    if (change.value.empty()) return remove_leaf(ref, before, change);
    if (same_bytes(before, change.value)) return {ref, false};
    note(change, before);
    Node* const old = node(ref);
    if (string_size(before) == string_size(change.value)) {
        // The value is the node's last item.
        const size_t size = string_size(change.value);
        put_string(old->rlp() + old->whole_size() - size, change.value);
        old->stored = 0;
        return {ref, true};
    }
    const New leaf = make_leaf(path_of(change.key, depth), change.value, Kind::leaf);
    forest_.free(worker_, ref);
    return {leaf.ref, true};
}

/// An account's leaf, new or in the place of `ref` and its value, and the storage below it.
Updater::Outcome Updater::put_account(NodeRef ref, BytesView old_value, uint32_t depth,
                                      const Change& change) {
    const AccountUpdate& account = *change.account;
    Node* const old = ref == none ? nullptr : node(ref);
    Hash root = empty_root;
    NodeRef storage = none;
    bool dirty = false, storage_changed = false;
    if (old != nullptr) {
        std::memcpy(root.data(), old_value.data() + old_value.size() - storage_root_from_end, root.size());
        storage = old->link;
        dirty = old->child_dirty;
    }
    if (account.wiped && (storage != none || root != empty_root)) {
        drop_storage(change.key, storage, root, dirty);
        storage = none;
        root = empty_root;
        dirty = false;
        storage_changed = true;
    }
    if (account.restored != nullptr && !account.restored->is_attached) {
        if (storage != none) forest_.free_all(worker_, storage);
        storage = account.restored->ref;
        root = account.restored->hash;
        dirty = account.restored->is_dirty;
        storage_changed = account.restored->is_attached = true;
    }
    if (!account.slots.empty()) {
        Updater below(forest_, worker_, {.left = 2 * Hash::size(), .owner = change.key});
        below.shared_from_ = shared_from_;
        if (storage == none && root != empty_root) {
            std::array<uint8_t, hash_item_size> item{hash_item_head};
            std::ranges::copy(root, item.begin() + 1);
            storage = below.load(item.data(), {});
        }
        if (!below.error()) {
            const Outcome out = below.update_all(storage, 0, account.slots);
            storage = out.ref;
            storage_changed |= out.changed;
            dirty = storage != none && (dirty || out.changed);
            if (out.changed && storage == none) root = empty_root;
        }
        if (below.error()) error_ = std::move(below.error());
    }

    const BytesView value = is_insert(change) ? change.value : old_value;
    const auto head = [](BytesView v) { return v.first(v.size() - storage_root_from_end); };
    const auto code = [](BytesView v) { return v.last(code_hash_from_end); };
    if (old != nullptr && !storage_changed && same_bytes(head(value), head(old_value)) &&
        same_bytes(code(value), code(old_value))) {
        old->link = storage;
        return {ref, false};
    }
    if (old != nullptr && is_insert(change)) note(change, old_value);
    New leaf{ref, old};
    if (old == nullptr || value.size() != old_value.size()) {
        leaf = make_leaf(path_of(change.key, depth), value, Kind::account);
        if (old != nullptr) forest_.free(worker_, ref);
    } else if (is_insert(change)) {
        std::memcpy(leaf.node->rlp() + leaf.node->size - value.size(), value.data(), value.size());
    }
    std::ranges::copy(root, leaf.node->rlp() + leaf.node->size - storage_root_from_end);
    leaf.node->link = storage;
    leaf.node->child_dirty = dirty;
    leaf.node->stored = 0;
    return {leaf.ref, true};
}

// --- where nothing was ------------------------------------------------------------------------------------

Updater::Outcome Updater::insert(uint32_t depth, Changes changes) {
    const auto inserts = static_cast<size_t>(std::ranges::count_if(changes, is_insert));
    if (inserts == 0) return {none, false};
    for (const Change& change : changes)
        if (is_insert(change)) note(change, {});
    if (inserts == changes.size()) return {build(depth, changes), true};
    const base::Arena::Mark mark = worker_.arena.mark();
    const std::span<Change> list = worker_.arena.make_array<Change>(inserts);
    std::ranges::copy_if(changes, list.begin(), is_insert);
    const NodeRef built = build(depth, list);
    worker_.arena.rewind(mark);
    return {built, true};
}

NodeRef Updater::build_leaf(uint32_t depth, const Change& change) {
    if (!top_.accounts) return make_leaf(path_of(change.key, depth), change.value, Kind::leaf).ref;
    const Node* const moved = change.account->moved;
    if (moved == nullptr) return put_account(none, {}, depth, change).ref;
    const New leaf = make_leaf(path_of(change.key, depth), change.value, Kind::account);
    leaf.node->link = moved->link;
    leaf.node->child_dirty = moved->child_dirty;
    return leaf.ref;
}

/// The trie over these changes, all of which are inserts.
NodeRef Updater::build(uint32_t depth, Changes changes) {
    if (changes.size() == 1) return build_leaf(depth, changes.front());
    const Path first = path_of(changes.front().key, depth);
    const uint32_t common = common_nibbles(first, path_of(changes.back().key, depth));
    const base::Arena::Mark mark = worker_.arena.mark();
    Parts parts;
    Changes below = changes;
    if (first.size() == common) {
        parts.value = value_item(changes.front().value);
        below = changes.subspan(1);
    }
    Groups groups = cut(depth + common, below);
    run(groups, depth + common + 1, true, below);
    for (size_t i = 0; i < groups.count; ++i) {
        const Group& group = groups.list[i];
        if (group.outcome.ref != none) parts.children[group.digit] = child_of(group.outcome.ref);
    }
    const NodeRef branch = make_branch(parts);
    worker_.arena.rewind(mark);
    return common == 0 ? branch : make_extension(first.first(common), child_of(branch));
}

// --- extensions -------------------------------------------------------------------------------------------

Updater::Outcome Updater::update_extension(NodeRef ref, uint32_t depth, Changes changes) {
    Node* const at = node(ref);
    const ShortNode parsed = read_short(at->rlp());
    const Path path = parsed.path;
    const auto shared = [&](const Change& c) { return common_nibbles(path, path_of(c.key, depth)); };
    const uint32_t common = std::min(shared(changes.front()), shared(changes.back()));
    // Those that follow the path lie together; the others matter only where they insert.
    Changes following = changes;
    bool splits = false;
    if (common < path.size()) {
        const auto follows = [&](const Change& c) { return shared(c) == path.size(); };
        const auto begin = std::ranges::find_if(changes, follows);
        const auto end = std::find_if_not(begin, changes.end(), follows);
        following = {begin, end};
        splits = std::any_of(changes.begin(), begin, is_insert) || std::any_of(end, changes.end(), is_insert);
    }
    const uint32_t below = depth + path.size();
    if (!following.empty()) {
        // Before anything is taken apart: no undo log would say so.
        if (at->link == none) at->link = load(parsed.second, path_of(following.front().key).first(below));
        if (at->link == none) return {ref, false};
    }
    if (splits) return split_extension(ref, depth, common, changes);
    if (following.empty()) return {ref, false};
    const Outcome out = update(at->link, below, following);
    at->link = out.ref;
    if (!out.changed) return {ref, false};
    if (out.ref == none) {
        forest_.free(worker_, ref);
        return {none, true};
    }
    const Node* const child = node(out.ref);
    if (child->kind() == Kind::branch && child->size >= 32 && item_size(parsed.second) == hash_item_size) {
        at->child_dirty = 1;
        at->stored = 0;
        return {ref, true};
    }
    const NodeRef result = prepend(path, child_of(out.ref), {});
    forest_.free(worker_, ref);
    return {result, true};
}

/// Changes leave the extension's path after `common` nibbles: there a branch comes to stand.
Updater::Outcome Updater::split_extension(NodeRef ref, uint32_t depth, uint32_t common, Changes changes) {
    Node* const at = node(ref);
    const Path path = read_short(at->rlp()).path;
    const Path rest = path.drop(common + 1);
    Parts parts;
    Child& child = parts.children[path[common]];
    child = only_child(at);
    if (!rest.empty()) child = child_of(make_extension(rest, child));
    Outcome out = update_branch(make_branch(parts), depth + common, changes);
    if (common != 0 && out.ref != none) out.ref = prepend(path.first(common), child_of(out.ref), {});
    forest_.free(worker_, ref);
    return {out.ref, true};
}

// --- branches ---------------------------------------------------------------------------------------------

/// The changes by their nibble at `depth`.
Updater::Groups Updater::cut(uint32_t depth, Changes changes) const {
    Groups groups;
    groups.count = 0;
    const Change* const end = changes.data() + changes.size();
    for (const Change* at = changes.data(); at != end;) {
        Group& group = groups.list[groups.count++];
        group.changes = at;
        group.digit = nibble(at->key, depth);
        group.child = none;
        group.item = nullptr;
        do ++at;
        while (at != end && nibble(at->key, depth) == group.digit);
        group.count = static_cast<uint32_t>(at - group.changes);
    }
    return groups;
}

void Updater::run_one(Group& group, uint32_t depth, bool building) {
    group.outcome = {group.child, false};
    if (building) {
        group.outcome = {build(depth, group.list()), true};
        return;
    }
    if (group.item != nullptr) {
        group.child = load(group.item, path_of(group.changes->key).first(depth));
        if (group.child == none) return;
    }
    group.outcome = update(group.child, depth, group.list());
}

/// Asks the cache for the nodes that changes ahead of `next` are about to meet, many ways down at once, a
/// level further each time: memory is slower than everything else here, so it works while the walk goes on.
/// What a way was found to be stays so until the walk comes to it, for nodes are given up only behind the
/// walk.
void Updater::ask_ahead(const Change* next) {
    if (next < needed_) {
        ask_level(next);
    } else {
        while (ahead_count_ != 0) ask_level(next);
        begin_ways(next);
        // The first ways are needed at once.
        if (next == needed_) {
            while (ahead_count_ != 0) ask_level(next);
            begin_ways(next);
        }
    }
    constexpr ptrdiff_t pace = 4;  // changes for each level: ways are shorter than 32 / 4 where it counts
    due_ = ahead_count_ != 0 ? std::min(next + pace, needed_) : needed_;
}

/// Takes the next ways, from where the others end.
void Updater::begin_ways(const Change* next) noexcept {
    needed_ = asked_ = std::max(asked_, next);
    const size_t count = std::min(ways_at_once, static_cast<size_t>(end_ - asked_));
    asked_ += count;
    ahead_count_ = count == 0 ? 0 : 1;
    ahead_depth_ = start_depth_;
    ahead_[0] = {needed_, asked_, node(start_)};
}

/// Goes a level down on all ways, and asks for what is there.
void Updater::ask_level(const Change* next) noexcept {
    constexpr size_t line = 64;
    std::array<Way, ways_at_once> below;
    size_t count = 0;
    for (const auto& [first, end, at] : std::span(ahead_).first(ahead_count_)) {
        if (end <= next) continue;
        const auto* const bytes = reinterpret_cast<const std::byte*>(at);
        const std::byte* const last = bytes + at->bytes() - 1;
        for (const std::byte* more = bytes + 2 * line; more < last; more += line) __builtin_prefetch(more);
        __builtin_prefetch(last);
        if (at->kind() != Kind::branch || 2 * first->key.size() <= ahead_depth_) continue;
        for (const Change* change = first; change != end;) {
            const uint32_t digit = nibble(change->key, ahead_depth_);
            const Change* const begin = change;
            if (nibble(end[-1].key, ahead_depth_) == digit)
                change = end;
            else
                do ++change;
                while (nibble(change->key, ahead_depth_) == digit);
            const NodeRef child = at->has_child(digit) ? at->child(digit) : none;
            if (child == none) continue;
            Node* const there = node(child);
            __builtin_prefetch(there);
            __builtin_prefetch(reinterpret_cast<const std::byte*>(there) + line);
            below[count++] = {begin, change, there};
        }
    }
    std::ranges::copy_n(below.begin(), static_cast<ptrdiff_t>(count), ahead_.begin());
    ahead_count_ = count;
    ++ahead_depth_;
}

/// Updates the children, which are `depth` nibbles down; building: none of them is there yet.
void Updater::run(Groups& groups, uint32_t depth, bool building, Changes changes) {
    if (work_of(changes) >= shared_from_) return run_together(groups, depth, building);
    // What is built is built to the end: it may hold a leaf that was there before.
    for (size_t i = 0; i < groups.count; ++i) {
        Group& group = groups.list[i];
        if (building || !error_) {
            if (!building && group.changes >= due_) ask_ahead(group.changes);
            run_one(group, depth, building);
        } else {
            group.outcome = {group.child, false};
        }
    }
}

/// The same on all threads.
void Updater::run_together(Groups& groups, uint32_t depth, bool building) {
    std::array<std::optional<StateError>, 16> errors;
    forest_.team_.for_each(groups.count, &worker_, [&](size_t i, void* own) {
        Worker& worker = *static_cast<Worker*>(own);
        Group& group = groups.list[i];
        Updater updater(forest_, worker, top_);
        // What is begun last is shared out again, so that all threads end together.
        if (forest_.is_last_part()) updater.shared_from_ = Forest::some_work;
        updater.start(group.child, depth, group.list());
        updater.run_one(group, depth, building);
        errors[i] = std::move(updater.error());
        // The child itself is hashed later, beside the others.
        if (!errors[i] && group.outcome.ref != none) forest_.hash_below(worker, group.outcome.ref);
    });
    for (size_t i = 0; i < groups.count && !error_; ++i) error_ = std::move(errors[i]);
}

Updater::Outcome Updater::update_branch(NodeRef ref, uint32_t depth, Changes changes) {
    Node* const at = node(ref);
    const Change* value = nullptr;
    if (2 * changes.front().key.size() == depth) {
        value = &changes.front();
        changes = changes.subspan(1);
    }
    Groups groups = cut(depth, changes);
    for (size_t i = 0; i < groups.count; ++i) {
        Group& group = groups.list[i];
        if (!at->has_child(group.digit)) continue;
        group.child = at->child(group.digit);
        if (group.child == none) group.item = at->item(group.digit);
    }
    run(groups, depth + 1, false, changes);
    return fold(ref, depth, groups, value);
}

/// Whether a branch may stand as it is: an update that failed may have left one with one way, which is no
/// node of a trie.
bool Updater::has_form(Node* branch) noexcept { return branch->child_count() > 1 || branch->irregular; }

/// Whether a branch that has a child there can take this one in its place, with its hash as before.
bool Updater::has_room(Node* branch, uint32_t digit, NodeRef child) const noexcept {
    return child != none && node(child)->size >= 32 &&
           (!branch->irregular || item_size(branch->item(digit)) == hash_item_size);
}

/// Puts a branch's children as they are now in their places, where these fit.
Updater::Outcome Updater::fold(NodeRef ref, uint32_t depth, const Groups& groups, const Change* value) {
    Node* const at = node(ref);
    bool fits = has_form(at);
    bool changed = !fits;
    uint16_t dirty = at->dirty();
    for (size_t i = 0; i < groups.count; ++i) {
        const auto& [below, count, digit, child, item, outcome] = groups.list[i];
        const bool was_there = at->has_child(digit);
        if (was_there && outcome.ref != none) at->child(digit) = outcome.ref;
        if (!outcome.changed) continue;
        changed = true;
        if (was_there && has_room(at, digit, outcome.ref))
            dirty |= static_cast<uint16_t>(1U << digit);
        else
            fits = false;
    }
    if (value != nullptr && !same_bytes(payload(at->value_item()), value->value)) {
        changed = true;
        fits = false;
    }
    if (!changed) return {ref, false};
    at->stored = 0;
    at->set_dirty(dirty);
    return fits ? Outcome{ref, true} : rebuild(ref, depth, groups, value);
}

/// A branch that gets other children or items of another size, and what is left of it.
Updater::Outcome Updater::rebuild(NodeRef ref, uint32_t depth, const Groups& groups, const Change* value) {
    if (const NodeRef remade = value == nullptr ? remake(node(ref), groups) : none; remade != none) {
        forest_.free(worker_, ref);
        return {remade, true};
    }
    const base::Arena::Mark mark = worker_.arena.mark();
    Parts parts = take_apart(node(ref));
    for (size_t i = 0; i < groups.count; ++i) {
        const Outcome& out = groups.list[i].outcome;
        if (out.changed) parts.children[groups.list[i].digit] = child_of(out.ref);
    }
    if (value != nullptr) parts.value = value->value.empty() ? nullptr : value_item(value->value);

    NodeRef result = none;
    const uint32_t count = parts.count();
    if (count == 0 && parts.value != nullptr) {
        result = make_leaf({}, payload(parts.value), Kind::leaf).ref;
    } else if (count == 1 && parts.value == nullptr) {
        const auto only =
            std::ranges::find_if(parts.children, [](const Child& c) { return c.item != nullptr; });
        const auto digit = static_cast<uint8_t>(only - parts.children.begin());
        const BytesView key = (value != nullptr ? value : groups.list[0].changes)->key;
        result = prepend({&digit, 1, 2}, *only, way_to(key, depth, digit));
        if (result == none) result = make_branch(parts);
    } else if (count != 0) {
        result = make_branch(parts);
    }
    forest_.free(worker_, ref);
    worker_.arena.rewind(mark);
    return {result, true};
}

}  // namespace weft::trie
