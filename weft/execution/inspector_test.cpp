// The optimistic executor tells an inspector exactly what the sequential one does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "weft/evm/inspector.hpp"
#include "weft/evm/test_world.hpp"
#include "weft/execution/executor.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using evm::test::Code;

constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;

Address contract_at(uint64_t i) { return base::to_address(uint256{0xc0de00 + i}); }
Address sender_at(uint64_t i) { return base::to_address(uint256{0xa11ce00 + i}); }

std::string text(BytesView bytes) { return to_hex(bytes); }
std::string text(const Address& address) { return to_hex(address); }
std::string text(const uint256& number) { return base::to_quantity(number); }

/// Writes down every event in full.
class Recorder final : public evm::Inspector {
public:
    std::vector<std::string> lines;

    void transaction_begin(size_t index) override { lines.push_back(fmt::format("begin {}", index)); }
    void transaction_end(size_t index, const Receipt* receipt) override {
        lines.push_back(receipt == nullptr
                            ? fmt::format("invalid {}", index)
                            : fmt::format("end {} {} {} {} {}", index, receipt->success, receipt->gas_used,
                                          receipt->cumulative_gas_used, receipt->logs.size()));
    }
    void step(const evm::Step& s) override {
        std::string line =
            fmt::format("step {} {} {} {} {} {} {} [", s.pc, s.opcode, s.name != nullptr ? s.name : "-",
                        s.gas, s.refund, s.depth, text(s.address));
        for (const uint256& word : s.stack) line += text(word) + " ";
        lines.push_back(line + "] " + text(s.memory) + " " + text(s.return_data));
    }
    void step_end(const evm::StepEnd& end) override {
        lines.push_back(fmt::format("step_end {} {} {}", end.cost, end.refund, static_cast<int>(end.status)));
    }
    void enter(const evm::Entry& e) override {
        lines.push_back(fmt::format("enter {} {} {} {} {} {} {} {} {}", static_cast<int>(e.kind), e.depth,
                                    e.is_static, e.gas, text(e.sender), text(e.recipient),
                                    text(e.code_address), text(e.value), text(e.input)));
    }
    void exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) override {
        lines.push_back(
            fmt::format("exit {} {} {} {}", depth, static_cast<int>(status), gas_left, text(output)));
    }
    void created(const Address& address, BytesView code) override {
        lines.push_back(fmt::format("created {} {}", text(address), text(code)));
    }
    void log(const primitives::Log& log) override {
        std::string line = "log " + text(log.address);
        for (const Hash& topic : log.topics) line += " " + to_hex(topic);
        lines.push_back(line + " " + text(log.data));
    }
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override {
        lines.push_back(
            fmt::format("selfdestruct {} {} {}", text(address), text(beneficiary), text(balance)));
    }
    void storage_read(const Address& address, const uint256& key, const uint256& value) override {
        lines.push_back(fmt::format("sload {} {} {}", text(address), text(key), text(value)));
    }
    void storage_written(const Address& address, const uint256& key, const uint256& before,
                         const uint256& after) override {
        lines.push_back(
            fmt::format("sstore {} {} {} {}", text(address), text(key), text(before), text(after)));
    }
    void account_read(const Address& address) override { lines.push_back("account " + text(address)); }
    void balance_moved(const Address& from, const Address& to, const uint256& amount) override {
        lines.push_back(fmt::format("moved {} {} {}", text(from), text(to), text(amount)));
    }
    void preimage(const Hash& hash, BytesView message) override {
        lines.push_back(fmt::format("preimage {} {}", to_hex(hash), text(message)));
    }
};

/// Straight code that works on memory, storage, and other contracts, with few slots, so that transactions
/// collide.
class RandomContracts {
public:
    explicit RandomContracts(uint64_t seed) : random_(seed) {}

    Bytes make(size_t pieces) {
        Code code;
        for (size_t i = 0; i < pieces; ++i) piece(code);
        if (pick(4) == 0) code.push(contract_at(pick(6))).op(evm::OP_SELFDESTRUCT);
        code.call(pick(5) == 0 ? evm::OP_REVERT : evm::OP_RETURN, {pick(64), pick(64)});
        return code.bytes();
    }
    uint64_t pick(uint64_t below) { return random_() % below; }

private:
    uint64_t at() { return pick(3) == 0 ? pick(300) : pick(80); }

    void piece(Code& code) {
        switch (pick(16)) {
            case 0:
                code.call(evm::OP_MSTORE, {at(), uint256{random_(), random_(), 0, 1}});
                break;
            case 1:
                code.call(evm::OP_MSTORE8, {at(), pick(256)});
                break;
            case 2:
                code.call(evm::OP_MCOPY, {at(), at(), pick(70)});
                break;
            case 3:
                code.call(evm::OP_CALLDATACOPY, {at(), pick(40), pick(70)});
                break;
            case 4:
                code.call(evm::OP_CODECOPY, {at(), pick(40), pick(70)});
                break;
            case 5:
                code.call(evm::OP_EXTCODECOPY, {word(contract_at(pick(6))), at(), pick(9), pick(70)});
                break;
            case 6:
                code.call(evm::OP_MLOAD, {at()});
                break;
            case 7:
                code.call(evm::OP_KECCAK256, {at(), pick(70)});
                break;
            case 8:
                code.call(evm::OP_LOG2, {at(), pick(70), random_(), random_()});
                break;
            case 9:
                code.call(evm::OP_SLOAD, {pick(3)}).push(1).op(evm::OP_ADD).push(pick(3)).op(evm::OP_SSTORE);
                break;
            case 10:
                code.call(evm::OP_SSTORE, {pick(3), pick(2)});
                break;
            case 11:
                code.call(
                    pick(2) ? evm::OP_CALL : evm::OP_CALLCODE,
                    {pick(60'000), word(contract_at(pick(8))), pick(2), at(), pick(70), at(), pick(70)});
                break;
            case 12:
                code.call(
                    pick(2) ? evm::OP_STATICCALL : evm::OP_DELEGATECALL,
                    {pick(60'000), word(contract_at(pick(2) ? 7 : pick(7))), at(), pick(70), at(), pick(70)});
                break;
            case 13:
                code.call(evm::OP_RETURNDATACOPY, {at(), 0, pick(4) == 0 ? 1 : 0});
                break;
            case 14:
                code.call(evm::OP_CREATE, {pick(2), at(), pick(70)});
                break;
            default:
                code.op(pick(2) ? evm::OP_SELFBALANCE : evm::OP_MSIZE).op(evm::OP_DUP1);
                break;
        }
    }
    static uint256 word(const Address& address) { return base::to_uint256(address); }

    std::mt19937_64 random_;
};

struct Chain {
    explicit Chain(uint64_t seed) : random(seed) {
        env.system_calls = false;
        env.context = {.number = 1,
                       .timestamp = 1,
                       .gas_limit = 100'000'000,
                       .coinbase = coinbase,
                       .difficulty = {},
                       .prev_randao = {},
                       .base_fee = 7,
                       .blob_base_fee = 1,
                       .chain_id = 1};
        for (uint64_t i = 0; i < 6; ++i) {
            const Bytes code = random.make(10 + random.pick(20));
            state.set_account(contract_at(i), {.nonce = 1, .balance = 50, .code_hash = state.set_code(code)});
        }
        // The eighth gives its own code, and may be called from where nothing may be changed.
        const Bytes echo = Code().call(evm::OP_CODECOPY, {0, 0, 64}).call(evm::OP_RETURN, {0, 40}).bytes();
        state.set_account(contract_at(7), {.nonce = 1, .balance = 0, .code_hash = state.set_code(echo)});
        for (uint64_t i = 0; i < 5; ++i)
            state.set_account(sender_at(i), {.nonce = 0, .balance = uint256{0, 1, 0, 0}});
        uint64_t nonces[5] = {};
        for (int i = 0; i < 30; ++i) {
            const uint64_t from = random.pick(5);
            Transaction& tx = transactions.emplace_back();
            tx.sender = sender_at(from);
            tx.nonce = nonces[from]++;
            tx.gas_limit = 60'000 + random.pick(300'000);
            tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 10;
            if (random.pick(8) != 0) tx.to = contract_at(random.pick(7));  // the seventh has no code
            tx.data = tx.to ? Bytes(random.pick(60), 0x5b) : random.make(5);
            tx.value = random.pick(2);
        }
    }
    MemoryState state;
    RandomContracts random;
    BlockEnv env;
    std::vector<Transaction> transactions;
};

struct Told {
    std::vector<std::string> lines;
    std::expected<BlockResult, ExecutionError> result;
    ExecutionStatistics statistics;
};

Told run(const Chain& chain, ContextOptions how, OnInvalid on_invalid = OnInvalid::fail) {
    ExecutionContext context(std::move(how));
    Recorder recorder;
    auto result = execute<MainnetRules>(chain.env, chain.transactions, chain.state, context,
                                        {.on_invalid = on_invalid, .inspector = &recorder});
    return {std::move(recorder.lines), std::move(result), context.statistics()};
}

void expect_same(const Told& expected, const Told& told) {
    EXPECT_EQ(expected.result, told.result);
    const auto [a, b] = std::ranges::mismatch(expected.lines, told.lines);
    EXPECT_EQ(expected.lines.size(), told.lines.size());
    if (a == expected.lines.end() && b == told.lines.end()) return;
    ADD_FAILURE() << "event " << a - expected.lines.begin() << "\n  "
                  << (a == expected.lines.end() ? "(none)" : *a) << "\n  "
                  << (b == told.lines.end() ? "(none)" : *b);
}

/// The ways to speculate that must not make a difference.
std::vector<Speculation> speculations() {
    return {{},
            {.segment_transactions = 1},
            {.segment_transactions = 3},
            {.segment_transactions = 1, .stale_first_run = true},
            {.segment_transactions = 4, .refuse_percent = 50, .seed = 1}};
}

TEST(Inspector, HearsTheSequentialOrderFromEveryExecutor) {
    ExecutionStatistics sum;
    size_t lines = 0;
    for (uint64_t seed = 0; seed < 12; ++seed) {
        const Chain chain(seed);
        const Told expected = run(chain, {.executor = ExecutorKind::sequential});
        ASSERT_TRUE(expected.result) << to_string(expected.result.error());
        lines += expected.lines.size();
        for (const unsigned threads : {1U, 2U, 3U})
            for (const Speculation& speculation : speculations()) {
                SCOPED_TRACE(
                    fmt::format("seed {}, {} threads, {} transactions a segment, stale {}, refused {} %",
                                seed, threads, speculation.segment_transactions, speculation.stale_first_run,
                                speculation.refuse_percent));
                const Told told = run(
                    chain,
                    {.executor = ExecutorKind::optimistic, .threads = threads, .speculation = speculation});
                expect_same(expected, told);
                sum.speculative += told.statistics.speculative;
                sum.repaired += told.statistics.repaired;
            }
    }
    // Events that were held back and delivered, and others that were thrown away.
    EXPECT_GT(sum.speculative, 0U);
    EXPECT_GT(sum.repaired, 0U);
    EXPECT_GT(lines, 12U * 1000);
}

TEST(Inspector, HearsOfInvalidTransactions) {
    Chain chain(77);
    chain.transactions[3].nonce += 9;
    chain.transactions[11].gas_limit = 20'000;
    chain.transactions[20].gas_limit = 200'000'000;
    for (const OnInvalid on_invalid : {OnInvalid::skip, OnInvalid::fail}) {
        const Told expected = run(chain, {.executor = ExecutorKind::sequential}, on_invalid);
        EXPECT_EQ(expected.result.has_value(), on_invalid == OnInvalid::skip);
        EXPECT_EQ(std::ranges::count(expected.lines, "invalid 3"), 1);
        EXPECT_EQ(std::ranges::count(expected.lines, "invalid 20"), on_invalid == OnInvalid::skip ? 1 : 0);
        for (const unsigned threads : {1U, 3U})
            for (const Speculation& speculation : speculations())
                expect_same(expected, run(chain,
                                          {.executor = ExecutorKind::optimistic,
                                           .threads = threads,
                                           .speculation = speculation},
                                          on_invalid));
    }
}

TEST(Inspector, WhatExceedsTheEventBudgetIsRunAtTheCursor) {
    const Chain chain(5);
    const Told expected = run(chain, {.executor = ExecutorKind::sequential});
    const Speculation each{.segment_transactions = 1, .stale_first_run = true};
    const auto with_budget = [&](size_t budget) {
        return run(chain, {.executor = ExecutorKind::optimistic,
                           .threads = 2,
                           .event_budget = budget,
                           .speculation = each});
    };
    const Told ample = with_budget(size_t{64} << 20);
    const Told none = with_budget(0);
    const Told some = with_budget(size_t{40} << 10);
    expect_same(expected, ample);
    expect_same(expected, none);
    expect_same(expected, some);
    EXPECT_GT(ample.statistics.speculative, 0U);
    EXPECT_EQ(none.statistics.speculative, 0U);
}

TEST(Inspector, SystemCallsLieOutsideTransactions) {  // EIP-4788
    Chain chain(1);
    const Address beacon_roots = "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address;
    chain.env.revision = Revision::cancun;
    chain.env.system_calls = true;
    chain.env.parent_beacon_block_root = Hash{};
    chain.state.set_account(
        beacon_roots, {.nonce = 1, .balance = 0, .code_hash = chain.state.set_code({evm::OP_CALLDATASIZE})});
    const Told expected = run(chain, {.executor = ExecutorKind::sequential});
    ASSERT_TRUE(expected.result);
    EXPECT_TRUE(expected.lines.front().starts_with("enter ")) << expected.lines.front();
    expect_same(expected, run(chain, {.executor = ExecutorKind::optimistic, .threads = 2}));
}

}  // namespace
}  // namespace weft::execution
