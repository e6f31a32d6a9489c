// Senders come in order, whoever recovers them; what is no transaction or no signature is named; and blocks
// that execute while their senders come give what they give with senders known.
#include "weft/execution/sender_pipeline.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "weft/evm/test_world.hpp"
#include "weft/execution/executor.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;

constexpr Address coinbase = "0x00000000000000000000000000000000000000cb"_address;
constexpr Address counter = "0x00000000000000000000000000000000000000c1"_address;
constexpr size_t key_count = 24;

Hash key_of(size_t number) { return base::to_hash(uint256{number + 1}); }

void sign(Transaction& tx, size_t key) {
    const auto signature = crypto::sign(primitives::signing_hash(tx), key_of(key)).value();
    tx.r = signature.r;
    tx.s = signature.s;
    tx.y_parity = signature.y_parity;
}

void sign(primitives::Authorization& authorization, size_t key) {
    const auto signature = crypto::sign(primitives::signing_hash(authorization), key_of(key)).value();
    authorization.r = signature.r;
    authorization.s = signature.s;
    authorization.y_parity = signature.y_parity;
}

/// The same signature's other form.
void raise_s(Transaction& tx) {
    tx.s = crypto::secp256k1_order - tx.s;
    tx.y_parity = uint256{1} - tx.y_parity;
}

/// A block as it comes from the network, and what it says.
struct Given {
    std::vector<Transaction> known;  ///< with senders and authorities
    std::vector<Bytes> raw;
    std::vector<BytesView> views;
    std::vector<Transaction> transactions;  ///< what the pipeline makes of it
    BlockEnv env;

    void encode() {
        raw.clear();
        views.clear();
        for (const Transaction& tx : known) raw.push_back(primitives::encode(tx));
        for (const Bytes& bytes : raw) views.emplace_back(bytes);
    }
};

/// Blocks of calls to a counter by a few senders with known keys, of all types but blobs.
class Chain {
public:
    Chain() {
        const Bytes count = evm::test::counting_code().bytes();
        state_.set_account(counter, {.nonce = 1, .balance = 0, .code_hash = state_.set_code(count)});
        for (size_t key = 0; key < key_count; ++key) {
            Transaction tx = call(0);
            sign(tx, key);
            senders_[key] = primitives::recover_sender(tx).value();
            state_.set_account(senders_[key], {.nonce = 0, .balance = 1'000'000'000'000'000'000});
        }
    }

    /// A block on the state at the start.
    Given block(size_t size, unsigned seed) {
        std::mt19937 random(seed);
        Given out;
        std::array<uint64_t, key_count> nonces{};
        for (size_t i = 0; i < size; ++i) {
            const size_t key = random() % key_count;
            Transaction& tx = out.known.emplace_back(call(nonces[key]++));
            tx.data.resize(random() % 100 == 0 ? 3000 : random() % 100, 0x11);
            tx.to = random() % 3 == 0 ? std::optional(counter) : senders_[random() % key_count];
            tx.value = random() % 5;
            change_type(tx, random() % 5);
            if (tx.type == TxType::set_code) authorize(tx, random() % 4 + 1, random);
            sign(tx, key);
            tx.sender = senders_[key];
        }
        out.env = env();
        out.encode();
        return out;
    }

    static void change_type(Transaction& tx, unsigned kind) {
        if (kind == 0) tx.chain_id.reset();  // before EIP-155
        tx.type = kind <= 1   ? TxType::legacy
                  : kind == 2 ? TxType::access_list
                  : kind == 3 ? TxType::dynamic_fee
                              : TxType::set_code;
        if (kind <= 2) tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
        if (kind >= 2) tx.access_list = {{counter, {uint256{0}}}};
    }

    /// Adds authorizations; every third one is nobody's.
    void authorize(Transaction& tx, size_t count, std::mt19937& random) {
        tx.gas_limit = 100'000 + 25'000 * count;
        for (size_t i = 0; i < count; ++i) {
            auto& authorization = tx.authorization_list.emplace_back();
            authorization.address = counter;
            authorization.nonce = random() % 3;
            // Not a sender's key: an authorization that applies takes its authority's nonce.
            sign(authorization, key_count + random() % 8);
            authorization.authority = primitives::recover_authority(authorization);
            authorization.authority_recovered = true;
            switch (random() % 9) {
                case 0:
                    authorization.y_parity = 2;
                    break;
                case 1:  // EIP-7702: a high s is no signature, whatever the fork
                    authorization.s = crypto::secp256k1_order - authorization.s;
                    authorization.y_parity = uint256{1} - authorization.y_parity;
                    break;
                case 2:
                    authorization.r = 0;
                    break;
                default:
                    continue;
            }
            authorization.authority.reset();
        }
    }

    static BlockEnv env() {
        BlockEnv env;
        env.context = {.number = 1,
                       .timestamp = 1,
                       .gas_limit = 1'000'000'000'000,
                       .coinbase = coinbase,
                       .difficulty = {},
                       .prev_randao = {},
                       .base_fee = 7,
                       .blob_base_fee = 5,
                       .chain_id = 1};
        env.blobs = primitives::prague_blobs;
        env.revision = Revision::prague;
        env.system_calls = false;
        return env;
    }

    [[nodiscard]] std::expected<BlockResult, ExecutionError> execute_known(
        const Given& block, ExecutionContext& context, const ExecutionOptions& options = {}) const {
        return execute<MainnetRules>(block.env, block.known, state_, context, options);
    }
    [[nodiscard]] std::expected<BlockResult, ExecutionError> execute_recovered(
        const Given& block, SenderPipeline::Block& senders, ExecutionContext& context,
        ExecutionOptions options = {}) const {
        options.senders = &senders.gate();
        return execute<MainnetRules>(block.env, block.transactions, state_, context, options);
    }

    static Transaction call(uint64_t nonce) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = 1;
        tx.nonce = nonce;
        tx.to = counter;
        tx.gas_limit = 150'000;
        tx.max_fee_per_gas = 10;
        tx.max_priority_fee_per_gas = 2;
        return tx;
    }

private:
    MemoryState state_;
    std::array<Address, key_count> senders_;
};

struct Shape {
    unsigned threads;
    size_t piece;
};

class Pipelines : public testing::TestWithParam<Shape> {
protected:
    Pipelines() {
        if (GetParam().threads > 1) pool_ = std::make_shared<base::ThreadPool>(GetParam().threads - 1);
        pipeline_.emplace(SenderPipelineOptions{.pool = pool_, .piece = GetParam().piece});
    }

    std::unique_ptr<SenderPipeline::Block> push(Given& block) {
        return pipeline_->push(block.views, block.transactions, block.env.revision);
    }

    Chain chain_;
    std::shared_ptr<base::ThreadPool> pool_;
    std::optional<SenderPipeline> pipeline_;
};

INSTANTIATE_TEST_SUITE_P(Every, Pipelines,
                         testing::Values(Shape{1, 128}, Shape{1, 1}, Shape{2, 0}, Shape{2, 128}, Shape{2, 8},
                                         Shape{3, 16}, Shape{8, 64}, Shape{8, 1}),
                         [](const auto& info) {
                             return fmt::format("Threads{}Piece{}", info.param.threads, info.param.piece);
                         });

TEST_P(Pipelines, GateOpensInOrderWithTheSenders) {
    Given given = chain_.block(300, 1);
    const auto senders = push(given);
    ASSERT_EQ(senders->decoded(), std::nullopt);
    ASSERT_EQ(given.transactions.size(), given.known.size());
    for (size_t i = 0; i < given.known.size(); ++i) {
        ASSERT_TRUE(senders->gate().wait(i + 1, {}));
        ASSERT_EQ(given.transactions[i], given.known[i]) << i;
        EXPECT_FALSE(senders->gate().refused(i));
    }
}

TEST_P(Pipelines, DecodedTransactionsGoInToo) {
    Given given = chain_.block(200, 2);
    std::vector<Transaction> transactions = given.known;
    for (Transaction& tx : transactions) {
        tx.sender = {};
        for (auto& authorization : tx.authorization_list) {
            authorization.authority.reset();
            authorization.authority_recovered = false;
        }
    }
    const auto senders = pipeline_->push(transactions, Revision::prague);
    EXPECT_EQ(senders->decoded(), std::nullopt);
    ASSERT_TRUE(senders->gate().wait(transactions.size(), {}));
    EXPECT_EQ(transactions, given.known);
    std::vector<Transaction> none;
    const auto empty = pipeline_->push(std::span(none), Revision::prague);
    EXPECT_EQ(empty->decoded(), std::nullopt);
    EXPECT_TRUE(empty->gate().is_open(0));
}

TEST_P(Pipelines, Eip7702AuthoritiesOfOneTransactionLieInManyPieces) {
    Given given = chain_.block(3, 3);
    std::mt19937 random(3);
    given.known[1].type = TxType::set_code;
    chain_.authorize(given.known[1], 500, random);
    sign(given.known[1], 0);
    given.encode();
    const auto senders = push(given);
    ASSERT_EQ(senders->decoded(), std::nullopt);
    ASSERT_TRUE(senders->gate().wait(2, {}));
    EXPECT_EQ(given.transactions[1].authorization_list, given.known[1].authorization_list);
}

TEST_P(Pipelines, TheFirstBytesThatAreNoTransactionAreNamed) {
    Given given = chain_.block(400, 4);
    given.raw[399].clear();
    given.raw[130].pop_back();
    given.raw[131] = {0x7f};
    given.views.assign(given.raw.begin(), given.raw.end());
    const auto senders = push(given);
    const auto error = senders->decoded();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->transaction, 130U);
    EXPECT_EQ(error->error.code, DecodeErrorCode::input_too_short);
    EXPECT_EQ(senders->decoded(), error);
    EXPECT_FALSE(senders->gate().is_open(1));
    Given next = chain_.block(20, 5);
    const auto later = push(next);
    ASSERT_EQ(later->decoded(), std::nullopt);
    EXPECT_TRUE(later->gate().wait(20, {})) << "the next block is not concerned";
}

TEST_P(Pipelines, Eip2AHighSIsRefusedFromHomesteadOn) {
    Given given = chain_.block(60, 6);
    raise_s(given.known[7]);
    raise_s(given.known[59]);
    given.known[20].r = 0;
    given.known[21].s = crypto::secp256k1_order;
    given.encode();
    const auto refused = [&](Revision revision) {
        std::set<size_t> out;
        const auto senders = pipeline_->push(given.views, given.transactions, revision);
        EXPECT_EQ(senders->decoded(), std::nullopt);
        EXPECT_TRUE(senders->gate().wait(60, {}));
        for (size_t i = 0; i < 60; ++i)
            if (senders->gate().refused(i)) out.insert(i);
        EXPECT_EQ(given.transactions[7].sender, given.known[7].sender);
        EXPECT_EQ(given.transactions[20].sender, Address{});
        return out;
    };
    EXPECT_EQ(refused(Revision::frontier), (std::set<size_t>{20, 21}));
    EXPECT_EQ(refused(Revision::homestead), (std::set<size_t>{7, 20, 21, 59}));
}

TEST_P(Pipelines, RoomIsBounded) {
    pipeline_.emplace(SenderPipelineOptions{.pool = pool_, .lookahead = 50});
    EXPECT_TRUE(pipeline_->has_room());
    Given first = chain_.block(30, 7), second = chain_.block(30, 8);
    auto one = push(first);
    EXPECT_TRUE(pipeline_->has_room());
    auto two = push(second);
    EXPECT_FALSE(pipeline_->has_room());
    one.reset();
    EXPECT_TRUE(pipeline_->has_room());
}

TEST_P(Pipelines, ABlockThatIsAloneMayHaveMore) {
    pipeline_.emplace(SenderPipelineOptions{.pool = pool_, .lookahead = 0});
    EXPECT_TRUE(pipeline_->has_room());
    Given given = chain_.block(30, 7);
    const auto alone = push(given);
    EXPECT_FALSE(pipeline_->has_room());
}

TEST_P(Pipelines, BlocksAreDroppedAtAnyTime) {
    std::vector<Given> given;
    for (unsigned i = 0; i < 12; ++i) given.push_back(chain_.block(i == 5 ? 0 : 150, 100 + i));
    std::mt19937 random(1);
    for (int round = 0; round < 10; ++round) {
        std::vector<std::unique_ptr<SenderPipeline::Block>> all;
        for (Given& one : given) all.push_back(push(one));
        std::ranges::shuffle(all, random);
        while (!all.empty()) {
            if (random() % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
            if (random() % 3 == 0) EXPECT_EQ(all.back()->decoded(), std::nullopt);
            if (random() % 3 == 0 && all.back()->decoded() == std::nullopt)
                EXPECT_TRUE(all.back()->gate().wait(0, {}));
            all.pop_back();
        }
    }
    const auto last = push(given[0]);
    ASSERT_EQ(last->decoded(), std::nullopt);
    ASSERT_TRUE(last->gate().wait(150, {}));
    EXPECT_EQ(given[0].transactions, given[0].known);
}

TEST_P(Pipelines, AStopEndsTheWait) {
    Given given = chain_.block(100, 9);
    const auto senders = push(given);
    ASSERT_EQ(senders->decoded(), std::nullopt);
    std::stop_source stop;
    stop.request_stop();
    ExecutionContext context(
        {.executor = ExecutorKind::optimistic, .threads = GetParam().threads, .pool = pool_});
    const auto result = chain_.execute_recovered(given, *senders, context, {.stop = stop.get_token()});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ExecutionError(Cancelled{}));
}

struct Executing {
    ExecutorKind executor;
    unsigned threads;
    Speculation speculation = {};
};

class ExecutionFromRaw : public testing::TestWithParam<Executing> {
protected:
    ExecutionFromRaw()
        : pool_(std::make_shared<base::ThreadPool>(GetParam().threads - 1)),
          context_({.executor = GetParam().executor,
                    .threads = GetParam().threads,
                    .pool = pool_,
                    .speculation = GetParam().speculation}),
          oracle_({.executor = ExecutorKind::sequential, .threads = 1}) {}

    /// Executes the blocks one after the other, each as known, those behind it on their way.
    void execute_all(std::vector<Given>& blocks, SenderPipeline& pipeline) {
        std::vector<std::unique_ptr<SenderPipeline::Block>> senders;
        for (size_t i = 0; i < blocks.size(); ++i) {
            while (senders.size() < blocks.size() && (senders.size() == i || pipeline.has_room())) {
                Given& next = blocks[senders.size()];
                senders.push_back(pipeline.push(next.views, next.transactions, next.env.revision));
            }
            ASSERT_EQ(senders[i]->decoded(), std::nullopt);
            const auto result = chain_.execute_recovered(blocks[i], *senders[i], context_);
            const auto expected = expected_of(blocks[i]);
            ASSERT_EQ(result.has_value(), expected.has_value()) << i;
            if (expected) {
                EXPECT_EQ(*result, *expected) << i;
            } else {
                EXPECT_EQ(result.error(), expected.error()) << i;
            }
            senders[i].reset();
        }
    }

    /// What the block gives with everything known, sequentially.
    std::expected<BlockResult, ExecutionError> expected_of(const Given& block) {
        SenderGate gate;
        for (size_t i = 0; i < block.known.size(); ++i)
            if (!primitives::recover_sender(block.known[i]) || !primitives::is_low_s(block.known[i].s))
                gate.refuse(i);
        gate.open(block.known.size());
        return chain_.execute_known(block, oracle_, {.senders = &gate});
    }

    Chain chain_;
    std::shared_ptr<base::ThreadPool> pool_;
    ExecutionContext context_;
    ExecutionContext oracle_;
};

constexpr Speculation single{.segment_transactions = 1};
constexpr Speculation forced{
    .segment_transactions = 2, .stale_first_run = true, .refuse_percent = 30, .seed = 5};
INSTANTIATE_TEST_SUITE_P(
    Every, ExecutionFromRaw,
    testing::Values(Executing{ExecutorKind::sequential, 1}, Executing{ExecutorKind::sequential, 2},
                    Executing{ExecutorKind::sequential, 3}, Executing{ExecutorKind::optimistic, 1},
                    Executing{ExecutorKind::optimistic, 2}, Executing{ExecutorKind::optimistic, 3},
                    Executing{ExecutorKind::optimistic, 8}, Executing{ExecutorKind::optimistic, 2, single},
                    Executing{ExecutorKind::optimistic, 3, forced},
                    Executing{ExecutorKind::optimistic, 8, forced}, Executing{ExecutorKind::automatic, 2}));

TEST_P(ExecutionFromRaw, ManyBlocks) {
    std::vector<Given> blocks;
    for (unsigned i = 0; i < 20; ++i) blocks.push_back(chain_.block(i % 7 == 3 ? i % 2 : 40 + 7 * i, i));
    SenderPipeline pipeline({.pool = pool_, .lookahead = 500});
    execute_all(blocks, pipeline);
}

TEST_P(ExecutionFromRaw, AnInvalidBlockLeavesTheOthersAlone) {
    std::vector<Given> blocks;
    for (unsigned i = 0; i < 6; ++i) blocks.push_back(chain_.block(120, i));
    raise_s(blocks[1].known[77]);       // no signature
    blocks[3].known[50].gas_limit = 1;  // before the one that is no signature
    sign(blocks[3].known[50], 3);
    blocks[3].known[51].r = 0;
    blocks[4].known[0].s = 0;
    for (Given& one : blocks) one.encode();
    SenderPipeline pipeline({.pool = pool_, .piece = 16});
    execute_all(blocks, pipeline);
    const auto expected = expected_of(blocks[1]);
    ASSERT_FALSE(expected);
    EXPECT_EQ(expected.error(), ExecutionError(InvalidBlock{77, Reason::invalid_signature}));
}

TEST_P(ExecutionFromRaw, AStopInTheMiddle) {
    Given block = chain_.block(400, 1);
    SenderPipeline pipeline({.pool = pool_, .piece = 8});
    for (int round = 0; round < 5; ++round) {
        const auto senders = pipeline.push(block.views, block.transactions, block.env.revision);
        ASSERT_EQ(senders->decoded(), std::nullopt);
        std::stop_source stop;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(300 * round));
            stop.request_stop();
        });
        const auto result = chain_.execute_recovered(block, *senders, context_, {.stop = stop.get_token()});
        if (!result) EXPECT_EQ(result.error(), ExecutionError(Cancelled{}));
    }
}

}  // namespace
}  // namespace weft::execution
