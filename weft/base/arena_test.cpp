#include "weft/base/arena.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#ifdef WEFT_ARENA_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace weft::base {
namespace {

struct Point {
    int x = 7;
    int y = 0;
};
struct alignas(64) Line {
    uint64_t words[8];
};

TEST(Arena, MakesObjects) {
    Arena arena;
    EXPECT_EQ(arena.bytes_reserved(), 0U);
    EXPECT_EQ(arena.make<Point>()->x, 7);
    EXPECT_EQ(arena.make<Point>(1, 2)->y, 2);
    EXPECT_EQ(*arena.make<int>(), 0);
    EXPECT_GT(arena.bytes_reserved(), 0U);
    for (int i = 0; i < 10; ++i) {
        (void)arena.make<char>('x');
        EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.make<Line>()) % 64, 0U);
    }
}

TEST(Arena, AllocationsDoNotOverlapAndKeepTheirContents) {
    Arena arena(256);
    std::mt19937 random(1);
    for (int round = 0; round < 3; ++round) {
        std::vector<std::span<uint8_t>> all;
        for (int i = 0; i < 3000; ++i) {
            auto bytes = arena.make_array<uint8_t>(random() % (i % 100 == 0 ? 100'000 : 200));
            for (const uint8_t byte : bytes) ASSERT_EQ(byte, 0);
            std::ranges::fill(bytes, static_cast<uint8_t>(i));
            all.push_back(bytes);
        }
        for (size_t i = 0; i < all.size(); ++i)
            for (const uint8_t byte : all[i]) ASSERT_EQ(byte, static_cast<uint8_t>(i));
        arena.reset();
    }
}

TEST(Arena, ResetKeepsTheMemory) {
    Arena arena(1024);
    std::vector<void*> first, second;
    const auto fill = [&](std::vector<void*>& places) {
        for (size_t i = 0; i < 1000; ++i) places.push_back(arena.allocate(i + 1, 8));
    };
    fill(first);
    const size_t reserved = arena.bytes_reserved();
    for (int i = 0; i < 10; ++i) {
        arena.reset();
        second.clear();
        fill(second);
        EXPECT_EQ(arena.bytes_reserved(), reserved);
        EXPECT_EQ(first, second);
    }
    arena.release(reserved / 2);
    EXPECT_LE(arena.bytes_reserved(), reserved / 2);
    fill(second);
    arena.release(0);
    EXPECT_EQ(arena.bytes_reserved(), 0U);
    EXPECT_EQ(*arena.make<int>(5), 5);
}

TEST(Arena, CopiesSpans) {
    Arena arena;
    std::vector<uint64_t> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto copy = arena.copy<uint64_t>(numbers);
    numbers.assign(1000, 0);
    for (size_t i = 0; i < 1000; ++i) ASSERT_EQ(copy[i], i);
    EXPECT_TRUE(arena.copy<uint64_t>({}).empty());
    EXPECT_TRUE(arena.make_array<int>(0).empty());
}

TEST(Arena, LargeAllocationsAndMoves) {
    Arena arena(64);
    auto large = arena.make_array<uint8_t>(10 << 20);
    large.back() = 1;
    Arena moved(std::move(arena));
    EXPECT_GE(moved.bytes_reserved(), size_t{10} << 20);
    EXPECT_EQ(large.back(), 1);
    EXPECT_EQ(arena.bytes_reserved(), 0U);  // NOLINT(bugprone-use-after-move): moved-from is empty
    EXPECT_EQ(*arena.make<int>(3), 3);
    moved = std::move(arena);
    EXPECT_LT(moved.bytes_reserved(), size_t{10} << 20);
}

TEST(Arena, RewindsLikeAStack) {
    Arena arena(512);
    const auto empty = arena.mark();
    int* const kept = arena.make<int>(42);
    for (int round = 0; round < 5; ++round) {
        const auto outer = arena.mark();
        void* const at = arena.allocate(100, 8);
        (void)arena.allocate(5000, 8);
        const auto inner = arena.mark();
        void* const deep = arena.allocate(20'000, 8);
        arena.rewind(inner);
        EXPECT_EQ(arena.allocate(20'000, 8), deep);
        arena.rewind(outer);
        EXPECT_EQ(arena.allocate(100, 8), at);
        arena.rewind(outer);
        EXPECT_EQ(*kept, 42);
    }
    const size_t reserved = arena.bytes_reserved();
    arena.rewind(empty);
    EXPECT_EQ(arena.make<int>(1), kept);
    EXPECT_EQ(arena.bytes_reserved(), reserved);
}

#ifdef WEFT_ARENA_POISONS
TEST(Arena, UnderAddressSanitizerWhatIsTakenBackIsPoisoned) {
    Arena arena(512);
    char* const first = arena.make<char>('a');
    const auto mark = arena.mark();
    char* const second = static_cast<char*>(arena.allocate(1000, 1));
    EXPECT_EQ(__asan_address_is_poisoned(first), 0);
    EXPECT_EQ(__asan_address_is_poisoned(first + 1), 1);
    EXPECT_EQ(__asan_address_is_poisoned(second + 999), 0);
    arena.rewind(mark);
    EXPECT_EQ(__asan_address_is_poisoned(first), 0);
    EXPECT_EQ(__asan_address_is_poisoned(second), 1);
    arena.reset();
    EXPECT_EQ(__asan_address_is_poisoned(first), 1);
}
#endif

}  // namespace
}  // namespace weft::base
