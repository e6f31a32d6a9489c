#include "weft/execution/validation/seal.hpp"

#include <gtest/gtest.h>

#include "weft/base/hex.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using base::operator""_hash;

/// Mainnet's block 1.
Header first_block() {
    Header header;
    header.parent_hash = "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"_hash;
    header.ommers_hash = primitives::empty_ommers_hash;
    header.coinbase = "0x05a56e2d52c817161883f50c441c3228cfe54d9f"_address;
    header.state_root = "0xd67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3"_hash;
    header.transactions_root = header.receipts_root =
        "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"_hash;
    header.difficulty = 17'171'480'576;
    header.number = 1;
    header.gas_limit = 5'000;
    header.timestamp = 1'438'269'988;
    header.extra_data = base::from_hex("0x476574682f76312e302e302f6c696e75782f676f312e342e32").value();
    header.mix_hash = "0x969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59"_hash;
    header.nonce = {0x53, 0x9b, 0xd4, 0x97, 0x9f, 0xef, 0x1e, 0xc4};
    return header;
}

TEST(Ethash, SealOfMainnetsFirstBlock) {
    const EthashVerifier ethash;
    Header header = first_block();
    ASSERT_EQ(primitives::header_hash(header),
              "0x88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6"_hash);
    EXPECT_TRUE(ethash.verify(header));
    header.nonce[7] ^= 1;
    EXPECT_FALSE(ethash.verify(header));
    header = first_block();
    header.mix_hash[31] ^= 1;
    EXPECT_FALSE(ethash.verify(header));
    header = first_block();
    header.timestamp += 1;  // another header
    EXPECT_FALSE(ethash.verify(header));
}

}  // namespace
}  // namespace weft::execution
