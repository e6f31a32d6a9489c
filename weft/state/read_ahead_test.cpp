#include "weft/state/read_ahead.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "weft/base/hex.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::state {
namespace {

using base::operator""_address;

constexpr Address here = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address absent = "0x00000000000000000000000000000000000000a2"_address;

/// Counts reads; fails the first ones, or holds them up, if told.
class Disk final : public StateReader {
public:
    Disk() {
        state_.set_account(here, {.nonce = 1, .balance = 100});
        state_.set_storage(here, 1, 11);
        state_.set_storage(here, 2, 22);
    }
    ReadResult<std::optional<Account>> account(const Address& address) const override {
        if (auto error = touch()) return std::unexpected(*error);
        return state_.account(address);
    }
    ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        if (auto error = touch()) return std::unexpected(*error);
        return state_.storage(address, key);
    }
    ReadResult<bool> has_storage(const Address& address) const override {
        return state_.has_storage(address);
    }
    ReadResult<Bytes> code(const Hash& hash) const override { return state_.code(hash); }
    ReadResult<Hash> block_hash(uint64_t number) const override { return state_.block_hash(number); }
    uint64_t read_time() const noexcept override { return 50'000; }

    mutable std::atomic<int> reads{0};
    int failures = 0;
    std::latch* begun = nullptr;  ///< the first read counts it down, then waits for `go`
    std::latch* go = nullptr;

private:
    std::optional<StateError> touch() const {
        const int number = reads.fetch_add(1);
        if (number == 0 && begun != nullptr) {
            begun->count_down();
            go->wait();
        }
        if (number < failures) return StateError{"no"};
        return std::nullopt;
    }
    MemoryState state_;
};

constexpr Location account_of(const Address& address) { return {address, std::nullopt}; }

TEST(ReadAhead, AnswersAreTheBases) {
    const Disk disk;
    base::ThreadPool pool(2);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{account_of(here), Location{here, 1}, account_of(absent), Location{absent, 1}});
    EXPECT_EQ(reader.account(here)->value().balance, uint256{100});
    EXPECT_EQ(*reader.account(absent), std::nullopt);
    EXPECT_EQ(reader.storage(here, 1), uint256{11});
    EXPECT_EQ(reader.storage(here, 2), uint256{22});  // nobody named it
    EXPECT_EQ(reader.storage(absent, 1), uint256{});
    EXPECT_EQ(reader.has_storage(here), true);
    EXPECT_EQ(reader.read_time(), 50'000U);
}

TEST(ReadAhead, ANamedPlaceIsReadOnce) {
    const Disk disk;
    base::ThreadPool pool(3);
    const ReadAheadReader reader(disk, pool);
    for (int i = 0; i < 3; ++i) reader.prefetch(std::array{account_of(here), Location{here, 1}});
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(reader.account(here));
        EXPECT_TRUE(reader.storage(here, 1));
    }
    EXPECT_EQ(disk.reads, 2);
}

TEST(ReadAhead, WhatIsNamedIsReadWithoutBeingAskedFor) {
    const Disk disk;
    base::ThreadPool pool(0);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{account_of(here), Location{here, 1}});
    EXPECT_EQ(disk.reads, 0);
    EXPECT_TRUE(pool.do_idle_work(false));
    EXPECT_TRUE(pool.do_idle_work(false));
    EXPECT_FALSE(pool.do_idle_work(false));
    EXPECT_EQ(disk.reads, 2);
}

TEST(ReadAhead, WhatNobodyHasBegunIsReadByWhoAsks) {
    const Disk disk;
    base::ThreadPool pool(0);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{account_of(here), Location{here, 1}});
    EXPECT_EQ(reader.storage(here, 1), uint256{11});
    EXPECT_EQ(disk.reads, 1);
    EXPECT_TRUE(pool.do_idle_work(false));   // the account
    EXPECT_FALSE(pool.do_idle_work(false));  // the slot is not read again
    EXPECT_EQ(disk.reads, 2);
}

TEST(ReadAhead, WhoAsksForAPlaceThatIsBeingReadWaitsForIt) {
    std::latch begun(1), go(1);
    Disk disk;
    disk.begun = &begun;
    disk.go = &go;
    base::ThreadPool pool(1);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{Location{here, 1}, Location{here, 2}});
    begun.wait();
    uint256 found;
    std::thread asker([&] { found = reader.storage(here, 1).value_or(uint256{}); });
    go.count_down();
    asker.join();
    EXPECT_EQ(found, uint256{11});
    EXPECT_EQ(reader.storage(here, 2), uint256{22});
    EXPECT_EQ(disk.reads, 2);
}

TEST(ReadAhead, APlaceNamedAloneIsLeftToWhoAsks) {
    const Disk disk;
    base::ThreadPool pool(0);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{Location{here, 1}});
    EXPECT_FALSE(pool.do_idle_work(false));
    EXPECT_EQ(reader.storage(here, 1), uint256{11});
    EXPECT_EQ(disk.reads, 1);
}

TEST(ReadAhead, AReadThatFailedAheadIsMadeAgain) {
    Disk disk;
    disk.failures = 2;
    base::ThreadPool pool(0);
    const ReadAheadReader reader(disk, pool);
    reader.prefetch(std::array{account_of(here), Location{here, 1}});
    EXPECT_TRUE(pool.do_idle_work(false));  // fails
    const auto second = reader.account(here);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "no");
    EXPECT_EQ(reader.account(here)->value().nonce, 1U);
}

}  // namespace
}  // namespace weft::state
