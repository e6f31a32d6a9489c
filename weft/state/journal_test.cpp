#include "weft/state/journal.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "weft/state/memory_state.hpp"

namespace weft::state {
namespace {

Address numbered(uint64_t number) { return base::to_address(uint256{0xa000 + number}); }

/// A journal's source on a state in memory; can change the balance it gives for one account.
class TestSource final : public Source {
public:
    explicit TestSource(const MemoryState& state) : state_(state) {}
    bool load(AccountEntry& account) noexcept override {
        const auto read = *state_.account(account.address);
        account.base_exists = read.has_value();
        if (read) account.base = *read;
        return true;
    }
    bool load(SlotEntry& slot) noexcept override {
        slot.base = *state_.storage(slot.account->address, slot.key);
        return true;
    }
    std::optional<bool> has_storage(AccountEntry& account) noexcept override {
        return *state_.has_storage(account.address);
    }
    const Code* code(const AccountEntry&) noexcept override { return nullptr; }
    std::optional<Hash> block_hash(uint64_t) noexcept override { return Hash{}; }

private:
    const MemoryState& state_;
};

// ---- The interval of base balances

/// What can be asked of and done to a balance.
struct BalanceStep {
    enum class Kind : uint8_t { covers, credit, debit_if_covered, is_empty, revert_credit, next_transaction };
    Kind kind;
    uint256 amount;
};

struct Interval {
    uint256 least, most;
    bool exact = false;
    std::vector<bool> answers;
    uint256 final_change;  ///< modulo 2^256
};

/// The steps on an account that has a nonce (so that it never disappears) and this balance.
Interval run_on(const uint256& balance, const std::vector<BalanceStep>& steps) {
    MemoryState state;
    const Address address = numbered(0);
    state.set_account(address, {.nonce = 1, .balance = balance});
    TestSource source(state);
    CodeCache codes;
    Journal journal(codes);
    journal.reset(source, {});
    journal.begin_transaction();
    AccountEntry& entry = *journal.account(address);
    Interval out;
    for (const BalanceStep& step : steps) {
        switch (step.kind) {
            case BalanceStep::Kind::covers:
                out.answers.push_back(journal.covers(entry, step.amount));
                break;
            case BalanceStep::Kind::credit:
                journal.credit(entry, step.amount);
                break;
            case BalanceStep::Kind::debit_if_covered:
                out.answers.push_back(journal.covers(entry, step.amount));
                if (out.answers.back()) journal.debit(entry, step.amount);
                break;
            case BalanceStep::Kind::is_empty:
                out.answers.push_back(journal.is_empty(entry));
                break;
            case BalanceStep::Kind::revert_credit: {
                const auto snapshot = journal.snapshot();
                journal.credit(entry, step.amount);
                out.answers.push_back(journal.covers(entry, step.amount + step.amount));
                journal.revert(snapshot);
                break;
            }
            case BalanceStep::Kind::next_transaction:
                journal.end_transaction();
                journal.begin_transaction();
                break;
        }
    }
    out.least = entry.least;
    out.most = entry.most;
    out.exact = (entry.observed & observed_balance) != 0;
    out.final_change = entry.now.balance - entry.base.balance;
    return out;
}

std::vector<BalanceStep> random_steps(std::mt19937_64& random, const std::vector<uint256>& amounts) {
    std::vector<BalanceStep> steps(1 + random() % 8);
    for (BalanceStep& step : steps)
        step = {static_cast<BalanceStep::Kind>(random() % 6), amounts[random() % amounts.size()]};
    return steps;
}

TEST(JournalBalances, SmallOnesHaveExactlyTheIntervalThatBruteForceFinds) {
    std::mt19937_64 random(1);
    std::vector<uint256> amounts;
    for (uint64_t i = 0; i < 12; ++i) amounts.emplace_back(i);
    size_t bounded = 0;
    for (int round = 0; round < 1500; ++round) {
        const auto steps = random_steps(random, amounts);
        const uint64_t balance = random() % 40;
        const Interval found = run_on(balance, steps);
        ASSERT_FALSE(found.exact);
        ASSERT_TRUE(found.least <= uint256{balance} && uint256{balance} <= found.most);
        bounded += found.least.is_zero() ? 0 : 1;
        for (uint64_t other = 0; other < 120; ++other) {
            const Interval there = run_on(other, steps);
            const bool inside = found.least <= uint256{other} && uint256{other} <= found.most;
            // Inside everything comes out the same; outside something doesn't: the bounds are tight.
            EXPECT_EQ(there.answers == found.answers, inside)
                << "round " << round << ", " << balance << " and " << other;
            if (inside) EXPECT_EQ(there.final_change, found.final_change);
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(bounded, 300u);
}

/// Balances and amounts at the edges of what intervals can hold: whatever isn't an exact read must hold in
/// the interval.
TEST(JournalBalances, LargeOnesComeOutTheSameInsideTheInterval) {
    std::mt19937_64 random(2);
    const uint256 half = uint256{1} << 255, quarter = uint256{1} << 254;
    const std::vector<uint256> amounts{
        0,       1,           5,           half,           half - 1,           half + 7,
        quarter, quarter - 1, quarter + 1, uint256::max(), uint256::max() - 9, -quarter};
    const std::vector<uint256> balances{0,           1,       9,           100,  quarter - 2,
                                        quarter - 1, quarter, quarter + 1, half, uint256::max()};
    size_t inexact = 0;
    for (int round = 0; round < 20000; ++round) {
        const auto steps = random_steps(random, amounts);
        const uint256& balance = balances[random() % balances.size()];
        const Interval found = run_on(balance, steps);
        if (found.exact) continue;
        ++inexact;
        std::vector<uint256> others = balances;
        for (const uint256& bound : {found.least, found.most})
            for (uint64_t i = 0; i < 3; ++i)
                others.insert(others.end(), {bound + uint256{i}, bound - uint256{i}});
        for (const uint256& other : others) {
            if (other < found.least || found.most < other) continue;
            const Interval there = run_on(other, steps);
            EXPECT_EQ(there.answers, found.answers)
                << "round " << round << ": " << to_string(balance) << ", " << to_string(other);
            EXPECT_EQ(there.final_change, found.final_change);
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(inexact, 1000u);
}

TEST(JournalBalances, WhatNobodyAskedBoundsNothing) {
    const Interval found = run_on(7, {{BalanceStep::Kind::credit, 5}, {BalanceStep::Kind::credit, 6}});
    EXPECT_EQ(found.least, uint256{0});
    EXPECT_EQ(found.most, Journal::unbounded_balance);
    EXPECT_FALSE(found.exact);
}

TEST(JournalBalances, ACreditThatOverflowsIsAnExactRead) {
    EXPECT_TRUE(run_on(100, {{BalanceStep::Kind::credit, uint256::max() - uint256{49}}}).exact);
    EXPECT_TRUE(run_on(uint256{1} << 254, {}).exact);
    EXPECT_FALSE(run_on((uint256{1} << 254) - 1, {}).exact);
}

// ---- Snapshots against a naive model

struct Model {
    struct ModelAccount {
        Account account;
        bool exists = false;
        bool touched = false;
        bool created = false;
        bool destroyed = false;
        bool warm = false;
        std::map<uint64_t, uint256> slots;
        std::map<uint64_t, bool> warm_slots;
        std::map<uint64_t, uint256> transient;
    };
    std::map<uint64_t, ModelAccount> accounts;
    std::vector<uint64_t> logs;
    int64_t refund = 0;
};

constexpr uint64_t account_count = 5, slot_count = 3;
const Bytes codes_by_number[] = {{}, {0x01}, {0x02, 0x03}};

MemoryState model_state() {
    MemoryState state;
    for (uint64_t i = 0; i < 3; ++i) {
        state.set_account(numbered(i), {.nonce = i, .balance = 100 * i});
        state.set_storage(numbered(i), 1, 10 + i);
    }
    return state;
}

Model model_of(const MemoryState& state) {
    Model model;
    for (uint64_t i = 0; i < account_count; ++i) {
        const auto account = *state.account(numbered(i));
        auto& out = model.accounts[i];
        out.exists = account.has_value();
        out.account = account.value_or(Account{});
        for (uint64_t key = 0; key < slot_count; ++key) out.slots[key] = *state.storage(numbered(i), key);
    }
    return model;
}

/// Does the same at random to a journal and to copies of a model.
class Pair {
public:
    Pair(uint64_t seed, bool eip161)
        : random_(seed), eip161_(eip161), state_(model_state()), source_(state_), journal_(codes_) {
        journal_.reset(source_, {.eip161 = eip161});
        model_ = model_of(state_);
    }

    void transaction() {
        journal_.begin_transaction();
        model_.logs.clear();
        model_.refund = 0;
        for (auto& [number, account] : model_.accounts) {
            account.touched = account.created = account.destroyed = account.warm = false;
            account.warm_slots.clear();
            account.transient.clear();
        }
        frame(0);
        compare();
        journal_.end_transaction();
        for (auto& [number, account] : model_.accounts) {
            if (account.destroyed) {
                account = {};
                for (uint64_t key = 0; key < slot_count; ++key) account.slots[key] = 0;
            } else if (eip161_ && account.touched && account.account.is_empty()) {
                account.exists = false;
            }
        }
        compare_ends();
    }

    void compare_diff() {
        MemoryState after = state_;
        after.apply(make_diff(journal_));
        for (uint64_t i = 0; i < account_count; ++i) {
            const auto account = *after.account(numbered(i));
            const auto& expected = model_.accounts[i];
            ASSERT_EQ(account.has_value(), expected.exists) << i;
            if (!account) continue;  // nor has it storage, which only a contract could have written
            EXPECT_EQ(*account, expected.account) << i;
            for (uint64_t key = 0; key < slot_count; ++key)
                EXPECT_EQ(*after.storage(numbered(i), key), expected.slots.at(key)) << i << ", " << key;
        }
    }

private:
    /// Some steps, and perhaps inner frames; reverted or not.
    void frame(int depth) {
        const auto snapshot = journal_.snapshot();
        const Model before = model_;
        for (uint64_t steps = random_() % 8; steps > 0; --steps) {
            if (depth < 3 && random_() % 5 == 0) {
                frame(depth + 1);
            } else {
                step();
            }
        }
        if (depth > 0 && random_() % 2 == 0) {
            journal_.revert(snapshot);
            model_ = before;
            compare();
        }
    }

    void step() {
        const uint64_t number = random_() % account_count;
        const uint256 key = random_() % slot_count;
        AccountEntry& entry = *journal_.account(numbered(number));
        auto& model = model_.accounts[number];
        switch (random_() % 12) {
            case 0:
                credit(entry, model, random_() % 3);
                break;
            case 1:
                debit(entry, model);
                break;
            case 2:
                journal_.set_nonce(entry, ++model.account.nonce);
                touch(model, true);
                break;
            case 3:
                set_code(entry, model, codes_by_number[random_() % 3]);
                break;
            case 4: {
                const uint256 value = random_() % 3;
                journal_.set(*journal_.slot(entry, key), value);
                model.slots[key.low()] = value;
                break;
            }
            case 5:
                EXPECT_EQ(journal_.warm(entry), !model.warm);
                model.warm = true;
                break;
            case 6:
                EXPECT_EQ(journal_.warm(journal_.entry_of(entry, key)), !model.warm_slots[key.low()]);
                model.warm_slots[key.low()] = true;
                break;
            case 7:
                model.transient[key.low()] = random_() % 4;
                journal_.set_transient(entry, key, model.transient[key.low()]);
                break;
            case 8:
                model_.logs.push_back(number);
                static_cast<void>(journal_.add_log(numbered(number)));
                break;
            case 9:
                model_.refund += 7;
                journal_.add_refund(7);
                break;
            case 10:
                EXPECT_EQ(journal_.destroy(entry), !model.destroyed);
                touch(model, false);
                model.destroyed = true;
                break;
            default:
                journal_.touch(entry);
                touch(model, false);
        }
    }

    void touch(Model::ModelAccount& model, bool brings_into_being) const {
        model.touched = true;
        if (brings_into_being || !eip161_) model.exists = true;
    }
    void credit(AccountEntry& entry, Model::ModelAccount& model, const uint256& amount) {
        journal_.credit(entry, amount);
        model.account.balance += amount;
        touch(model, !amount.is_zero());
    }
    void debit(AccountEntry& entry, Model::ModelAccount& model) {
        const uint256 amount = random_() % 60;
        const bool covered = journal_.covers(entry, amount);
        EXPECT_EQ(covered, amount <= model.account.balance);
        if (!covered) return;
        journal_.debit(entry, amount);
        model.account.balance -= amount;
        touch(model, false);
    }
    void set_code(AccountEntry& entry, Model::ModelAccount& model, const Bytes& code) {
        journal_.set_code(entry, code);
        model.account.code_hash = crypto::keccak256(code);
        touch(model, true);
    }

    void compare() {
        for (auto& [number, model] : model_.accounts) {
            AccountEntry& entry = *journal_.account(numbered(number));
            EXPECT_EQ(entry.now, model.account) << number;
            EXPECT_EQ(entry.exists, model.exists) << number;
            EXPECT_EQ(journal_.destroyed_here(entry), model.destroyed) << number;
            EXPECT_EQ(entry.warm_in == journal_.transaction(), model.warm) << number;
            if (eip161_) EXPECT_EQ(entry.touched_in == journal_.transaction(), model.touched) << number;
            const Code* code = journal_.code(entry);
            ASSERT_NE(code, nullptr);
            EXPECT_EQ(code->hash(), model.account.code_hash);
            for (uint64_t key = 0; key < slot_count; ++key) {
                EXPECT_EQ(journal_.slot(entry, key)->now, model.slots.at(key)) << number << ", " << key;
                EXPECT_EQ(journal_.transient(entry, key), model.transient[key]) << number << ", " << key;
            }
        }
        EXPECT_EQ(journal_.refund(), model_.refund);
        ASSERT_EQ(journal_.logs().size(), model_.logs.size());
        for (size_t i = 0; i < model_.logs.size(); ++i)
            EXPECT_EQ(journal_.logs()[i].address, numbered(model_.logs[i]));
    }
    void compare_ends() {
        for (auto& [number, model] : model_.accounts) {
            const AccountEntry& entry = *journal_.account(numbered(number));
            EXPECT_EQ(entry.exists, model.exists) << number;
            EXPECT_EQ(entry.now, model.account) << number;
        }
    }

    std::mt19937_64 random_;
    bool eip161_;
    MemoryState state_;
    TestSource source_;
    CodeCache codes_;
    Journal journal_;
    Model model_;
};

TEST(JournalSnapshots, AreExact) {
    for (uint64_t seed = 0; seed < 600; ++seed) {
        Pair pair(seed, seed % 3 != 0);
        for (uint64_t transactions = 1 + seed % 5; transactions > 0; --transactions) pair.transaction();
        pair.compare_diff();
        if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST(JournalSnapshots, OriginalValuesAreThoseOfTheTransactionsStart) {  // EIP-2200
    const MemoryState state = model_state();
    TestSource source(state);
    CodeCache codes;
    Journal journal(codes);
    journal.reset(source, {});
    journal.begin_transaction();
    AccountEntry& entry = *journal.account(numbered(1));
    journal.set(*journal.slot(entry, 1), 5);
    EXPECT_EQ(journal.slot(entry, 1)->original, uint256{11});
    journal.end_transaction();
    journal.begin_transaction();
    EXPECT_EQ(journal.slot(entry, 1)->original, uint256{5});
    EXPECT_EQ(journal.slot(entry, 1)->base, uint256{11});
}

/// Notes what each transaction is said to have changed.
class Changes final : public TransactionObserver {
public:
    std::vector<std::pair<Address, bool>> accounts;  ///< and whether it exists afterwards
    void transaction_ended(Journal& journal) override {
        accounts.clear();
        journal.visit_changes(
            [&](AccountEntry& entry, const Account&) { accounts.emplace_back(entry.address, entry.exists); },
            [](SlotEntry&) {});
    }
};

TEST(JournalObserver, HearsOfARemovalThatARevertedTouchBroughtAbout) {  // EIP-161, RIPEMD-160
    const Address ripemd160 = base::to_address(uint256{3});
    MemoryState state;
    state.set_account(ripemd160, {});
    TestSource source(state);
    CodeCache codes;
    Journal journal(codes);
    Changes changes;
    journal.set_observer(&changes);
    journal.reset(source, {});
    journal.begin_transaction();
    const auto snapshot = journal.snapshot();
    journal.touch(*journal.account(ripemd160));
    journal.revert(snapshot);
    journal.end_transaction();
    EXPECT_EQ(changes.accounts, (std::vector<std::pair<Address, bool>>{{ripemd160, false}}));
}

// ---- Runs

// Few logs are moved out, many go with the memory they lie in: what comes after is the same.
TEST(JournalLogs, AreTakenOnceAndInOrder) {
    CodeCache codes;
    Journal journal(codes);
    for (const uint64_t count : {3U, 5000U, 0U, 2U, 1024U, 1U}) {
        journal.begin_transaction();
        for (uint64_t i = 0; i < count; ++i) journal.add_log(numbered(i)).data = {static_cast<uint8_t>(i)};
        const Journal::Snapshot snapshot = journal.snapshot();
        for (uint64_t i = 0; i < 1100; ++i) (void)journal.add_log(numbered(77));
        journal.revert(snapshot);
        const auto logs = journal.take_logs();
        ASSERT_EQ(logs.size(), count);
        for (uint64_t i = 0; i < count; ++i) {
            ASSERT_EQ(logs[i].address, numbered(i));
            ASSERT_EQ(logs[i].data[0], static_cast<uint8_t>(i));
        }
        EXPECT_TRUE(journal.logs().empty());
        EXPECT_TRUE(journal.take_logs().empty());
    }
}

TEST(JournalRuns, ANewRunKnowsPlacesButNoValues) {
    MemoryState state;
    const Address address = numbered(0), other = numbered(1);
    state.set_account(address, {.nonce = 1, .balance = 10});
    state.set_storage(address, 7, 70);
    TestSource source(state);
    CodeCache codes;
    Journal journal(codes);
    journal.reset(source, {});
    journal.begin_transaction();
    AccountEntry& first = *journal.account(address);
    static_cast<void>(journal.account(other));
    EXPECT_TRUE(journal.covers(first, 4));
    journal.credit(first, 5);
    SlotEntry& slot = *journal.slot(first, 7);
    journal.set(slot, 71);
    EXPECT_TRUE(journal.warm(first));
    EXPECT_TRUE(journal.warm(slot));
    EXPECT_TRUE(journal.destroy(first));
    journal.end_transaction();
    int place = 0;
    first.origin = slot.origin = &place;

    state.set_account(address, {.nonce = 2, .balance = 20});
    state.set_storage(address, 7, 72);
    journal.begin_run();
    EXPECT_TRUE(journal.accounts().empty());
    EXPECT_TRUE(journal.slots().empty());
    journal.begin_transaction();
    ASSERT_EQ(journal.account(address), &first);
    EXPECT_EQ(first.origin, &place);
    EXPECT_EQ(first.now, (Account{.nonce = 2, .balance = 20}));
    EXPECT_EQ(first.observed, 0);
    EXPECT_EQ(first.least, 0);
    EXPECT_FALSE(first.wiped);
    EXPECT_FALSE(journal.destroyed_here(first));
    EXPECT_TRUE(journal.warm(first));
    ASSERT_EQ(journal.slot(first, 7), &slot);
    EXPECT_EQ(slot.origin, &place);
    EXPECT_EQ(Journal::value_now(slot), 72);
    EXPECT_EQ(slot.original, 72);
    EXPECT_TRUE(journal.warm(slot));
    EXPECT_EQ(journal.accounts().size(), 1U) << "only what the run asked for";
    EXPECT_EQ(journal.slots().size(), 1U);
}

}  // namespace
}  // namespace weft::state
