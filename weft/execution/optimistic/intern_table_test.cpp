#include "weft/execution/optimistic/intern_table.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <thread>

namespace weft::execution::optimistic {
namespace {

struct Place {
    uint64_t key = 0;
};

/// One thread's.
struct Memory {
    std::deque<Place> places;
    size_t count = 0;  ///< of those that stand in the table
};

Place* intern(InternTable<Place>& table, uint64_t hash, uint64_t key, Memory& memory) {
    const auto [place, is_new] = table.intern(
        hash, [&](const Place& other) { return other.key == key; },
        [&] { return &memory.places.emplace_back(key); });
    memory.count += is_new ? 1 : 0;
    return place;
}

/// A trap of DESIGN: a hash is not an identity.
TEST(InternTable, KeysWithOneHashAreDifferentLocations) {
    InternTable<Place> table;
    table.reset(16);
    Memory memory;
    constexpr uint64_t count = 500;
    std::vector<Place*> places;
    for (uint64_t key = 0; key < count; ++key) places.push_back(intern(table, 42, key, memory));
    EXPECT_EQ(memory.count, count);
    for (uint64_t key = 0; key < count; ++key) {
        EXPECT_EQ(places[key]->key, key);
        EXPECT_EQ(intern(table, 42, key, memory), places[key]);
    }
    EXPECT_EQ(memory.count, count);
}

TEST(InternTable, ThreadsThatComeTogetherGetOneLocation) {
    constexpr uint64_t keys = 4000;
    constexpr unsigned threads = 4;
    InternTable<Place> table;
    for (int round = 0; round < 3; ++round) {
        table.reset(8);  // so that it has to grow
        Memory memories[threads];
        std::vector<Place*> found[threads];
        {
            std::vector<std::jthread> running;
            for (unsigned t = 0; t < threads; ++t)
                running.emplace_back([&, t] {
                    // Few hashes, so that most lines are full.
                    for (uint64_t key = 0; key < keys; ++key)
                        found[t].push_back(intern(table, (key % 97) << 57 | key % 61, key, memories[t]));
                });
        }
        size_t made = 0;
        for (const auto& memory : memories) made += memory.count;
        EXPECT_EQ(made, keys);
        for (unsigned t = 1; t < threads; ++t) EXPECT_EQ(found[t], found[0]);
    }
}

TEST(InternTable, ResetForgets) {
    InternTable<Place> table;
    Memory memory;
    table.reset(4);
    const Place* const first = intern(table, 7, 1, memory);
    table.reset(4);
    EXPECT_NE(intern(table, 7, 1, memory), first);
}

}  // namespace
}  // namespace weft::execution::optimistic
