// A standing trie under random batches against a naive trie, all in memory or with its nodes in a source; the
// same with a node missing or altered, which must give an error or the right root; nodes of any bytes; and a
// state's trie that goes forward, back to its mark, and on after errors.
#include <map>
#include <set>

#include "tests/fuzz/input.hpp"
#include "weft/trie/naive_trie.hpp"
#include "weft/trie/roots.hpp"
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

/// Keeps the nodes that a trie writes, and hides some of them.
class Store final : public trie::NodeSource, public trie::NodeWriter {
public:
    [[nodiscard]] trie::ReadResult<Bytes> node(const Hash& hash) const override {
        if (hidden.contains(hash)) return std::unexpected(missing(hash));
        return all.at(hash);
    }
    void write(std::span<const trie::HashedNode> nodes) noexcept override {
        for (const trie::HashedNode& node : nodes) all[node.hash] = to_bytes(node.rlp);
    }
    std::map<Hash, Bytes> all;
    std::set<Hash> hidden;
};

/// One of some accounts whose keys begin alike, so that there are extensions.
Address account_of(fuzz::Input& in) {
    static const std::vector<Address> accounts = [] {
        std::vector<Address> out;
        Address address{};
        for (size_t i = 0; out.size() < 24; ++i) {
            address[18] = static_cast<uint8_t>(i >> 8);
            address[19] = static_cast<uint8_t>(i);
            const uint8_t first = crypto::keccak256(address.view())[0];
            if (first == 0x68 || first == 0x69 || first == 0x18) out.push_back(address);
        }
        return out;
    }();
    return accounts[in.below(accounts.size())];
}

/// A commit: accounts that change, go, or lose their storage, then slots of one that is there.
void commit_some(fuzz::Input& in, trie::StateTrie& trie, MemoryState& state) {
    for (size_t count = 1 + in.below(3); count > 0; --count) {
        state::CommittedAccount account{account_of(in), state::Account{.nonce = in.byte(), .balance = {}}};
        account.storage_wiped = in.one_in(6);
        if (in.one_in(4)) account.value.reset();
        if (!account.value || account.storage_wiped) state.clear_storage(account.address);
        if (account.value)
            state.set_account(account.address, *account.value);
        else
            state.remove_account(account.address);
        trie.commit({&account, 1}, {});
    }
    const Address address = account_of(in);
    if (!*state.account(address)) return;
    for (size_t count = in.below(4); count > 0; --count) {
        const state::CommittedSlot slot{address, in.below(6), in.below(3)};
        state.set_storage(slot.address, slot.key, slot.value);
        trie.commit({}, {&slot, 1});
    }
}

/// Tries again and again, while hidden nodes come back one by one.
template <class Act>
Hash until_done(Store& store, Act&& act) {
    for (;;) {
        const trie::ReadResult<Hash> done = act();
        if (done) return *done;
        const auto& node = done.error().missing_node;
        fuzz::require(node && store.hidden.erase(*node) == 1, "an error names a node that is missing");
    }
}

void check_marks(fuzz::Input& in) {
    Store store;
    trie::StateTrie trie({.source = &store, .writer = &store});
    MemoryState now, marked;
    fuzz::require(trie.mark().has_value(), "the empty state can be marked");
    const auto go_on = [&] {
        fuzz::require(until_done(store, [&] { return trie.root(); }) == trie::state_root(now), "root");
    };
    const auto go_back = [&] {
        now = marked;
        fuzz::require(until_done(store, [&] { return trie.revert(); }) == trie::state_root(now),
                      "the root at the mark");
    };
    for (int steps = 0; !in.empty() && steps < 64; ++steps) {
        switch (in.below(8)) {
            case 0:
                go_on();
                break;
            case 1:
                go_back();
                break;
            case 2:  // it may be the root of a part of the changes that fails
                if (!trie.root()) go_back();
                break;
            case 3:
                go_on();
                fuzz::require(trie.mark().has_value(), "a whole state can be marked");
                marked = now;
                break;
            case 4:
                go_on();
                trie.unload(100 * in.byte());
                break;
            case 5:
                for (const auto& [hash, rlp] : store.all)
                    if (in.one_in(4)) store.hidden.insert(hash);
                break;
            default:
                commit_some(in, trie, now);
        }
    }
    go_on();
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return weft::fuzz::check_one_of(data, size, weft::check_in_memory, weft::check_partial,
                                    weft::check_any_nodes, weft::check_marks);
}
