// Summaries of random code, and of each function of words.
#include <gtest/gtest.h>

#include <algorithm>

#include "weft/evm/test_summary.hpp"

namespace weft::evm::test {
namespace {

// ---- Random code

/// Code that mostly does what a summary can say: it knows of which slot a word on the stack is.
class RandomContract {
public:
    explicit RandomContract(Random& random, Revision revision) : random_(random), revision_(revision) {}

    Bytes make() {
        const size_t pieces = 8 + random_() % 50;
        for (size_t i = 0; i < pieces; ++i) piece();
        code_.op(OP_JUMPDEST);
        Bytes bytes = code_.bytes();
        std::vector<size_t> targets;
        for (size_t pc = 0; pc < bytes.size(); pc += 1 + immediate_size(bytes[pc]))
            if (bytes[pc] == OP_JUMPDEST) targets.push_back(pc);
        for (const size_t at : jumps_) {
            const auto later = std::ranges::upper_bound(targets, at);
            const size_t target =
                *(later + static_cast<ptrdiff_t>(random_() % static_cast<size_t>(targets.end() - later)));
            bytes[at] = static_cast<uint8_t>(target >> 8);
            bytes[at + 1] = static_cast<uint8_t>(target);
        }
        return bytes;
    }

private:
    static constexpr int of_call = -1, of_many = -2;
    static constexpr int key_count = 8;

    void key(int k) {
        switch (k) {
            case 0:
            case 1:
                code_.push(static_cast<uint64_t>(k));
                return;
            case 2:
                code_.add(argument(0));
                return;
            case 3:
                code_.add(mapping(Code().op(OP_CALLER), 3));
                return;
            case 4:
                code_.add(mapping(argument(1), 3));
                return;
            case 5:
                code_.add(mapping(mapping(Code().op(OP_ORIGIN), 4), 5));
                return;
            case 6:
                code_.push(0).op(OP_SLOAD);
                return;
            default:
                code_.add(mapping(Code().push(1).op(OP_SLOAD), 6));
        }
    }
    int pick_key() { return static_cast<int>(random_() % (random_() % 4 == 0 ? key_count : 6)); }
    void put(int kind) { kinds_.push_back(kind); }
    void load() {
        if (random_() % 3 == 0) {
            const int k = pick_key();
            key(k);
            code_.op(OP_SLOAD);
            return put(k);
        }
        switch (random_() % 4) {
            case 0:
                code_.push(pick_word(random_));
                break;
            case 1:
                code_.op(random_() % 2 == 0 ? OP_CALLER : OP_ORIGIN);
                break;
            default:
                code_.add(random_() % 4 == 0 ? Code().push(random_() % 120).op(OP_CALLDATALOAD)
                                             : argument(random_() % 3));
        }
        put(of_call);
    }
    void need(size_t words) {
        while (kinds_.size() < words) load();
    }
    void pop() { kinds_.pop_back(); }
    void function() {
        static constexpr Opcode all[] = {
            OP_ADD,    OP_MUL, OP_SUB,  OP_DIV, OP_SDIV, OP_MOD,    OP_SMOD, OP_SIGNEXTEND,
            OP_LT,     OP_GT,  OP_SLT,  OP_SGT, OP_EQ,   OP_ISZERO, OP_AND,  OP_OR,
            OP_XOR,    OP_NOT, OP_BYTE, OP_SHL, OP_SHR,  OP_SAR,    OP_CLZ,  OP_ADDMOD,
            OP_MULMOD, OP_ADD, OP_SUB,  OP_LT,  OP_GT,   OP_EQ,     OP_AND};
        const Opcode opcode = all[random_() % std::size(all)];
        const OpcodeInfo& info = opcode_table(revision_)[opcode];
        if (!info.defined) return;
        need(info.inputs);
        int kind = of_call;
        for (size_t i = 0; i < info.inputs; ++i) {
            const int k = kinds_.back();
            if (k != of_call) kind = kind == of_call || kind == k ? k : of_many;
            pop();
        }
        code_.op(opcode);
        put(kind);
        if (kind == of_many && random_() % 4 != 0) drop();
    }
    void drop() {
        code_.op(OP_POP);
        pop();
    }
    void drop_second() {
        code_.op(OP_SWAP1);
        std::swap(kinds_.back(), kinds_[kinds_.size() - 2]);
        drop();
    }
    void store() {
        need(1);
        const int kind = kinds_.back();
        key(kind >= 0 ? kind : pick_key());
        code_.op(OP_SSTORE);
        pop();
    }
    void log() {
        need(2);
        if (random_() % 3 != 0) {
            if (kinds_.back() != of_call) return drop();
            if (kinds_[kinds_.size() - 2] != of_call) return drop_second();
        }
        code_.push(64).op(OP_MSTORE).push(random_() % 2 * 32).push(64).op(OP_LOG1);
        pop();
        pop();
    }
    /// Where the condition isn't met.
    void fail() {
        need(1);
        while (kinds_.size() > 1) drop_second();
        const Code ends[] = {Code().call(OP_REVERT, {0, 64}), {OP_INVALID}, Code().call(OP_JUMP, {0})};
        const Code& end = ends[random_() % 8 / 3];
        code_.push(0).op(OP_LT);
        const size_t after = code_.size() + 4 + end.size();
        code_.op(OP_PUSH2).op(static_cast<Opcode>(after >> 8)).op(static_cast<Opcode>(after & 0xff));
        code_.op(OP_JUMPI).add(end).op(OP_JUMPDEST);
        pop();
    }
    void piece() {
        switch (random_() % 17) {
            case 0:
            case 1:
            case 2:
                return load();
            case 3:
            case 4:
            case 5:
            case 6:
            case 7:
                return function();
            case 8:
            case 9:
            case 10:
                return store();
            case 11:
            case 12:
                need(1);
                jumps_.push_back(code_.size() + 1);
                code_.raw("61ffff").op(OP_JUMPI).op(OP_PC).op(OP_POP);  // whether it jumps or not shows
                return pop();
            case 13: {
                const size_t n = random_() % 3;
                need(n + 1);
                code_.op(static_cast<Opcode>(OP_DUP1 + n));
                return put(kinds_[kinds_.size() - 1 - n]);
            }
            case 14: {
                const size_t n = 1 + random_() % 3;
                need(n + 1);
                code_.op(static_cast<Opcode>(OP_SWAP1 + n - 1));
                return std::swap(kinds_.back(), kinds_[kinds_.size() - 1 - n]);
            }
            case 15:
                return fail();
            default:
                if (random_() % 2 == 0) return log();
                // Where a jump leads, the stack is what it was where it came from: only an empty one is
                // known.
                while (!kinds_.empty()) drop();
                code_.op(OP_JUMPDEST);
        }
    }

    Random& random_;
    Revision revision_;
    Code code_;
    std::vector<int> kinds_;
    std::vector<size_t> jumps_;
};

/// Some calls at once, much like one another.
struct Calls {
    Calls(const Bytes& like, Random& random) : count(1 + random() % SummaryValues::lanes) {
        for (size_t i = 0; i < count; ++i) {
            inputs[i] = like;
            while (random() % 2 == 0) {
                const size_t at = random() % 3 * 32;
                uint8_t word[32];
                base::store_be(word, pick_word(random));
                for (size_t k = 0; k < 32 && at + k < like.size(); ++k) inputs[i][at + k] = word[k];
            }
            calls[i] = {senders[random() % 3], inputs[i]};
        }
    }
    [[nodiscard]] std::span<const SummaryValues::Call> all() const { return {calls.data(), count}; }
    size_t count;
    std::array<Bytes, SummaryValues::lanes> inputs;
    std::array<SummaryValues::Call, SummaryValues::lanes> calls;
};

class RandomSummaries : public testing::TestWithParam<Revision> {};

TEST_P(RandomSummaries, SayWhatCallsDo) {
    Random random(static_cast<uint64_t>(GetParam()));
    size_t summaries = 0, holding = 0, refused = 0, stored = 0, logged = 0;
    size_t pinning = 0, failing = 0, holding_pinned = 0, held_back = 0, delegating = 0;
    SummaryWorld world(GetParam());
    SummaryValues values;
    for (size_t round = 0; round < 1500; ++round) {
        const bool delegates = GetParam() >= Revision::byzantium && random() % 3 == 0;
        world.deploy(delegates ? nobody : contract, RandomContract(random, GetParam()).make());
        if (delegates) world.deploy(contract, proxy());
        world.state.set_storage(contract, proxy_slot, base::to_uint256(nobody));
        Bytes input = words({pick_word(random), pick_word(random), pick_word(random)});
        if (random() % 4 == 0) input.resize(random() % 96);
        const Address from = senders[random() % 3];
        Way way;
        const auto summary = world.summary_of(from, input);
        const auto summarised = world.real(from, input, way);
        if (!summarised) ASSERT_FALSE(summary.has_value()) << round;
        if (!summary) continue;
        ASSERT_EQ(said(world, *summary, from, input), summarised) << round;
        ++summaries;
        const bool pins = std::ranges::any_of(summary->places(), &Summary::Place::pinned);
        pinning += pins ? 1 : 0;
        ASSERT_EQ(summary->delegate().has_value(), delegates);
        delegating += delegates ? 1 : 0;
        failing += summary->ending() == Summary::Ending::success ? 0 : 1;
        stored += std::ranges::any_of(summary->places(), &Summary::Place::stored) ? 1 : 0;
        logged += summary->logs().empty() ? 0 : 1;
        for (int i = 0; i < 6; ++i) {
            const Calls calls(input, random);
            const uint32_t holds = values.evaluate(*summary, calls.all());
            for (size_t k = 0; k < calls.count; ++k)
                for (const Summary::Place& place : summary->places())
                    if (random() % (place.pinned ? 8 : 2) == 0)
                        world.state.set_storage(contract, values.value(place.key, k), pick_word(random));
            for (size_t k = 0; k < calls.count; ++k) {
                Way taken;
                const auto now = world.real(calls.calls[k].sender, calls.inputs[k], taken);
                const auto told = (holds >> k & 1) != 0 ? world.said(*summary, values, k) : std::nullopt;
                const bool is_same = now.has_value() && taken == way;
                if (told || !pins) ASSERT_EQ(told.has_value(), is_same) << round;
                if (told) ASSERT_EQ(told, now) << round;
                told ? ++holding : ++refused;
                if (told && pins) ++holding_pinned;
                if (!told && is_same) ++held_back;
            }
        }
    }
    // Or the code isn't worth running.
    EXPECT_GT(summaries, 300u);
    EXPECT_GT(stored, 200u);
    EXPECT_GT(logged, 30u);
    EXPECT_GT(holding, 2000u);
    EXPECT_GT(refused, 1000u);
    EXPECT_GT(pinning, 50u);
    EXPECT_GT(holding_pinned, 100u);
    EXPECT_GT(held_back, 50u);
    EXPECT_GT(failing, 50u);
    if (GetParam() >= Revision::byzantium) EXPECT_GT(delegating, 200u);
}

INSTANTIATE_TEST_SUITE_P(Revisions, RandomSummaries, testing::ValuesIn(revisions));

// ---- Functions of words

/// Corners of what functions ask about: ends, signs, sizes of shifts.
const std::vector<uint256>& corners() {
    static const std::vector<uint256> all = [] {
        std::vector<uint256> out;
        for (const uint64_t small : {0, 1, 2, 7, 8, 31, 32, 255})
            out.insert(out.end(), {small, uint256{} - small});
        for (const uint64_t bit : {64, 128, 160, 255}) {
            const uint256 power = uint256{1} << bit;
            out.insert(out.end(), {power - 1, power, power + 1});
        }
        return out;
    }();
    return all;
}

struct Function : testing::TestWithParam<Opcode> {
    [[nodiscard]] size_t operands() const {
        return opcode_table(primitives::newest_revision)[GetParam()].inputs;
    }
    uint256 pick() {
        return random() % 3 == 0 ? uint256{random(), random(), random(), random()}
                                 : corners()[random() % corners().size()];
    }
    Random random{GetParam()};
};

/// Of the call alone.
TEST_P(Function, OfInputs) {
    SummaryWorld world;
    Code code;
    for (size_t i = operands(); i-- > 0;) code.add(argument(i));
    world.deploy(contract, code.op(GetParam()).push(0).op(OP_SSTORE));
    const auto summary = world.summary_of(sender, words({1, 2, 3}));
    ASSERT_TRUE(summary.has_value());
    for (int i = 0; i < 3000; ++i) {
        const Bytes input = words({pick(), pick(), pick()});
        const auto told = said(world, *summary, sender, input);
        ASSERT_TRUE(told.has_value());
        ASSERT_EQ(told, real(world, sender, input));
    }
}

/// With the slot's value as one of its operands, or all of them, and constants.
TEST_P(Function, OfASlot) {
    for (unsigned which = 0; which < 12; ++which) {
        SummaryWorld world;
        Code code;
        for (size_t i = operands(); i-- > 0;) {
            if (which % 4 == i || which % 4 == 3)
                code.push(0).op(OP_SLOAD);
            else if (which < 8)
                code.add(argument(i));
            else
                code.push(pick());
        }
        world.deploy(contract, code.op(GetParam()).push(0).op(OP_SSTORE));
        const auto summary = world.summary_of(sender, words({1, 2, 3}));
        ASSERT_TRUE(summary.has_value());
        for (int i = 0; i < 500; ++i) {
            const Bytes input = words({pick(), pick(), pick()});
            world.state.set_storage(contract, 0, pick());
            const auto told = said(world, *summary, sender, input);
            ASSERT_TRUE(told.has_value());
            ASSERT_EQ(told, real(world, sender, input));
        }
    }
}

/// What is simple for one value of an operand is not taken for that of another: where all that isn't
/// constant was zero.
TEST_P(Function, WithAConstant) {
    for (const uint256& constant :
         {uint256{}, uint256{1}, uint256{32}, (uint256{1} << 160) - 1, uint256::max()})
        for (size_t which = 0; which < operands(); ++which) {
            SummaryWorld world;
            Code code;
            for (size_t i = operands(); i-- > 0;) code.add(i == which ? Code().push(constant) : argument(i));
            world.deploy(contract, code.op(GetParam()).push(0).op(OP_SSTORE));
            const auto summary = world.summary_of(sender, words({0, 0, 0}));
            ASSERT_TRUE(summary.has_value());
            for (int i = 0; i < 20; ++i) {
                const Bytes input = words({pick(), pick(), pick()});
                const auto told = said(world, *summary, sender, input);
                ASSERT_TRUE(told.has_value());
                ASSERT_EQ(told, real(world, sender, input));
            }
        }
}

/// What is known of a result's size, on which masks are dropped that would take nothing.
TEST_P(Function, Masked) {
    for (unsigned which = 0; which < 12; ++which) {
        SummaryWorld world;
        Code result;
        for (size_t i = operands(); i-- > 0;)
            result.add(i == which % 4 ? Code().push(random() % 260)
                                      : argument(i).push(uint256{1} << random() % 256).op(OP_AND));
        result.op(GetParam());
        Code code = Code().add(result).op(OP_ISZERO).op(OP_ISZERO).push(0).op(OP_SSTORE);
        for (const uint64_t bits : {1, 7, 8, 9, 64, 160, 255})
            code.add(result).push((uint256{1} << bits) - 1).op(OP_AND).push(bits).op(OP_SSTORE);
        world.deploy(contract, code);
        const auto summary = world.summary_of(sender, words({1, 2, 3}));
        ASSERT_TRUE(summary.has_value());
        for (int i = 0; i < 100; ++i) {
            const Bytes input = words({pick(), pick(), pick()});
            const auto told = said(world, *summary, sender, input);
            ASSERT_TRUE(told.has_value());
            ASSERT_EQ(told, real(world, sender, input));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, Function,
                         testing::Values(OP_ADD, OP_MUL, OP_SUB, OP_DIV, OP_SDIV, OP_MOD, OP_SMOD, OP_ADDMOD,
                                         OP_MULMOD, OP_SIGNEXTEND, OP_LT, OP_GT, OP_SLT, OP_SGT, OP_EQ,
                                         OP_ISZERO, OP_AND, OP_OR, OP_XOR, OP_NOT, OP_BYTE, OP_SHL, OP_SHR,
                                         OP_SAR, OP_CLZ),
                         [](const auto& info) {
                             return opcode_table(primitives::newest_revision)[info.param].name;
                         });

}  // namespace
}  // namespace weft::evm::test
