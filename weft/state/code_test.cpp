#include "weft/state/code.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "weft/state/memory_state.hpp"

namespace weft::state {
namespace {

Bytes code_of(uint32_t number, size_t size) {
    Bytes out(size);
    std::memcpy(out.data(), &number, sizeof number);
    return out;
}

/// Gives copies, as a state on a disk does.
class CopyingReader final : public StateReader {
public:
    explicit CopyingReader(const MemoryState& state) : state_(state) {}
    [[nodiscard]] ReadResult<std::optional<Account>> account(const Address& a) const override {
        return state_.account(a);
    }
    [[nodiscard]] ReadResult<uint256> storage(const Address& a, const uint256& key) const override {
        return state_.storage(a, key);
    }
    [[nodiscard]] ReadResult<bool> has_storage(const Address& a) const override {
        return state_.has_storage(a);
    }
    [[nodiscard]] ReadResult<Bytes> code(const Hash& hash) const override {
        ++reads;
        return state_.code(hash);
    }
    [[nodiscard]] ReadResult<Hash> block_hash(uint64_t number) const override {
        return state_.block_hash(number);
    }
    mutable std::atomic<int> reads{0};

private:
    const MemoryState& state_;
};

TEST(CodeCache, CodeThatTheReaderKeepsIsShared) {
    MemoryState state;
    const Hash hash = state.set_code(code_of(1, 20'000));
    CodeCache cache;
    const Code* const code = *cache.get(hash, state);
    EXPECT_EQ(code->bytes().data(), state.find_code(hash)->data());
    EXPECT_LT(cache.held(), 1000U);
    CodeCache other;
    const CopyingReader reader(state);
    EXPECT_EQ((*other.get(hash, reader))->size(), 20'000U);
    EXPECT_GE(other.held(), 20'000U);
    // The state may go: its codes stay with who has them.
    state = {};
    EXPECT_EQ(code->bytes()[0], 1);
}

TEST(CodeCache, WhatOnlyCameIntoBeingIsReadAllTheSame) {
    MemoryState state;
    const Bytes bytes = code_of(1, 100);
    const Hash hash = crypto::keccak256(bytes);
    CodeCache cache;
    EXPECT_EQ(cache.find(hash), nullptr);
    const Code* const made = cache.insert(hash, bytes);
    EXPECT_EQ(cache.find(hash), made);
    EXPECT_FALSE(cache.get(hash, state));  // the state doesn't have it
    state.set_code(bytes);
    EXPECT_EQ(*cache.get(hash, state), made);
    EXPECT_EQ(*cache.get(hash, MemoryState{}), made);
}

TEST(CodeCache, KeepsToItsBudget) {
    MemoryState state;
    std::vector<Hash> hashes;
    for (uint32_t i = 0; i < 2000; ++i) hashes.push_back(state.set_code(code_of(i, 1000)));
    const CopyingReader reader(state);
    CodeCache cache(1'000'000);
    for (int round = 0; round < 3; ++round) {
        {
            const CodeCache::Use use(cache);
            std::vector<const Code*> all;
            for (const Hash& hash : hashes) all.push_back(*cache.get(hash, reader));
            EXPECT_GT(cache.held(), 2'000'000U);
            for (size_t i = 0; i < all.size(); ++i) {
                EXPECT_EQ(all[i]->hash(), hashes[i]);
                EXPECT_EQ(*cache.get(hashes[i], reader), all[i]);
            }
        }
        EXPECT_LE(cache.held(), 500'000U);
        EXPECT_GT(cache.held(), 100'000U);
    }
    EXPECT_GT(reader.reads, 4000);
    EXPECT_LT(reader.reads, 6000);  // some stayed
}

TEST(CodeCache, ManyThreadsComeAndGo) {
    MemoryState state;
    std::vector<Hash> hashes;
    for (uint32_t i = 0; i < 300; ++i) hashes.push_back(state.set_code(code_of(i, 500)));
    const CopyingReader reader(state);
    CodeCache cache(50'000);
    const auto work = [&](size_t seed) {
        for (size_t n = 0; n < 200; ++n) {
            const CodeCache::Use use(cache);
            for (size_t i = 0; i < 60; ++i) {
                const Hash& hash = hashes[(seed + 7 * n + i * (seed + 1)) % hashes.size()];
                const Code* const code = *cache.get(hash, reader);
                ASSERT_EQ(code->hash(), hash);
                ASSERT_EQ(crypto::keccak256(code->bytes()), hash);
            }
        }
    };
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < 3; ++i) threads.emplace_back(work, i);
    threads.clear();
    EXPECT_LE(cache.held(), 100'000U);
}

TEST(CodeArena, RewindsLikeAStack) {
    CodeSpace space;
    std::atomic<size_t> held{0};
    {
        CodeArena arena(space, &held);
        void* const first = arena.allocate(100);
        const CodeArena::Mark mark = arena.mark();
        void* const second = arena.allocate(100);
        EXPECT_EQ(held, 208U);
        EXPECT_NE(arena.allocate(3 * CodeSpace::segment_size), nullptr);  // more than one segment
        EXPECT_NE(arena.allocate(100), nullptr);
        EXPECT_NE(arena.allocate_last(8), nullptr);
        arena.rewind(mark);
        EXPECT_EQ(held, 104U);
        EXPECT_EQ(arena.allocate(100), second);
        arena.rewind({});
        EXPECT_EQ(arena.allocate(100), first);
        EXPECT_FALSE(CodeSpace::is_twin(first));
        EXPECT_TRUE(CodeSpace::is_twin(static_cast<std::byte*>(first) + CodeSpace::twin_distance));
    }
    EXPECT_EQ(held, 0U);
    EXPECT_EQ(space.take(CodeSpace::twin_distance / CodeSpace::segment_size + 1, false), nullptr);
}

TEST(CodeArena, KeepsNoMoreThanMayBeKept) {
    CodeSpace space(2 * CodeSpace::segment_size);
    std::atomic<size_t> held{0};
    CodeArena passing(space);
    {
        CodeArena keeping(space, &held);
        EXPECT_NE(keeping.allocate(CodeSpace::segment_size), nullptr);
        EXPECT_NE(keeping.allocate(CodeSpace::segment_size), nullptr);
        EXPECT_EQ(keeping.allocate(8), nullptr);
        EXPECT_NE(passing.allocate(8), nullptr);
        EXPECT_EQ(passing.reserved(), CodeSpace::segment_size);
        keeping.clear();
        EXPECT_NE(keeping.allocate(8), nullptr);
        EXPECT_EQ(keeping.allocate(2 * CodeSpace::segment_size), nullptr);
    }
    CodeArena keeping(space, &held);
    EXPECT_NE(keeping.allocate(2 * CodeSpace::segment_size), nullptr);
}

}  // namespace
}  // namespace weft::state
