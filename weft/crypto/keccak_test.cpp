#include "weft/crypto/keccak.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string_view>

#include "weft/crypto/keccak_kernels.hpp"

namespace weft::crypto {
namespace {

std::string hex(BytesView bytes) {
    std::string out;
    for (const uint8_t byte : bytes)
        for (const int digit : {byte >> 4, byte & 15}) out += "0123456789abcdef"[digit];
    return out;
}

BytesView view(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

Bytes random_bytes(size_t size, unsigned seed) {
    std::mt19937 random{seed};
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<uint8_t>(random());
    return out;
}

// Keccak-f[1600] and the sponge as FIPS 202 writes them, loop by loop: what the fast forms are checked
// against.
Hash reference(BytesView message) {
    Bytes padded{message.begin(), message.end()};
    padded.push_back(0x01);
    while (padded.size() % 136 != 0) padded.push_back(0);
    padded.back() |= 0x80;
    uint64_t a[5][5]{};
    const auto rol = [](uint64_t v, unsigned n) { return n == 0 ? v : v << n | v >> (64 - n); };
    for (size_t start = 0; start < padded.size(); start += 136) {
        for (size_t i = 0; i < 136; ++i) a[i / 8 % 5][i / 40] ^= uint64_t{padded[start + i]} << 8 * (i % 8);
        unsigned lfsr = 1;
        for (int round = 0; round < 24; ++round) {
            uint64_t c[5], b[5][5];
            for (int x = 0; x < 5; ++x) c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
            for (int x = 0; x < 5; ++x)
                for (int y = 0; y < 5; ++y) a[x][y] ^= c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1);
            b[0][0] = a[0][0];
            for (int t = 0, x = 1, y = 0; t < 24; ++t) {
                const int newer = (2 * x + 3 * y) % 5;
                b[y][newer] = rol(a[x][y], static_cast<unsigned>((t + 1) * (t + 2) / 2 % 64));
                x = y;
                y = newer;
            }
            for (int x = 0; x < 5; ++x)
                for (int y = 0; y < 5; ++y) a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
            for (int j = 0; j < 7; ++j) {
                if ((lfsr & 1) != 0) a[0][0] ^= uint64_t{1} << ((1 << j) - 1);
                lfsr = (lfsr << 1) ^ ((lfsr >> 7) * 0x171);
            }
        }
    }
    Hash out;
    for (size_t i = 0; i < 32; ++i) out[i] = static_cast<uint8_t>(a[i / 8][0] >> 8 * (i % 8));
    return out;
}

TEST(Keccak, KnownVectors) {
    EXPECT_EQ(keccak256({}), empty_code_hash);
    EXPECT_EQ(hex(keccak256(view("abc")).view()),
              "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    EXPECT_EQ(hex(keccak256(view("The quick brown fox jumps over the lazy dog")).view()),
              "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
    EXPECT_EQ(hex(keccak256(view("transfer(address,uint256)")).view().first(4)), "a9059cbb");
    const uint8_t empty_string[] = {0x80};  // the root of the empty trie
    EXPECT_EQ(hex(keccak256(empty_string).view()),
              "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    // The slot of a mapping's key 0 at slot 0.
    EXPECT_EQ(hex(keccak256(Bytes(64)).view()),
              "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5");
}

TEST(Keccak, EveryLengthAgreesWithTheReference) {
    const Bytes data = random_bytes(700, 1);
    for (size_t size = 0; size <= 600; ++size) {
        // Different alignments, and the neighbouring bytes must not matter.
        const BytesView message = BytesView{data}.subspan(size % 9, size);
        const Hash expected = reference(message);
        Hash scalar;
        detail::keccak256_scalar(message.data(), message.size(), scalar.data());
        ASSERT_EQ(scalar, expected) << size;
        ASSERT_EQ(keccak256(message), expected) << size;
    }
}

TEST(Keccak, FixedSizesAgree) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        const Bytes data = random_bytes(64, seed);
        const BytesView view{data};
        Hash out;
        EXPECT_EQ(keccak256_32(data.data()), reference(view.first(32)));
        EXPECT_EQ(keccak256_64(data.data()), reference(view));
        detail::keccak256_32_scalar(data.data(), out.data());
        EXPECT_EQ(out, reference(view.first(32)));
        detail::keccak256_64_scalar(data.data(), out.data());
        EXPECT_EQ(out, reference(view));
    }
}

// By the form that keccak256_batch() chooses, and by the one that every machine has.
void expect_hashes(const std::vector<BytesView>& messages) {
    std::vector<Hash> out(messages.size()), by_avx2(messages.size());
    keccak256_batch(messages, out);
    std::vector<KeccakJob> jobs;
    for (size_t i = 0; i < messages.size(); ++i)
        jobs.push_back({messages[i].data(), messages[i].size(), by_avx2[i].data()});
    detail::keccak256_batch_avx2(jobs.data(), jobs.size());
    for (size_t i = 0; i < messages.size(); ++i) {
        const Hash expected = reference(messages[i]);
        ASSERT_EQ(out[i], expected) << i << " of " << messages.size();
        ASSERT_EQ(by_avx2[i], expected) << i << " of " << messages.size();
    }
}

TEST(Keccak, BatchOfEveryLength) {
    const Bytes data = random_bytes(700, 2);
    std::vector<BytesView> messages;
    for (size_t size = 0; size <= 600; ++size) messages.push_back(BytesView{data}.subspan(size % 7, size));
    expect_hashes(messages);
}

// The last byte of a page is before one that can't be read.
TEST(Keccak, BatchesTakeMessagesThatAreNowhere) {  // a vector's without elements; UBSan sees it
    const Bytes data = random_bytes(500, 5);
    for (const size_t size : {0U, 31U, 32U, 64U, 135U, 136U, 500U})
        expect_hashes({BytesView{}, BytesView{data}.first(size), BytesView{}, BytesView{data}.first(size),
                       BytesView{data}, BytesView{}});
}
TEST(Keccak, BatchesReadNoByteBeyondAMessage) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* const mapped = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    const auto* const end = static_cast<const uint8_t*>(mapped) + page;
    ASSERT_EQ(mprotect(static_cast<uint8_t*>(mapped) + page, page, PROT_NONE), 0);
    std::vector<BytesView> messages;
    for (size_t size = 0; size <= 300; ++size) messages.emplace_back(end - size, size);
    expect_hashes(messages);
    munmap(mapped, 2 * page);
}

TEST(Keccak, BatchesOfEveryCountWithMixedLengths) {
    const Bytes data = random_bytes(5000, 3);
    std::mt19937 random{4};
    for (size_t count = 0; count <= 40; ++count) {
        std::vector<BytesView> messages;
        for (size_t i = 0; i < count; ++i)
            messages.push_back(BytesView{data}.first(random() % 8 == 0 ? random() % 5000 : random() % 300));
        expect_hashes(messages);
    }
}

}  // namespace
}  // namespace weft::crypto
