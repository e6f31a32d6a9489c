#include "weft/execution/optimistic/conflicts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "weft/base/hex.hpp"

namespace weft::execution::optimistic {
namespace {

struct Call {
    std::optional<Address> to;
    Bytes data;
};

Address address(uint8_t id) {
    Address out{};
    std::fill_n(out.data(), out.size(), id);
    return out;
}

/// A call of contract 0xc0 with these arguments, addresses.
Call call(uint8_t selector, std::initializer_list<uint8_t> ids) {
    Call out{address(0xc0), {selector, 2, 3, 4}};
    for (const uint8_t id : ids) {
        out.data.resize(out.data.size() + 12);
        out.data.resize(out.data.size() + 20, id);
    }
    return out;
}

class ConflictsTest : public testing::Test {
protected:
    Traits traits(const Call& call) const { return traits_of(call, hasher_); }
    base::Hasher hasher_{7};
    Conflicts conflicts_;
};

TEST_F(ConflictsTest, AddressesAmongTheArgumentsAreTraits) {
    EXPECT_EQ(traits({}).count, 0u);
    EXPECT_EQ(traits({address(1), {}}).count, 1u);
    EXPECT_EQ(traits(call(1, {})).count, 1u);
    EXPECT_EQ(traits(call(1, {5})).count, 1u);
    EXPECT_EQ(traits(call(1, {5, 6})).count, 2u);
    EXPECT_NE(traits(call(1, {5})).hashes[0], traits(call(2, {5})).hashes[0]);
    EXPECT_NE(traits(call(1, {5})).hashes[0], traits(call(1, {})).hashes[0]);
    Call numbers = call(1, {5});
    numbers.data.resize(numbers.data.size() + 32, 0);     // 0
    numbers.data.resize(numbers.data.size() + 32, 0xff);  // the largest
    numbers.data.resize(numbers.data.size() + 31, 7);     // cut short
    EXPECT_EQ(traits(numbers).all()[0], traits(call(1, {5})).all()[0]);
    EXPECT_EQ(traits(numbers).count, 1u);
    EXPECT_EQ(traits(call(1, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})).count, Traits::most);
}

TEST_F(ConflictsTest, WhatIsAlwaysRefutedIsExpected) {
    const Traits hot = traits(call(1, {5}));
    for (int i = 0; i < 7; ++i) conflicts_.refuted(hot);
    EXPECT_FALSE(conflicts_.suspects_some());
    for (int i = 7; i < 15; ++i) conflicts_.refuted(hot);
    EXPECT_TRUE(conflicts_.suspects_some());
    EXPECT_FALSE(conflicts_.expects_one(hot));
    conflicts_.refuted(hot);
    EXPECT_TRUE(conflicts_.expects_one(hot));
    EXPECT_FALSE(conflicts_.expects_one(traits(call(1, {6}))));
    EXPECT_FALSE(conflicts_.expects_one(traits(call(2, {5}))));
    for (int i = 0; i < 1000; ++i) conflicts_.refuted(hot);
    conflicts_.held(hot);
    EXPECT_FALSE(conflicts_.expects_one(hot));
    for (int i = 0; i < 100; ++i) conflicts_.refuted(hot);
    conflicts_.forget();
    EXPECT_FALSE(conflicts_.suspects_some());
    EXPECT_FALSE(conflicts_.expects_one(hot));
    conflicts_.refuted(hot);
    conflicts_.forget();
    for (int i = 0; i < 7; ++i) conflicts_.refuted(hot);
    EXPECT_FALSE(conflicts_.suspects_some());
}

TEST_F(ConflictsTest, TheNextBlocksBelieveItLess) {
    const Traits hot = traits(call(1, {5})), rare = traits(call(1, {6}));
    for (int i = 0; i < 100; ++i) conflicts_.refuted(hot);
    for (int i = 0; i < 8; ++i) conflicts_.refuted(rare);
    EXPECT_TRUE(conflicts_.expected_lately(hot));
    EXPECT_FALSE(conflicts_.expected_lately(rare));
    conflicts_.begin_block();
    EXPECT_TRUE(conflicts_.suspects_some());
    EXPECT_FALSE(conflicts_.expects_some());
    EXPECT_FALSE(conflicts_.expects_one(hot));
    EXPECT_TRUE(conflicts_.expected_lately(hot));
    conflicts_.refuted(hot);
    EXPECT_FALSE(conflicts_.expects_one(hot));
    conflicts_.refuted(hot);
    EXPECT_TRUE(conflicts_.expects_some());
    EXPECT_TRUE(conflicts_.expects_one(hot));
    for (int i = 0; i < 9; ++i) conflicts_.refuted(rare);
    EXPECT_FALSE(conflicts_.expects_one(rare));
    conflicts_.refuted(rare);
    EXPECT_TRUE(conflicts_.expects_one(rare));

    // One that holds clears it.
    conflicts_.begin_block();
    conflicts_.held(hot);
    for (int i = 0; i < 15; ++i) conflicts_.refuted(hot);
    EXPECT_FALSE(conflicts_.expects_one(hot));

    // With every block without it, two more refuted runs are needed.
    for (int i = 0; i < 4; ++i) conflicts_.begin_block();
    EXPECT_TRUE(conflicts_.suspects_some());
    conflicts_.begin_block();
    EXPECT_FALSE(conflicts_.suspects_some());
    for (int i = 0; i < 5; ++i) conflicts_.begin_block();
    for (int i = 0; i < 15; ++i) conflicts_.refuted(hot);
    EXPECT_FALSE(conflicts_.expects_one(hot));
    conflicts_.refuted(hot);
    EXPECT_TRUE(conflicts_.expects_one(hot));

    // Also where the count of blocks begins anew.
    for (int i = 0; i < 256; ++i) conflicts_.begin_block();
    EXPECT_FALSE(conflicts_.suspects_some());
    EXPECT_FALSE(conflicts_.expects_one(hot));
}

TEST_F(ConflictsTest, WhatAPoolSharesWithOthersIsCleared) {
    // One token in a hot pool, another in every pool.
    const Traits hot = traits(call(1, {5, 9})), other = traits(call(1, {6, 9}));
    for (int i = 0; i < 100; ++i) {
        conflicts_.refuted(hot);
        if (i % 10 == 0) conflicts_.held(other);
    }
    EXPECT_TRUE(conflicts_.expects_one(hot));
    EXPECT_FALSE(conflicts_.expects_one(other));
}

}  // namespace
}  // namespace weft::execution::optimistic
