// The plain and the traced translation of the same code must agree: one folds constants, merges instructions
// and charges by blocks, the other executes each opcode by itself.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <thread>

#include "weft/evm/inspector.hpp"
#include "weft/evm/program.hpp"
#include "weft/evm/test_world.hpp"

namespace weft::evm::test {
namespace {

using Random = std::mt19937_64;

/// Code that gets somewhere: operands are pushed as needed, jumps mostly meet a JUMPDEST, sizes are mostly
/// small.
class RandomCode {
public:
    RandomCode(uint64_t seed, Revision revision) : random_(seed), table_(opcode_table(revision)) {}

    Bytes make(size_t least = 20) {
        bytes_.clear();
        const size_t length = least + pick(200);
        while (bytes_.size() < length) piece();
        if (pick(3) == 0)
            append(Code{}.push(0).op(OP_MSTORE).push(32).push(0).op(pick(4) == 0 ? OP_REVERT : OP_RETURN));
        // Jumps to constants get their targets at last: two-byte pushes of 0xffff marked them.
        std::vector<size_t> targets;
        for (size_t pc = 0; pc < bytes_.size(); pc += 1 + immediate_size(bytes_[pc]))
            if (bytes_[pc] == OP_JUMPDEST) targets.push_back(pc);
        for (const size_t at : jumps_) {
            size_t target =
                targets.empty() || pick(20) == 0 ? pick(bytes_.size() + 5) : targets[pick(targets.size())];
            bytes_[at] = static_cast<uint8_t>(target >> 8);
            bytes_[at + 1] = static_cast<uint8_t>(target);
        }
        jumps_.clear();
        return bytes_;
    }

private:
    uint64_t pick(uint64_t below) { return random_() % below; }
    void append(const Code& code) { bytes_.insert(bytes_.end(), code.bytes().begin(), code.bytes().end()); }

    uint256 number() {
        switch (pick(8)) {
            case 0:
                return uint256{random_(), random_(), random_(), random_()};
            case 1:
                return uint256::max() - uint256{pick(3)};
            case 2:
                return uint256{pick(300)};
            case 3:
                return word_of_address(pick(2) == 0 ? other : third);
            case 4:
                return uint256{random_()};
            case 5:
                return uint256{1} << pick(256);
            default:
                return uint256{pick(40)};
        }
    }
    /// A number on the stack: a constant, or something that the translation doesn't know.
    void value() {
        if (pick(3) == 0)
            append(Code{}.push(pick(4) * 32 + pick(3)).op(OP_CALLDATALOAD));
        else
            append(Code{}.push(number()));
    }
    void small() { append(Code{}.push(pick(10) == 0 ? number() : uint256{pick(200)})); }
    void jump(bool conditional) {
        if (conditional && pick(2) == 0) append(Code{OP_ISZERO});
        bytes_.push_back(OP_PUSH2);
        jumps_.push_back(bytes_.size());
        bytes_.push_back(0xff);
        bytes_.push_back(0xff);
        if (pick(4) == 0)
            append(Code{}.push(0).op(OP_CALLDATASIZE).op(OP_GT).op(OP_POP));  // the constant must wait on the
                                                                              // stack
        if (pick(5) == 0) append(Code{}.push(0).op(OP_CALLVALUE).op(OP_MUL).op(OP_ADD));  // and be unknown
        append(Code{conditional ? OP_JUMPI : OP_JUMP});
    }
    void piece() {
        const uint64_t kind = pick(20);
        if (kind == 0) return append(Code{OP_JUMPDEST});
        if (kind == 1) return jump(false);
        if (kind == 2) return value(), jump(true);
        if (kind == 3) return value(), append(Code{OP_DUP1}.push(pick(100)).op(OP_EQ)), jump(true);
        const auto opcode = static_cast<uint8_t>(random_());
        if (immediate_size(opcode) != 0) return append(Code{}.push(number()));
        const OpcodeInfo& info = table_[opcode];
        if (!info.defined && pick(50) != 0) return;
        if (opcode == OP_STOP || opcode == OP_SELFDESTRUCT || info.terminates)
            if (pick(20) != 0) return;
        const bool memory = opcode == OP_KECCAK256 || (opcode >= OP_LOG0 && opcode <= OP_LOG4) ||
                            opcode == OP_MLOAD || opcode == OP_MSTORE || opcode == OP_MSTORE8 ||
                            opcode == OP_CREATE || opcode == OP_CREATE2 || opcode == OP_CALLDATACOPY ||
                            opcode == OP_CODECOPY || opcode == OP_MCOPY;
        if (info.inputs <= 7 && (opcode < OP_DUP1 || opcode > OP_SWAP16)) {
            if (opcode >= OP_CALL && opcode <= OP_STATICCALL && opcode != OP_RETURN && opcode != OP_CREATE2) {
                for (int i = 2; i < info.inputs; ++i) small();
                append(Code{}.push(pick(3) == 0 ? uint256{pick(12)}
                                                : word_of_address(pick(2) == 0 ? other : contract)));
                append(Code{}.push(pick(100'000)));
            } else {
                for (int i = 0; i < info.inputs; ++i) memory ? small() : value();
            }
        } else if (pick(2) == 0) {
            value();
        }
        bytes_.push_back(opcode);
    }

    Random random_;
    const OpcodeTable& table_;
    Bytes bytes_;
    std::vector<size_t> jumps_;
};

struct Outcome {
    Status status;
    uint64_t gas_left;
    Bytes output;
    std::vector<primitives::Log> logs;
    int64_t refund;
    state::StateDiff diff;
};

Outcome run(World& world, uint64_t gas, BytesView input, Inspector* inspector) {
    world.machine.set_inspector(inspector);
    const CallResult result = world.call(gas, input, 3);
    Outcome out{
        result.status,        result.gas_left,        Bytes(result.output.begin(), result.output.end()),
        world.journal.logs(), world.journal.refund(), {}};
    world.journal.end_transaction();
    out.diff = state::make_diff(world.journal);
    return out;
}

/// Counts what the tracer must hold: gas never grows within a step, and every step ends.
struct Checker final : Inspector {
    void step(const Step& s) override {
        EXPECT_FALSE(open);
        open = true;
        gas = s.gas;
        ++steps;
        EXPECT_LE(s.stack.size(), 1024u);
    }
    void step_end(const StepEnd& end) override {
        EXPECT_TRUE(open);
        open = false;
        EXPECT_GE(end.cost, 0);
        if (end.status == Status::success) EXPECT_LE(static_cast<uint64_t>(end.cost), gas);
    }
    void enter(const Entry&) override { ++depth; }
    void exit(uint32_t, Status, uint64_t, BytesView) override { --depth; }
    bool open = false;
    uint64_t gas = 0;
    int steps = 0;
    int depth = 0;
};

class PlainAndTraced : public testing::TestWithParam<Revision> {};

TEST_P(PlainAndTraced, AgreeOnRandomCode) {
    const Revision revision = GetParam();
    int successes = 0;
    for (uint64_t seed = 0; seed < 1500; ++seed) {
        RandomCode random(seed * 16 + static_cast<uint64_t>(revision), revision);
        World world(revision);
        world.deploy(contract, random.make(), 10);
        world.deploy(other, random.make(), 5);
        world.deploy(third, random.make());
        world.state.set_storage(contract, 1, 77);
        Bytes input(100);
        Random bytes(seed);
        for (uint8_t& byte : input) byte = bytes() % 3 == 0 ? static_cast<uint8_t>(bytes()) : 0;
        const uint64_t gas = bytes() % 3 == 0 ? bytes() % 2000 : 300'000;
        const Outcome plain = run(world, gas, input, nullptr);
        Checker checker;
        const Outcome traced = run(world, gas, input, &checker);
        EXPECT_EQ(checker.depth, 0) << seed;
        EXPECT_FALSE(checker.open) << seed;
        // Which of several failures a block is found to have isn't observable.
        const auto kind = [](Status s) {
            return s == Status::success || s == Status::revert || ends_run(s) ? s : Status::out_of_gas;
        };
        ASSERT_EQ(kind(plain.status), kind(traced.status)) << seed;
        ASSERT_EQ(plain.gas_left, traced.gas_left) << seed;
        ASSERT_EQ(plain.output, traced.output) << seed;
        ASSERT_EQ(plain.logs, traced.logs) << seed;
        ASSERT_EQ(plain.refund, traced.refund) << seed;
        ASSERT_EQ(plain.diff, traced.diff) << seed;
        successes += plain.status == Status::success ? 1 : 0;
    }
    EXPECT_GT(successes, 100);  // or the code isn't worth running
}

/// What is deployed there, and its translation as far as it is.
Program& program_at(World& world, const Address& address) {
    const state::Code* const code =
        *world.codes->get((*world.state.account(address))->code_hash, world.state);
    return *Program::of(*code, world.revision, false);
}

/// The results are those of a translation that was complete from the beginning, however much there is when a
/// run begins and in whatever order it came into being; so are floating slots' (symbolic.hpp).
TEST(Program, GrowsInAnyOrderWithTheSameResults) {
    int successes = 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        const Revision revision = seed % 2 == 0 ? Revision::osaka : Revision::byzantium;
        RandomCode random(seed, revision);
        const size_t least = seed % 10 == 0 ? 3000 : 100;  // the former takes several stretches
        const Bytes codes[] = {random.make(least), random.make(least), random.make()};
        Random bytes(seed);
        Bytes input(100);
        for (uint8_t& byte : input) byte = bytes() % 3 == 0 ? static_cast<uint8_t>(bytes()) : 0;
        std::optional<Outcome> expected;
        for (const int way : {0, 1, 2, 3}) {
            World world(revision);
            world.deploy(contract, codes[0], 10);
            world.deploy(other, codes[1], 5);
            world.deploy(third, codes[2]);
            world.state.set_storage(contract, 1, 77);
            world.source.slots_may_commute = way == 3;
            for (const Address& address : {contract, other, third}) {
                if ((*world.state.account(address))->code_hash == crypto::empty_code_hash) continue;
                Program& program = program_at(world, address);
                if (way == 0) EXPECT_TRUE(program.complete());
                if (way == 2)
                    for (int i = 0; i < 20; ++i) {
                        Status why{};
                        static_cast<void>(program.reach(bytes() % (least + 200), why));
                    }
            }
            // The second run finds what the first one translated.
            for (int again = 0; again < 2; ++again) {
                Outcome got = run(world, 300'000, input, nullptr);
                if (!expected) {
                    expected = std::move(got);
                    continue;
                }
                ASSERT_EQ(got.status, expected->status) << seed << ' ' << way;
                ASSERT_EQ(got.gas_left, expected->gas_left) << seed << ' ' << way;
                ASSERT_EQ(got.output, expected->output) << seed << ' ' << way;
                ASSERT_EQ(got.logs, expected->logs) << seed << ' ' << way;
                ASSERT_EQ(got.diff, expected->diff) << seed << ' ' << way;
            }
        }
        successes += expected->status == Status::success ? 1 : 0;
    }
    EXPECT_GT(successes, 50);
}

/// A sender, and three contracts with these codes.
MemoryState state_with(const Bytes (&codes)[3]) {
    MemoryState state;
    const Address places[] = {contract, other, third};
    state.set_account(sender,
                      {.nonce = 1, .balance = uint256{1} << 64, .code_hash = crypto::empty_code_hash});
    for (int i = 0; i < 3; ++i)
        state.set_account(places[i], {.nonce = 1, .balance = 10, .code_hash = state.set_code(codes[i])});
    return state;
}

/// Threads that run the same codes at once make their translations grow together, some of them in the
/// symbolic form.
TEST(Program, GrowsUnderManyThreads) {
    constexpr int thread_count = 4;
    for (uint64_t seed = 0; seed < 60; ++seed) {
        RandomCode random(seed + 5000, Revision::osaka);
        const Bytes codes[] = {random.make(1500), random.make(1500), random.make(300)};
        CodeCache shared;
        const CodeCache::Use use(shared);
        const MemoryState state = state_with(codes);
        std::vector<std::vector<std::pair<Status, uint64_t>>> results(thread_count);
        std::atomic<int> ready{0};
        const auto work = [&](int thread) {
            const PrecompileSet precompiles(Revision::osaka);
            WorldSource source(state, shared);
            source.slots_may_commute = thread % 2 == 1;
            state::Journal journal(shared);
            Machine machine(journal, size_t{64} << 20);
            ready.fetch_add(1);
            while (ready.load() != thread_count) std::this_thread::yield();
            for (uint64_t n = 0; n < 24; ++n) {
                Random bytes(n);
                Bytes input(100);
                for (uint8_t& byte : input) byte = static_cast<uint8_t>(bytes() % 3 == 0 ? bytes() : 0);
                journal.reset(source, {.eip161 = true});
                journal.begin_transaction();
                machine.begin_block({}, Revision::osaka, precompiles);
                const CallResult result = machine.execute(World::message(100'000, input, 3), {});
                results[static_cast<size_t>(thread)].emplace_back(result.status, result.gas_left);
            }
        };
        std::vector<std::jthread> threads;
        for (int i = 1; i < thread_count; ++i) threads.emplace_back(work, i);
        work(0);
        threads.clear();
        for (const auto& one : results) EXPECT_EQ(one, results[0]) << seed;
    }
}

/// 10,000 blocks one after the other, each of which jumps to the next, every other one to an address that it
/// computes.
Bytes chain_of_jumps() {
    Bytes out;
    const auto append = [&](std::initializer_list<int> bytes) {
        for (const int byte : bytes) out.push_back(static_cast<uint8_t>(byte));
    };
    for (size_t i = 0; i < 10'000; ++i) {
        append({OP_JUMPDEST, OP_GAS, OP_POP, OP_PUSH1, 0, OP_CALLDATALOAD, OP_POP});
        const size_t next = out.size() + (i % 2 == 0 ? 5 : 9);
        append({OP_PUSH3, static_cast<int>(next >> 16), static_cast<int>(next >> 8 & 0xff),
                static_cast<int>(next & 0xff)});
        if (i % 2 == 1) append({OP_PUSH1, 200, OP_CALLDATALOAD, OP_ADD});
        append({OP_JUMP});
    }
    append({OP_JUMPDEST, OP_GAS, OP_PUSH1, 0, OP_MSTORE, OP_PUSH1, 32, OP_PUSH1, 0, OP_RETURN});
    return out;
}

/// What may be kept is used up at once, or while a code's translation grows: frames go on with translations
/// of their own.
TEST(Program, GoesOnWhereNoMoreMayBeKept) {
    for (uint64_t seed = 0; seed < 60; ++seed) {
        RandomCode random(seed + 9000, Revision::osaka);
        const bool is_random = seed % 4 != 0;
        const Bytes codes[] = {is_random ? random.make(1500) : chain_of_jumps(), random.make(1500),
                               random.make(300)};
        const MemoryState state = state_with(codes);
        const auto results_with = [&](size_t most_kept) {
            CodeCache cache(size_t{256} << 20, most_kept);
            const CodeCache::Use use(cache);
            const PrecompileSet precompiles(Revision::osaka);
            WorldSource source(state, cache);
            state::Journal journal(cache);
            Machine machine(journal, size_t{64} << 20);
            std::vector<std::tuple<Status, uint64_t, Bytes>> out;
            for (uint64_t n = 0; n < 8; ++n) {
                Random bytes(n);
                Bytes input(100);
                for (uint8_t& byte : input) byte = static_cast<uint8_t>(bytes() % 3 == 0 ? bytes() : 0);
                source.slots_may_commute = n % 2 == 1;
                journal.reset(source, {.eip161 = true});
                journal.begin_transaction();
                machine.begin_block({}, Revision::osaka, precompiles);
                const CallResult result = machine.execute(World::message(1'000'000, input, 3), {});
                out.emplace_back(result.status, result.gas_left,
                                 Bytes(result.output.begin(), result.output.end()));
            }
            if (!is_random && most_kept == state::CodeSpace::segment_size) {
                Program* const kept =
                    Program::of(**cache.get(crypto::keccak256(codes[0]), state), Revision::osaka, false);
                EXPECT_TRUE(kept != nullptr && !kept->complete());
            }
            return out;
        };
        const auto expected = results_with(state::CodeSpace::twin_distance / 2);
        if (!is_random) EXPECT_EQ(std::get<0>(expected[0]), Status::success);
        EXPECT_EQ(results_with(0), expected) << seed;
        EXPECT_EQ(results_with(state::CodeSpace::segment_size), expected) << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Revisions, PlainAndTraced,
                         testing::Values(Revision::frontier, Revision::homestead, Revision::tangerine_whistle,
                                         Revision::spurious_dragon, Revision::byzantium,
                                         Revision::constantinople, Revision::petersburg, Revision::istanbul,
                                         Revision::berlin, Revision::london, Revision::paris,
                                         Revision::shanghai, Revision::cancun, Revision::prague,
                                         Revision::osaka));

}  // namespace
}  // namespace weft::evm::test
