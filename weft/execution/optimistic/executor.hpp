#pragma once

#include "weft/execution/cost_estimate.hpp"
#include "weft/execution/executor.hpp"
#include "weft/execution/optimistic/engine.hpp"
#include "weft/execution/sequential.hpp"

namespace weft::execution {

/// Executes on all threads of its context, with the sequential executor's result: see optimistic::Engine.
template <class Rules>
class OptimisticExecutor final : public Executor<Rules> {
public:
    using Transaction = typename Rules::Transaction;
    explicit OptimisticExecutor(ExecutionContext& context) : context_(context), use_(context.codes()) {
        context.statistics() = {};
    }

    std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                        const ExecutionOptions& options) override {
        return begin(env, reader, options, nullptr);
    }
    /// The same, where one knows or guesses what the block does: a run finds `predicted` values where nothing
    /// better is known, and no result depends on them.
    std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                        const ExecutionOptions& options,
                                        const primitives::BlockAccessList* predicted) {
        block_.emplace(env, options, Rules::access_list_limit(env));
        engine_.emplace(context_, *block_, Rules::precompiles(env.revision),
                        journal_rules<Rules>(env.revision));
        engine_->begin_block(reader, predicted);
        return engine_->run_at_cursor(
            0, [&](evm::Machine& machine) { return Rules::begin_block(machine, env); });
    }

    std::optional<ExecutionError> apply(std::span<const Transaction> transactions) override {
        if constexpr (optimistic::PaysAsMainnet<Rules>)
            if (const size_t least = engine_->least_in_row(); least != 0)
                return apply_with_rows(transactions, least);
        return engine_->run(Transactions(*block_, transactions));
    }

    std::expected<BlockResult, ExecutionError> seal() override {
        BlockResult& result = block_->result();
        auto error = engine_->run_at_cursor(block_->next_step(), [&](evm::Machine& machine) {
            return Rules::end_block(machine, block_->env(), result.receipts, result.requests);
        });
        if (error) return std::unexpected(std::move(*error));
        if (block_->records_accesses())
            if (auto differs = block_->set_access_list(engine_->make_access_list()))
                return std::unexpected(std::move(*differs));
        block_->set_diff(engine_->make_diff());
        return block_->finish();
    }

private:
    /// Rows of payments and calls by owner, what stands between them by the engine: in as few batches as can
    /// be, for at the end of each the threads wait for one another.
    std::optional<ExecutionError> apply_with_rows(std::span<const Transaction> transactions, size_t least) {
        size_t in_vain = 0, executed = 0;  // in rows, and what looked like some
        const size_t enough = 2 * transactions.size();
        // So many are taken apart before it is known how far they may be executed.
        constexpr size_t first_window = 4096, least_window = 1024;
        size_t window = first_window;
        const auto weigh = [&](const Transaction& tx) {
            const bool is_call = optimistic::may_be_call(tx) && engine_->is_summarised(*call_of(tx));
            return is_call ? optimistic::call_weight : payment_weight_of(tx);
        };
        const auto before_next_row = [&](std::span<const Transaction> rest) {
            return in_vain <= executed + enough ? optimistic::find_row(rest, least, weigh) : rest.size();
        };
        learn_functions(transactions, least);
        size_t others = before_next_row(transactions);
        for (;;) {
            if (auto error = engine_->run(Transactions(*block_, transactions.first(others)))) return error;
            transactions = transactions.subspan(others);
            if (transactions.empty()) return std::nullopt;
            const size_t size = std::min(window, transactions.size());
            optimistic::RowOutcome row = engine_->run_row(Transactions(*block_, transactions.first(size)));
            window = row.executed == size ? 4 * window : std::max(least_window, 2 * row.executed);
            in_vain += row.in_vain;
            executed += row.executed;
            transactions = transactions.subspan(row.executed);
            // Another row may begin with what ended it, once its path is known.
            if (row.lacks_path && engine_->learn_path(Transactions(*block_, transactions))) row.others = 0;
            others = row.others + before_next_row(transactions.subspan(row.others));
        }
    }

    static size_t payment_weight_of(const Transaction& tx) noexcept {
        return optimistic::may_be_payment(tx) ? optimistic::payment_weight : 0;
    }

    /// Where a row of calls may stand.
    void learn_functions(std::span<const Transaction> transactions, size_t least) {
        const auto weigh = [](const Transaction& tx) {
            return optimistic::may_be_call(tx) ? optimistic::call_weight : payment_weight_of(tx);
        };
        const size_t first = optimistic::find_row(transactions, least, weigh);
        if (first < transactions.size())
            engine_->learn_functions(Transactions(*block_, transactions.subspan(first)));
    }

    class Transactions final : public optimistic::Batch {
    public:
        Transactions(const BlockState& block, std::span<const Transaction> transactions)
            : block_(block), transactions_(transactions) {}
        size_t size() const noexcept override { return transactions_.size(); }
        void estimate(size_t first, std::span<uint64_t> out) const noexcept override {
            for (size_t i = 0; i < out.size(); ++i) out[i] = estimated_nanoseconds(transactions_[first + i]);
        }
        optimistic::Needs needs(size_t index) const noexcept override {
            const Transaction& tx = transactions_[index];
            return {tx.sender, Rules::required_nonce(tx), room_for(tx)};
        }
        optimistic::Traits traits(size_t index, const base::Hasher& hasher) const noexcept override {
            return optimistic::traits_of(transactions_[index], hasher);
        }
        void prefetch(const state::Source& source, Predictor& predictor, size_t first,
                      size_t last) const noexcept override {
            execution::prefetch(source, predictor, transactions_.subspan(first), last - first);
        }
        TransactionOutcome run(evm::Machine& machine, Predictor& predictor,
                               size_t index) const noexcept override {
            return run_transaction<Rules>(machine, block_.env(), transactions_[index],
                                          block_.options().checks, &predictor);
        }
        bool judge_for_row(size_t index, optimistic::RowTransaction& out) const noexcept override {
            return optimistic::judge_for_row<Rules>(transactions_[index], block_.env(),
                                                    block_.options().checks, out);
        }
        std::optional<FunctionCall> call(size_t index) const noexcept override {
            const Transaction& tx = transactions_[index];
            return optimistic::may_be_call(tx) ? call_of(tx) : std::nullopt;
        }
        std::optional<evm::Summary> summarize(evm::Machine& machine, size_t index) const override {
            optimistic::RowTransaction judged;
            if (!judge_for_row(index, judged)) return std::nullopt;
            return optimistic::summarize_call<Rules>(machine, block_.env(), transactions_[index], judged);
        }
        std::optional<Reason> does_not_fit(const BlockState& block, size_t index) const noexcept override {
            return block.does_not_fit(transactions_[index]);
        }

    private:
        const BlockState& block_;
        std::span<const Transaction> transactions_;
    };

    ExecutionContext& context_;
    CodeCache::Use use_;
    std::optional<BlockState> block_;
    std::optional<optimistic::Engine> engine_;
};

template <class Rules>
class DirectedExecutor;

/// Chooses an executor for each block from its first batch, and from what conflicted in the blocks before.
template <class Rules>
class AutomaticExecutor final : public Executor<Rules> {
public:
    using Transaction = typename Rules::Transaction;
    explicit AutomaticExecutor(ExecutionContext& context) : context_(context) {}

    std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                        const ExecutionOptions& options) override {
        env_ = &env;
        reader_ = &reader;
        options_ = options;
        chosen_.reset();
        return std::nullopt;
    }
    std::optional<ExecutionError> apply(std::span<const Transaction> transactions) override {
        if (auto error = choose(transactions)) return error;
        return chosen_->apply(transactions);
    }
    std::expected<BlockResult, ExecutionError> seal() override {
        if (auto error = choose({})) return std::unexpected(std::move(*error));
        return chosen_->seal();
    }

private:
    std::optional<ExecutionError> choose(std::span<const Transaction> transactions) {
        if (chosen_) return std::nullopt;
        bool parallel = context_.threads() > 1 && pays_in_parallel(transactions);
        if (parallel && is_a_chain(transactions)) {
            conflicts().begin_block();  // one of the blocks that pass until it is tried again
            parallel = false;
        }
        if (parallel) {
            chosen_ = std::make_unique<DirectedExecutor<Rules>>(context_);
        } else {
            chosen_ = std::make_unique<SequentialExecutor<Rules>>(context_);
        }
        return chosen_->begin(*env_, *reader_, options_);
    }

    /// Waking a thread and bringing the workers together costs as much as some 270 transfers; what is
    /// smaller stays on the caller's thread. So does a block of transfers with little beside them, unless
    /// they go by owner of account: to publish and to validate each costs more than another thread takes off.
    /// Where reads wait, each transaction waits for its sender and its recipient at least.
    bool pays_in_parallel(std::span<const Transaction> transactions) const {
        constexpr uint64_t least = 210'000;    // nanoseconds, as estimated
        constexpr uint64_t publishing = 250;   // of a transaction
        constexpr uint64_t taking_apart = 20;  // of a payment, for the owners of its accounts
        constexpr uint64_t waking = 80'000;    // and bringing the threads together in the end
        const size_t count = transactions.size();
        const uint64_t common = count * (transfer_nanoseconds + 2 * reader_->read_time());
        const uint64_t used = nanoseconds_beyond_transfers(env_->gas_used, count);
        // What can't come to enough is not looked at more closely.
        if (count < 2 || common + used < least) return false;
        const uint64_t promised = promised_beyond_transfers(transactions);
        const uint64_t total = common + std::min(used, promised);
        const bool goes_by_owner = promised == 0 && may_go_by_owner(count);
        const uint64_t added = count * (goes_by_owner ? taking_apart : publishing);
        const uint64_t shared_out = (total + added) / context_.threads();
        return total >= least && shared_out + waking < total - total / 10;
    }

    /// Whether by the blocks before nearly all of it conflicts: that goes one after the other anyway, and in
    /// order without what speculation costs. Not where reads wait, nor with a list that says what the
    /// transactions will find.
    bool is_a_chain(std::span<const Transaction> transactions) const {
        constexpr size_t most_looked_at = 256;
        const optimistic::Conflicts& noted = conflicts();
        const bool has_list = options_.access_list != nullptr || options_.predicted_list != nullptr;
        if (!noted.suspects_some() || has_list || reader_->read_time() != 0) return false;
        const size_t stride = transactions.size() / most_looked_at + 1;
        uint64_t all = 0, others = 0;
        for (size_t i = 0; i < transactions.size(); i += stride) {
            const Transaction& tx = transactions[i];
            const uint64_t cost = std::min(estimated_nanoseconds(tx), most_of_one);
            all += cost;
            if (!noted.expected_lately(optimistic::traits_of(tx, noted.hasher()))) others += cost;
        }
        return others <= all / 8;
    }

    /// What the engine has noted of the blocks before.
    optimistic::Conflicts& conflicts() const {
        return context_.memory<optimistic::Engine::Memory>().conflicts;
    }

    static constexpr uint64_t most_of_one = 100'000;  ///< nanoseconds that a limit is believed

    /// What the transactions' gas limits promise beyond as many transfers, in nanoseconds.
    static uint64_t promised_beyond_transfers(std::span<const Transaction> transactions) noexcept {
        // Of a large batch some tell as much as all, which lie far from the core until they run.
        constexpr size_t most_looked_at = 1024;
        const size_t stride = transactions.size() / most_looked_at + 1;
        uint64_t promised = 0;
        for (size_t i = 0; i < transactions.size(); i += stride)
            promised += std::min(estimated_nanoseconds(transactions[i]), most_of_one) - transfer_nanoseconds;
        return stride * promised;
    }

    /// Whether that many payments in a row are executed by owner of account: see Engine::least_in_row().
    bool may_go_by_owner(size_t payments) const {
        const size_t least = context_.options().speculation.least_in_row;
        const bool is_streamed = options_.sink != nullptr && !options_.sink->takes_whole_blocks();
        return optimistic::PaysAsMainnet<Rules> && least != 0 && payments >= least &&
               options_.inspector == nullptr && !is_streamed && !Rules::access_list_limit(*env_) &&
               !options_.record_access_list && options_.access_list == nullptr &&
               options_.predicted_list == nullptr;
    }

    ExecutionContext& context_;
    const BlockEnv* env_ = nullptr;
    const StateReader* reader_ = nullptr;
    ExecutionOptions options_;
    std::unique_ptr<Executor<Rules>> chosen_;
};

}  // namespace weft::execution
