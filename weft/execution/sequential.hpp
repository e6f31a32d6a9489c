#pragma once

#include "weft/execution/block_state.hpp"
#include "weft/execution/executor.hpp"
#include "weft/execution/reader_source.hpp"
#include "weft/execution/transaction_runner.hpp"
#include "weft/state/access_recorder.hpp"

namespace weft::execution {

/// What the sequential executor keeps from block to block.
struct SequentialMemory final : ExecutionContext::Scratch {
    static constexpr size_t slot = 0;
    explicit SequentialMemory(ExecutionContext& context)
        : source(context.codes()),
          journal(context.codes()),
          machine(journal, context.options().memory_budget),
          footprints(context.memory<Footprints>()),
          predictor(footprints, machine) {}
    void forget() noexcept override { machine.forget_preimages(); }
    ReaderSource source;
    Journal journal;
    evm::Machine machine;
    Footprints& footprints;
    Predictor predictor;
    SinkReporter reporter;
    state::AccessRecorder accesses;
};

/// Tells those who want to know of a transaction's end.
class Observers final : public state::TransactionObserver {
public:
    void clear() noexcept { count_ = 0; }
    void add(state::TransactionObserver& observer) noexcept { all_[count_++] = &observer; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    void transaction_ended(Journal& journal) override {
        for (size_t i = 0; i < count_; ++i) all_[i]->transaction_ended(journal);
    }

private:
    std::array<state::TransactionObserver*, 2> all_{};
    size_t count_ = 0;
};

/// One transaction after the other on one journal: the oracle that every other executor is held against.
template <class Rules>
class SequentialExecutor final : public Executor<Rules> {
public:
    explicit SequentialExecutor(ExecutionContext& context)
        : memory_(context.memory<SequentialMemory>()), use_(context.codes()) {
        context.statistics() = {};
    }

    std::optional<ExecutionError> begin(const BlockEnv& env, const StateReader& reader,
                                        const ExecutionOptions& options) override {
        block_.emplace(env, options, Rules::access_list_limit(env));
        memory_.footprints.begin_block();
        memory_.predictor.set_reader_waits(reader.read_time() != 0);
        memory_.source.begin_block(reader);
        memory_.journal.reset(memory_.source, journal_rules<Rules>(env.revision));
        observe();
        memory_.machine.begin_block(env.context, env.revision, Rules::precompiles(env.revision));
        memory_.machine.set_inspector(options.inspector);
        memory_.machine.set_stop_flag(&block_->stopped());
        if (auto error = Rules::begin_block(memory_.machine, env))
            return name_source_error(std::move(*error));
        return std::nullopt;
    }

    std::optional<ExecutionError> apply(std::span<const typename Rules::Transaction> transactions) override {
        block_->reserve(transactions.size());
        const bool pays = pays_to_prefetch(transactions.size()) || memory_.predictor.reader_waits();
        for (size_t i = 0; i < transactions.size(); ++i) {
            if (pays && i % most_prefetched_transactions == 0) prefetch_some(transactions.subspan(i));
            if (auto error = apply(transactions[i])) return error;
        }
        return std::nullopt;
    }

    std::expected<BlockResult, ExecutionError> seal() override {
        BlockResult& result = block_->result();
        memory_.accesses.set_index(block_->next_step());
        if (auto error = Rules::end_block(memory_.machine, block_->env(), result.receipts, result.requests))
            return std::unexpected(name_source_error(std::move(*error)));
        if (block_->records_accesses())
            if (auto error = block_->set_access_list(make_access_list(memory_.journal, memory_.accesses)))
                return std::unexpected(std::move(*error));
        block_->set_diff(make_diff(memory_.journal));
        return block_->finish();
    }

private:
    void observe() {
        observers_.clear();
        memory_.reporter.set_sink(block_->stream());
        memory_.accesses.clear();
        if (block_->stream() != nullptr) observers_.add(memory_.reporter);
        if (block_->records_accesses()) observers_.add(memory_.accesses);
        memory_.journal.set_observer(observers_.empty() ? nullptr : &observers_);
    }

    void prefetch_some(std::span<const typename Rules::Transaction> transactions) {
        const size_t count = std::min(transactions.size(), most_prefetched_transactions);
        if (block_->has_senders(block_->next() + count))
            prefetch(memory_.journal, memory_.predictor, transactions, count);
    }

    std::optional<ExecutionError> apply(const typename Rules::Transaction& tx) {
        if (auto error = block_->await_sender()) return error;
        block_->begin_transaction();
        std::optional<Reason> invalid = block_->does_not_fit(tx);
        if (!invalid) {
            memory_.accesses.set_index(block_->next_step());
            auto outcome = run_transaction<Rules>(memory_.machine, block_->env(), tx,
                                                  block_->options().checks, &memory_.predictor);
            if (outcome.run_ended) return name_source_error(error_of(*outcome.run_ended));
            if (!outcome.invalid) {
                block_->include(std::move(outcome));
                return block_->add_transaction_root();
            }
            invalid = outcome.invalid;
        }
        return block_->leave_out(*invalid);
    }

    /// Puts the source's own words into a state error.
    ExecutionError name_source_error(ExecutionError error) const {
        if (std::holds_alternative<StateError>(error) && memory_.source.error())
            return *memory_.source.error();
        return error;
    }

    SequentialMemory& memory_;
    Observers observers_;
    CodeCache::Use use_;
    std::optional<BlockState> block_;
};

}  // namespace weft::execution
