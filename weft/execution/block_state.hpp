#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "weft/base/prefetch.hpp"
#include "weft/evm/inspector.hpp"
#include "weft/execution/options.hpp"
#include "weft/execution/transaction_runner.hpp"

namespace weft::execution {

/// Gas that a block has left, or must have left.
struct Room {
    uint64_t gas = 0;
    uint64_t blob_gas = 0;
    /// Of what comes after `used`; what can be in no block stays so.
    [[nodiscard]] Room after(const Room& used) const noexcept {
        const uint64_t sum = used.gas + gas;
        return {sum < gas ? ~uint64_t{0} : sum, used.blob_gas + blob_gas};
    }
    friend Room most(const Room& a, const Room& b) noexcept {
        return {std::max(a.gas, b.gas), std::max(a.blob_gas, b.blob_gas)};
    }
};

/// What a block must have left for a transaction.
template <class Tx>
[[nodiscard]] Room room_for(const Tx& tx) noexcept {
    return {tx.gas_limit, gas_per_blob * tx.blob_versioned_hashes.size()};
}

/// What grows from transaction to transaction, in order: the checks that need everything before, receipts,
/// sums. Both executors keep it at their cursor.
class BlockState {
public:
    /// access_list_limit: see MainnetRules.
    BlockState(const BlockEnv& env, const ExecutionOptions& options,
               std::optional<uint64_t> access_list_limit)
        : env_(env),
          options_(options),
          stream_(takes_commits(options.sink) || wants_transaction_roots() ? options.sink : nullptr),
          access_list_limit_(access_list_limit),
          halted_(options.senders != nullptr ? std::stop_source{} : std::stop_source{std::nostopstate}),
          stop_callback_(options.stop, Stop{this}) {}

    [[nodiscard]] const BlockEnv& env() const noexcept { return env_; }
    [[nodiscard]] const ExecutionOptions& options() const noexcept { return options_; }
    [[nodiscard]] BlockResult& result() noexcept { return result_; }
    [[nodiscard]] const std::atomic<bool>& stopped() const noexcept { return stopped_; }
    /// The index of the transaction that comes next.
    [[nodiscard]] size_t next() const noexcept { return next_; }

    /// Waits for the next transaction's sender.
    [[nodiscard]] std::optional<ExecutionError> await_sender() const { return await_senders(next_ + 1); }
    /// Waits for the senders of the first `count` transactions.
    [[nodiscard]] std::optional<ExecutionError> await_senders(size_t count) const {
        if (stopped_.load(std::memory_order_relaxed)) return Cancelled{};
        if (has_senders(count)) return std::nullopt;
        if (!options_.senders->wait(count, halted_.get_token())) return Cancelled{};
        return std::nullopt;
    }
    [[nodiscard]] bool has_senders(size_t count) const noexcept {
        return options_.senders == nullptr || options_.senders->is_open(count);
    }
    /// Ends every run that goes on, and every wait for senders: the block has failed.
    void halt() noexcept {
        stopped_.store(true, std::memory_order_relaxed);
        halted_.request_stop();
    }

    /// Why the next transaction cannot stand where it stands, whatever it does.
    template <class Tx>
    [[nodiscard]] std::optional<Reason> does_not_fit(const Tx& tx) const noexcept {
        const Room needed = room_for(tx);
        if (!has_gas(needed, result_.gas_used)) return Reason::gas_limit_reached;
        if (!has_blob_gas(needed, result_.blob_gas_used)) return Reason::blob_gas_limit_reached;
        if (is_refused(next_)) return Reason::invalid_signature;
        return std::nullopt;
    }
    /// Whether so much is left, for sure: sums may have overflowed.
    [[nodiscard]] bool has(const Room& needed) const noexcept {
        return needed.gas != ~uint64_t{0} && has_gas(needed, result_.gas_used) &&
               has_blob_gas(needed, result_.blob_gas_used);
    }
    /// Whether transaction `index` could stand at least in an otherwise empty block. Precondition: its sender
    /// is known. Any thread.
    [[nodiscard]] bool may_fit(size_t index, const Room& needed) const noexcept {
        return has_gas(needed, 0) && has_blob_gas(needed, 0) && !is_refused(index);
    }

    /// Tells the inspector that the next transaction comes; include() or leave_out() say how it went.
    void begin_transaction() const {
        if (options_.inspector != nullptr) [[unlikely]]
            options_.inspector->transaction_begin(next_);
    }
    /// Room for the receipts of `count` more transactions.
    void reserve(size_t count) { result_.receipts.reserve(result_.receipts.size() + count); }
    /// Takes the next transaction into the block.
    void include(TransactionOutcome&& outcome) {
        result_.gas_used += outcome.gas_used;
        result_.blob_gas_used += outcome.blob_gas;
        const Receipt& receipt = result_.receipts.emplace_back(
            outcome.type, outcome.success, std::nullopt, outcome.gas_used, result_.gas_used, Bloom{},
            std::move(outcome.logs), outcome.contract_address);
        // Stores wait for their lines one after the other, and what follows for the stores.
        base::prefetch_to_write(&receipt, 4 * sizeof receipt, sizeof receipt);
        end_transaction(&receipt);
        ++next_;
    }

    /// Takes the next `count` transactions, which used this much gas together, into the block. Their receipts
    /// are for the caller to construct, before anything else happens here. Nobody inspects the block.
    [[nodiscard]] Receipt* include_unwritten(size_t count, uint64_t gas_used) {
        Receipt* const first = base::add_unconstructed(result_.receipts, count);
        result_.gas_used += gas_used;
        next_ += count;
        return first;
    }

    /// Whether receipts hold the state's root after their transaction: each must then be committed alone.
    [[nodiscard]] bool wants_transaction_roots() const noexcept {
        return options_.transaction_roots != nullptr && env_.revision < Revision::byzantium;
    }
    /// Who hears each commit as it is made; nullptr: nobody does.
    [[nodiscard]] CommitSink* stream() const noexcept { return stream_; }
    /// Takes what the block changed, and tells it to who takes whole blocks.
    void set_diff(StateDiff&& diff);
    /// Once the sink has heard of the transaction that came last: puts the root into its receipt, if wanted.
    [[nodiscard]] std::optional<ExecutionError> add_transaction_root();

    /// Leaves the next transaction out of the block, or ends the block.
    [[nodiscard]] std::optional<ExecutionError> leave_out(Reason reason) {
        end_transaction(nullptr);
        if (options_.on_invalid == OnInvalid::fail) return InvalidBlock{next_, reason};
        result_.skipped.push_back({next_++, reason});
        return std::nullopt;
    }

    /// Whether the block's access list is to be made.
    [[nodiscard]] bool records_accesses() const noexcept {
        return access_list_limit_ || options_.record_access_list || options_.access_list != nullptr;
    }
    /// The step of the block that comes next, as EIP-7928 counts them: a transaction, or what comes after the
    /// last.
    [[nodiscard]] primitives::BlockAccessIndex next_step() const noexcept {
        return static_cast<primitives::BlockAccessIndex>(result_.receipts.size() + 1);
    }
    /// Takes the list that came of the block. An error if it breaks the limit, or is not the one given.
    [[nodiscard]] std::optional<ExecutionError> set_access_list(primitives::BlockAccessList&& list);

    [[nodiscard]] BlockResult finish() {
        if (options_.blooms) result_.logs_bloom = primitives::fill_blooms(result_.receipts);
        return std::move(result_);
    }

private:
    [[nodiscard]] bool has_gas(const Room& needed, uint64_t used) const noexcept {
        return needed.gas <= env_.context.gas_limit - used;
    }
    /// Before Cancun there is no such transaction.
    [[nodiscard]] bool has_blob_gas(const Room& needed, uint64_t used) const noexcept {
        return env_.revision < Revision::cancun || used + needed.blob_gas <= gas_per_blob * env_.blobs.max;
    }
    [[nodiscard]] bool is_refused(size_t index) const noexcept {
        return options_.senders != nullptr && options_.senders->refused(index);
    }
    void end_transaction(const Receipt* receipt) const {
        if (options_.inspector != nullptr) [[unlikely]]
            options_.inspector->transaction_end(next_, receipt);
    }
    static bool takes_commits(const CommitSink* sink) {
        return sink != nullptr && !sink->takes_whole_blocks();
    }
    struct Stop {
        BlockState* block;
        void operator()() const noexcept { block->halt(); }
    };
    const BlockEnv& env_;
    ExecutionOptions options_;
    CommitSink* stream_;
    std::optional<uint64_t> access_list_limit_;
    BlockResult result_;
    size_t next_ = 0;
    std::atomic<bool> stopped_{false};
    std::stop_source halted_;  ///< ends waits for senders; without state where there are none
    std::stop_callback<Stop> stop_callback_;
};

/// What a run that ended early means for its block.
[[nodiscard]] ExecutionError error_of(evm::Status status);

/// What the journal must know of the rules at a revision.
template <class Rules>
[[nodiscard]] state::JournalRules journal_rules(Revision revision) noexcept {
    const auto is_precompile = [](const void* set, const Address& address) {
        return static_cast<bool>(static_cast<const evm::PrecompileSet*>(set)->find(address));
    };
    return {.eip161 = revision >= Revision::spurious_dragon,
            .always_warm = is_precompile,
            .context = &Rules::precompiles(revision)};
}

/// Tells a sink what each transaction of a journal changed.
class SinkReporter final : public state::TransactionObserver {
public:
    void set_sink(CommitSink* sink) noexcept { sink_ = sink; }
    void transaction_ended(Journal& journal) override;

private:
    CommitSink* sink_ = nullptr;
    std::vector<CommittedAccount> accounts_;
    std::vector<CommittedSlot> slots_;
};

}  // namespace weft::execution
