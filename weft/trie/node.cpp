#include "weft/trie/node.hpp"

#include "weft/primitives/rlp.hpp"

namespace weft::trie {
namespace {

using primitives::rlp::Decoder;

/// [nonce, balance, storage root, code hash], the numbers in their shortest form.
bool is_account(BytesView rlp) {
    Decoder in(rlp);
    uint64_t nonce = 0;
    uint256 balance;
    Hash hash;
    const auto list = in.begin_list("account");
    in.read(nonce, "nonce");
    in.read(balance, "balance");
    in.read(hash, "storageRoot");
    in.read(hash, "codeHash");
    in.end_list(list, "account");
    return in.finish().has_value();
}

/// The place `nibbles` further down.
Place below(Place place, uint32_t nibbles) {
    if (place.left != Place::any) place.left -= nibbles;
    return place;
}

std::expected<void, NodeFault> check_child(BytesView item, Place place) {
    if (item.size() == hash_item_size && item[0] == hash_item_head) return {};
    if (item[0] < 0xc0) return std::unexpected("a child that is neither a hash nor a node");
    if (item.size() >= 32) return std::unexpected("an embedded node of 32 bytes or more");
    return check_node(item, place);
}

std::expected<void, NodeFault> check_short(BytesView first, BytesView second, Place place) {
    if (first[0] >= 0xc0) return std::unexpected("a path that is a list");
    const auto prefix = read_hex_prefix(first[0] < 0x80 ? first : payload(first.data()));
    if (!prefix) return std::unexpected("a path that is not in hex-prefix encoding");
    if (!prefix->is_leaf) {
        if (prefix->path.empty()) return std::unexpected("an extension without a path");
        if (prefix->path.size() >= place.left) return std::unexpected("an extension beyond the key's end");
        return check_child(second, below(place, prefix->path.size()));
    }
    if (place.left != Place::any && prefix->path.size() != place.left)
        return std::unexpected("a leaf whose path doesn't end where keys end");
    if (second[0] >= 0xc0) return std::unexpected("a value that is a list");
    const BytesView value = payload(second.data());
    if (value.empty()) return std::unexpected("a leaf without a value");
    if (place.accounts && !is_account(value)) return std::unexpected("a leaf that is no account");
    return {};
}

}  // namespace

std::expected<void, NodeFault> check_node(BytesView rlp, Place place) {
    if (rlp.size() > Node::max_size) return std::unexpected("a node too large");
    Decoder in(rlp);
    if (!in.next_is_list()) return std::unexpected("not a list");
    std::array<BytesView, 17> items;
    size_t count = 0;
    const auto list = in.begin_list("node");
    while (in.more() && count < items.size()) items[count++] = in.raw("item");
    in.end_list(list, "node");
    if (!in.finish()) return std::unexpected("not one RLP list of at most 17 items");
    if (count == 2) return check_short(items[0], items[1], place);
    if (count != 17) return std::unexpected("neither 2 nor 17 items");

    if (place.left == 0) return std::unexpected("a branch where keys end");
    size_t ways = 0;
    for (size_t i = 0; i < 16; ++i) {
        if (items[i].size() == 1 && items[i][0] == empty_item) continue;
        if (auto child = check_child(items[i], below(place, 1)); !child) return child;
        ++ways;
    }
    if (items[16][0] >= 0xc0) return std::unexpected("a value that is a list");
    const bool has_value = items[16][0] != empty_item;
    if (place.left != Place::any && has_value) return std::unexpected("a value before the key's end");
    if (ways + (has_value ? 1 : 0) < 2) return std::unexpected("a branch with fewer than two ways");
    return {};
}

bool is_branch(const uint8_t* rlp) noexcept {
    const uint8_t* const end = rlp + item_size(rlp);
    const uint8_t* at = rlp + list_header_size(rlp);
    for (int i = 0; i < 2; ++i) at += item_size(at);
    return at != end;
}

}  // namespace weft::trie
