#pragma once

#include "weft/execution/executor.hpp"
#include "weft/execution/validation/ancestors.hpp"
#include "weft/execution/validation/seal.hpp"
#include "weft/state/commit.hpp"

namespace weft::execution {

/// What a block is verified on: the chain before it, the state after its parent, and that state's commitment.
/// After success the commitment stands at the block's state; after an error it may stand anywhere between.
struct Ground {
    const ChainConfig& config;
    const Ancestors& ancestors;
    const StateReader& state;
    RootSink& commitment;
    /// nullptr: the seals of proof-of-work blocks and ommers are not checked.
    const SealVerifier* seals = nullptr;
};

/// Executes a block's transactions: execute() by some chain's rules.
using ExecuteTransactions = std::expected<BlockResult, ExecutionError>(const BlockEnv&,
                                                                       std::span<const Transaction>,
                                                                       const StateReader&, ExecutionContext&,
                                                                       const ExecutionOptions&);

/// verify_block() of a chain whose transactions `execute` executes.
[[nodiscard]] std::expected<BlockResult, ExecutionError> verify_block_with(
    ExecuteTransactions& execute, Block& block, const Ground& ground, ExecutionContext& context,
    const ExecutionOptions& options = {});

/// Whether a block is valid, to the last rule, and what it does: header, body, ommers, senders, execution,
/// result, state root, in this order. Recovers the senders on the context's threads while the block executes
/// and fills them in, after an error perhaps not all; with `options.senders` they come from there (a
/// SenderPipeline that is ahead with later blocks). Of `options` the sinks, on_invalid and the checks are its
/// own. Rules: of the execution; their transactions are mainnet's, as blocks hold them, and header and body
/// are judged by mainnet's rules.
template <class Rules = MainnetRules>
[[nodiscard]] std::expected<BlockResult, ExecutionError> verify_block(Block& block, const Ground& ground,
                                                                      ExecutionContext& context,
                                                                      const ExecutionOptions& options = {}) {
    return verify_block_with(execute<Rules>, block, ground, context, options);
}

/// Whether the block after `parent` is a proof-of-stake block (EIP-3675): the total difficulty has reached
/// the terminal one, or a fork by time has come.
[[nodiscard]] state::ReadResult<bool> is_proof_of_stake(const Header& header, const ChainConfig& config,
                                                        const Ancestors& ancestors);

/// Which of the header's fields differs from what execution gave: gas used, receipts' root, bloom, hashes of
/// requests and access list. Precondition: the result's blooms are filled, and its receipts have state roots
/// before Byzantium.
[[nodiscard]] std::optional<Reason> validate_result(const Header& header, const BlockResult& result);

}  // namespace weft::execution

namespace weft {
using execution::verify_block;
}  // namespace weft
