#include "weft/execution/validation/verify.hpp"

#include "weft/execution/sender_pipeline.hpp"
#include "weft/execution/validation/body.hpp"
#include "weft/execution/validation/header.hpp"
#include "weft/trie/roots.hpp"

namespace weft::execution {
namespace {

std::unexpected<ExecutionError> invalid(Reason reason) {
    return std::unexpected<ExecutionError>(InvalidBlock{std::nullopt, reason});
}

/// Finds the parent and holds the header against it.
std::optional<ExecutionError> check_header(const Header& header, const Ground& ground) {
    auto parent = ground.ancestors.header(header.parent_hash);
    if (!parent) return std::move(parent.error());
    if (!*parent) return InvalidBlock{std::nullopt, Reason::unknown_parent};
    auto merged = is_proof_of_stake(header, ground.config, ground.ancestors);
    if (!merged) return std::move(merged.error());
    if (const auto reason = validate_header(header, **parent, ground.config, *merged))
        return InvalidBlock{std::nullopt, *reason};
    if (!*merged && ground.seals != nullptr && !ground.seals->verify(header))
        return InvalidBlock{std::nullopt, Reason::invalid_seal};
    return std::nullopt;
}

}  // namespace

state::ReadResult<bool> is_proof_of_stake(const Header& header, const ChainConfig& config,
                                          const Ancestors& ancestors) {
    if (config.revision(header.number, header.timestamp, /*merged=*/false) >= Revision::shanghai) return true;
    if (!config.terminal_total_difficulty) return false;
    auto total = ancestors.total_difficulty(header.parent_hash);
    if (!total) return std::unexpected(std::move(total.error()));
    return config.is_merged(*total);
}

std::optional<Reason> validate_result(const Header& header, const BlockResult& result) {
    if (result.gas_used != header.gas_used) return Reason::wrong_gas_used;
    if (trie::receipts_root(result.receipts) != header.receipts_root) return Reason::wrong_receipts_root;
    if (result.logs_bloom != header.logs_bloom) return Reason::wrong_logs_bloom;
    if (header.requests_hash && primitives::requests_hash(result.requests) != *header.requests_hash)
        return Reason::wrong_requests_hash;
    if (header.block_access_list_hash &&
        (!result.access_list || primitives::hash(*result.access_list) != *header.block_access_list_hash))
        return Reason::wrong_access_list_hash;
    return std::nullopt;
}

std::expected<BlockResult, ExecutionError> verify_block_with(ExecuteTransactions& execute, Block& block,
                                                             const Ground& ground, ExecutionContext& context,
                                                             const ExecutionOptions& options) {
    if (auto error = check_header(block.header, ground)) return std::unexpected(std::move(*error));
    const BlockEnv env = make_block_env(block, ground.config);
    if (const auto reason = validate_body(block, env.revision)) return invalid(*reason);
    if (auto error = validate_ommers(block, ground.config, ground.ancestors, ground.seals))
        return std::unexpected(std::move(*error));

    // Execution begins with the first senders.
    SenderPipeline pipeline({.pool = context.options().pool});
    std::unique_ptr<SenderPipeline::Block> senders;
    if (options.senders == nullptr) senders = pipeline.push(block.transactions, env.revision);

    ExecutionOptions strict = options;
    strict.on_invalid = OnInvalid::fail;
    strict.checks = {};
    if (senders) strict.senders = &senders->gate();
    strict.sink = &ground.commitment;
    strict.transaction_roots = &ground.commitment;
    strict.blooms = true;
    auto result = execute(env, block.transactions, ground.state, context, strict);
    if (!result) return result;

    if (const auto reason = validate_result(block.header, *result)) return invalid(*reason);
    auto root = ground.commitment.root();
    if (!root) return std::unexpected(std::move(root.error()));
    if (*root != block.header.state_root) return invalid(Reason::wrong_state_root);
    return result;
}

}  // namespace weft::execution
