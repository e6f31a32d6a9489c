// EIP-7928: what belongs into a block's access list, from every executor; execution by a list.
#include "tests/differential/assembler.hpp"
#include "tests/differential/list_mutation.hpp"
#include "tests/differential/traps.hpp"
#include "weft/evm/create_address.hpp"

namespace weft::differential {
namespace {

using namespace evm;  // the opcodes' names
using execution::ExecutionOptions;
using execution::OnInvalid;
using execution::Reason;
using primitives::AccountChanges;
using primitives::BalanceChange;
using primitives::CodeChange;
using primitives::NonceChange;
using primitives::SlotChange;

constexpr uint64_t ether = 1'000'000'000'000'000'000;
const Address alice = numbered(1), bob = numbered(2), carol = numbered(3), poor = numbered(4),
              contract = numbered(10), other = numbered(11);
const Address nobody = numbered(60), miner = numbered(999);

World make_world() {
    World world(Revision::amsterdam);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    world.price = 1;
    return world;
}

/// The list's entry, empty changes if it has none and `present` tells so.
const AccountChanges* find(const BlockAccessList& list, const Address& address) {
    const auto at = std::ranges::find(list, address, &AccountChanges::address);
    return at == list.end() ? nullptr : &*at;
}

BlockAccessList list_of(const World& world, OnInvalid on_invalid = OnInvalid::fail) {
    const After after = succeed_everywhere(world, on_invalid);
    EXPECT_TRUE(after.result.access_list.has_value());
    return after.result.access_list.value_or(BlockAccessList{});
}

TEST(AccessLists, Eip7928BalancesAfterEveryTransaction) {
    World world = make_world();
    world.call(alice, nobody, 5).gas_limit = 21000;
    world.call(bob, nobody, 6).gas_limit = 21000;
    world.call(alice, bob, 0).gas_limit = 21000;
    const BlockAccessList list = list_of(world);
    ASSERT_EQ(list.size(), 4U);
    EXPECT_EQ(find(list, nobody)->balance_changes, (base::InlineVector<BalanceChange>{{1, 5}, {2, 11}}));
    EXPECT_EQ(find(list, miner)->balance_changes,
              (base::InlineVector<BalanceChange>{{1, 21000}, {2, 42000}, {3, 63000}}));
    EXPECT_EQ(find(list, alice)->balance_changes,
              (base::InlineVector<BalanceChange>{{1, ether - 21005}, {3, ether - 42005}}));
    EXPECT_EQ(find(list, alice)->nonce_changes, (base::InlineVector<NonceChange>{{1, 1}, {3, 2}}));
    EXPECT_EQ(find(list, bob)->balance_changes, (base::InlineVector<BalanceChange>{{2, ether - 21006}}));
}

TEST(AccessLists, Eip7928PaymentsThatCancelOutInTwoTransactionsAreTwoChanges) {
    World world = make_world();
    world.contract(contract, Assembler{}.call(nobody, 7).code(), 3);
    world.call(alice, contract, 4).gas_limit = 100'000;  // 3 + 4 - 7
    world.call(alice, contract, 7).gas_limit = 100'000;
    world.call(bob, contract, 3).gas_limit = 100'000;  // not enough to pass 7 on
    const BlockAccessList list = list_of(world);
    EXPECT_EQ(find(list, contract)->balance_changes, (base::InlineVector<BalanceChange>{{1, 0}, {3, 3}}));
    EXPECT_EQ(find(list, nobody)->balance_changes, (base::InlineVector<BalanceChange>{{1, 7}, {2, 14}}));
}

TEST(AccessLists, Eip7928WrittenBackIsARead) {
    World world = make_world();
    // slot 0 := argument; slot 1 := 5, then 0 again; slot 2 is read
    world.contract(contract, Assembler{}
                                 .argument(0)
                                 .store_at(0)
                                 .push(5)
                                 .store_at(1)
                                 .push(0)
                                 .store_at(1)
                                 .push(2)
                                 .op({OP_SLOAD, OP_POP})
                                 .code());
    world.call(alice, contract, 0, {9});
    world.call(bob, contract, 0, {9});
    world.call(alice, contract, 0, {0});
    const BlockAccessList list = list_of(world);
    EXPECT_EQ(find(list, contract)->storage_changes, (std::vector<SlotChange>{{0, 1, 9}, {0, 3, 0}}));
    EXPECT_EQ(find(list, contract)->storage_reads, (std::vector<uint256>{1, 2}));
}

TEST(AccessLists, Eip7928RevertedAccessesStay) {
    World world = make_world();
    world.contract(
        contract,
        Assembler{}.push(nobody).op({OP_BALANCE, OP_POP}).push(1).store_at(3).call(other, 0).revert().code());
    world.call(alice, contract);
    const BlockAccessList list = list_of(world);
    EXPECT_EQ(list.size(), 5U);  // and the sender, and who gets the fee
    EXPECT_EQ(find(list, contract)->storage_reads, (std::vector<uint256>{3}));
    EXPECT_TRUE(find(list, contract)->storage_changes.empty());
    EXPECT_NE(find(list, nobody), nullptr);
    EXPECT_NE(find(list, other), nullptr);
}

TEST(AccessLists, Eip7928NoAccessWithoutTheGasForIt) {
    for (const uint64_t value : {0, 1}) {
        World world = make_world();
        world.contract(contract, Assembler{}.call(nobody, value).code(), 1);
        // Seven pushes; the account's 2,600 and, for a value, 9,000 more.
        const uint64_t needed = 21000 + 7 * 3 + 2600 + 9000 * value;
        world.call(alice, contract).gas_limit = needed - 1;
        EXPECT_EQ(find(list_of(world), nobody), nullptr);
        world.scenario.transactions[0].gas_limit = needed;
        EXPECT_NE(find(list_of(world), nobody), nullptr);
    }
}

TEST(AccessLists, Eip7928CreatedAndDestroyedInOneTransaction) {
    World world = make_world();
    // The new contract writes slot 1 and destroys itself.
    const Bytes init = Assembler{}.push(8).store_at(1).destroy(nobody).code();
    const Address created = evm::create_address(alice, 0);
    world.account(created, 6);
    world.create(alice, init, 2);
    const BlockAccessList list = list_of(world);
    const AccountChanges* const entry = find(list, created);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->balance_changes, (base::InlineVector<BalanceChange>{{1, 0}}));
    EXPECT_TRUE(entry->nonce_changes.empty());
    EXPECT_TRUE(entry->code_changes.empty());
    EXPECT_TRUE(entry->storage_changes.empty());
    EXPECT_EQ(entry->storage_reads, (std::vector<uint256>{1}));
    EXPECT_EQ(find(list, nobody)->balance_changes, (base::InlineVector<BalanceChange>{{1, 8}}));
}

TEST(AccessLists, Eip7928CodeAndDelegation) {
    World world = make_world();
    const Bytes runtime = Assembler{}.push(1).op({OP_POP}).code();
    world.create(alice, init_code_for(runtime));
    world.delegate(bob, carol, contract, 0);
    const BlockAccessList list = list_of(world);
    EXPECT_EQ(find(list, evm::create_address(alice, 0))->code_changes,
              (std::vector<CodeChange>{{1, runtime}}));
    Bytes designator{0xef, 0x01, 0x00};
    designator.insert(designator.end(), contract.data(), contract.data() + 20);
    EXPECT_EQ(find(list, carol)->code_changes, (std::vector<CodeChange>{{2, designator}}));
    EXPECT_EQ(find(list, carol)->nonce_changes, (base::InlineVector<NonceChange>{{2, 1}}));
    EXPECT_EQ(find(list, contract), nullptr);  // the target is only named
}

TEST(AccessLists, Eip7928TransactionsLeftOutAreInNoList) {
    World world = make_world();
    world.account(poor, 1);
    world.call(poor, nobody).gas_limit = 21000;
    world.call(alice, bob, 1).gas_limit = 21000;
    const BlockAccessList list = list_of(world, OnInvalid::skip);
    EXPECT_EQ(find(list, poor), nullptr);
    EXPECT_EQ(find(list, alice)->nonce_changes, (base::InlineVector<NonceChange>{{1, 1}}));
}

TEST(AccessLists, Eip7928WithdrawalsComeLast) {
    World world = make_world();
    world.call(alice, bob, 1).gas_limit = 21000;
    world.scenario.env.withdrawals = {{.index = 0, .validator_index = 0, .address = nobody, .amount = 1},
                                      {.index = 1, .validator_index = 0, .address = nobody, .amount = 2},
                                      {.index = 2, .validator_index = 0, .address = carol, .amount = 0}};
    const BlockAccessList list = list_of(world);
    EXPECT_EQ(find(list, nobody)->balance_changes, (base::InlineVector<BalanceChange>{{2, 3'000'000'000}}));
    ASSERT_NE(find(list, carol), nullptr);
    EXPECT_TRUE(find(list, carol)->balance_changes.empty());
}

TEST(AccessLists, Eip7928TooManyItemsForTheGasLimit) {
    World world = make_world();
    world.scenario.env.system_calls = false;
    world.call(alice, bob).gas_limit = 21000;
    ASSERT_EQ(list_of(world).size(), 3U);
    world.scenario.env.context.gas_limit = 21000;
    world.call(alice, bob).gas_limit = 21000;
    world.scenario.transactions.pop_back();
    EXPECT_EQ(list_of(world).size(), 3U);  // of 10
    for (uint64_t i = 0; i < 8; ++i)
        world.scenario.env.withdrawals.push_back(
            {.index = i, .validator_index = 0, .address = numbered(200 + i), .amount = 1});
    expect_invalid_everywhere(world, std::nullopt, Reason::access_list_too_large);
}

/// A chain in which every transaction needs what the one before left: a counter, and money passed on.
World make_chain(uint64_t length) {
    World world = make_world();
    world.contract(contract, Assembler{}.add_to(0, 1).code());
    Address from = alice;
    for (uint64_t i = 0; i < length; ++i) {
        world.call(bob, contract);
        const Address to = numbered(100 + i);
        world.call(from, to, uint256{21000} * (length - i)).gas_limit = 21000;
        from = to;
    }
    return world;
}

/// Runs a block by a list.
Outcome run_directed(const World& world, const ExecutionOptions& options, Mode mode = {.trust_head = false}) {
    static Runs runs;
    mode.directed = true;
    return runs.optimistic(world.scenario, mode, options);
}

TEST(Directed, NothingIsRunTwiceWhereTheListIsRight) {
    const World world = make_chain(20);
    const BlockAccessList list = list_of(world);
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
        ExecutionOptions options;
        options.access_list = &list;
        const Outcome outcome = run_directed(world, options, {.threads = threads, .trust_head = false});
        ASSERT_TRUE(outcome.result);
        EXPECT_EQ(outcome.result->access_list, list);
        // One of several workers may begin while another still puts in the last of the list.
        if (threads != 1) continue;
        EXPECT_EQ(outcome.statistics.repaired, 0U);
        EXPECT_EQ(outcome.statistics.speculative, 40U);
    }
}

TEST(Directed, TheSameBlockFromEveryMode) {
    const World world = make_chain(8);
    const BlockAccessList list = list_of(world);
    static Runs runs;
    const Outcome oracle = runs.sequential(world.scenario);
    for (const Mode& mode : forcing_modes())
        for (const bool given : {false, true}) {
            ExecutionOptions options;
            (given ? options.access_list : options.predicted_list) = &list;
            const Outcome outcome = run_directed(world, options, mode);
            EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt) << to_string(mode);
            EXPECT_EQ(inconsistency(world.scenario, outcome), std::nullopt) << to_string(mode);
        }
}

/// A list that is spoilt is an error, from every executor; as a prediction it changes nothing.
void expect_refused(void (*spoil)(BlockAccessList&, Random&)) {
    const World world = make_chain(6);
    const BlockAccessList list = list_of(world);
    static Runs runs;
    const Outcome oracle = runs.sequential(world.scenario);
    const ExecutionError differs = execution::InvalidBlock{std::nullopt, Reason::access_list_differs};
    for (uint64_t seed = 1; seed <= 300; ++seed) {
        Random random(seed);
        BlockAccessList wrong = list;
        while (wrong == list) spoil(wrong, random);
        ExecutionOptions options;
        options.access_list = &wrong;
        const Mode mode{.threads = 1 + static_cast<unsigned>(seed % 3), .trust_head = false};
        const auto expect_differs = [&](const Result& result) {
            ASSERT_FALSE(result) << seed;
            EXPECT_EQ(result.error(), differs) << execution::to_string(result.error());
        };
        expect_differs(runs.sequential(world.scenario, options).result);
        expect_differs(runs.optimistic(world.scenario, mode, options).result);
        expect_differs(run_directed(world, options, mode).result);
        options.access_list = nullptr;
        options.predicted_list = &wrong;
        EXPECT_EQ(difference(oracle.result, run_directed(world, options, mode).result), std::nullopt) << seed;
    }
}

TEST(Directed, AWrongListIsAnErrorAndAWrongPredictionNone) { expect_refused(mutate); }
TEST(Directed, NotEvenInOrder) { expect_refused(disorder); }

TEST(Directed, AnInvalidTransactionComesBeforeAWrongList) {
    World world = make_chain(3);
    const BlockAccessList list = list_of(world);
    world.scenario.transactions[4].nonce += 1;
    ExecutionOptions options;
    options.access_list = &list;
    const Outcome outcome = run_directed(world, options);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error(), ExecutionError(execution::InvalidBlock{4, Reason::nonce_too_high}));
}

/// Says when commits come.
class CountingSink final : public execution::CommitSink {
public:
    void commit(std::span<const execution::CommittedAccount> accounts,
                std::span<const execution::CommittedSlot> slots) override {
        ++commits;
        entries += accounts.size() + slots.size();
    }
    size_t commits = 0, entries = 0;
};

TEST(Directed, TheSinkHearsAllBeforeTheFirstTransaction) {
    const World world = make_chain(4);
    const BlockAccessList list = list_of(world);
    execution::ExecutionContext context({.executor = execution::ExecutorKind::directed, .threads = 1});
    CountingSink sink;
    ExecutionOptions options;
    options.access_list = &list;
    options.sink = &sink;
    const auto executor = execution::make_executor<>(context);
    ASSERT_FALSE(executor->begin(world.scenario.env, world.scenario.before, options));
    EXPECT_EQ(sink.commits, 1U);
    EXPECT_EQ(sink.entries, list.size());  // every account but the contract, and its slot
    ASSERT_FALSE(executor->apply(world.scenario.transactions));
    ASSERT_TRUE(executor->seal());
    EXPECT_EQ(sink.commits, 1U);
    // A prediction is nothing that a sink could rely on.
    options.access_list = nullptr;
    options.predicted_list = &list;
    ASSERT_FALSE(executor->begin(world.scenario.env, world.scenario.before, options));
    EXPECT_EQ(sink.commits, 1U);
}

}  // namespace
}  // namespace weft::differential
