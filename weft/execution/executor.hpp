#pragma once

#include <expected>
#include <optional>
#include <span>

#include "weft/execution/context.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/execution/name_ahead.hpp"
#include "weft/execution/options.hpp"
#include "weft/execution/result.hpp"

namespace weft::execution {

/// What every executor does: begin a block, apply transactions, in any number of batches, seal it. An error
/// ends the block. `Rules` is the chain's: see MainnetRules.
template <class Rules = MainnetRules>
class Executor {
public:
    virtual ~Executor() = default;
    /// Starts a block on the state that `reader` shows. `env`, `reader` and what `options` points to outlive
    /// the block. Runs what the rules have before the first transaction.
    [[nodiscard]] virtual std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                                              const ExecutionOptions& options) = 0;
    /// Executes these transactions after those of the calls before. Indices in errors count from the block's
    /// first.
    [[nodiscard]] virtual std::optional<ExecutionError> apply(
        std::span<const typename Rules::Transaction> transactions) = 0;
    /// Runs what the rules have after the last transaction, and ends the block.
    [[nodiscard]] virtual std::expected<BlockResult, ExecutionError> seal() = 0;
};

/// The executor that `context` asks for. One at a time for each context.
template <class Rules = MainnetRules>
[[nodiscard]] std::unique_ptr<Executor<Rules>> make_executor(ExecutionContext& context);

/// Executes a whole block; what its transactions name is read ahead where reads wait.
template <class Rules = MainnetRules>
[[nodiscard]] std::expected<BlockResult, ExecutionError> execute(
    const BlockEnv& env, std::span<const typename Rules::Transaction> transactions, const StateReader& reader,
    ExecutionContext& context, const ExecutionOptions& options = {}) {
    const bool has_senders = options.senders == nullptr || options.senders->is_open(transactions.size());
    name_ahead(reader, transactions, has_senders, context.memory<Footprints>());
    const auto executor = make_executor<Rules>(context);
    if (auto error = executor->begin(env, reader, options)) return std::unexpected(std::move(*error));
    if (auto error = executor->apply(transactions)) return std::unexpected(std::move(*error));
    return executor->seal();
}

/// Executes a block of a chain with mainnet's rules on the state that `reader` shows. The transactions have
/// their senders.
[[nodiscard]] std::expected<BlockResult, ExecutionError> execute_block(const Block& block,
                                                                       const ChainConfig& config,
                                                                       const StateReader& reader,
                                                                       ExecutionContext& context,
                                                                       const ExecutionOptions& options = {});

extern template std::unique_ptr<Executor<MainnetRules>> make_executor<MainnetRules>(ExecutionContext&);

}  // namespace weft::execution

namespace weft {
using execution::BlockResult;
using execution::execute_block;
using execution::ExecutionContext;
using execution::ExecutionError;
}  // namespace weft
