#include "weft/evm/preimage_cache.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weft::evm {
namespace {

using Message = std::array<uint8_t, 64>;

Message message(uint8_t number) {
    Message out{};
    out[31] = number;
    return out;
}
uint256 hash_of(const Message& m) { return base::to_uint256(crypto::keccak256_64(m.data())); }

TEST(PreimageCache, WhatWasPutIsFoundUntilItIsCleared) {
    PreimageCache cache;
    const Message m = message(3);
    EXPECT_EQ(cache.find(m.data()), nullptr);
    cache.put(m.data(), 17);  // not its hash: shows that nothing is computed
    ASSERT_NE(cache.find(m.data()), nullptr);
    EXPECT_EQ(*cache.find(m.data()), uint256{17});
    EXPECT_EQ(cache.hash<8>(m.data()), uint256{17});
    EXPECT_EQ(cache.find(message(4).data()), nullptr);
    cache.clear();
    EXPECT_EQ(cache.find(m.data()), nullptr);
    EXPECT_EQ(cache.hash<8>(m.data()), hash_of(m));
}

TEST(PreimageCache, NotesEachMessageOnceAlsoWhatItKnew) {
    PreimageCache cache;
    const Message first = message(1), second = message(2);
    EXPECT_EQ(cache.hash<8>(first.data()), hash_of(first));
    cache.begin_notes();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(cache.hash<8>(second.data()), hash_of(second));
        EXPECT_EQ(cache.hash<8>(first.data()), hash_of(first));
    }
    const auto notes = cache.end_notes();
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0]->hash, hash_of(second));
    EXPECT_EQ(notes[1]->hash, hash_of(first));
    // Both are remembered, also from before.
    EXPECT_NE(cache.find(first.data()), nullptr);
    EXPECT_NE(cache.find(second.data()), nullptr);
    cache.begin_notes();
    EXPECT_TRUE(cache.end_notes().empty());
}

TEST(PreimageCache, NotesAreBounded) {
    PreimageCache cache;
    cache.begin_notes();
    for (int i = 0; i < 250; ++i)
        EXPECT_EQ(cache.hash<8>(message(uint8_t(i)).data()), hash_of(message(uint8_t(i))));
    EXPECT_EQ(cache.end_notes().size(), PreimageCache::most_noted);
    for (int i = 0; i < 250; ++i)
        EXPECT_EQ(cache.hash<8>(message(uint8_t(i)).data()), hash_of(message(uint8_t(i))));
}

}  // namespace
}  // namespace weft::evm
