#include "weft/base/hash_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <set>
#include <unordered_map>

namespace weft::base {
namespace {

struct Entry {
    uint64_t key;
    uint64_t value;
};

Entry* find(const PointerTable<Entry>& table, uint64_t hash, uint64_t key) {
    return table.find(hash, [&](const Entry& entry) { return entry.key == key; });
}

TEST(PointerTable, AgreesWithAMap) {
    PointerTable<Entry> table(4);
    std::deque<Entry> entries;
    std::mt19937_64 random(1);
    for (int round = 0; round < 20; ++round) {
        std::unordered_map<uint64_t, Entry*> map;
        const uint64_t keys = 10ULL << (round % 12);
        for (uint64_t i = 0; i < keys * 2; ++i) {
            const uint64_t key = random() % keys, hash = table.hash(key);
            Entry* const found = find(table, hash, key);
            const auto known = map.find(key);
            ASSERT_EQ(found, known == map.end() ? nullptr : known->second);
            table.prefetch(hash);
            if (found == nullptr) {
                entries.push_back({key, i});
                table.insert(hash, &entries.back());
                map[key] = &entries.back();
            }
        }
        ASSERT_EQ(table.size(), map.size());
        for (const auto& [key, entry] : map) ASSERT_EQ(find(table, table.hash(key), key), entry);
        table.clear();
        ASSERT_EQ(table.size(), 0U);
        for (const auto& [key, entry] : map) ASSERT_EQ(find(table, table.hash(key), key), nullptr);
    }
}

TEST(PointerTable, ACollisionOfHashesIsNoIdentity) {
    PointerTable<Entry> table;
    std::deque<Entry> entries;
    for (uint64_t key = 0; key < 500; ++key) {  // all with one hash; the table grows with them
        ASSERT_EQ(find(table, 99, key), nullptr);
        entries.push_back({key, 0});
        table.insert(99, &entries.back());
    }
    for (uint64_t key = 0; key < 500; ++key) ASSERT_EQ(find(table, 99, key), &entries[key]);
    // The same slot and the same 32 bits in the tag, but another hash.
    ASSERT_EQ(find(table, 99 + (1ULL << 32), 500), nullptr);
}

TEST(PointerTable, WrapsAroundItsEnd) {
    PointerTable<Entry> table(1);
    std::deque<Entry> entries;
    for (uint64_t key = 0; key < 8; ++key) {
        entries.push_back({key, 0});
        table.insert(15, &entries.back());
    }
    for (uint64_t key = 0; key < 8; ++key) ASSERT_EQ(find(table, 15, key), &entries[key]);
}

TEST(PointerTable, FindOrInsert) {
    PointerTable<Entry> table(1);
    std::deque<Entry> entries;
    const auto get = [&](uint64_t key, bool may_make) {
        return table.find_or_insert(
            table.hash(key), [&](const Entry& entry) { return entry.key == key; },
            [&]() -> Entry* { return may_make ? &entries.emplace_back(key, 0) : nullptr; });
    };
    for (uint64_t key = 0; key < 1000; ++key) {
        ASSERT_EQ(get(key, false), nullptr);
        ASSERT_EQ(table.size(), key);
        Entry* const made = get(key, true);
        ASSERT_EQ(made, &entries.back());
        ASSERT_EQ(get(key, true), made);
        ASSERT_EQ(get(key / 2, false), &entries[key / 2]);
    }
    EXPECT_EQ(entries.size(), 1000U);
}

TEST(PointerTable, KeepsItsMemoryOverAClear) {
    PointerTable<Entry> table(1);
    std::deque<Entry> entries;
    for (uint64_t key = 0; key < 1000; ++key) table.insert(table.hash(key), &entries.emplace_back(key, 0));
    const size_t bytes = table.bytes_reserved();
    EXPECT_EQ(bytes, 2048U * 16);
    table.clear();
    for (uint64_t key = 0; key < 1000; ++key) table.insert(table.hash(key), &entries[key]);
    EXPECT_EQ(table.bytes_reserved(), bytes);
}

/// Throws hashes into buckets; the chi-squared statistic, in standard deviations from what chance gives.
double deviation(const std::vector<uint64_t>& hashes, unsigned shift) {
    constexpr size_t buckets = 4096;
    std::vector<double> count(buckets);
    for (const uint64_t hash : hashes) ++count[hash >> shift & (buckets - 1)];
    const double expected = static_cast<double>(hashes.size()) / buckets;
    double chi = 0;
    for (const double n : count) chi += (n - expected) * (n - expected) / expected;
    return (chi - (buckets - 1)) / std::sqrt(2.0 * (buckets - 1));
}

class HasherQuality : public testing::TestWithParam<uint64_t> {
protected:
    static void check(const char* what, const std::vector<uint64_t>& hashes) {
        for (unsigned shift = 0; shift <= 52; shift += 13)
            EXPECT_LT(deviation(hashes, shift), 6) << what << ' ' << shift;
        std::vector<uint64_t> sorted = hashes;
        std::ranges::sort(sorted);
        EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << what;
    }
    static constexpr uint64_t count = 1 << 17;
};

TEST_P(HasherQuality, SpreadsTheKeysThatContractsUse) {
    const Hasher hasher(GetParam());
    std::vector<uint64_t> low, high, shifted, addresses, tails, slots, hashes;
    for (uint64_t i = 0; i < count; ++i) {
        low.push_back(hasher(uint256{i}));
        high.push_back(hasher(uint256{0, 0, 0, i}));
        shifted.push_back(hasher(uint256{i << 40, 0, i << 20, 0}));
        Address address;
        std::memcpy(address.data(), &i, 8);
        addresses.push_back(hasher(address));
        Address tail;
        std::memcpy(tail.data() + 12, &i, 8);
        tails.push_back(hasher(tail));
        slots.push_back(hasher(i % 1024 * 256, uint256{i / 1024}));
        hashes.push_back(hasher(to_hash(uint256{1, i, 0, 0})));
    }
    check("small keys", low);
    check("high keys", high);
    check("shifted keys", shifted);
    check("address heads", addresses);
    check("address tails", tails);
    check("slots of accounts", slots);
    check("hashes", hashes);
}
INSTANTIATE_TEST_SUITE_P(Seeds, HasherQuality, testing::Range(uint64_t{1}, uint64_t{6}));

TEST(Hasher, EveryByteCounts) {
    const Hasher hasher(7);
    std::set<uint64_t> seen{hasher(Address{})};
    for (size_t i = 0; i < 20; ++i) {
        Address address;
        address[i] = 1;
        seen.insert(hasher(address));
    }
    EXPECT_EQ(seen.size(), 21U);
    seen = {hasher(uint256{})};
    for (unsigned i = 0; i < 256; ++i) seen.insert(hasher(uint256{1} << i));
    EXPECT_EQ(seen.size(), 257U);
}

TEST(Hasher, SecretsDiffer) {
    const Hasher a, b;
    EXPECT_NE(a(uint256{1}), b(uint256{1}));
    EXPECT_NE(a(Address{}), b(Address{}));
    const Hasher copy = a;
    EXPECT_EQ(a(uint256{1}), copy(uint256{1}));
}

}  // namespace
}  // namespace weft::base
