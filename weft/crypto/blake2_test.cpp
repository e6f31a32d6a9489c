#include "weft/crypto/blake2.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "weft/base/hex.hpp"

namespace weft::crypto {
namespace {

using State = std::array<uint64_t, 8>;

// BLAKE2b-512's first state (RFC 7693, appendix A) and the block of the message "abc".
constexpr State first_state = {0x6a09e667f2bdc948, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                               0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                               0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::array<uint64_t, 16> abc = {0x636261};

std::string digest(const State& state) {
    uint8_t bytes[64];
    std::memcpy(bytes, state.data(), sizeof bytes);
    return base::to_hex(BytesView{bytes});
}

// The vectors 4 to 8 of EIP-152 (8's 2^32 - 1 rounds left out).
TEST(Eip152, ZeroRounds) {
    EXPECT_EQ(digest(blake2b_compress(0, first_state, abc, {3, 0}, true)),
              "0x08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
              "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b");
}
TEST(Eip152, TwelveRoundsAreBlake2b) {
    EXPECT_EQ(digest(blake2b_compress(12, first_state, abc, {3, 0}, true)),
              "0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}
TEST(Eip152, NotTheLastBlock) {
    EXPECT_EQ(digest(blake2b_compress(12, first_state, abc, {3, 0}, false)),
              "0x75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
              "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735");
}
TEST(Eip152, OneRound) {
    EXPECT_EQ(digest(blake2b_compress(1, first_state, abc, {3, 0}, true)),
              "0xb63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
              "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421");
}

// RFC 7693's round written once more, with the schedule as a lookup: every count of rounds up to three times
// the ten.
State reference(uint32_t rounds, const State& h, const std::array<uint64_t, 16>& m, bool last) {
    static constexpr const char* schedule[10] = {
        "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
        "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0"};
    uint64_t v[16];
    for (size_t i = 0; i < 8; ++i) {
        v[i] = h[i];
        v[i + 8] = i == 0 ? 0x6a09e667f3bcc908 : first_state[i];
    }
    v[12] ^= 7;
    v[13] ^= 9;
    if (last) v[14] = ~v[14];
    const auto rotr = [](uint64_t x, int n) { return x >> n | x << (64 - n); };
    for (uint32_t r = 0; r < rounds; ++r)
        for (unsigned k = 0; k < 8; ++k) {
            const unsigned shift = k / 4;
            uint64_t &a = v[k % 4], &b = v[4 + (k + shift) % 4], &c = v[8 + (k + 2 * shift) % 4],
                     &d = v[12 + (k + 3 * shift) % 4];
            a += b + m[base::hex_digit(schedule[r % 10][2 * k])];
            d = rotr(d ^ a, 32);
            c += d;
            b = rotr(b ^ c, 24);
            a += b + m[base::hex_digit(schedule[r % 10][2 * k + 1])];
            d = rotr(d ^ a, 16);
            c += d;
            b = rotr(b ^ c, 63);
        }
    State out;
    for (size_t i = 0; i < 8; ++i) out[i] = h[i] ^ v[i] ^ v[i + 8];
    return out;
}

TEST(Eip152, EveryRoundCountAgreesWithTheReference) {
    std::array<uint64_t, 16> m;
    for (size_t i = 0; i < 16; ++i) m[i] = 0x9e3779b97f4a7c15 * (i + 1);
    for (uint32_t rounds = 0; rounds <= 31; ++rounds)
        for (const bool last : {false, true})
            EXPECT_EQ(blake2b_compress(rounds, first_state, m, {7, 9}, last),
                      reference(rounds, first_state, m, last))
                << rounds;
}

}  // namespace
}  // namespace weft::crypto
