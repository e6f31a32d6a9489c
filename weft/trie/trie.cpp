#include "weft/trie/trie.hpp"

#include <algorithm>

#include "weft/primitives/rlp.hpp"

namespace weft::trie {

Hash trie_root(std::span<const Change> entries) {
    Trie trie;
    // Nothing can be missing where nothing was before.
    static_cast<void>(trie.update(entries));
    return trie.root();
}

Hash ordered_root(std::span<const BytesView> values) {
    Bytes keys;
    std::vector<size_t> ends;
    std::vector<Change> entries;
    entries.reserve(values.size());
    ends.reserve(values.size());
    keys.reserve(4 * values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        primitives::rlp::append(keys, static_cast<uint64_t>(i));
        ends.push_back(keys.size());
    }
    const auto add = [&](size_t i) {
        const size_t start = i == 0 ? 0 : ends[i - 1];
        entries.push_back({BytesView(keys).subspan(start, ends[i] - start), values[i]});
    };
    // Ascending by key: 0x01 … 0x7f, then 0x80, which is index 0, then 0x8180 …
    for (size_t i = 1; i < std::min<size_t>(values.size(), 0x80); ++i) add(i);
    if (!values.empty()) add(0);
    for (size_t i = 0x80; i < values.size(); ++i) add(i);
    return trie_root(entries);
}

Hash ordered_root(std::span<const Bytes> values) {
    const std::vector<BytesView> views(values.begin(), values.end());
    return ordered_root(views);
}

}  // namespace weft::trie
