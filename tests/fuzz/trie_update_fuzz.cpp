// A standing trie under random batches against a naive trie, all in memory or with its nodes in a source; the
// same with a node missing or altered, which must give an error or the right root; and nodes of any bytes.
#include "tests/fuzz/input.hpp"
#include "weft/trie/naive_trie.hpp"
#include "weft/trie/state_trie.hpp"
#include "weft/trie/trie.hpp"

namespace weft {
namespace {

using trie::naive::Entries;
using trie::naive::Nodes;

Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }

/// Up to 16 changes. Keys share beginnings with each other, some continue another one; an empty value
/// removes.
Entries batch_of(fuzz::Input& in, const Entries& entries, bool one_length) {
    Entries batch;
    Bytes previous;
    for (size_t count = 1 + in.below(16); count > 0; --count) {
        Bytes key;
        Bytes value(in.below(40), in.byte());
        if (!entries.empty() && in.below(2) == 0) {
            key = std::next(entries.begin(),
                            static_cast<ptrdiff_t>(in.below(std::min<size_t>(entries.size(), 256))))
                      ->first;
        } else {
            key.assign(previous.begin(),
                       previous.begin() + static_cast<ptrdiff_t>(in.below(previous.size() + 1)));
            const Bytes more = to_bytes(in.bytes(in.below(4)));
            key.insert(key.end(), more.begin(), more.end());
            if (one_length) key.resize(4);
            if (key.size() > 40) key.resize(40);
        }
        batch[key] = value;
        previous = key;
    }
    return batch;
}

std::vector<trie::Change> changes_of(const Entries& batch) {
    std::vector<trie::Change> out;
    for (const auto& [key, value] : batch) out.push_back({key, value});
    return out;
}

void check_in_memory(fuzz::Input& in) {
    trie::Trie trie;
    Entries entries;
    const bool one_length = in.one_in(2);
    for (int steps = 0; !in.empty() && steps < 24; ++steps) {
        const Entries batch = batch_of(in, entries, one_length);
        trie::naive::apply(batch, entries);
        fuzz::require(trie.update(changes_of(batch)).has_value(), "an update without missing nodes succeeds");
        if (!in.one_in(4)) fuzz::require(trie.root() == trie::naive::root(entries), "root after a batch");
    }
    fuzz::require(trie.root() == trie::naive::root(entries), "root");
    for (const auto& [key, value] : entries) fuzz::require(*trie.find(key) == value, "every entry is found");
}

/// Spoils one node of `nodes`.
void spoil(fuzz::Input& in, Nodes& nodes) {
    const auto at = std::next(nodes.all.begin(), static_cast<ptrdiff_t>(in.word16() % nodes.all.size()));
    switch (in.below(3)) {
        case 0:
            nodes.all.erase(at);
            break;
        case 1:
            at->second[in.word16() % at->second.size()] ^= static_cast<uint8_t>(1 + in.below(255));
            break;
        default:
            at->second.resize(in.word16() % at->second.size());
    }
}

void check_partial(fuzz::Input& in) {
    Entries entries;
    const bool one_length = in.one_in(2);
    trie::naive::apply(batch_of(in, entries, one_length), entries);
    trie::naive::apply(batch_of(in, entries, one_length), entries);
    for (int steps = 0; !in.empty() && steps < 8; ++steps) {
        Nodes nodes;
        const Hash before = trie::naive::root(entries, &nodes);
        const Entries batch = batch_of(in, entries, one_length);
        trie::naive::apply(batch, entries);
        const Hash after = trie::naive::root(entries);
        const Nodes whole = nodes;
        trie::Trie trie(before, {.source = &nodes});
        if (in.one_in(3)) static_cast<void>(trie.find(batch.begin()->first));
        const bool is_spoilt = !nodes.all.empty() && in.below(4) != 0;
        if (is_spoilt) spoil(in, nodes);
        const auto updated = trie.update(changes_of(batch));
        if (!updated) {
            fuzz::require(is_spoilt && updated.error().missing_node.has_value(), "an error names its node");
            nodes = whole;
            fuzz::require(trie.update(changes_of(batch)).has_value(), "a failed update may be tried again");
        }
        fuzz::require(trie.root() == after, "root after an update of a partial trie");
    }
}

/// A source whose root and other nodes are what the input says, under their right hashes.
void check_any_nodes(fuzz::Input& in) {
    Nodes nodes;
    Hash last{};
    Bytes key = to_bytes(in.bytes(in.below(33)));
    for (int count = 0; count < 4 && !in.empty(); ++count) {
        Bytes node = to_bytes(in.bytes(in.byte()));
        // Somewhere in it stands the hash of the node before, so that there is a way down.
        if (node.size() > 40 && count != 0)
            std::ranges::copy(last, node.begin() + in.below(node.size() - 32));
        last = crypto::keccak256(node);
        nodes.all[last] = node;
    }
    trie::Trie trie(last, {.source = &nodes});
    static_cast<void>(trie.find(key));
    const trie::Change change{key, in.one_in(2) ? BytesView{} : BytesView(last.view())};
    if (trie.update({&change, 1}).has_value()) {
        static_cast<void>(trie.root());
        const auto found = trie.find(key);
        fuzz::require(found && found->value_or(Bytes{}) == to_bytes(change.value), "what was put is found");
    }
    StateTrie state(last, {.source = &nodes});
    Address address{};
    address[0] = in.byte();
    static_cast<void>(state.account(address));
    static_cast<void>(state.storage(address, 1));
    const state::CommittedAccount account{address, state::Account{}};
    const state::CommittedSlot slot{address, 1, in.byte()};
    state.commit({&account, 1}, {&slot, 1});
    if (state.root()) {
        const auto read = state.storage(address, 1);
        fuzz::require(read && *read == slot.value, "a slot that was set is read");
    }
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return weft::fuzz::check_one_of(data, size, weft::check_in_memory, weft::check_partial,
                                    weft::check_any_nodes);
}
