// Recovery of batches gives exactly what libsecp256k1 gives, one signature after the other.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <random>

#include "weft/base/hex.hpp"
#include "weft/base/thread_pool.hpp"
#include "weft/crypto/recovery/batch.hpp"
#include "weft/primitives/json.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft {
namespace {

using crypto::SignedHash;
using crypto::recovery::Way;
using Addresses = std::vector<std::optional<Address>>;

constexpr uint256 n = crypto::secp256k1_order;
constexpr uint256 p{0xfffffffefffffc2f, ~0ULL, ~0ULL, ~0ULL};

Addresses recover(Way way, std::span<const SignedHash> signatures) {
    Addresses out(signatures.size());
    crypto::recovery::recover(way, signatures, out);
    return out;
}

// The first difference in words; empty where there is none.
std::string difference(std::span<const SignedHash> signatures, const Addresses& got,
                       const Addresses& wanted) {
    for (size_t i = 0; i < signatures.size(); ++i) {
        if (got[i] == wanted[i]) continue;
        const auto& [hash, r, s, id] = signatures[i];
        return to_hex(hash) + " " + to_hex(base::to_hash(r)) + " " + to_hex(base::to_hash(s)) + " " +
               std::to_string(id) + ": " + (got[i] ? to_hex(*got[i]) : "none") + " instead of " +
               (wanted[i] ? to_hex(*wanted[i]) : "none");
    }
    return {};
}

class Recovery : public testing::TestWithParam<Way> {
protected:
    void SetUp() override {
        if (!is_there(GetParam())) GTEST_SKIP() << "this processor lacks AVX-512 IFMA";
    }
    static void expect_the_same(std::span<const SignedHash> signatures) {
        EXPECT_EQ(difference(signatures, recover(GetParam(), signatures), recover(Way::library, signatures)),
                  "");
    }
};
INSTANTIATE_TEST_SUITE_P(, Recovery, testing::Values(Way::portable, Way::avx512),
                         [](const auto& way) { return way.param == Way::avx512 ? "avx512" : "portable"; });

// A signature by a key that nobody knows: about half of all numbers are the x of a point.
SignedHash random_signature(std::mt19937_64& random) {
    const auto number = [&] { return uint256{random(), random(), random(), random()}; };
    return {base::to_hash(number()), number(), number(), static_cast<unsigned>(random() % 2)};
}

TEST(RecoveryOfRandomSignatures, EveryWayIsLibsecp256k1s) {
    constexpr size_t count = WEFT_RANDOM_SIGNATURES, batch = 1000;
    base::ThreadPool pool(1);
    std::atomic<size_t> found = 0;
    if (!is_there(Way::avx512)) std::puts("avx512 is left out: this processor lacks AVX-512 IFMA");
    base::parallel_for(pool, count / batch, 1, [&](size_t begin, size_t end) {
        for (size_t number = begin; number < end; ++number) {
            std::mt19937_64 random(number);
            std::vector<SignedHash> signatures(batch);
            for (SignedHash& signature : signatures) signature = random_signature(random);
            const Addresses wanted = recover(Way::library, signatures);
            found +=
                static_cast<size_t>(std::ranges::count_if(wanted, [](auto& a) { return a.has_value(); }));
            for (const Way way : {Way::portable, Way::avx512})
                if (is_there(way))
                    ASSERT_EQ(difference(signatures, recover(way, signatures), wanted), "") << number;
        }
    });
    EXPECT_NEAR(static_cast<double>(found) / count, 0.5, 0.05);
}

TEST_P(Recovery, EverySizeOfBatch) {
    std::mt19937_64 random(3);
    std::vector<SignedHash> signatures;
    for (int i = 0; i < 530; ++i) signatures.push_back(random_signature(random));
    const Addresses wanted = recover(Way::library, signatures);
    for (size_t size = 0; size <= signatures.size(); size += size < 40 ? 1 : 61) {
        const std::span<const SignedHash> part{signatures.data(), size};
        EXPECT_EQ(difference(part, recover(GetParam(), part), wanted), "") << size;
    }
}

// x of 1, 2, 3 and 2^132 times the generator and of lambda times it (Python, from SEC 2's formulas).
constexpr uint256 x_of_g{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac};
constexpr uint256 x_of_2g{0xabac09b95c709ee5, 0x5c778e4b8cef3ca7, 0x3045406e95c07cd8, 0xc6047f9441ed7d6d};
constexpr uint256 x_of_3g{0x8601f113bce036f9, 0xb531c845836f99b0, 0x49344f85f89d5229, 0xf9308a019258c310};
constexpr uint256 lambda{0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a, 0x5363ad4cc05c30e0};

// Whatever may stand in r, s and the hash.
std::vector<uint256> edges() {
    constexpr uint256 one{1};
    const uint256 x_of_lambda_g = base::mul_mod(
        x_of_g, {0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710}, p);
    return {uint256{},
            one,
            uint256{2},
            uint256{3},
            uint256{4},
            uint256{5},
            n - one,
            n,
            n + one,
            n >> 1,
            (n >> 1) + one,
            p - n - one,
            p - n,
            p - n + one,
            p - one,
            p,
            uint256::max(),
            one << 128,
            (one << 128) - one,
            lambda,
            n - lambda,
            x_of_g,
            x_of_2g,
            x_of_3g,
            x_of_lambda_g,
            n - x_of_g,
            one << 132,
            base::mul_mod(one << 132, x_of_g, n)};
}

TEST_P(Recovery, EveryEdgeWithEveryOther) {
    const std::vector<uint256> all = edges();
    std::vector<SignedHash> signatures;
    for (const uint256& r : all)
        for (const uint256& s : all)
            for (const uint256& hash : all)
                for (unsigned id = 0; id <= 4; ++id) signatures.push_back({base::to_hash(hash), r, s, id});
    expect_the_same(signatures);
}

// The key is (s R - hash G) / r. With R = k G this is nothing for hash = s k, and with a hash of other small
// multiples the sums on the way meet equal and opposite points.
TEST_P(Recovery, KeysAtAndNearInfinity) {
    std::vector<SignedHash> signatures;
    const uint256 points[] = {x_of_g, x_of_2g, x_of_3g};
    std::mt19937_64 random(4);
    for (uint64_t k = 1; k <= 3; ++k)
        for (int i = 0; i < 12; ++i) {
            const uint256 s =
                i < 6 ? uint256{static_cast<uint64_t>(i) + 1}
                      : base::divide(uint256{random(), random(), random(), random()}, n).remainder;
            for (uint64_t multiple = 0; multiple <= 8; ++multiple)
                for (unsigned id = 0; id < 2; ++id) {
                    const uint256 hash = base::mul_mod(s, multiple, n);
                    signatures.push_back({base::to_hash(hash), points[k - 1], s, id});
                    signatures.push_back({base::to_hash(n - hash), points[k - 1], s, id});
                }
        }
    expect_the_same(signatures);
    const SignedHash infinity{base::to_hash(x_of_2g), x_of_g, x_of_2g, 0};
    EXPECT_EQ(recover(GetParam(), {&infinity, 1})[0], std::nullopt);
}

// An x beyond the group's order: r small and bit 1 of the id. Every fourth r or so is one that way.
TEST_P(Recovery, RecoveryIdsTwoAndThree) {
    std::vector<SignedHash> signatures;
    std::mt19937_64 random(5);
    for (uint64_t r = 1; r < 400; ++r)
        for (unsigned id = 0; id < 6; ++id) {
            SignedHash signature = random_signature(random);
            signature.r = r % 2 == 0 ? uint256{r} : p - n - uint256{200} + uint256{r};
            signature.recovery_id = id;
            signatures.push_back(signature);
        }
    expect_the_same(signatures);
    const Addresses found = recover(GetParam(), signatures);
    size_t beyond = 0;
    for (size_t i = 0; i < found.size(); ++i) beyond += signatures[i].recovery_id >= 2 && found[i] ? 1 : 0;
    EXPECT_GT(beyond, 100U);
}

TEST_P(Recovery, TransactionsOfTheMainnetBlocks) {
    const std::filesystem::path folder = ".data/mainnet";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto path = entry.path() / "block.json";
        if (!std::filesystem::exists(path)) continue;
        const auto document = primitives::json::Document::load(path.string());
        ASSERT_TRUE(document) << document.error();
        const auto block =
            document->read([](primitives::json::Value root) { return primitives::json::parse_block(root); });
        ASSERT_TRUE(block) << block.error();
        std::vector<SignedHash> signatures;
        Addresses senders;
        for (const auto& tx : block->transactions) {
            signatures.push_back(
                {primitives::signing_hash(tx), tx.r, tx.s, static_cast<unsigned>(tx.y_parity.low())});
            senders.push_back(tx.sender);
        }
        EXPECT_EQ(difference(signatures, recover(GetParam(), signatures), senders), "") << path;
        count += senders.size();
    }
    EXPECT_GT(count, 12000U);
}

}  // namespace
}  // namespace weft
