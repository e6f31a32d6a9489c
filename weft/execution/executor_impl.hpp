#pragma once

// The executors' definitions, for those who instantiate them for a chain of their own:
//     #include "weft/execution/executor_impl.hpp"
//     auto executor = weft::execution::make_executor<MyRules>(context);

#include "weft/execution/directed/executor.hpp"
#include "weft/execution/optimistic/executor.hpp"
#include "weft/execution/sequential.hpp"

namespace weft::execution {

template <class Rules>
std::unique_ptr<Executor<Rules>> make_executor(ExecutionContext& context) {
    switch (context.options().executor) {
        case ExecutorKind::sequential:
            return std::make_unique<SequentialExecutor<Rules>>(context);
        case ExecutorKind::optimistic:
            return std::make_unique<OptimisticExecutor<Rules>>(context);
        case ExecutorKind::directed:
            return std::make_unique<DirectedExecutor<Rules>>(context);
        case ExecutorKind::automatic:
            break;
    }
    return std::make_unique<AutomaticExecutor<Rules>>(context);
}

}  // namespace weft::execution
