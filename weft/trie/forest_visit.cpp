// Visiting entries in the order of their keys.
#include "weft/trie/forest.hpp"

namespace weft::trie {

/// One visit: recurses once per node on a key's path. The nodes that aren't in memory are read, not kept.
class Forest::Visit {
public:
    Visit(const Forest& forest, BytesView from, Place top, EntryVisitor visit)
        : forest_(forest), from_(path_of(from)), top_(top), visit_(visit) {}

    /// The entries below this child of whatever stands at nibbles_; false: no more.
    bool child(NodeRef ref, const uint8_t* item) {
        Node* const node = ref == none ? nullptr : forest_.node(ref);
        if (node != nullptr) return entries(node->rlp(), node);
        if (item[0] >= 0xc0) return entries(item, nullptr);
        Hash hash;
        std::memcpy(hash.data(), item + 1, hash.size());
        Place place = top_;
        if (place.left != Place::any) place.left -= static_cast<uint32_t>(nibbles_.size());
        const Bytes key = packed();
        const auto rlp =
            forest_.fetch(hash, place, path_of(key).first(static_cast<uint32_t>(nibbles_.size())));
        if (rlp) return entries(rlp->data(), nullptr);
        error_ = rlp.error();
        return false;
    }
    [[nodiscard]] std::optional<StateError>& error() noexcept { return error_; }

private:
    bool entries(const uint8_t* rlp, Node* node) {
        if (!is_branch(rlp)) {
            const ShortNode parsed = read_short(rlp);
            const size_t size = nibbles_.size();
            for (uint32_t i = 0; i < parsed.path.size(); ++i) nibbles_.push_back(parsed.path[i]);
            bool more = true;
            if (!is_before(parsed.is_leaf))
                more = parsed.is_leaf ? visit_(packed(), payload(parsed.second))
                                      : child(node == nullptr ? none : node->link, parsed.second);
            nibbles_.resize(size);
            return more;
        }
        std::array<const uint8_t*, 17> items;
        const uint8_t* at = rlp + list_header_size(rlp);
        for (auto& item : items) {
            item = at;
            at += item_size(at);
        }
        if (*items[16] != empty_item && !is_before(true) && !visit_(packed(), payload(items[16])))
            return false;
        for (uint32_t digit = 0; digit < 16; ++digit) {
            if (*items[digit] == empty_item) continue;
            nibbles_.push_back(static_cast<uint8_t>(digit));
            const bool more =
                is_before(false) || child(node == nullptr ? none : node->child(digit), items[digit]);
            nibbles_.pop_back();
            if (!more) return false;
        }
        return true;
    }

    /// Whether the key nibbles_, or where that isn't whole all keys that begin so, come before from_.
    [[nodiscard]] bool is_before(bool is_whole) const {
        for (uint32_t i = 0; i < std::min(from_.size(), static_cast<uint32_t>(nibbles_.size())); ++i)
            if (nibbles_[i] != from_[i]) return nibbles_[i] < from_[i];
        return is_whole && nibbles_.size() < from_.size();
    }
    [[nodiscard]] Bytes packed() const {
        Bytes out((nibbles_.size() + 1) / 2);
        for (size_t i = 0; i < nibbles_.size(); ++i)
            out[i / 2] |= static_cast<uint8_t>(i % 2 == 0 ? nibbles_[i] << 4 : nibbles_[i]);
        return out;
    }

    const Forest& forest_;
    Path from_;
    Place top_;
    EntryVisitor visit_;
    Bytes nibbles_;  ///< the way to where the visit stands
    std::optional<StateError> error_;
};

ReadResult<void> Forest::visit(const Root& root, BytesView from, Place place, EntryVisitor visit) const {
    if (root.ref == none && root.hash == empty_root) return {};
    Visit walk(*this, from, place, visit);
    std::array<uint8_t, hash_item_size> item{hash_item_head};
    std::memcpy(item.data() + 1, root.hash.data(), root.hash.size());
    walk.child(root.ref, item.data());
    if (walk.error()) return std::unexpected(std::move(*walk.error()));
    return {};
}

}  // namespace weft::trie
