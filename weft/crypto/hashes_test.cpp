#include "weft/crypto/hashes.hpp"

#include <gtest/gtest.h>

#include <string>

#include "weft/base/hex.hpp"

namespace weft::crypto {
namespace {

BytesView view(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// FIPS 180-4's examples.
TEST(Sha256, KnownVectors) {
    EXPECT_EQ(base::to_hex(sha256({})), "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(base::to_hex(sha256(view("abc"))),
              "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(base::to_hex(sha256(view(std::string(1'000'000, 'a')))),
              "0xcdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The examples of RIPEMD-160's authors.
TEST(Ripemd160, KnownVectors) {
    EXPECT_EQ(base::to_hex(ripemd160({})), "0x9c1185a5c5e9fc54612808977ee8f548b2258d31");
    EXPECT_EQ(base::to_hex(ripemd160(view("abc"))), "0x8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    EXPECT_EQ(base::to_hex(ripemd160(view(std::string(1'000'000, 'a')))),
              "0x52783243c1697bdbe16d37f97f68f08325dc1528");
}

}  // namespace
}  // namespace weft::crypto
