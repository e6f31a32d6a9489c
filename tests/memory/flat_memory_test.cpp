// Memory over many blocks: what is live after a block does not grow from block to block.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "weft/execution/executor.hpp"
#include "weft/trie/state_trie.hpp"
#include "weft/workload/workload.hpp"

namespace {

/// Bytes that operator new has given and not got back, in the whole program.
std::atomic<int64_t> live_bytes{0};

void* count(void* memory) {
    if (memory == nullptr) throw std::bad_alloc{};
    live_bytes.fetch_add(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
    return memory;
}

void give_back(void* memory) noexcept {
    if (memory == nullptr) return;
    live_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
    std::free(memory);
}

}  // namespace

// The other forms come down to these.
void* operator new(size_t size) { return count(std::malloc(size)); }
void* operator new(size_t size, std::align_val_t alignment) {
    const auto to = static_cast<size_t>(alignment);
    return count(std::aligned_alloc(to, (size + to - 1) / to * to));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { give_back(memory); }

namespace weft {
namespace {

using execution::ContextOptions;
using execution::ExecutionContext;
using execution::ExecutionOptions;
using execution::ExecutorKind;

struct Input {
    Block block;
    MemoryState state;
};

Input make_input(std::string_view name, uint64_t transactions, uint64_t seed) {
    auto made = workload::make_workload(name, {.transactions = transactions, .accounts = 60, .seed = seed});
    EXPECT_TRUE(made) << made.error();
    return {std::move(made->block), workload::make_state(made->prestate)};
}

/// Fifty-two blocks of all kinds and sizes, one of them large.
std::vector<Input> make_inputs() {
    std::vector<Input> inputs;
    for (uint64_t i = 0; i < 52; ++i) {
        const auto kinds = workload::workload_names();
        inputs.push_back(make_input(kinds[i % kinds.size()].name, i == 20 ? 600 : 10 + 7 * (i % 5), i + 1));
    }
    return inputs;
}

void run(ExecutionContext& context, const Input& input, const ExecutionOptions& options = {}) {
    const auto result =
        execution::execute_block(input.block, primitives::mainnet(), input.state, context, options);
    ASSERT_TRUE(result) << execution::to_string(result.error());
}

/// What is live after each of `rounds` rounds over the blocks.
std::vector<int64_t> live_after_rounds(const ContextOptions& options, size_t rounds) {
    const std::vector<Input> inputs = make_inputs();
    std::vector<int64_t> live;
    live.reserve(rounds);
    ExecutionContext context(options);
    for (size_t round = 0; round < rounds; ++round) {
        for (const Input& input : inputs) run(context, input);
        live.push_back(live_bytes.load());
    }
    return live;
}

/// Init code that returns 8 KiB of code, other code for each number.
Bytes init_code_of(uint64_t number) {
    Bytes code{0x7f};  // PUSH32
    for (int i = 0; i < 32; ++i) code.push_back(static_cast<uint8_t>(i < 8 ? number >> (8 * i) : 0x5b));
    for (const uint8_t byte :
         {0x5f, 0x52, 0x61, 0x20, 0x00, 0x5f, 0xf3})  // PUSH0 MSTORE PUSH2 8192 PUSH0 RETURN
        code.push_back(byte);
    return code;
}

}  // namespace

TEST(FlatMemory, TwoHundredAndSixtyBlocksInOrder) {
    const auto live = live_after_rounds({.executor = ExecutorKind::sequential, .threads = 1}, 5);
    for (size_t round = 1; round < live.size(); ++round) EXPECT_EQ(live[round], live[0]) << round;
}

// Every segment speculates, a fifth of them is refused and repaired.
TEST(FlatMemory, TwoHundredAndSixtySpeculatedBlocks) {
    const auto live =
        live_after_rounds({.executor = ExecutorKind::optimistic,
                           .threads = 1,
                           .speculation = {.trust_head = false, .refuse_percent = 20, .seed = 1}},
                          5);
    for (size_t round = 2; round < live.size(); ++round) EXPECT_EQ(live[round], live[1]) << round;
}

// Which worker does what is chance, so what each keeps varies; it is bounded by what the largest block takes.
TEST(FlatMemory, TwoHundredAndSixtyBlocksOnTwoThreads) {
    const auto live = live_after_rounds({.executor = ExecutorKind::optimistic, .threads = 2}, 5);
    EXPECT_LT(live[4], live[1] + (4 << 20));
}

// A state that changes from block to block beneath its kept trie; the accounts stay the same ones.
TEST(FlatMemory, TwoHundredBlocksWithRootsOnOneTrie) {
    Input input = make_input("transfers", 60, 1);
    StateTrie trie(input.state);
    ExecutionContext context({.executor = ExecutorKind::sequential, .threads = 1});
    ExecutionOptions options;
    options.checks.nonce = false;  // the same transactions again and again
    options.sink = &trie;
    std::vector<int64_t> live;
    std::vector<uint64_t> trie_bytes;
    live.reserve(200);
    trie_bytes.reserve(200);
    for (int i = 0; i < 200; ++i) {
        const auto result =
            execution::execute_block(input.block, primitives::mainnet(), input.state, context, options);
        ASSERT_TRUE(result) << execution::to_string(result.error());
        input.state.apply(result->diff);
        ASSERT_TRUE(trie.root());
        live.push_back(live_bytes.load());
        trie_bytes.push_back(trie.statistics().bytes);
    }
    EXPECT_LT(live[199], live[20] + 4096);
    EXPECT_LT(trie_bytes[199], trie_bytes[20] + trie_bytes[20] / 50);  // nonces of two bytes
}

TEST(FlatMemory, NewCodeInEveryBlockStaysWithinTheCachesBudget) {
    constexpr size_t budget = size_t{2} << 20;
    ExecutionContext context(
        {.executor = ExecutorKind::sequential, .threads = 1, .codes = std::make_shared<CodeCache>(budget)});
    Input input = make_input("transfers", 8, 1);
    const int64_t before = live_bytes.load();
    int64_t most = 0;
    for (uint64_t i = 0, number = 0; i < 200; ++i) {
        for (Transaction& tx : input.block.transactions) {
            tx.to.reset();
            tx.value = {};
            tx.gas_limit = 4'000'000;
            tx.data = init_code_of(++number);
        }
        run(context, input);
        most = std::max(most, live_bytes.load() - before);
    }
    // 1600 codes of 8 KiB are 13 MB; what one block adds before the cache is trimmed is 64 KiB.
    EXPECT_LT(most, static_cast<int64_t>(budget) + (3 << 20) / 2);
}

}  // namespace weft
