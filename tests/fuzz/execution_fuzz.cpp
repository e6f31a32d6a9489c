// Any small block: the sequential and the optimistic executor give the same result or the same error, with
// segments of one or two transactions, first runs on stale state, and validations refused at random.
#include <memory>

#include "tests/fuzz/code.hpp"
#include "weft/base/hex.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/memory_state.hpp"

namespace weft {
namespace {

using execution::BlockEnv;
using execution::ExecutorKind;
using fuzz::Input;

/// Accounts 0 to 3 send; 4 to 7 have code; then somebody nobody knows, and a precompile.
constexpr size_t senders = 4, contracts = 4;
constexpr Address actors[] = {
    "0x00000000000000000000000000000000000a0000"_address,
    "0x00000000000000000000000000000000000a0001"_address,
    "0x00000000000000000000000000000000000a0002"_address,
    "0x00000000000000000000000000000000000a0003"_address,
    "0x00000000000000000000000000000000000c0000"_address,
    "0x00000000000000000000000000000000000c0001"_address,
    "0x00000000000000000000000000000000000c0002"_address,
    "0x00000000000000000000000000000000000c0003"_address,
    "0x00000000000000000000000000000000000d0000"_address,
    "0x0000000000000000000000000000000000000002"_address,
};

Address actor(Input& in) { return actors[in.below(std::size(actors))]; }

BlockEnv make_env(Input& in) {
    BlockEnv env;
    env.revision = static_cast<Revision>(in.below(static_cast<size_t>(primitives::newest_revision) + 1));
    env.system_calls =
        in.one_in(8);  // nobody deployed their contracts: from Prague on that's an invalid block
    env.context.number = 1000;
    env.context.timestamp = 1'700'000'000;
    env.context.gas_limit = in.one_in(8) ? 21'000 + in.word16() * 8 : 30'000'000;
    env.context.coinbase = actor(in);
    if (env.revision >= Revision::london) env.context.base_fee = in.below(8);
    if (env.revision >= Revision::cancun) {
        env.context.blob_base_fee = 1;
        env.blobs = primitives::cancun_blobs;
        env.parent_beacon_block_root.emplace();
    }
    env.reward = execution::block_reward(env.revision);
    if (env.reward && in.one_in(4)) env.ommers.push_back({.coinbase = actor(in), .number = 999});
    if (env.revision >= Revision::shanghai && in.one_in(4))
        env.withdrawals.push_back(
            {.index = 1, .validator_index = 1, .address = actor(in), .amount = in.below(3)});
    return env;
}

/// Codes are short, so that input is left for the transactions.
MemoryState make_state(Input& in, Revision revision) {
    MemoryState state;
    for (size_t i = 0; i < senders; ++i) {
        Account account{.nonce = in.below(2), .balance = uint256{0, 1, 0, 0}};
        if (in.one_in(8)) account.balance = uint256{in.word16()} * 1000;  // may run out
        if (in.one_in(16)) continue;                                      // unknown until somebody pays it
        state.set_account(actors[i], account);
    }
    for (size_t i = senders; i < senders + contracts; ++i) {
        Account account{.nonce = 1, .balance = in.below(100)};
        account.code_hash = state.set_code(fuzz::make_code(in, 8 + in.below(24), revision, actors));
        if (in.one_in(16)) account.nonce = 0;
        state.set_account(actors[i], account);
        for (size_t slot = in.below(4); slot > 0; --slot) state.set_storage(actors[i], slot, in.byte());
    }
    if (in.one_in(4)) state.set_account(actors[8], {});  // exists, and is empty
    return state;
}

void add_type(Input& in, Transaction& tx, Revision revision) {
    if (revision >= Revision::berlin && in.one_in(4)) {
        tx.type = TxType::access_list;
        tx.access_list.push_back({.address = actor(in), .storage_keys = {in.below(4), in.below(4)}});
    }
    if (revision >= Revision::london && in.one_in(2)) {
        tx.type = TxType::dynamic_fee;
        tx.max_priority_fee_per_gas = in.below(4);
    }
    if (revision >= Revision::cancun && tx.to && in.one_in(8)) {
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = in.below(4);
        tx.blob_versioned_hashes.resize(in.below(5));
        for (Hash& hash : tx.blob_versioned_hashes) hash[0] = 1;
    }
    if (revision >= Revision::prague && tx.to && in.one_in(4)) {
        tx.type = TxType::set_code;
        for (size_t more = in.below(4); more > 0; --more) {
            primitives::Authorization& tuple = tx.authorization_list.emplace_back();
            tuple.chain_id = in.below(3);
            tuple.address = in.one_in(8) ? Address{} : actor(in);
            tuple.nonce = in.below(4);
            if (!in.one_in(8)) tuple.authority = actors[in.below(senders)];
            tuple.authority_recovered = true;
        }
    }
    if (tx.type != TxType::legacy) tx.chain_id = 1;
    if (in.one_in(64)) tx.type = static_cast<TxType>(in.below(5));  // perhaps of another fork
}

std::vector<Transaction> make_transactions(Input& in, const MemoryState& state, Revision revision) {
    std::vector<Transaction> out;
    uint64_t nonces[senders];
    for (size_t i = 0; i < senders; ++i) nonces[i] = (*state.account(actors[i])).value_or(Account{}).nonce;
    while (!in.empty() && out.size() < 16) {
        Transaction& tx = out.emplace_back();
        const size_t sender = in.below(senders);
        tx.sender = actors[sender];
        tx.nonce = nonces[sender]++;
        if (in.one_in(16)) tx.nonce += in.below(3) - uint64_t{1};
        if (!in.one_in(8)) tx.to = actor(in);
        tx.gas_limit = in.one_in(4) ? 21'000 + in.word16() : 400'000;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas =
            in.one_in(8) ? in.number() : uint256{8 + in.below(4)};
        tx.value = in.one_in(8) ? in.number() : uint256{in.below(4)};
        if (tx.to) {
            const BytesView data = in.bytes(in.below(40));
            tx.data.assign(data.begin(), data.end());
        } else {
            tx.data = fuzz::make_code(in, in.below(24), revision, actors);
        }
        add_type(in, tx, revision);
    }
    return out;
}

using Result = std::expected<execution::BlockResult, execution::ExecutionError>;

/// One context of each kind, kept from run to run as a client keeps them from block to block.
std::span<const std::unique_ptr<execution::ExecutionContext>> contexts() {
    static const auto all = [] {
        const auto pool = std::make_shared<base::ThreadPool>(1U);
        const auto make = [&](ExecutorKind kind, execution::Speculation speculation) {
            return std::make_unique<execution::ExecutionContext>(
                execution::ContextOptions{.executor = kind,
                                          .threads = kind == ExecutorKind::sequential ? 1U : 2U,
                                          .pool = pool,
                                          .memory_budget = size_t{64} << 20,
                                          .speculation = speculation});
        };
        std::vector<std::unique_ptr<execution::ExecutionContext>> out;
        out.push_back(make(ExecutorKind::sequential, {}));
        out.push_back(make(ExecutorKind::optimistic, {.segment_transactions = 1, .stale_first_run = true}));
        out.push_back(
            make(ExecutorKind::optimistic,
                 {.segment_transactions = 2, .stale_first_run = true, .refuse_percent = 30, .seed = 1}));
        out.push_back(
            make(ExecutorKind::optimistic,
                 {.segment_transactions = 1, .refuse_percent = 50, .early_percent = 30, .seed = 2}));
        out.push_back(make(ExecutorKind::optimistic, {}));
        return out;
    }();
    return all;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    Input in(data, size);
    const BlockEnv env = make_env(in);
    execution::ExecutionOptions options;
    if (!in.one_in(4)) options.on_invalid = execution::OnInvalid::skip;
    const MemoryState state = make_state(in, env.revision);
    const std::vector<Transaction> transactions = make_transactions(in, state, env.revision);
    std::optional<Result> expected;
    for (const auto& context : contexts()) {
        Result result = execution::execute(env, std::span(transactions), state, *context, options);
        if (!expected) {
            expected = std::move(result);
            continue;
        }
        fuzz::require(result.has_value() == expected->has_value(), "success or failure");
        if (!result) {
            fuzz::require(result.error() == expected->error(), "the error");
            continue;
        }
        fuzz::require(result->receipts == (*expected)->receipts, "receipts");
        fuzz::require(result->diff == (*expected)->diff, "the diff");
        fuzz::require(*result == **expected, "the result");
    }
    return 0;
}
