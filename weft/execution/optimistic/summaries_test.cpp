#include "weft/execution/optimistic/summaries.hpp"

#include <gtest/gtest.h>

namespace weft::execution::optimistic {
namespace {

/// Calls of functions that can't be summarised.
class Learning : public testing::Test {
protected:
    /// Calls the function of this number at that index of the batch.
    void call(uint8_t function, size_t index) {
        sample_.calls.push_back({&contract_, &sender_, data_[function]});
        sample_.indices.push_back(index);
    }
    /// Whether a row may be there; tried_ is how many calls were tried for it.
    bool learn() {
        return summaries_.learn(
            sample_,
            [&](size_t) {
                ++tried_;
                return std::nullopt;
            },
            [](const Address&, const uint256&) { return std::nullopt; });
    }

    Address contract_{{{1}}}, sender_{{{2}}};
    std::array<Bytes, 4> data_{Bytes(4, 0), Bytes(4, 1), Bytes(4, 2), Bytes(4, 3)};
    Summaries summaries_;
    Summaries::Sample sample_{.batch_size = 1000, .least_in_row = 500, .often = 4};
    size_t tried_ = 0;
};

TEST_F(Learning, EndsWithTheFunctionThatIsCalledAllTheTime) {
    for (size_t i = 0; i < 100; ++i) call(i % 5 == 0 ? 1 : i % 5 == 1 ? 2 : 0, 10 * i);
    EXPECT_FALSE(learn());
    EXPECT_EQ(tried_, 2U);
    EXPECT_TRUE(summaries_.empty());
}

TEST_F(Learning, GoesOnWhereThereIsRoomForARow) {
    for (size_t i = 0; i < 40; ++i) call(i % 2 == 0 ? 0 : 1, 10 * i);
    EXPECT_TRUE(learn());
    EXPECT_EQ(tried_, 4U);
    EXPECT_TRUE(summaries_.empty());
}

TEST_F(Learning, RareFunctionsEndRowsInTheLastSample) {
    for (size_t i = 0; i < 3; ++i) call(0, 250 * i + 200);
    EXPECT_TRUE(learn());
    sample_.is_last = true;
    EXPECT_FALSE(learn());
    EXPECT_EQ(tried_, 0U);
}

}  // namespace
}  // namespace weft::execution::optimistic
