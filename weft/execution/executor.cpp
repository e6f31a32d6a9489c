#include "weft/execution/executor.hpp"

#include "weft/execution/executor_impl.hpp"

namespace weft::execution {

template std::unique_ptr<Executor<MainnetRules>> make_executor<MainnetRules>(ExecutionContext&);

std::expected<BlockResult, ExecutionError> execute_block(const Block& block, const ChainConfig& config,
                                                         const StateReader& reader, ExecutionContext& context,
                                                         const ExecutionOptions& options) {
    const BlockEnv env = make_block_env(block, config);
    return execute<MainnetRules>(env, block.transactions, reader, context, options);
}

}  // namespace weft::execution
