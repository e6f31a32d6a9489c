#include "weft/cli/evm_t8n.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/cli/evm_rejection.hpp"
#include "weft/cli/evm_t8n_input.hpp"
#include "weft/cli/evm_t8n_output.hpp"
#include "weft/cli/evm_tracers.hpp"
#include "weft/cli/state_before.hpp"
#include "weft/execution/executor.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::cli::evm_tool {
namespace {

using execution::BlockEnv;

/// The state before the block, which knows only the block hashes that the environment gives: another one
/// asked for is an error, as in geth's tool.
class TransitionState final : public StateBefore {
public:
    TransitionState(const MemoryState& state, const TransitionEnv& env) : StateBefore(state), env_(env) {}
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override {
        if (!env_.block_hashes)
            return std::unexpected(
                StateError{fmt::format("getHash({}) invoked, no blockhashes provided", number)});
        const auto found = env_.block_hashes->find(number);
        if (found == env_.block_hashes->end())
            return std::unexpected(StateError{
                fmt::format("getHash({}) invoked, blockhash for that block not provided", number)});
        return found->second;
    }

private:
    const TransitionEnv& env_;
};

BlockEnv make_env(const TransitionOptions& options, const TransitionInput& input) {
    const TransitionEnv& from = input.env;
    const ChainConfig& config = input.config;
    BlockEnv env;
    env.revision = config.revision(from.number, from.timestamp, /*merged=*/from.random.has_value());
    env.eip155 = config.is_eip155(from.number);
    env.dao_fork = config.is_dao_fork(from.number);
    env.blobs = config.blob_params(from.timestamp).value_or(BlobParams{});
    env.deposit_contract = config.deposit_contract;
    env.parent_beacon_block_root = from.parent_beacon_block_root;
    if (from.block_hashes && from.number != 0)
        if (const auto parent = from.block_hashes->find(from.number - 1); parent != from.block_hashes->end())
            env.parent_hash = parent->second;
    // From Amsterdam on a reward of nothing would be an access of the coinbase (EIP-7928).
    if (options.reward > 0 || (options.reward == 0 && env.revision < Revision::amsterdam)) {
        env.reward = static_cast<uint64_t>(options.reward);
        for (const auto& ommer : from.ommers)
            env.ommers.push_back({ommer.address, from.number - ommer.delta});
    }
    // What the environment says of a later fork stands in the result, but nothing comes of it.
    if (from.withdrawals && env.revision >= Revision::shanghai) env.withdrawals = *from.withdrawals;

    evm::BlockContext& context = env.context;
    context.number = from.number;
    context.timestamp = from.timestamp;
    context.gas_limit = from.gas_limit;
    context.coinbase = from.coinbase;
    context.difficulty = from.difficulty.value_or(uint256{});
    context.prev_randao = base::to_hash(from.random.value_or(uint256{}));
    if (env.revision >= Revision::london) context.base_fee = from.base_fee.value_or(uint256{});
    context.blob_base_fee = execution::blob_base_fee(from.excess_blob_gas.value_or(0), env.blobs);
    context.chain_id = config.chain_id;
    return env;
}

/// One call of the tool, from its parsed input on.
class Transition {
public:
    Transition(const TransitionOptions& options, TransitionInput input)
        : options_(options),
          input_(std::move(input)),
          env_(make_env(options, input_)),
          state_(input_.pre, input_.env),
          context_(context_options(options.executor)) {
        select_transactions();
    }

    Outcome<TransitionResult> run() {
        TraceFiles traces(options_.output_basedir, transactions_, options_.trace);
        OpcodeCounter opcodes(env_.revision);
        InspectorGroup inspectors;
        if (options_.trace.enabled) inspectors.add(traces);
        if (!options_.opcode_count.empty()) inspectors.add(opcodes);
        execution::ExecutionOptions options{.on_invalid = execution::OnInvalid::skip};
        if (!inspectors.empty()) options.inspector = &inspectors;
        std::optional<StateTrie> roots;
        if (env_.revision < Revision::byzantium)
            options.sink = options.transaction_roots = &roots.emplace(input_.pre);
        TransitionResult result;
        if (auto done = execute(options, result); !done) return std::unexpected(std::move(done.error()));
        if (!traces.failed().empty())
            return std::unexpected(Failure{Exit::io, "failed writing trace file " + traces.failed()});
        if (auto written = write_opcodes(opcodes); !written)
            return std::unexpected(std::move(written.error()));
        collect(result);
        return result;
    }

    [[nodiscard]] const TransitionEnv& given() const noexcept { return input_.env; }
    [[nodiscard]] const BlockEnv& env() const noexcept { return env_; }

private:
    /// What isn't a transaction, or can't be priced, never reaches the executor.
    void select_transactions() {
        for (size_t i = 0; i < input_.transactions.size(); ++i) {
            auto& tx = input_.transactions[i];
            if (!tx) {
                rejected_.push_back({i, tx.error()});
            } else if (tx->type == TxType::blob && !input_.env.excess_blob_gas) {
                // geth's words; before Cancun newer fillers look for the others.
                const char* const why =
                    env_.revision >= Revision::cancun ? "" : ": transaction type not supported";
                rejected_.push_back(
                    {i, std::string("blob tx used but field env.ExcessBlobGas missing") + why});
            } else {
                transactions_.push_back(std::move(*tx));
                places_.push_back(i);
            }
        }
    }

    Outcome<void> execute(const execution::ExecutionOptions& options, TransitionResult& result) {
        auto block = execution::execute(env_, transactions_, state_, context_, options);
        if (!block && std::holds_alternative<execution::InvalidBlock>(block.error())) {
            // The transactions stand, the block doesn't: test fillers expect both said.
            result.block_exception = describe(std::get<execution::InvalidBlock>(block.error()).reason);
            BlockEnv rest = env_;
            rest.system_calls = false;
            rest.deposit_contract = {};
            block = execution::execute(rest, transactions_, state_, context_,
                                       {.on_invalid = execution::OnInvalid::skip});
        }
        if (!block) return std::unexpected(failure_of(block.error()));
        result.block = std::move(*block);
        return {};
    }

    static std::string describe(execution::Reason reason) {
        if (reason == execution::Reason::invalid_deposit_log)
            return "failed to parse deposit logs: invalid deposit log";
        if (reason == execution::Reason::access_list_too_large) return "block access list exceeds gas limit";
        return fmt::format("system call failed to execute: {}", execution::to_string(reason));
    }
    static Failure failure_of(const execution::ExecutionError& error) {
        // A state in memory fails only where a block hash is missing.
        if (const auto* const missing = std::get_if<StateError>(&error))
            return {Exit::missing_block_hash, missing->message};
        return {Exit::evm, execution::to_string(error)};
    }

    Outcome<void> write_opcodes(const OpcodeCounter& opcodes) const {
        if (options_.opcode_count.empty()) return {};
        const auto path = std::filesystem::path(options_.output_basedir) / options_.opcode_count;
        if (auto written = primitives::json::write_file(path.string(), indented(opcodes.json(), 1)); !written)
            return std::unexpected(Failure{Exit::io, "failed writing output: " + written.error()});
        return {};
    }

    /// Names what was left out, and keeps what was not.
    void collect(TransitionResult& result) {
        auto skipped = result.block.skipped.begin();
        uint64_t blob_gas = 0;
        for (size_t i = 0; i < transactions_.size(); ++i) {
            const Transaction& tx = transactions_[i];
            if (skipped != result.block.skipped.end() && skipped->transaction == i) {
                rejected_.push_back({places_[i], describe_skipped(i, skipped->reason, blob_gas)});
                ++skipped;
            } else {
                blob_gas += execution::gas_per_blob * tx.blob_versioned_hashes.size();
                result.included.push_back(tx);
            }
        }
        std::ranges::sort(rejected_, {}, &Rejection::index);
        result.rejected = std::move(rejected_);
        result.excess_blob_gas = input_.env.excess_blob_gas;
        result.post = input_.pre;
        result.post.apply(result.block.diff);
    }

    std::string describe_skipped(size_t index, execution::Reason reason, uint64_t blob_gas) {
        RejectedAt at{.sender = {}, .code_size = 0, .blob_gas_used = blob_gas};
        const Transaction& tx = transactions_[index];
        if (needs_sender(reason)) {
            const MemoryState before = state_before(index);
            at.sender = before.account(tx.sender)->value_or(Account{});
            if (const Bytes* const code = before.find_code(at.sender.code_hash)) at.code_size = code->size();
        }
        return describe_rejection(reason, tx, env_, at);
    }

    /// The state that a transaction met: the block without it and without what ends a block.
    MemoryState state_before(size_t index) {
        BlockEnv env = env_;
        env.reward.reset();
        env.ommers.clear();
        env.withdrawals.clear();
        const auto before = std::span<const Transaction>(transactions_).first(index);
        const execution::ExecutionOptions options{.on_invalid = execution::OnInvalid::skip, .blooms = false};
        auto block = execution::execute(env, before, state_, context_, options);
        if (!block) {  // what ends a block fails, the transactions before don't
            env.system_calls = false;
            env.deposit_contract = {};
            block = execution::execute(env, before, state_, context_, options);
        }
        MemoryState out = input_.pre;
        if (block) out.apply(block->diff);
        return out;
    }

    const TransitionOptions& options_;
    TransitionInput input_;
    BlockEnv env_;
    TransitionState state_;
    execution::ExecutionContext context_;
    std::vector<Transaction> transactions_;  ///< what goes to the executor
    std::vector<size_t> places_;             ///< where each stands in the input
    std::vector<Rejection> rejected_;
};

}  // namespace

Outcome<void> transition(const TransitionOptions& options, const Streams& streams) {
    std::error_code error;
    if (!options.output_basedir.empty() &&
        (std::filesystem::create_directories(options.output_basedir, error), error))
        return std::unexpected(Failure{Exit::io, fmt::format("failed creating output basedir: {}: {}",
                                                             options.output_basedir, error.message())});
    auto input = read_transition_input(options);
    if (!input) return std::unexpected(std::move(input.error()));
    if (auto completed = complete(input->env, input->config); !completed) return completed;
    Transition transition(options, std::move(*input));
    const auto result = transition.run();
    if (!result) return std::unexpected(result.error());
    return write_transition(options, transition.given(), transition.env(), *result, streams);
}

}  // namespace weft::cli::evm_tool
