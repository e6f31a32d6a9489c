#include "weft/workload/layout.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"

namespace weft::workload {
namespace {

// keccak256 of 64 zero bytes and of 32: the first value of a mapping, the first item of an array, both in
// slot 0. They are known from every contract on mainnet that has such a variable.
TEST(Layout, MappingSlotIsTheHashOfKeyAndSlot) {
    EXPECT_EQ(base::to_hash(mapping_slot(0, uint256{0})),
              "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5"_hash);
    // The worked example of the JSON-RPC documentation of eth_getStorageAt.
    EXPECT_EQ(base::to_hash(mapping_slot(1, "391694e7e0b0cce554cb130d723a9d27458f9298"_address)),
              "6661e9d6d8b923d5bbaab1b96e1dd51ff6ea2a93520fdc9eb75d059238b8c5e9"_hash);
}

TEST(Layout, ArrayItemsBeginAtTheHashOfTheSlot) {
    EXPECT_EQ(base::to_hash(array_items_slot(0)),
              "290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"_hash);
}

TEST(Layout, ShortStringIsLeftAlignedWithTwiceItsLength) {
    EXPECT_EQ(base::to_hash(short_string_word("Weft")),
              "5765667400000000000000000000000000000000000000000000000000000008"_hash);
    EXPECT_EQ(short_string_word(""), uint256{0});
}

TEST(Layout, FieldsShareAWord) {
    constexpr Field low{"low", 0, 0, 20}, middle{"middle", 0, 20, 8}, top{"top", 0, 28, 4};
    uint256 word = uint256::max();
    word = with_field(word, middle, 0x0102030405060708);
    EXPECT_EQ(field_of(word, middle), uint256{0x0102030405060708});
    EXPECT_EQ(field_of(word, low), (uint256{1} << 160) - 1);
    EXPECT_EQ(field_of(word, top), uint256{0xffffffff});
    EXPECT_EQ(with_field(word, Field{"all", 0, 0, 32}, 7), uint256{7});
}

}  // namespace
}  // namespace weft::workload
