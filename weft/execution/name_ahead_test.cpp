#include "weft/execution/name_ahead.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weft/base/hex.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/memory_state.hpp"
#include "weft/state/read_ahead.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using state::Location;
using state::ReadResult;

constexpr Address sender = "0x0000000000000000000000000000000000000a11"_address;
constexpr Address recipient = "0x00000000000000000000000000000000000000aa"_address;
constexpr Address listed = "0x00000000000000000000000000000000000000bb"_address;

/// A state whose reads wait, as it says, and which notes what is named to it.
class Disk final : public StateReader {
public:
    explicit Disk(uint64_t read_time) : read_time_(read_time) {
        for (uint64_t i = 0; i < 64; ++i) state_.set_account(account(i), {.balance = 1'000'000'000});
        state_.set_account(sender, {.balance = 1'000'000'000});
    }
    static Address account(uint64_t number) {
        Address address = recipient;
        address[0] = static_cast<uint8_t>(number);
        return address;
    }
    ReadResult<std::optional<Account>> account(const Address& address) const override {
        return state_.account(address);
    }
    ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        return state_.storage(address, key);
    }
    ReadResult<bool> has_storage(const Address& address) const override {
        return state_.has_storage(address);
    }
    ReadResult<Bytes> code(const Hash& hash) const override { return state_.code(hash); }
    ReadResult<Hash> block_hash(uint64_t number) const override { return state_.block_hash(number); }
    void prefetch(std::span<const Location> locations) const override {
        named.insert(named.end(), locations.begin(), locations.end());
    }
    uint64_t read_time() const noexcept override { return read_time_; }

    mutable std::vector<Location> named;

private:
    uint64_t read_time_;
    MemoryState state_;
};

Transaction transfer(const Address& from, const Address& to) {
    Transaction tx;
    tx.sender = from;
    tx.to = to;
    tx.gas_limit = 30'000;
    tx.value = 5;
    return tx;
}

BlockEnv env() {
    BlockEnv out;
    out.context.gas_limit = 30'000'000;
    out.context.chain_id = 1;
    out.system_calls = false;
    return out;
}

void name(const StateReader& reader, std::span<const Transaction> transactions, bool has_senders) {
    ExecutionContext nothing_learnt;
    name_ahead(reader, transactions, has_senders, nothing_learnt.memory<Footprints>());
}

TEST(NameAhead, SendersRecipientsAndAccessListsInOrder) {
    Transaction second = transfer(recipient, sender);
    second.access_list = {{listed, {7, 8}}};
    Transaction creation = transfer(listed, listed);
    creation.to.reset();
    const std::array transactions{transfer(sender, recipient), second, creation};
    const Disk disk(50'000);
    name(disk, transactions, true);
    const std::vector<Location> expected{{sender, {}}, {recipient, {}}, {recipient, {}}, {sender, {}},
                                         {listed, {}}, {listed, 7},     {listed, 8},     {listed, {}}};
    EXPECT_EQ(disk.named, expected);
}

TEST(NameAhead, SendersThatAreNotKnownYetAreLeftOut) {
    const std::array transactions{transfer(sender, recipient)};
    const Disk disk(50'000);
    name(disk, transactions, false);
    EXPECT_EQ(disk.named, (std::vector<Location>{{recipient, {}}}));
}

TEST(NameAhead, AStateInMemoryIsToldNothing) {
    const std::array transactions{transfer(sender, recipient)};
    const Disk disk(0);
    name(disk, transactions, true);
    EXPECT_TRUE(disk.named.empty());
}

class Executors : public testing::TestWithParam<ExecutorKind> {};

TEST_P(Executors, ABlockOnAStateReadAheadHasTheSameResult) {
    std::vector<Transaction> transactions;
    for (uint64_t i = 0; i < 48; ++i)
        transactions.push_back(transfer(Disk::account(i), Disk::account(i + 13)));
    const Disk memory(0), disk(50'000);
    ExecutionContext sequential({.executor = ExecutorKind::sequential});
    const auto expected = execute(env(), transactions, memory, sequential);
    ASSERT_TRUE(expected);
    base::ThreadPool pool(2);
    ExecutionContext context({.executor = GetParam(), .threads = 4});
    for (int round = 0; round < 8; ++round) {
        const state::ReadAheadReader reader(disk, pool);
        EXPECT_EQ(execute(env(), transactions, reader, context), expected);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Executors,
                         testing::Values(ExecutorKind::sequential, ExecutorKind::optimistic,
                                         ExecutorKind::directed, ExecutorKind::automatic),
                         [](const auto& kind) { return fmt::format("{}", int(kind.param)); });

TEST(Automatic, WaitingForReadsIsWorkThatThreadsShare) {
    std::vector<Transaction> transactions;
    for (uint64_t i = 0; i < 8; ++i) transactions.push_back(transfer(Disk::account(i), Disk::account(i)));
    ExecutionContext context({.threads = 2});
    ASSERT_TRUE(execute(env(), transactions, Disk(0), context));
    EXPECT_EQ(context.statistics().segments, 0U);
    ASSERT_TRUE(execute(env(), transactions, Disk(50'000), context));
    EXPECT_GT(context.statistics().segments, 0U);
}

}  // namespace
}  // namespace weft::execution
