#pragma once

#include "weft/execution/directed/tell_ahead.hpp"
#include "weft/execution/optimistic/executor.hpp"

namespace weft::execution {

/// Executes by an access list (EIP-7928): the one given, or else the one predicted. What the list names is
/// fetched ahead; every transaction finds what the list says that those before it leave, so all run at once;
/// and a sink hears of the state after the block before the block is executed.
///
/// It is the optimistic engine with values predicted (optimistic::Predictions). What a run rests on is still
/// held, by value, against what is committed: a wrong prediction costs a repair and changes no result. Beside
/// the list given stands the list that came of the execution; a block for which they differ is invalid.
template <class Rules>
class DirectedExecutor final : public Executor<Rules> {
public:
    explicit DirectedExecutor(ExecutionContext& context) : engine_(context) {}

    std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                        const ExecutionOptions& options) override {
        const auto* const list =
            options.access_list != nullptr ? options.access_list : options.predicted_list;
        if (list == nullptr) return engine_.begin(env, reader, options);
        reader.prefetch(directed::locations_of(*list));
        ExecutionOptions left = options;
        // If it comes out that the list is wrong, the block fails, and nothing that a sink heard counts.
        if (options.sink != nullptr && options.access_list != nullptr && Rules::access_list_limit(env) &&
            directed::tell_ahead(*options.access_list, reader, *options.sink))
            left.sink = nullptr;
        return engine_.begin(env, reader, left, list);
    }
    std::optional<ExecutionError> apply(std::span<const typename Rules::Transaction> transactions) override {
        return engine_.apply(transactions);
    }
    std::expected<BlockResult, ExecutionError> seal() override { return engine_.seal(); }

private:
    OptimisticExecutor<Rules> engine_;
};

}  // namespace weft::execution
