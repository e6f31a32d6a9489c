#include "weft/base/inline_vector.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace weft::base {
namespace {

using Items = InlineVector<uint64_t, 2>;

TEST(InlineVector, DoesWhatAVectorDoes) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; ++round) {
        Items items;
        std::vector<uint64_t> expected;
        for (int step = 0; step < 30; ++step) {
            const size_t at = random() % (expected.size() + 1);
            const auto place = static_cast<std::ptrdiff_t>(at);
            switch (random() % 6) {
                case 0:
                    items.push_back(at);
                    expected.push_back(at);
                    break;
                case 1:
                    items.insert(items.begin() + place, 7);
                    expected.insert(expected.begin() + place, 7);
                    break;
                case 2:
                    if (at == expected.size()) break;
                    items.erase(items.begin() + place);
                    expected.erase(expected.begin() + place);
                    break;
                case 3: {
                    Items copy = items;
                    ASSERT_EQ(copy, items);
                    items = std::move(copy);
                    break;
                }
                case 4:
                    items.resize(random() % 12);
                    expected.resize(items.size());
                    break;
                default:
                    if (!expected.empty()) {
                        items.push_back(items.back());
                        expected.push_back(expected.back());
                    }
            }
            ASSERT_EQ(std::vector<uint64_t>(items.begin(), items.end()), expected);
        }
    }
}

TEST(InlineVector, CopiesAndMovesAcrossSizes) {
    const Items small{1}, large{1, 2, 3, 4, 5};
    Items a = small, b = large;
    std::swap(a, b);
    EXPECT_EQ(a, large);
    EXPECT_EQ(b, small);
    a = small;
    EXPECT_EQ(a, small);
    a = std::move(b);
    EXPECT_EQ(a, small);
    b = large;
    EXPECT_EQ(b, large);
    b.clear();
    EXPECT_TRUE(b.empty());
    EXPECT_NE(large, small);
}

}  // namespace
}  // namespace weft::base
