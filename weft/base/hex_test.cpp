#include "weft/base/hex.hpp"

#include <gtest/gtest.h>

namespace weft::base {

TEST(Hex, BytesRoundTrip) {
    EXPECT_EQ(from_hex("0x00ffA5"), (Bytes{0x00, 0xff, 0xa5}));
    EXPECT_EQ(from_hex("00ff"), (Bytes{0x00, 0xff}));
    EXPECT_EQ(from_hex("0x"), Bytes{});
    EXPECT_EQ(to_hex(Bytes{0x00, 0xff, 0xa5}), "0x00ffa5");
    EXPECT_EQ(to_hex(Bytes{}), "0x");
}

TEST(Hex, RefusesWhatIsNoHex) {
    for (const char* text : {"0x0", "0xg0", "0x0g", "0x 0", "0X00", "0x0x", "x0"})
        EXPECT_FALSE(from_hex(text)) << text;
    EXPECT_FALSE(
        from_hex(std::string_view("0\0"
                                  "00",
                                  4)));
    EXPECT_FALSE(fixed_from_hex<Address>("0x00"));
    EXPECT_FALSE(fixed_from_hex<Address>(std::string(42, '0')));
    EXPECT_TRUE(fixed_from_hex<Address>(std::string(40, '0')));
}

TEST(Hex, Quantities) {
    EXPECT_EQ(uint256_from_hex("0x0"), uint256{0});
    EXPECT_EQ(uint256_from_hex("0x00001f"), uint256{31});
    EXPECT_EQ(uint256_from_hex(std::string(80, '0') + "1"), uint256{1});
    EXPECT_EQ(uint256_from_hex(std::string(64, 'f')), uint256::max());
    EXPECT_EQ(uint256_from_hex("1" + std::string(64, '0')), std::nullopt);
    EXPECT_EQ(uint256_from_hex("0x"), std::nullopt);
    EXPECT_EQ(uint256_from_hex("-1"), std::nullopt);
    EXPECT_EQ(uint64_from_hex("ffffffffffffffff"), ~0ULL);
    EXPECT_EQ(uint64_from_hex("10000000000000000"), std::nullopt);
    EXPECT_EQ(to_quantity(0), "0x0");
    EXPECT_EQ(to_quantity(0x1f0), "0x1f0");
    EXPECT_EQ(to_quantity(uint256::max()), "0x" + std::string(64, 'f'));
}

TEST(Hex, Literals) {
    constexpr Address address = "0x00000000000000000000000000000000000000aB"_address;
    EXPECT_EQ(address[19], 0xab);
    EXPECT_EQ(to_hex(address), "0x00000000000000000000000000000000000000ab");
}

}  // namespace weft::base
