#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "weft/base/prefetch.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/execution/predictor.hpp"
#include "weft/execution/result.hpp"

namespace weft::execution {

/// How a transaction came out. Where `run_ended` is set, the journal is in no defined state.
struct TransactionOutcome {
    std::optional<Reason> invalid;  ///< nothing was changed
    std::optional<evm::Status> run_ended;
    // What its receipt says, but for cumulative gas and bloom.
    primitives::TxType type = primitives::TxType::legacy;
    bool success = false;
    std::optional<Address> contract_address;
    uint64_t gas_used = 0;
    uint64_t blob_gas = 0;
    std::vector<Log> logs;
};

namespace detail {

/// EIP-2929's, 2930's and 3651's warm places. False: the source failed.
template <class Tx>
void warm_up(const Tx& tx, Journal& journal, const BlockEnv& env, state::AccountEntry& sender) noexcept {
    if (env.revision < Revision::berlin) return;
    journal.warm(sender);
    if (tx.to) journal.warm(journal.entry_of(*tx.to));
    if (env.revision >= Revision::shanghai) journal.warm(journal.entry_of(env.context.coinbase));
    for (const auto& tuple : tx.access_list) {
        state::AccountEntry& account = journal.entry_of(tuple.address);
        journal.warm(account);
        for (const uint256& key : tuple.storage_keys) journal.warm(journal.entry_of(account, key));
    }
}

/// EIP-7702: applies the transaction's authorizations, each by itself; one that isn't valid is passed over.
/// False: the source failed.
[[nodiscard]] bool apply_authorizations(const primitives::Transaction& tx, Journal& journal,
                                        uint64_t chain_id) noexcept;

/// The gas that counts: what was used, less the refund (EIP-3529), at least the floor (EIP-7623).
[[nodiscard]] inline uint64_t gas_to_pay(uint64_t gas_limit, uint64_t gas_left, int64_t refund,
                                         Revision revision, uint64_t floor) noexcept {
    const uint64_t used = gas_limit - gas_left;
    const uint64_t most = used / (revision >= Revision::london ? 5 : 2);
    const uint64_t refunded = refund > 0 ? std::min(static_cast<uint64_t>(refund), most) : 0;
    return std::max(used - refunded, floor);
}

/// RIPEMD-160's precompile stays touched when a call that touched it fails (EIP-161, block 2,675,119), but
/// not when the transaction's own call does: then nothing does (execution-specs, process_message_call()).
inline void untouch_ripemd160(Journal& journal) noexcept {
    constexpr Address ripemd160{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}}};
    journal.untouch(ripemd160);
}

}  // namespace detail

/// How many transactions prefetch() takes at most.
inline constexpr size_t most_prefetched_transactions = 16;

/// Whether prefetch() pays in a batch on a state in memory: what fewer transactions touch soon lies near the
/// core anyway.
[[nodiscard]] constexpr bool pays_to_prefetch(size_t transactions) noexcept { return transactions >= 2048; }

/// Brings the accounts that the first `count` transactions touch for certain, their call data, and the slots
/// that they are expected to touch, near the core: called before they run one after the other, it lets their
/// misses wait together instead of one by one. As many transactions that follow are themselves asked for.
/// Where reads wait, name_ahead() has named the accounts, and only slots are asked for.
/// places: a Journal, or a state::Source where the journal itself lies near the core.
template <class Places, class Tx>
void prefetch(const Places& places, Predictor& predictor, std::span<const Tx> transactions,
              size_t count) noexcept {
    predictor.clear();
    for (const Tx& tx : transactions.subspan(count, std::min(count, transactions.size() - count)))
        base::prefetch(&tx, sizeof tx);
    for (const Tx& tx : transactions.first(count)) {
        if (!predictor.reader_waits()) {
            predictor.add({tx.sender, std::nullopt});
            if (tx.to) predictor.add({*tx.to, std::nullopt});
        }
        constexpr size_t beginning = 256;
        base::prefetch(tx.data.data(), std::min(tx.data.size(), beginning));
    }
    for (const Tx& tx : transactions.first(count))
        if (const auto call = call_of(tx)) predictor.add(*call, &tx);
    places.prefetch(predictor.locations());
}

/// Runs one transaction on the journal of `machine`: the rules of section 6 of the yellow paper, in their
/// order. What needs the whole block before it (gas left, blob gas left) is the caller's.
/// predictor: who may want to learn from the run; of the same machine, or nullptr.
template <class Rules>
[[nodiscard]] TransactionOutcome run_transaction(evm::Machine& machine, const BlockEnv& env,
                                                 const typename Rules::Transaction& tx, const Checks& checks,
                                                 Predictor* predictor = nullptr) noexcept {
    Journal& journal = machine.journal();
    TransactionOutcome outcome;
    const auto state_failed = [&]() -> TransactionOutcome& {
        outcome.run_ended = evm::Status::state_error;
        return outcome;
    };
    journal.begin_transaction();

    typename Rules::Terms terms;
    if ((outcome.invalid = Rules::validate(tx, env, checks, terms))) return outcome;
    state::AccountEntry* sender = journal.peek(tx.sender);
    if (sender == nullptr) return state_failed();
    const auto verdict = Rules::validate_sender(tx, *sender, journal, checks, terms);
    if (verdict.state_failed) return state_failed();
    if ((outcome.invalid = verdict.invalid)) return outcome;

    sender = journal.loaded(*sender);  // from here on the transaction is a part of the block
    Rules::buy_gas(tx, *sender, journal, env, checks, terms);
    const uint64_t nonce = journal.nonce(*sender);
    journal.set_nonce(*sender, nonce + 1);
    detail::warm_up(tx, journal, env, *sender);
    if (!detail::apply_authorizations(tx, journal, env.context.chain_id)) return state_failed();

    evm::Message message;
    message.kind = tx.to ? evm::CallKind::call : evm::CallKind::create;
    message.gas = tx.gas_limit - terms.intrinsic_gas;
    message.sender = tx.sender;
    message.recipient = tx.to ? *tx.to : evm::create_address(tx.sender, nonce);
    message.value = tx.value;
    message.input = tx.data;
    const auto call = predictor != nullptr && predictor->wants(&tx) ? call_of(tx) : std::nullopt;
    if (call) [[unlikely]]
        predictor->begin_run();
    const auto result = machine.execute(message, {.origin = tx.sender,
                                                  .gas_price = terms.gas_price,
                                                  .blob_versioned_hashes = tx.blob_versioned_hashes});
    if (call) [[unlikely]]
        predictor->end_run(*call, result.status == evm::Status::success);
    if (evm::ends_run(result.status)) {
        outcome.run_ended = result.status;
        return outcome;
    }

    outcome.type = tx.type;
    outcome.success = result.status == evm::Status::success;
    if (!outcome.success) detail::untouch_ripemd160(journal);
    outcome.gas_used =
        detail::gas_to_pay(tx.gas_limit, result.gas_left, journal.refund(), env.revision, terms.floor_gas);
    if (!Rules::settle(tx, *sender, journal, env, terms, outcome.gas_used)) return state_failed();
    journal.end_transaction();
    if (!journal.logs().empty()) outcome.logs = journal.take_logs();
    if (!tx.to && outcome.success) outcome.contract_address = message.recipient;
    outcome.blob_gas = terms.blob_gas;
    return outcome;
}

}  // namespace weft::execution
