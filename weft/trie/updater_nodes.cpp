// How the updater makes nodes and takes them apart.
#include <algorithm>

#include "weft/trie/updater.hpp"

namespace weft::trie {
namespace {

/// A child's item before its hash is known.
constexpr std::array<uint8_t, hash_item_size> unknown_hash{hash_item_head};

/// Writes a path as the nibbles from `at` on; what was zero there.
void put_nibbles(uint8_t* bytes, uint32_t at, Path path) noexcept {
    const auto put_one = [&] {
        bytes[at / 2] |= static_cast<uint8_t>(at % 2 == 0 ? path[0] << 4 : path[0]);
        ++at;
        ++path.from;
    };
    if ((at ^ path.from) % 2 == 0) {  // whole bytes lie alike
        if (at % 2 != 0 && !path.empty()) put_one();
        const uint32_t whole = path.size() / 2;
        if (whole != 0) std::memcpy(bytes + at / 2, path.bytes + path.from / 2, whole);
        at += 2 * whole;
        path.from += 2 * whole;
    }
    while (!path.empty()) put_one();
}

}  // namespace

uint32_t Updater::Parts::count() const noexcept {
    uint32_t count = 0;
    for (const Child& child : children) count += child.item != nullptr ? 1 : 0;
    return count;
}

Updater::New Updater::make(Kind kind, size_t size, uint16_t mask) {
    const size_t bytes = sizeof(Node) + sizeof(NodeRef) * static_cast<size_t>(std::popcount(mask)) + size;
    const NodeRef ref = worker_.allocator.allocate(bytes);
    Node* const made = node(ref);
    const auto said = static_cast<uint32_t>(std::min<size_t>(size, Node::max_size));
    *made = {.size = said,
             .kind_bits = static_cast<uint32_t>(kind),
             .child_dirty = 0,
             .stored = 0,
             .touched = 1,
             .irregular = 0,
             .link = kind == Kind::leaf ? static_cast<uint32_t>(size - said) : mask};
    return {ref, made};
}

Updater::New Updater::make_leaf(Path path, BytesView value, Kind kind) {
    const size_t items = path_item_size(path) + string_size(value);
    const New leaf = make(kind, header_size_for(items) + items);
    uint8_t* out = put_header(leaf.node->rlp(), items, 0xc0);
    out = put_path(out, path, true);
    put_string(out, value);
    return leaf;
}

NodeRef Updater::make_extension(Path path, const Child& child) {
    const size_t item = item_size(child.item), items = path_item_size(path) + item;
    const New extension = make(Kind::extension, header_size_for(items) + items);
    uint8_t* out = put_header(extension.node->rlp(), items, 0xc0);
    out = put_path(out, path, false);
    std::memcpy(out, child.item, item);
    extension.node->link = child.ref;
    extension.node->child_dirty = child.dirty;
    return extension.ref;
}

NodeRef Updater::make_branch(const Parts& parts) {
    size_t items = 0;
    uint16_t mask = 0, dirty = 0;
    bool irregular = parts.value != nullptr;
    for (uint32_t i = 0; i < 16; ++i) {
        const Child& child = parts.children[i];
        const size_t size = child.item == nullptr ? 1 : item_size(child.item);
        items += size;
        if (child.item == nullptr) continue;
        irregular |= size != hash_item_size;
        mask |= static_cast<uint16_t>(1U << i);
        if (child.dirty) dirty |= static_cast<uint16_t>(1U << i);
    }
    const size_t value = parts.value == nullptr ? 1 : item_size(parts.value);
    items += value;
    const New branch = make(Kind::branch, header_size_for(items) + items, mask);
    branch.node->irregular = irregular;
    branch.node->set_dirty(dirty);
    NodeRef* refs = branch.node->children();
    uint8_t* out = put_header(branch.node->rlp(), items, 0xc0);
    for (const Child& child : parts.children) {
        if (child.item == nullptr) {
            *out++ = empty_item;
            continue;
        }
        *refs++ = child.ref;
        const size_t size = item_size(child.item);
        std::memcpy(out, child.item, size);
        out += size;
    }
    if (parts.value == nullptr)
        *out = empty_item;
    else
        std::memcpy(out, parts.value, value);
    return branch.ref;
}

/// A branch of nothing but hashes, with these children gone and those come, whose references are given by
/// digit; at least two are left.
NodeRef Updater::remake_branch(Node* branch, uint16_t gone, uint16_t come,
                               const std::array<NodeRef, 16>& added) {
    const auto mask = static_cast<uint16_t>((branch->mask() & ~gone) | come);
    const auto count = static_cast<size_t>(std::popcount(mask));
    const size_t items = 17 + (hash_item_size - 1) * count;
    const New made = make(Kind::branch, header_size_for(items) + items, mask);
    made.node->set_dirty(static_cast<uint16_t>((branch->dirty() & ~gone) | come));
    NodeRef* refs = made.node->children();
    const NodeRef* old = branch->children();
    uint8_t* out = put_header(made.node->rlp(), items, 0xc0);
    const uint8_t* item = branch->items();
    for (uint32_t digit = 0; digit < 16; ++digit) {
        const bool was_there = branch->has_child(digit);
        if ((mask >> digit & 1) == 0) {
            *out++ = empty_item;
        } else {
            const bool is_new = (come >> digit & 1) != 0;
            *refs++ = is_new ? added[digit] : *old;
            std::memcpy(out, is_new ? unknown_hash.data() : item, hash_item_size);
            out += hash_item_size;
        }
        old += was_there ? 1 : 0;
        item += was_there ? hash_item_size : 1;
    }
    *out = empty_item;
    return made.ref;
}

/// The branch with other children, where it stays one and all of them are hashes; else `none`.
NodeRef Updater::remake(Node* branch, const Groups& groups) {
    if (branch->irregular) return none;
    uint16_t gone = 0, come = 0;
    std::array<NodeRef, 16> added;
    for (const auto& [changes, count, digit, child, item, out] : std::span(groups.list).first(groups.count)) {
        const auto bit = static_cast<uint16_t>(1U << digit);
        if (!out.changed || (out.ref == none && !branch->has_child(digit))) continue;
        if (out.ref == none) {
            gone |= bit;
        } else if (node(out.ref)->size < 32) {
            return none;
        } else {
            come |= bit;
            added[digit] = out.ref;
        }
    }
    if (std::popcount(static_cast<uint16_t>((branch->mask() & ~gone) | come)) < 2) return none;
    return remake_branch(branch, gone, come, added);
}

Updater::Parts Updater::take_apart(Node* branch) const {
    Parts parts;
    const NodeRef* refs = branch->children();
    const uint8_t* at = branch->items();
    for (uint32_t i = 0; i < 16; ++i) {
        if (branch->has_child(i)) parts.children[i] = {*refs++, at, (branch->dirty() >> i & 1) != 0};
        at += item_size(at);
    }
    if (*at != empty_item) parts.value = at;
    return parts;
}

Updater::Child Updater::child_of(NodeRef ref) const {
    if (ref == none) return {};
    Node* const child = node(ref);
    if (child->size < 32) return {ref, child->rlp(), false};
    return {ref, unknown_hash.data(), true};
}

Updater::Child Updater::only_child(Node* extension) const {
    return {extension->link, read_short(extension->rlp()).second, extension->child_dirty != 0};
}

/// The node that the child becomes when `prefix` comes before it; the child itself is used up. `none`: the
/// child is not in memory and could not be had. way: the child's, from the root.
NodeRef Updater::prepend(Path prefix, Child child, Path way) {
    if (child.ref == none) child.ref = load(child.item, way);
    if (child.ref == none) return none;
    Node* const at = node(child.ref);
    if (at->kind() == Kind::branch) return make_extension(prefix, child);

    const base::Arena::Mark mark = worker_.arena.mark();
    const ShortNode parsed = read_short(at->rlp());
    const Path path = join(prefix, parsed.path);
    NodeRef result = none;
    if (at->kind() == Kind::extension) {
        result = make_extension(path, only_child(at));
    } else {
        const New leaf = make_leaf(path, payload(parsed.second), at->kind());
        if (at->kind() == Kind::account) {
            leaf.node->link = at->link;
            leaf.node->child_dirty = at->child_dirty;
        }
        result = leaf.ref;
    }
    forest_.free(worker_, child.ref);
    worker_.arena.rewind(mark);
    return result;
}

/// Memory of the arena.
const uint8_t* Updater::value_item(BytesView value) {
    uint8_t* const item = worker_.arena.make_array<uint8_t>(string_size(value)).data();
    put_string(item, value);
    return item;
}

/// Both paths, one after the other, in memory of the arena; they end with a byte.
Path Updater::join(Path a, Path b) {
    const uint32_t size = a.size() + b.size();
    if (size == 0) return {};
    uint8_t* const bytes = worker_.arena.make_array<uint8_t>((size + 1) / 2).data();
    const Path joined{bytes, size % 2, size + size % 2};
    put_nibbles(bytes, joined.from, a);
    put_nibbles(bytes, joined.from + a.size(), b);
    return joined;
}

/// The key's first `depth` nibbles, then another one; in memory of the arena.
Path Updater::way_to(BytesView key, uint32_t depth, uint32_t digit) {
    const auto last = static_cast<uint8_t>(digit);
    return join(path_of(key).first(depth), {&last, 1, 2});
}

}  // namespace weft::trie
