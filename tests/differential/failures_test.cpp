// State that can't be read, blocks that are cancelled, budgets that don't suffice, senders that come late.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/differential/assembler.hpp"
#include "tests/differential/random_code.hpp"
#include "tests/differential/traps.hpp"
#include "weft/base/hex.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/state/forwarding_reader.hpp"

namespace weft::differential {
namespace {

using namespace evm;  // the opcodes' names
using execution::OnInvalid;

constexpr uint64_t ether = 1'000'000'000'000'000'000;
const Address alice = numbered(1), bob = numbered(2), carol = numbered(3), contract = numbered(10),
              other = numbered(11);
const Address nobody = numbered(60);

/// Passes reads on, notes them, and refuses some.
class WatchedState final : public StateReader {
public:
    explicit WatchedState(const StateReader& state) : state_(state) {}

    /// Refuses what is in the set (or, `inverse`, what isn't).
    void refuse(std::set<std::string> reads, bool inverse) {
        refused_ = std::move(reads);
        inverse_ = inverse;
        refuses_ = true;
    }
    [[nodiscard]] std::set<std::string> reads() const {
        const std::lock_guard lock(mutex_);
        return reads_;
    }

    state::ReadResult<std::optional<Account>> account(const Address& address) const override {
        if (auto error = note("account " + base::to_hex(address))) return std::unexpected(*error);
        return state_.account(address);
    }
    state::ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        if (auto error = note("storage " + base::to_hex(address) + " " + base::to_string(key)))
            return std::unexpected(*error);
        return state_.storage(address, key);
    }
    state::ReadResult<bool> has_storage(const Address& address) const override {
        if (auto error = note("has_storage " + base::to_hex(address))) return std::unexpected(*error);
        return state_.has_storage(address);
    }
    state::ReadResult<Bytes> code(const Hash& code_hash) const override {
        if (auto error = note("code " + base::to_hex(code_hash))) return std::unexpected(*error);
        return state_.code(code_hash);
    }
    state::ReadResult<Hash> block_hash(uint64_t number) const override {
        if (auto error = note("block_hash " + std::to_string(number))) return std::unexpected(*error);
        return state_.block_hash(number);
    }

private:
    std::optional<StateError> note(const std::string& read) const {
        const std::lock_guard lock(mutex_);
        reads_.insert(read);
        if (!refuses_ || refused_.contains(read) == inverse_) return std::nullopt;
        return StateError{read};
    }

    const StateReader& state_;
    std::set<std::string> refused_;
    bool inverse_ = false, refuses_ = false;
    mutable std::mutex mutex_;
    mutable std::set<std::string> reads_;
};

/// One read of each kind, and more: calls, creations, logs, hashes of blocks.
World world_of_reads() {
    World world(Revision::osaka);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    Assembler code, called;
    called.push(nobody).op({OP_BALANCE}).add_to(0, 1).store_at(1);
    code.push(995)
        .op({OP_BLOCKHASH})
        .store_at(0)
        .call(other, 1)
        .store_at(1)
        .push(other)
        .op({OP_EXTCODESIZE})
        .store_at(2);
    world.contract(other, called.code());
    world.contract(contract, code.code(), 50);
    for (uint64_t number = 990; number < 1000; ++number)
        world.scenario.before.set_block_hash(number, Hash{{{static_cast<uint8_t>(number)}}});
    for (int i = 0; i < 3; ++i) {
        world.call(alice, contract);
        world.call(bob, numbered(100), 1);
        world.create(bob, init_code_for(called.code(), Assembler{}.add_to(5, 1)), 3);
    }
    return world;
}

/// Which all of these modes give the same receipts.
Scenario random_scenario(uint64_t seed) {
    Scenario scenario = make_random_scenario(seed);
    scenario.transaction_roots = false;
    return scenario;
}

std::vector<Mode> some_modes(uint64_t seed) {
    return {{.threads = 1, .stale_first_run = true},
            {.threads = 2, .interleaving = seed},
            {.threads = 3, .segment_transactions = 2, .refuse_percent = 50, .seed = seed},
            {.threads = 8},
            {.threads = 2, .least_in_row = 1},
            {.threads = 2, .segment_transactions = 2, .stale_first_run = true, .slots_commute = true}};
}

/// Every read that sequential execution makes, refused: the same StateError from both.
void refuse_each_read(const Scenario& scenario, OnInvalid on_invalid, uint64_t seed) {
    Runs runs;
    WatchedState noting(scenario.before);
    static_cast<void>(runs.sequential(scenario, noting, {.on_invalid = on_invalid}));
    const std::set<std::string> reads = noting.reads();
    for (const std::string& read : reads) {
        WatchedState failing(scenario.before);
        failing.refuse({read}, false);
        runs.forget_codes();
        const Outcome oracle = runs.sequential(scenario, failing, {.on_invalid = on_invalid});
        ASSERT_FALSE(oracle.result.has_value()) << read;
        EXPECT_EQ(oracle.result.error(), ExecutionError(StateError{read}));
        for (const Mode& mode : some_modes(seed)) {
            runs.forget_codes();
            const Outcome outcome = runs.optimistic(scenario, failing, mode, {.on_invalid = on_invalid});
            EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt)
                << read << ", " << to_string(mode);
        }
    }
}

/// Every read that sequential execution doesn't make, refused: nobody notices. Returns how many reads were
/// refused.
size_t refuse_all_other_reads(const Scenario& scenario, OnInvalid on_invalid, uint64_t seed) {
    Runs runs;
    WatchedState noting(scenario.before);
    const Outcome oracle = runs.sequential(scenario, noting, {.on_invalid = on_invalid});
    const std::set<std::string> needed = noting.reads();
    size_t refused = 0;
    for (const Mode& mode : some_modes(seed)) {
        WatchedState failing(scenario.before);
        failing.refuse(needed, true);
        runs.forget_codes();
        const Outcome outcome = runs.optimistic(scenario, failing, mode, {.on_invalid = on_invalid});
        EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt) << to_string(mode);
        EXPECT_EQ(inconsistency(scenario, outcome), std::nullopt) << to_string(mode);
        for (const std::string& read : failing.reads()) refused += needed.contains(read) ? 0 : 1;
    }
    return refused;
}

TEST(FailingState, AtEveryReadOfSequentialExecution) {
    const World world = world_of_reads();
    refuse_each_read(world.scenario, OnInvalid::fail, 1);
    WatchedState noting(world.scenario.before);
    Runs runs;
    EXPECT_TRUE(runs.sequential(world.scenario, noting, {}).result.has_value());
    for (const std::string_view kind : {"account ", "storage ", "has_storage ", "code ", "block_hash "})
        EXPECT_TRUE(std::ranges::any_of(noting.reads(), [&](const auto& read) {
            return read.starts_with(kind);
        })) << kind;
}

/// A creation puts the code of another contract into the code cache; whether a run comes before it must not
/// decide whether the other contract's code is read.
TEST(FailingState, AtCodeThatTheBlockAlsoCreates) {
    World world(Revision::osaka);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    Assembler code;
    code.add_to(0, 1);
    world.contract(contract, code.code());
    world.create(alice, init_code_for(code.code(), Assembler{}));
    world.call(bob, contract);
    WatchedState noting(world.scenario.before);
    Runs runs;
    EXPECT_TRUE(runs.sequential(world.scenario, noting, {}).result.has_value());
    EXPECT_TRUE(
        std::ranges::any_of(noting.reads(), [](const auto& read) { return read.starts_with("code "); }));
    refuse_each_read(world.scenario, OnInvalid::fail, 1);
}

TEST(FailingState, AtEveryReadOfRandomBlocks) {
    for (uint64_t seed = 0; seed < 12; ++seed) {
        refuse_each_read(random_scenario(seed), OnInvalid::fail, seed);
        refuse_each_read(random_scenario(seed), OnInvalid::skip, seed);
        if (HasFailure()) FAIL() << "scenario " << seed;
    }
}

TEST(FailingState, AtReadsThatOnlyAMisSpeculationMakes) {
    // Slot 0 of `contract` names an account whose balance, code and slot 0 the next transactions look at.
    // Transaction 0 turns it from `bob`'s neighbours to another one.
    World world(Revision::osaka);
    for (const Address& address : {alice, bob, carol}) world.account(address, uint256{ether});
    const Address right = numbered(20), wrong = numbered(21);
    for (const Address& address : {right, wrong})
        world.contract(address, Assembler{}
                                    .add_to(0, address == right ? 1 : 2)
                                    .op({OP_STOP, address == right ? uint8_t{1} : uint8_t{2}})
                                    .code());
    Assembler code;
    code.argument(0).when([](Assembler& inner) { inner.argument(0).store_at(0).op({OP_STOP}); });
    code.push(0).push(0).push(0).push(0).push(0).push(0).op({OP_SLOAD, OP_GAS, OP_CALL, OP_POP});
    code.push(0).op({OP_SLOAD, OP_BALANCE}).store_at(1);
    world.contract(contract, code.code());
    world.scenario.before.set_storage(contract, 0, base::to_uint256(wrong));
    world.call(alice, contract, 0, {base::to_uint256(right)});
    for (int i = 0; i < 4; ++i) world.call(i % 2 == 0 ? bob : carol, contract);
    EXPECT_GE(refuse_all_other_reads(world.scenario, OnInvalid::fail, 1),
              1u);  // the stale run asks for `wrong`
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(right, 0), uint256{4});
    EXPECT_EQ(after.slot(wrong, 0), uint256{0});
}

TEST(FailingState, StorageOfAContractCreatedInTheBlockIsNeverAskedFor) {
    World world(Revision::osaka);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    const Address born = create_address(alice, 0);
    world.create(alice,
                 init_code_for(Assembler{}.add_to(0, 1).add_to(1, 2).code(), Assembler{}.add_to(0, 5)));
    for (int i = 0; i < 4; ++i) world.call(i % 2 == 0 ? bob : alice, born);
    static_cast<void>(refuse_all_other_reads(world.scenario, OnInvalid::fail, 1));
    const After after = succeed_everywhere(world);
    EXPECT_EQ(after.slot(born, 0), uint256{9});
    EXPECT_EQ(after.slot(born, 1), uint256{8});
}

TEST(FailingState, AtReadsThatOnlyMisSpeculationsOfRandomBlocksMake) {
    size_t refused = 0;
    for (uint64_t seed = 0; seed < 150; ++seed) {
        for (const OnInvalid on_invalid : {OnInvalid::fail, OnInvalid::skip})
            refused += refuse_all_other_reads(random_scenario(seed), on_invalid, seed);
        if (HasFailure()) FAIL() << "scenario " << seed;
    }
    EXPECT_GT(refused, 50u);
}

/// Lets nobody know of an account until somebody has asked for a slot 1.
class LateAccount final : public state::ForwardingReader {
public:
    LateAccount(const StateReader& state, const Address& late) : ForwardingReader(state), late_(late) {}
    state::ReadResult<std::optional<Account>> account(const Address& address) const override {
        if (address == late_) asked_.wait(false);
        return inner().account(address);
    }
    state::ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        if (key == uint256{1}) {
            asked_.store(true);
            asked_.notify_all();
        }
        return inner().storage(address, key);
    }

private:
    Address late_;
    mutable std::atomic<bool> asked_{false};
};

/// What goes on for as long as there is gas, by what was there before the block, needs nothing of the kind.
TEST(FailingState, RunsThatGoOnWithoutReadingEndWhenTheCursorComes) {
    World world(Revision::prague);
    for (const Address& address : {alice, bob}) world.account(address, uint256{ether} << 20);
    world.scenario.env.context.gas_limit = uint64_t{1} << 53;
    Assembler code;
    code.argument(0).when([](Assembler& inner) { inner.argument(0).store_at(0).op({OP_STOP}); });
    code.push(0).op({OP_SLOAD, OP_ISZERO}).when([](Assembler& inner) {
        inner.push(1).op({OP_SLOAD, OP_POP});
        inner.repeat(uint256::max(), [](Assembler& again) { again.op({OP_CALLER, OP_POP}); });
    });
    world.contract(contract, code.code());
    world.call(alice, contract, 0, {uint256{1}});
    world.call(bob, contract).gas_limit = uint64_t{1} << 52;  // some weeks
    Runs runs;
    const Outcome oracle = runs.sequential(world.scenario);
    ASSERT_TRUE(oracle.result.has_value());
    const LateAccount late(world.scenario.before, alice);
    std::stop_source stop;
    std::jthread impatient([&](const std::stop_token& done) {
        for (int i = 0; i < 200 && !done.stop_requested(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop.request_stop();
    });
    execution::ExecutionOptions options;
    options.stop = stop.get_token();
    const Outcome outcome = runs.optimistic(world.scenario, late, {.threads = 2}, options);
    EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt);
    EXPECT_EQ(outcome.statistics.stopped, 1u);
}

World world_of_loops(int transactions) {
    World world(Revision::osaka);
    for (const Address& address : {alice, bob, carol}) world.account(address, uint256{ether});
    Assembler code;
    code.repeat(3000, [](Assembler& inner) { inner.push(1).op({OP_POP}); })
        .add_to(0, 1)
        .call(nobody, 1)
        .op({OP_POP});
    world.contract(contract, code.code(), 1000);
    for (int i = 0; i < transactions; ++i)
        world.call(i % 3 == 0 ? alice : i % 3 == 1 ? bob : carol, contract);
    return world;
}

TEST(Cancellation, BeforeTheBlock) {
    const World world = world_of_loops(5);
    Runs runs;
    std::stop_source stop;
    stop.request_stop();
    execution::ExecutionOptions options;
    options.stop = stop.get_token();
    EXPECT_EQ(runs.sequential(world.scenario, options).result.error(),
              ExecutionError(execution::Cancelled{}));
    for (const Mode& mode : forcing_modes())
        EXPECT_EQ(runs.optimistic(world.scenario, mode, options).result.error(),
                  ExecutionError(execution::Cancelled{}));
}

TEST(Cancellation, AtAnyTimeGivesCancelledOrTheRightResult) {
    const World world = world_of_loops(60);
    Runs runs;
    const Outcome oracle = runs.sequential(world.scenario);
    ASSERT_TRUE(oracle.result.has_value());
    size_t cancelled = 0;
    Random random(1);
    for (int i = 0; i < 120; ++i) {
        std::stop_source stop;
        execution::ExecutionOptions options;
        options.stop = stop.get_token();
        const auto delay = std::chrono::microseconds(random.below(i % 2 == 0 ? 3000 : 20000));
        std::jthread canceller([&] {
            std::this_thread::sleep_for(delay);
            stop.request_stop();
        });
        Mode mode = random_mode(static_cast<uint64_t>(i));
        const Outcome outcome = i % 10 == 0 ? runs.sequential(world.scenario, options)
                                            : runs.optimistic(world.scenario, mode, options);
        if (outcome.result.has_value()) {
            EXPECT_EQ(difference(oracle.result, outcome.result), std::nullopt) << to_string(mode);
        } else {
            ++cancelled;
            EXPECT_EQ(outcome.result.error(), ExecutionError(execution::Cancelled{})) << to_string(mode);
        }
    }
    EXPECT_GT(cancelled, 0u);
}

TEST(ResourceLimits, OfATransactionAreTheBlocksError) {
    World world = world_of_loops(6);
    world.contract(other, Assembler{}.push(1).push(2 << 20).op({OP_MSTORE}).code());
    world.call(alice, other).gas_limit = 15'000'000;
    Runs runs;
    runs.set_memory_budget(1 << 20);
    EXPECT_EQ(runs.sequential(world.scenario).result.error(), ExecutionError(execution::ResourceLimit{}));
    for (const Mode& mode : forcing_modes())
        EXPECT_EQ(runs.optimistic(world.scenario, mode).result.error(),
                  ExecutionError(execution::ResourceLimit{}))
            << to_string(mode);
    runs.set_memory_budget(64 << 20);
    EXPECT_TRUE(runs.sequential(world.scenario).result.has_value());
}

TEST(ResourceLimits, OfAMisSpeculationMeanNothing) {
    World world(Revision::osaka);
    world.account(alice, uint256{ether});
    world.account(bob, uint256{ether});
    Assembler code;  // memory as long as slot 0 says, unless called with a word: that becomes slot 0
    code.argument(0).when([](Assembler& inner) { inner.argument(0).store_at(0).op({OP_STOP}); });
    code.push(1).push(0).op({OP_SLOAD, OP_MSTORE}).add_to(1, 1);
    world.contract(contract, code.code());
    world.scenario.before.set_storage(contract, 0, 2 << 20);
    world.call(alice, contract, 0, {64});
    for (int i = 0; i < 5; ++i) world.call(bob, contract).gas_limit = 15'000'000;
    Runs runs;
    runs.set_memory_budget(1 << 20);
    const Outcome oracle = runs.sequential(world.scenario);
    ASSERT_TRUE(oracle.result.has_value());
    EXPECT_EQ(oracle.result->receipts.size(), 6u);
    for (const Mode& mode : forcing_modes())
        EXPECT_EQ(difference(oracle.result, runs.optimistic(world.scenario, mode).result), std::nullopt)
            << to_string(mode);
}

/// Executes with senders that another thread fills in.
class LateSenders : public testing::Test {
protected:
    static constexpr size_t never = ~size_t{0};
    struct Producer {
        std::set<size_t> refused = {};
        size_t stops_at = never;  ///< opens the gate no further
    };

    LateSenders() : world_(world_of_loops(30)) {}

    Result run(const Producer& producer, const Mode* mode, OnInvalid on_invalid, uint64_t seed) {
        Scenario scenario = world_.scenario;
        std::vector<Address> senders;
        for (Transaction& tx : scenario.transactions) senders.push_back(std::exchange(tx.sender, nobody));
        execution::SenderGate gate;
        std::stop_source stop;
        std::jthread recovery([&] {
            Random random(seed);
            for (size_t i = 0; i < senders.size() && i < producer.stops_at; ++i) {
                if (random.chance(30))
                    std::this_thread::sleep_for(std::chrono::microseconds(random.below(300)));
                if (producer.refused.contains(i)) {
                    gate.refuse(i);
                } else {
                    scenario.transactions[i].sender = senders[i];
                }
                if (random.chance(60) || i + 1 == senders.size() || i + 1 == producer.stops_at)
                    gate.open(i + 1);
            }
        });
        const execution::ExecutionOptions options{
            .on_invalid = on_invalid, .senders = &gate, .stop = stop.get_token()};
        return mode == nullptr ? runs_.sequential(scenario, options).result
                               : runs_.optimistic(scenario, *mode, options).result;
    }

    /// The same from both; returns it.
    Result run_all(const Producer& producer, OnInvalid on_invalid) {
        Result oracle = run(producer, nullptr, on_invalid, 0);
        uint64_t seed = 0;
        for (const Mode& mode : forcing_modes()) {
            const Result result = run(producer, &mode, on_invalid, ++seed);
            EXPECT_EQ(difference(oracle, result), std::nullopt) << to_string(mode);
        }
        return oracle;
    }

    World world_;
    Runs runs_;
};

TEST_F(LateSenders, ComeInTime) {
    const Result result = run_all({}, OnInvalid::fail);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(*result, *runs_.sequential(world_.scenario).result);
}

TEST_F(LateSenders, OneRefusedMakesTheBlockInvalid) {
    const Result result = run_all({.refused = {13}}, OnInvalid::fail);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(),
              ExecutionError(execution::InvalidBlock{13, execution::Reason::invalid_signature}));
}

TEST_F(LateSenders, OneRefusedIsTheLastThatComes) {
    const Result result = run_all({.refused = {13}, .stops_at = 14}, OnInvalid::fail);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(),
              ExecutionError(execution::InvalidBlock{13, execution::Reason::invalid_signature}));
}

TEST_F(LateSenders, AnInvalidTransactionNeedsNoSendersBehindIt) {
    world_.scenario.transactions[7].gas_limit = 20999;
    const Result result = run_all({.stops_at = 8}, OnInvalid::fail);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(),
              ExecutionError(execution::InvalidBlock{7, execution::Reason::intrinsic_gas_too_low}));
}

TEST_F(LateSenders, SomeRefusedAreSkipped) {
    const Result result = run_all({.refused = {0, 13, 14, 29}}, OnInvalid::skip);
    ASSERT_TRUE(result.has_value());
    std::set<size_t> refused;
    for (const auto& skipped : result->skipped)
        if (skipped.reason == execution::Reason::invalid_signature) refused.insert(skipped.transaction);
    EXPECT_EQ(refused, (std::set<size_t>{0, 13, 14, 29}));
}

TEST_F(LateSenders, CancellationEndsTheWait) {
    for (const Mode& mode : forcing_modes()) {
        execution::SenderGate gate;
        gate.open(3);
        std::stop_source stop;
        std::jthread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            stop.request_stop();
        });
        const execution::ExecutionOptions options{.senders = &gate, .stop = stop.get_token()};
        const Result result = runs_.optimistic(world_.scenario, mode, options).result;
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error(), ExecutionError(execution::Cancelled{})) << to_string(mode);
    }
}

}  // namespace
}  // namespace weft::differential
