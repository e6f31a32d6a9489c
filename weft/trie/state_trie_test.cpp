#include "weft/trie/state_trie.hpp"

#include <gtest/gtest.h>

#include <map>

#include "weft/trie/naive_trie.hpp"
#include "weft/trie/roots.hpp"

namespace weft::trie {
namespace {

using naive::Random;
using state::CommittedAccount;
using state::CommittedSlot;

/// The plain picture of a state.
struct Model {
    struct Entry {
        state::Account account;
        std::map<uint256, uint256> slots;
    };
    std::map<Address, Entry> accounts;

    static Bytes key_of(BytesView name) {
        const Hash hash = crypto::keccak256(name);
        return {hash.begin(), hash.end()};
    }
    /// nodes: of all tries, where given.
    [[nodiscard]] Hash root(naive::Nodes* nodes = nullptr) const {
        naive::Entries entries;
        for (const auto& [address, entry] : accounts) {
            naive::Entries slots;
            for (const auto& [key, value] : entry.slots)
                primitives::rlp::append(slots[key_of(base::to_hash(key).view())], value);
            Bytes& leaf = entries[key_of(address.view())];
            primitives::rlp::append(leaf, entry.account.nonce);
            primitives::rlp::append(leaf, entry.account.balance);
            primitives::rlp::append(leaf, naive::root(slots, nodes));
            primitives::rlp::append(leaf, entry.account.code_hash);
            primitives::rlp::wrap_list(leaf, 0);
        }
        return naive::root(entries, nodes);
    }
};

Address address_of(uint64_t i) {
    Address out;
    out[3] = static_cast<uint8_t>(i >> 8);
    out[19] = static_cast<uint8_t>(i);
    return out;
}

/// Random commits, to a model and to a trie.
class Play {
public:
    Play(uint64_t seed, uint64_t accounts, uint64_t slots)
        : random(seed), accounts_(accounts), slots_(slots) {}

    /// One commit: accounts first, then slots of accounts that exist.
    void commit(StateTrie& trie) {
        std::vector<CommittedAccount> accounts;
        std::vector<CommittedSlot> slots;
        for (uint64_t count = random(5); count > 0; --count) {
            const Address address = address_of(random(accounts_));
            if (std::ranges::find(accounts, address, &CommittedAccount::address) != accounts.end()) continue;
            switch (random(6)) {
                case 0:  // destroyed
                    model.accounts.erase(address);
                    accounts.push_back({address, std::nullopt, random(2) == 0});
                    break;
                case 1: {  // destroyed and created again, or only emptied
                    Model::Entry& entry = model.accounts[address] = {};
                    entry.account = account();
                    accounts.push_back({address, entry.account, true});
                    break;
                }
                default:
                    model.accounts[address].account = account();
                    accounts.push_back({address, model.accounts[address].account});
            }
        }
        for (uint64_t count = random(12); count > 0 && !model.accounts.empty(); --count) {
            auto& [address, entry] =
                *std::next(model.accounts.begin(), static_cast<ptrdiff_t>(random(model.accounts.size())));
            const uint256 key = random(slots_) * 1000, value = random(3) == 0 ? uint256{} : number();
            if (std::ranges::any_of(slots,
                                    [&](const auto& s) { return s.address == address && s.key == key; }))
                continue;
            if (value.is_zero())
                entry.slots.erase(key);
            else
                entry.slots[key] = value;
            slots.push_back({address, key, value});
        }
        trie.commit(accounts, slots);
    }

    Model model;
    Random random;

private:
    uint256 number() { return uint256{1 + random(300)} << (random(4) * 60); }
    state::Account account() {
        state::Account out{.nonce = random(300), .balance = number()};
        if (random(2) == 0) out.code_hash = crypto::keccak256(Bytes(random(20), 1));
        return out;
    }

    uint64_t accounts_, slots_;
};

/// A block's changes to accounts that exist or come to exist: some destroyed, some wiped, many slots of one.
StateDiff random_diff(Random& random, uint64_t accounts, uint64_t slots) {
    StateDiff diff;
    const uint64_t large = random(accounts);
    for (uint64_t i = 0; i < accounts; ++i) {
        if (i != large && random(3) != 0) continue;
        state::AccountDiff& account = diff.accounts.emplace_back();
        account.address = address_of(i);
        account.storage_wiped = random(8) == 0;
        if (random(10) == 0) continue;  // destroyed
        account.after = state::Account{.nonce = random(300), .balance = uint256{random(1000)}};
        const uint64_t count = i == large ? slots : random(4);
        for (uint64_t key = 0; key < count; ++key) {
            const uint256 after = random(3);
            if (random(2) == 0 && !(account.storage_wiped && after.is_zero()))
                account.slots.push_back({.key = uint256{key}, .before = {}, .after = after});
        }
    }
    return diff;
}

/// The same, told commit by commit.
void tell(state::CommitSink& sink, const StateDiff& diff) {
    for (const state::AccountDiff& account : diff.accounts) {
        std::vector<CommittedSlot> slots;
        for (const state::SlotDiff& slot : account.slots)
            slots.push_back({account.address, slot.key, slot.after});
        const CommittedAccount told{account.address, account.after, account.storage_wiped};
        sink.commit({&told, 1}, slots);
    }
}

TEST(StateTrie, WholeBlocksAmountToTheirCommits) {
    base::ThreadPool pool(3);
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        const uint64_t accounts = seed % 3 == 0 ? 3000 : 40;
        StateTrie whole({.pool = seed % 2 == 0 ? &pool : nullptr}), reference;
        Random random(seed);
        for (int block = 0; block < 12; ++block) {
            if (block == 6) EXPECT_EQ(whole.root(), reference.root());
            if (block == 6) ASSERT_TRUE(whole.mark() && reference.mark());
            const StateDiff diff = random_diff(random, accounts, accounts * 2);
            tell(reference, diff);
            // Whole blocks and single commits may come in any order before a root is asked for.
            if (random(3) == 0)
                tell(whole, diff);
            else
                whole.commit_block(diff);
            if (random(2) == 0) ASSERT_EQ(whole.root(), reference.root()) << seed << ' ' << block;
        }
        ASSERT_EQ(whole.root(), reference.root()) << seed;
        EXPECT_EQ(whole.revert(), reference.revert()) << seed;
    }
}

}  // namespace

// Hashes that begin alike, as someone may choose them, and the same hash twice.
TEST(StateTrie, HashesAreSortedWhateverTheyAre) {
    Random random(12);
    for (size_t count = 1; count < 400; count += 13) {
        std::vector<Hash> keys(count);
        for (Hash& key : keys) {
            for (uint8_t& byte : key.bytes) byte = static_cast<uint8_t>(random(256));
            if (random(3) == 0) std::fill_n(key.bytes.begin(), count % 12, uint8_t{0x5a});
        }
        keys.back() = keys.front();
        std::vector<Ordered> order, spare(count);
        for (uint32_t i = 0; i < count; ++i) order.push_back({prefix_of(keys[i]), i});
        std::vector<Ordered> expected = order;
        std::ranges::sort(expected, [&](const Ordered& a, const Ordered& b) {
            return std::pair(keys[a.index], a.index) < std::pair(keys[b.index], b.index);
        });
        sort_spread(order, spare, keys);
        EXPECT_TRUE(std::ranges::equal(order, expected, {}, &Ordered::index, &Ordered::index)) << count;
    }
}

TEST(StateTrie, EmptyState) {
    EXPECT_EQ(*StateTrie().root(), empty_root);
    EXPECT_EQ(state_root(state::MemoryState{}), empty_root);
}

TEST(StateTrie, RandomCommitsEqualTheNaiveTries) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        Play play(seed, seed % 3 == 0 ? 3 : 40, seed % 2 == 0 ? 3 : 30);
        StateTrie trie;
        for (int step = 0; step < 40; ++step) {
            play.commit(trie);
            if (play.random(3) == 0) continue;  // the next commit comes to the same root
            ASSERT_EQ(*trie.root(), play.model.root()) << seed << ' ' << step;
        }
        ASSERT_EQ(*trie.root(), play.model.root());
        for (uint64_t i = 0; i < 45; ++i) {
            const auto account = trie.account(address_of(i));
            const auto found = play.model.accounts.find(address_of(i));
            ASSERT_TRUE(account);
            ASSERT_EQ(account->has_value(), found != play.model.accounts.end());
            if (!*account) continue;
            EXPECT_EQ((*account)->account, found->second.account);
            for (uint64_t slot = 0; slot < 31; ++slot) {
                const auto value = found->second.slots.find(slot * 1000);
                EXPECT_EQ(*trie.storage(address_of(i), slot * 1000),
                          value == found->second.slots.end() ? uint256{} : value->second);
            }
        }
    }
}

// Only the root is known; a missing node is an error, and the root can be had once the node is there.
TEST(StateTrie, RandomCommitsOnAStateWhoseNodesComeFromASource) {
    int errors = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        Play play(seed, 30, 20);
        {
            StateTrie unused;
            for (int i = 0; i < 30; ++i) play.commit(unused);
        }
        for (int step = 0; step < 30; ++step) {
            naive::Nodes nodes;
            StateTrie trie(play.model.root(&nodes), {.source = &nodes});
            for (uint64_t commits = 1 + play.random(3); commits > 0; --commits) play.commit(trie);
            naive::Nodes rest;
            for (const auto& node : nodes.all)
                if (play.random(10) == 0) rest.all.insert(node);
            for (const auto& [hash, rlp] : rest.all) nodes.all.erase(hash);
            auto root = trie.root();
            while (!root) {
                ++errors;
                ASSERT_TRUE(root.error().missing_node) << root.error().message;
                const auto missing = rest.all.find(*root.error().missing_node);
                ASSERT_NE(missing, rest.all.end());
                nodes.all.insert(*missing);
                root = trie.root();
            }
            ASSERT_EQ(*root, play.model.root());
        }
    }
    EXPECT_GT(errors, 100);
}

// Back to the mark after any number of roots; then forward again.
TEST(StateTrie, RevertGoesBackToTheMark) {
    EXPECT_FALSE(StateTrie().revert());
    base::ThreadPool pool(2);
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        Play play(seed, seed % 3 == 0 ? 3 : 40, seed % 2 == 0 ? 3 : 30);
        StateTrie trie({.pool = &pool});
        for (int i = 0; i < 5; ++i) play.commit(trie);
        for (int step = 0; step < 15; ++step) {
            const Hash before = *trie.root();
            ASSERT_TRUE(trie.mark());
            const Model model = play.model;
            for (uint64_t commits = 1 + play.random(6); commits > 0; --commits) {
                play.commit(trie);
                if (play.random(2) == 0) ASSERT_EQ(*trie.root(), play.model.root());
            }
            if (play.random(3) == 0) continue;
            const auto reverted = trie.revert();
            ASSERT_TRUE(reverted);
            ASSERT_EQ(*reverted, before) << seed << ' ' << step;
            play.model = model;
        }
    }
}

// A mark on a state whose nodes come from a store; nodes are missing on the way back, too.
TEST(StateTrie, RevertMayBeTriedAgainWhenANodeWasMissing) {
    class Writer final : public NodeWriter {
    public:
        explicit Writer(naive::Nodes& nodes) : nodes_(nodes) {}
        void write(std::span<const HashedNode> given) noexcept override {
            for (const HashedNode& node : given) nodes_.all[node.hash] = {node.rlp.begin(), node.rlp.end()};
        }

    private:
        naive::Nodes& nodes_;
    };
    int errors = 0;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Play play(seed, 20, 8);
        {
            StateTrie unused;
            for (int i = 0; i < 20; ++i) play.commit(unused);
        }
        naive::Nodes nodes;
        Writer writer(nodes);
        const Hash before = play.model.root(&nodes);
        StateTrie trie(before, {.source = &nodes, .writer = &writer});
        ASSERT_TRUE(trie.mark());
        for (int i = 0; i < 3; ++i) {
            play.commit(trie);
            ASSERT_EQ(*trie.root(), play.model.root());
            trie.unload(play.random(2) == 0 ? 0 : 2000);
        }
        const auto all = nodes.all;
        std::erase_if(nodes.all, [&](const auto&) { return play.random(2) == 0; });
        auto reverted = trie.revert();
        while (!reverted) {
            ++errors;
            // Part of the way is no state.
            EXPECT_FALSE(trie.root());
            EXPECT_FALSE(trie.mark());
            EXPECT_FALSE(trie.account(address_of(1)));
            ASSERT_TRUE(reverted.error().missing_node) << reverted.error().message;
            nodes.all.insert(*all.find(*reverted.error().missing_node));
            reverted = trie.revert();
        }
        ASSERT_EQ(*reverted, before) << seed;
    }
    EXPECT_GT(errors, 0);
}

// An extension that would have been split: its child is missing, and what is inserted comes after it.
TEST(StateTrie, RevertAfterASplitThatFailed) {
    const auto first_nibbles = [](uint64_t i) { return crypto::keccak256(address_of(i).view())[0]; };
    int splits = 0;
    for (uint64_t a = 0; a < 60; ++a)
        for (uint64_t b = 0; b < a; ++b) {
            if (first_nibbles(a) >> 4 != first_nibbles(b) >> 4 || first_nibbles(a) == first_nibbles(b))
                continue;
            Model model;
            model.accounts[address_of(a)].account.nonce = 1;
            model.accounts[address_of(b)].account.nonce = 1;
            naive::Nodes all;
            const Hash before = model.root(&all);
            for (const auto& [missing, rlp] : all.all)
                for (uint64_t inserted = 60; inserted < 70; ++inserted) {
                    naive::Nodes nodes = all;
                    nodes.all.erase(missing);
                    StateTrie trie(before, {.source = &nodes});
                    ASSERT_TRUE(trie.mark());
                    const state::Account after{.nonce = 2, .balance = {}};
                    const CommittedAccount changes[] = {{address_of(a), after},
                                                        {address_of(inserted), after}};
                    trie.commit(changes, {});
                    if (trie.root()) continue;
                    nodes = all;
                    const auto reverted = trie.revert();
                    ASSERT_TRUE(reverted);
                    ASSERT_EQ(*reverted, before) << a << ' ' << b << ' ' << inserted;
                    ++splits;
                }
        }
    EXPECT_GT(splits, 1000);
}

// Without a mark nothing is taken back, and nothing forgotten.
TEST(StateTrie, ARevertWithoutAMarkForgetsNothing) {
    Play play(5, 20, 8);
    {
        StateTrie unused;
        for (int i = 0; i < 20; ++i) play.commit(unused);
    }
    naive::Nodes all;
    const Hash before = play.model.root(&all);
    for (const auto& [missing, rlp] : all.all) {
        naive::Nodes nodes = all;
        nodes.all.erase(missing);
        Play played = play;
        StateTrie trie(before, {.source = &nodes});
        played.commit(trie);
        const bool failed = !trie.root();
        EXPECT_FALSE(trie.revert());
        if (failed) EXPECT_FALSE(trie.root());
        nodes = all;
        const auto root = trie.root();
        ASSERT_TRUE(root);
        EXPECT_EQ(*root, played.model.root());
    }
}

// A root that failed leaves part of its changes: no one may take what is there then for a state.
TEST(StateTrie, BetweenTwoStatesNothingIsReadOrMarked) {
    state::MemoryState state;
    Model model;
    for (uint64_t i = 0; i < 200; ++i) {
        state.set_account(address_of(i), {.nonce = 1, .balance = {}});
        model.accounts[address_of(i)].account.nonce = 1;
    }
    naive::Nodes all;
    const Hash before = model.root(&all);
    StateDiff diff;
    for (uint64_t i = 0; i < 200; ++i)
        diff.accounts.push_back({address_of(i), {}, state::Account{.nonce = 2, .balance = {}}, false, {}});
    int untouched = 0, between = 0;
    for (const auto& [missing, rlp] : all.all) {
        naive::Nodes nodes = all;
        nodes.all.erase(missing);
        StateTrie trie(before, {.source = &nodes});
        ASSERT_TRUE(trie.mark());
        trie.commit(diff);
        ASSERT_FALSE(trie.root());
        const bool is_whole = trie.mark().has_value();
        ++(is_whole ? untouched : between);
        for (uint64_t i = 0; i < 200; ++i) {
            const auto account = trie.account(address_of(i));
            EXPECT_TRUE(is_whole ? !account || (*account)->account.nonce == 1 : !account);
            if (!is_whole) EXPECT_FALSE(trie.storage(address_of(i), 0));
        }
        nodes = all;
        ASSERT_EQ(*trie.revert(), before);  // to the first mark
        EXPECT_EQ((*trie.account(address_of(7)))->account.nonce, 1U);
        trie.commit(diff);
        ASSERT_TRUE(trie.root());
        EXPECT_TRUE(trie.mark());
        EXPECT_EQ((*trie.account(address_of(7)))->account.nonce, 2U);
    }
    EXPECT_GT(untouched, 0);
    EXPECT_GT(between, 0);
}

// No executor gives such a diff; what it says last counts, as it does of commits.
TEST(StateTrie, ADiffThatNamesThingsTwice) {
    for (const uint64_t slots : {2, 30, 3000}) {
        StateDiff diff;
        for (uint64_t i = 0; i < 30; ++i) {
            auto& account = diff.accounts.emplace_back();
            account.address = address_of(i);
            account.after = state::Account{.nonce = i, .balance = {}};
            for (uint64_t key = 0; key < (i == 7 ? slots : 0); ++key)
                account.slots.push_back({.key = key, .before = {}, .after = 5});
        }
        StateDiff same_slot = diff, same_account = diff;
        same_slot.accounts[7].slots.push_back({.key = 0, .before = {}, .after = 9});
        same_account.accounts.push_back(diff.accounts[3]);
        same_account.accounts.back().after->nonce = 77;
        for (const StateDiff& twice : {same_slot, same_account}) {
            StateTrie trie, reference;
            trie.commit(twice);
            tell(reference, twice);
            EXPECT_EQ(*trie.root(), *reference.root());
        }
    }
}

// A diff whose nodes are missing is not lost, nor is another that comes before they are there.
TEST(StateTrie, DiffsWaitForMissingNodes) {
    state::MemoryState state;
    for (uint64_t i = 0; i < 200; ++i) state.set_account(address_of(i), {.nonce = i, .balance = {}});
    Random random(11);
    const StateDiff first = random_diff(random, 200, 40), second = random_diff(random, 200, 40);
    naive::Nodes all;
    Model model;
    for (uint64_t i = 0; i < 200; ++i) model.accounts[address_of(i)].account.nonce = i;
    const Hash before = model.root(&all);
    StateTrie reference(state);
    ASSERT_EQ(*reference.root(), before);
    tell(reference, first);
    tell(reference, second);

    naive::Nodes nodes;
    StateTrie trie(before, {.source = &nodes});
    trie.commit(first);
    auto root = trie.root();
    int errors = 0;
    for (; !root; root = trie.root()) {
        if (++errors == 3) trie.commit(second);
        ASSERT_TRUE(root.error().missing_node) << root.error().message;
        nodes.all.insert(*all.all.find(*root.error().missing_node));
    }
    EXPECT_GT(errors, 3);
    EXPECT_EQ(*root, *reference.root());
}

TEST(StateTrie, ErrorsNameThePlace) {
    state::MemoryState state;
    for (uint64_t i = 0; i < 20; ++i) {
        state.set_account(address_of(i), {.nonce = i, .balance = {}});
        for (uint64_t slot = 0; slot < 20; ++slot) state.set_storage(address_of(i), slot, 1);
    }
    naive::Nodes nodes;
    class Writer final : public NodeWriter {
    public:
        explicit Writer(naive::Nodes& nodes) : nodes_(nodes) {}
        void write(std::span<const HashedNode> given) noexcept override {
            for (const HashedNode& node : given) nodes_.all[node.hash] = {node.rlp.begin(), node.rlp.end()};
        }

    private:
        naive::Nodes& nodes_;
    } writer(nodes);
    StateTrie trie(state, {.source = &nodes, .writer = &writer});
    const Hash root = *trie.root();
    const Hash storage = (*trie.account(address_of(7)))->storage_root;
    trie.unload(0);
    EXPECT_EQ(trie.statistics().nodes, 0U);
    EXPECT_EQ(*trie.storage(address_of(7), 3), uint256{1});
    nodes.all.erase(storage);
    const auto read = trie.storage(address_of(7), 3);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().missing_node, storage);
    EXPECT_NE(read.error().message.find("the root of the storage of account"), std::string::npos)
        << read.error().message;
    nodes.all.erase(root);
    const auto account = StateTrie(root, {.source = &nodes}).account(address_of(7));
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().missing_node, root);
}

// A source that says nothing of what went wrong.
TEST(StateTrie, AnErrorWithoutWordsGetsSome) {
    class Silent final : public NodeSource {
        ReadResult<Bytes> node(const Hash&) const override { return std::unexpected(StateError{}); }
    } silent;
    const auto account = StateTrie(Hash{}, {.source = &silent}).account(address_of(1));
    ASSERT_FALSE(account);
    EXPECT_NE(account.error().message.find("could not be read (the root)"), std::string::npos);
}

TEST(StateTrie, StateDiffsAndMemoryStatesGiveTheSameRoots) {
    state::MemoryState state;
    StateTrie trie;
    Random random(9);
    for (int block = 0; block < 20; ++block) {
        state::StateDiff diff;
        for (uint64_t i = 0; i < 60; ++i) {
            if (random(3) != 0) continue;
            auto& account = diff.accounts.emplace_back();
            account.address = address_of(i);
            account.before = *state.account(account.address);
            if (random(5) != 0) account.after = state::Account{.nonce = random(9), .balance = random(1000)};
            account.storage_wiped = account.before && (!account.after || random(4) == 0);
            if (!account.after) continue;
            for (uint64_t key = 0; key < 10; ++key)
                if (random(3) == 0)
                    account.slots.push_back({key, {}, account.storage_wiped ? 1 + random(5) : random(3)});
        }
        state.apply(diff);
        trie.commit(diff);
        ASSERT_EQ(*trie.root(), state_root(state));
        ASSERT_EQ(*StateTrie(state).root(), state_root(state));
    }
}

// One huge storage and many accounts, with threads: the same as one at a time.
TEST(StateTrie, LargeBlocksOnManyThreads) {
    base::ThreadPool pool(3);
    StateTrie parallel({.pool = &pool}), single;
    Random random(10);
    for (int block = 0; block < 4; ++block) {
        std::vector<CommittedAccount> accounts;
        std::vector<CommittedSlot> slots;
        for (uint64_t i = 0; i < 8'000; ++i)
            if (random(2) == 0)
                accounts.push_back(
                    {address_of(i), state::Account{.nonce = 1 + random(1000), .balance = i}, i % 100 == 7});
        for (uint64_t i = 0; i < 30'000; ++i)
            if (random(3) == 0) slots.push_back({address_of(77), i, random(3)});
        for (uint64_t i = 0; i < 5'000; ++i)
            slots.push_back({address_of(random(8'000)), random(5), random(3)});
        for (StateTrie* trie : {&parallel, &single}) {
            trie->commit(accounts, {});
            trie->commit({}, slots);
        }
        ASSERT_EQ(*parallel.root(), *single.root());
    }
}

}  // namespace weft::trie
