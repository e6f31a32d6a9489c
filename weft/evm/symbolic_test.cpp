// What a run of floating words says about a slot (state::SlotInterval) must be true: with any other value
// from the interval, plain execution does the same and moves the slot by as much.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "weft/evm/test_world.hpp"

namespace weft::evm::test {
namespace {

using Random = std::mt19937_64;
using Place = std::pair<Address, uint256>;
using Storage = std::map<Place, uint256>;

constexpr uint64_t slot_count = 3;

/// Values that are often near each other, near zero and near 2^256.
uint256 pick_value(Random& random) {
    const uint256 small{random() % 6};
    switch (random() % 6) {
        case 0:
            return small;
        case 1:
            return uint256{} - small;
        case 2:
            return uint256{random() % 300};
        case 3:
            return (uint256{1} << 255) + small;
        default:
            return uint256{1000} + small - 3;
    }
}

/// Code as compilers write it for balances, and some that they don't: operands are always there.
class RandomCode {
public:
    explicit RandomCode(Random& random) : random_(random) {}

    Bytes make() {
        const size_t pieces = 5 + pick(40);
        for (size_t i = 0; i < pieces; ++i) piece();
        // Jumps end here, or in the middle.
        code_.op(OP_JUMPDEST);
        Bytes bytes = code_.bytes();
        std::vector<size_t> targets;
        for (size_t pc = 0; pc < bytes.size(); pc += 1 + immediate_size(bytes[pc]))
            if (bytes[pc] == OP_JUMPDEST) targets.push_back(pc);
        for (const size_t at : jumps_) {
            const auto later = std::upper_bound(targets.begin(), targets.end(), at);
            const size_t target =
                *(later + static_cast<ptrdiff_t>(pick(static_cast<uint64_t>(targets.end() - later))));
            bytes[at] = static_cast<uint8_t>(target >> 8);
            bytes[at + 1] = static_cast<uint8_t>(target);
        }
        return bytes;
    }

private:
    uint64_t pick(uint64_t below) { return random_() % below; }
    void need(int words) {
        while (height_ < words) load();
    }
    void load() {
        code_.push(pick(slot_count)).op(OP_SLOAD);
        ++height_;
    }
    void binary(Opcode opcode) {
        need(2);
        code_.op(opcode);
        --height_;
    }
    void jump_if() {
        need(1);
        const Bytes before = code_.bytes();
        jumps_.push_back(before.size() + 1);
        code_.raw("61ffff");
        if (pick(8) == 0) code_.op(OP_CALLDATASIZE).op(OP_ADD);  // so that the target isn't known before
        code_.op(OP_JUMPI);
        --height_;
    }
    /// Adds to a slot or takes from it, with a check or without.
    void update() {
        const uint64_t key = pick(slot_count);
        const bool adds = pick(2) == 0;
        code_.push(pick_value(random_)).push(key).op(OP_SLOAD);  // balance, amount
        height_ += 2;
        if (pick(2) == 0) {
            code_.op(OP_DUP2).op(OP_DUP2).op(pick(2) == 0 ? OP_LT : OP_GT);
            ++height_;
            if (pick(2) == 0) code_.op(OP_ISZERO);
            jump_if();
        }
        if (!adds && pick(4) != 0)
            code_.op(OP_DUP2).op(OP_SWAP1).op(OP_SUB).op(OP_SWAP1).op(OP_POP);
        else
            code_.op(adds ? OP_ADD : OP_SUB);
        code_.push(key).op(OP_SSTORE);
        height_ -= 2;
    }
    void piece() {
        static constexpr Opcode comparisons[] = {OP_LT, OP_GT, OP_EQ, OP_SLT};
        static constexpr Opcode rare[] = {OP_MUL, OP_DIV, OP_AND, OP_OR, OP_XOR, OP_SHL, OP_SHR};
        switch (pick(22)) {
            case 0:
            case 1:
                return load();
            case 2:
            case 3:
            case 4:
                return update();
            case 5:
                need(1);
                code_.push(pick(slot_count)).op(OP_SSTORE);
                --height_;
                return;
            case 6:
            case 7:
                code_.push(pick_value(random_));
                ++height_;
                return;
            case 8:
            case 9:
                return binary(OP_ADD);
            case 10:
                return binary(OP_SUB);
            case 11:
            case 12:
                return binary(comparisons[pick(std::size(comparisons))]);
            case 13:
                need(1);
                code_.op(OP_ISZERO);
                return;
            case 14:
            case 15:
                return jump_if();
            case 16: {
                const auto n = static_cast<int>(pick(4));
                need(n + 1);
                code_.op(static_cast<Opcode>(OP_DUP1 + n));
                ++height_;
                return;
            }
            case 17: {
                const auto n = static_cast<int>(pick(4));
                need(n + 2);
                code_.op(static_cast<Opcode>(OP_SWAP1 + n));
                return;
            }
            case 18:
                need(1);
                code_.op(OP_POP);
                --height_;
                return;
            case 19:
                if (pick(3) == 0) code_.op(OP_JUMPDEST);
                return;
            case 20:
                if (pick(4) == 0) return binary(rare[pick(std::size(rare))]);
                return call();
            default:
                if (pick(6) != 0) return;
                need(1);
                if (pick(2) == 0) {
                    code_.push(0).push(0).op(OP_LOG1);
                } else {
                    code_.push(0).op(OP_MSTORE).push(32).push(0).op(pick(2) == 0 ? OP_RETURN : OP_REVERT);
                    code_.op(OP_JUMPDEST);
                }
                --height_;
        }
    }
    void call() {
        const bool has_value = pick(2) == 0;
        code_.push(32).push(0).push(0).push(0);
        if (has_value) code_.push(0);
        code_.push(pick(3) == 0 ? contract : other).push(20'000 + pick(20'000));
        code_.op(has_value ? OP_CALL : pick(2) == 0 ? OP_DELEGATECALL : OP_STATICCALL);
        ++height_;
    }

    Random& random_;
    Code code_;
    int height_ = 0;
    std::vector<size_t> jumps_;
};

struct Outcome {
    std::vector<Status> statuses;
    std::vector<uint64_t> gas_left;
    std::vector<int64_t> refunds;
    std::vector<Bytes> outputs;
    std::vector<primitives::Log> logs;
    bool operator==(const Outcome&) const = default;
};

/// Some transactions in a row on one journal.
Outcome run(World& world, const Storage& storage, bool may_commute, unsigned transactions) {
    for (const auto& [place, value] : storage) world.state.set_storage(place.first, place.second, value);
    world.source.slots_may_commute = may_commute;
    world.begin();
    Outcome out;
    for (unsigned i = 0; i < transactions; ++i) {
        if (i != 0) world.journal.begin_transaction();
        const CallResult result = world.machine.execute(World::message(150'000), world.transaction);
        // Which of several failures a block is found to have isn't observable.
        out.statuses.push_back(result.status == Status::success || result.status == Status::revert
                                   ? result.status
                                   : Status::out_of_gas);
        out.gas_left.push_back(result.gas_left);
        out.refunds.push_back(world.journal.refund());
        out.outputs.emplace_back(result.output.begin(), result.output.end());
        for (auto& log : world.journal.logs()) out.logs.push_back(log);
        world.journal.end_transaction();
    }
    return out;
}

/// What the run left of a slot.
struct Found {
    std::optional<state::SlotInterval> interval;
    bool floats = false;
    uint256 base, now;
};
std::map<Place, Found> slots_of(const Journal& journal) {
    std::map<Place, Found> out;
    for (const state::SlotEntry* slot : journal.slots()) {
        if (!slot->loaded) continue;
        Found& found = out[{slot->account->address, slot->key}];
        if (slot->interval != nullptr) found.interval = *slot->interval;
        found.floats = Journal::floats(*slot);
        found.base = slot->base;
        found.now = Journal::value_now(*slot);
    }
    return out;
}

/// A value from the interval: an end, one near the base, or any.
uint256 pick_from(const state::SlotInterval& interval, const uint256& base, Random& random) {
    const uint256 least = interval.least(base), most = interval.most(base);
    const uint256 width = most - least;
    switch (random() % 4) {
        case 0:
            return least;
        case 1:
            return most;
        case 2: {
            const uint256 near = base + uint256{random() % 7} - 3;
            return near < least || most < near ? base : near;
        }
        default: {
            const uint256 any{random(), random(), random(), random()};
            return least + (width == uint256::max() ? any : base::divide(any, width + 1).remainder);
        }
    }
}

class Floating : public testing::TestWithParam<Revision> {};

TEST_P(Floating, HoldsForEveryBaseInTheInterval) {
    unsigned kept = 0, moved = 0, exact = 0;
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Random random(seed * 64 + static_cast<uint64_t>(GetParam()));
        World world(GetParam());
        world.deploy(contract, RandomCode(random).make());
        world.deploy(other, RandomCode(random).make());
        Storage storage;
        for (const Address& address : {contract, other})
            for (uint64_t key = 0; key < slot_count; ++key) storage[{address, key}] = pick_value(random);
        const unsigned transactions = 1 + random() % 3;
        const Outcome symbolic = run(world, storage, true, transactions);
        const auto found = slots_of(world.journal);
        for (const auto& [place, slot] : found) {
            exact += slot.interval ? 0 : 1;
            kept += slot.interval && !(slot.interval->fall | slot.interval->rise).is_zero() ? 1 : 0;
            moved += slot.floats && slot.now != slot.base ? 1 : 0;
        }
        for (int i = 0; i < 6; ++i) {
            Storage changed = storage;
            if (i != 0)
                for (auto& [place, value] : changed) {
                    const auto at = found.find(place);
                    if (at == found.end())
                        value = pick_value(random);
                    else if (at->second.interval)
                        value = pick_from(*at->second.interval, value, random);
                }
            const Outcome plain = run(world, changed, false, transactions);
            ASSERT_EQ(plain, symbolic) << seed;
            const auto now = slots_of(world.journal);
            ASSERT_EQ(now.size(), found.size()) << seed;
            for (const auto& [place, slot] : now) {
                const Found& then = found.at(place);
                ASSERT_EQ(slot.now, then.floats ? slot.base + (then.now - then.base) : then.now) << seed;
            }
        }
    }
    // Or the code isn't worth running.
    EXPECT_GT(kept, 1000u);
    EXPECT_GT(moved, 300u);
    EXPECT_GT(exact, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Revisions, Floating,
                         testing::Values(Revision::byzantium, Revision::constantinople, Revision::istanbul,
                                         Revision::berlin, Revision::london, Revision::osaka));

/// balance[key] += amount, checked as Solidity 0.8 does.
Code checked_add(uint64_t key, const uint256& amount) {
    return Code()
        .push(amount)
        .push(key)
        .op(OP_SLOAD)  // balance, amount
        .op(OP_DUP1)   //
        .op(OP_SWAP2)  // amount, balance, balance
        .op(OP_ADD)    // sum, balance
        .op(OP_DUP1)   //
        .op(OP_SWAP2)  // balance, sum, sum
        .op(OP_GT)     // overflow, sum
        .push(0x40)    //
        .op(OP_JUMPI)  // to nowhere: fails
        .push(key)
        .op(OP_SSTORE);
}

const state::SlotEntry& slot_after(World& world, const Code& code, const uint256& base) {
    world.state.set_storage(contract, 1, base);
    world.source.slots_may_commute = true;
    EXPECT_EQ(world.run(code).status, Status::success);
    return world.journal.entry_of(*world.journal.account(contract), 1);
}

TEST(FloatingSlot, CheckedSumAsksForNoOverflowAndSomethingThere) {
    World world;
    const state::SlotEntry& slot = slot_after(world, checked_add(1, 50), 1000);
    ASSERT_NE(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{1050});
    EXPECT_EQ(slot.interval->least(slot.base), uint256{1});  // SSTORE costs more where there was nothing
    EXPECT_EQ(slot.interval->most(slot.base), uint256::max() - 50);
    EXPECT_TRUE(Journal::floats(slot));
}

TEST(FloatingSlot, TwoSumsInOneRunMoveTogether) {
    World world;
    const state::SlotEntry& slot = slot_after(world, checked_add(1, 50).add(checked_add(1, 7)), 1000);
    ASSERT_NE(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{1057});
    EXPECT_EQ(slot.interval->least(slot.base), uint256{1});
    EXPECT_EQ(slot.interval->most(slot.base), uint256::max() - 57);
}

TEST(FloatingSlot, DebitAsksForEnough) {
    World world;
    // require(balance >= 30); balance -= 30
    Code code = Code().push(1).op(OP_SLOAD).push(30).op(OP_DUP2).op(OP_LT).push(0x40).op(OP_JUMPI);
    code.push(30).op(OP_SWAP1).op(OP_SUB).push(1).op(OP_SSTORE);
    const state::SlotEntry& slot = slot_after(world, code, 1000);
    ASSERT_NE(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{970});
    EXPECT_EQ(slot.interval->least(slot.base), uint256{31});  // 30 would leave nothing, which costs otherwise
    EXPECT_EQ(slot.interval->most(slot.base), uint256::max());
}

TEST(FloatingSlot, ZeroIsExact) {
    World world;
    const state::SlotEntry& slot = slot_after(world, checked_add(1, 50), 0);
    EXPECT_EQ(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{50});
}

TEST(FloatingSlot, WhatIsLoggedIsExact) {
    World world;
    Code code = checked_add(1, 50);
    code.push(1).op(OP_SLOAD).push(0).op(OP_MSTORE).push(32).push(0).op(OP_LOG0);
    EXPECT_EQ(slot_after(world, code, 1000).interval, nullptr);
}

TEST(FloatingSlot, AnotherSlotsValueIsExact) {
    World world;
    world.state.set_storage(contract, 2, 5);
    const Code code = Code().push(1).op(OP_SLOAD).push(2).op(OP_SSTORE);
    EXPECT_EQ(slot_after(world, code, 1000).interval, nullptr);
}

TEST(FloatingSlot, RevertTakesTheValueBackAndKeepsTheBounds) {
    World world;
    Code reverting = checked_add(1, 50);
    reverting.push(0).push(0).op(OP_REVERT);
    world.deploy(other, reverting);
    Code code = checked_add(1, 8);
    code.push(0).push(0).push(0).push(0).push(other).push(100'000).op(OP_DELEGATECALL).op(OP_POP);
    const state::SlotEntry& slot = slot_after(world, code, 1000);
    ASSERT_NE(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{1008});
    EXPECT_TRUE(Journal::floats(slot));
    EXPECT_EQ(slot.interval->most(slot.base), uint256::max() - 58);
}

TEST(FloatingSlot, OverwrittenAndTakenBackFloatsAgain) {
    World world;
    world.deploy(other, Code().push(7).push(1).op(OP_SSTORE).push(0).push(0).op(OP_REVERT));
    Code code = checked_add(1, 8);
    code.push(0).push(0).push(0).push(0).push(other).push(100'000).op(OP_DELEGATECALL).op(OP_POP);
    const state::SlotEntry& slot = slot_after(world, code, 1000);
    ASSERT_NE(slot.interval, nullptr);
    EXPECT_EQ(slot.now, uint256{1008});
    EXPECT_TRUE(Journal::floats(slot));
}

TEST(FloatingSlot, AWordTooHighOnTheStackIsExact) {
    World world;
    Code code;
    for (int i = 0; i < 70; ++i) code.push(1);
    code.add(checked_add(1, 50));
    EXPECT_EQ(slot_after(world, code, 1000).interval, nullptr);
}

}  // namespace
}  // namespace weft::evm::test
