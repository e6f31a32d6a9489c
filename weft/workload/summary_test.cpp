// The functions of the workload's token as summaries.
#include <gtest/gtest.h>

#include <random>

#include "weft/evm/test_summary.hpp"
#include "weft/workload/artifacts.hpp"
#include "weft/workload/layout.hpp"

namespace weft::workload {
namespace {

using artifacts::token;
using evm::Summary;
using evm::SummaryValues;

struct TokenWorld : evm::test::SummaryWorld {
    TokenWorld() { deploy(evm::test::contract, Bytes(token.code.begin(), token.code.end())); }
};

Bytes call_data(uint32_t selector, std::initializer_list<uint256> arguments) {
    Bytes out(4 + 32 * arguments.size());
    for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(selector >> (24 - 8 * i));
    uint8_t* at = out.data() + 4;
    for (const uint256& argument : arguments) {
        base::store_be(at, argument);
        at += 32;
    }
    return out;
}

using Random = std::mt19937_64;

constexpr uint32_t transfer = token.selector("transfer(address,uint256)");
constexpr uint32_t approve = token.selector("approve(address,uint256)");
constexpr uint32_t transfer_from = token.selector("transferFrom(address,address,uint256)");

const uint256 alice = 0xa11ce, bob = 0xb0b, carol = 0xca401;

/// One of three accounts, mostly; or none, or what isn't an address.
uint256 pick_account(Random& random) {
    switch (random() % 16) {
        case 0:
            return {};
        case 1:
            return bob + (uint256{1} << 160);
        case 2:
        case 3:
            return uint256{random(), random(), random() & 0xffffffff, 0};
        default:
            return std::array{alice, bob, carol}[random() % 3];
    }
}
uint256 pick_amount(Random& random) {
    switch (random() % 8) {
        case 0:
            return uint256::max();
        case 1:
            return {};
        case 2:
            return uint256{random(), random(), random(), random()};
        default:
            return random() % 4;
    }
}
Bytes pick_call(Random& random) {
    static constexpr uint32_t selectors[] = {transfer, approve, transfer_from};
    const uint32_t selector = random() % 20 == 0 ? static_cast<uint32_t>(random()) : selectors[random() % 3];
    if (selector == transfer_from)
        return call_data(selector, {pick_account(random), pick_account(random), pick_amount(random)});
    return call_data(selector, {pick_account(random), pick_amount(random)});
}

/// Gives the calls' slots other values.
void change_slots(TokenWorld& world, const Summary& summary, const SummaryValues& values, size_t calls,
                  Random& random) {
    for (size_t i = 0; i < calls; ++i)
        for (const Summary::Place& place : summary.places())
            world.state.set_storage(evm::test::contract, values.value(place.key, i), pick_amount(random));
}

TEST(TokenSummary, SaysWhatCallsDo) {
    Random random(1);
    size_t summaries = 0, said = 0, refused = 0;
    for (size_t round = 0; round < 400; ++round) {
        TokenWorld world;
        for (const uint256& account : {alice, bob, carol})
            world.state.set_storage(evm::test::contract, mapping_slot(token.field("balanceOf").slot, account),
                                    pick_amount(random));
        const Bytes first = pick_call(random);
        const Address from = base::to_address(pick_account(random));
        evm::test::Way way;
        const bool succeeds = world.real(from, first, way).has_value();
        const auto summary = world.summary_of(from, first);
        ASSERT_EQ(summary.has_value(), succeeds);  // the token does nothing that can't be said
        if (!summary) continue;
        ++summaries;
        SummaryValues values;
        for (int i = 0; i < 20; ++i) {
            std::array<Bytes, SummaryValues::lanes> inputs;
            std::array<SummaryValues::Call, SummaryValues::lanes> calls;
            const size_t count = 1 + random() % calls.size();
            for (size_t k = 0; k < count; ++k) {
                inputs[k] = pick_call(random);
                calls[k] = {base::to_address(pick_account(random)), inputs[k]};
            }
            const std::span<const SummaryValues::Call> some{calls.data(), count};
            const uint32_t holds = values.evaluate(*summary, some);
            change_slots(world, *summary, values, count, random);
            for (size_t k = 0; k < count; ++k) {
                evm::test::Way other;
                const auto real = world.real(calls[k].sender, inputs[k], other);
                const auto now = (holds >> k & 1) != 0 ? world.said(*summary, values, k) : std::nullopt;
                ASSERT_EQ(now.has_value(), real.has_value() && other == way) << round;
                if (now) ASSERT_EQ(now, real) << round;
                now ? ++said : ++refused;
            }
        }
    }
    EXPECT_GT(summaries, 100u);
    EXPECT_GT(said, 1000u);
    EXPECT_GT(refused, 1000u);
}

TEST(TokenSummary, AsksForLittle) {
    TokenWorld world;
    const auto summary = world.summary_of(evm::test::sender, call_data(transfer, {bob, 0}));
    ASSERT_TRUE(summary.has_value());
    ASSERT_EQ(summary->places().size(), 2u);
    EXPECT_EQ(summary->places()[0].needs.size(), 1u);  // the amount
    EXPECT_EQ(summary->places()[1].needs.size(), 1u);
    EXPECT_EQ(summary->logs().size(), 1u);
}

}  // namespace
}  // namespace weft::workload
