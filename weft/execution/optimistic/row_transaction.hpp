#pragma once

#include <span>
#include <type_traits>

#include "weft/evm/summary.hpp"
#include "weft/execution/block_state.hpp"
#include "weft/execution/cost_estimate.hpp"
#include "weft/execution/transaction_runner.hpp"

namespace weft::execution::optimistic {

// What a plain payment does is known before it runs: its sender's nonce and balance must be so, and change
// so, and its recipient and the coinbase get sums. What a call of a summarised function does is known as
// well, but for the values of its slots. So a long row of them needs no speculation: each account's and each
// slot's changes are made, in the block's order, by the one thread that owns it just then.

/// A transaction for a row: it moves value to an account without code and does nothing else, or it calls a
/// contract without value. Valid by itself, and then by its sender's account, if that is one without code,
/// has this nonce and covers `max_cost`.
struct RowTransaction {
    const Address* sender;
    const Address* recipient;
    BytesView input;  ///< of a call; empty: a payment
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t intrinsic_gas;
    uint64_t floor_gas;
    uint256 value;
    uint256 gas_price;
    uint256 priority_fee;  ///< the coinbase's part of it
    uint256 max_cost;      ///< what the sender must cover
    primitives::TxType type;
    [[nodiscard]] bool is_call() const noexcept { return !input.empty(); }
};

/// Whether a transaction without a look at the state, nor at the rules, may be a payment. Cheap. Who gives
/// more gas than a payment takes may pay a contract: one in 14 of those in mainnet's blocks does, of the
/// others one in 800, and each ends a row.
template <class Tx>
[[nodiscard]] bool may_be_payment(const Tx& tx) noexcept {
    return tx.to && tx.data.empty() && tx.gas_limit <= transfer_gas;
}
/// The same of a call that can be summarised.
template <class Tx>
[[nodiscard]] bool may_be_call(const Tx& tx) noexcept {
    constexpr size_t longest = 4 + 8 * 32;  // a selector and some words
    return tx.to && 4 <= tx.data.size() && tx.data.size() <= longest && tx.value.is_zero();
}

/// How much a transaction of a row weighs: what a row saves grows with it. 0: it can't stand in one.
inline constexpr size_t payment_weight = 1, call_weight = 4;

/// Where the first row begins that weighs at least `least`; the transactions' number, if there is none.
/// weigh: what one weighs, at most call_weight. Looks at few transactions where rows are short. Precondition:
/// least is not 0.
template <class Tx, class Weigh>
[[nodiscard]] size_t find_row(std::span<const Tx> transactions, size_t least, Weigh&& weigh) noexcept {
    const size_t shortest = (least + call_weight - 1) / call_weight;
    size_t start = 0;
    while (shortest <= transactions.size() - start) {
        size_t i = start + shortest;
        while (i > start && weigh(transactions[i - 1]) != 0) --i;
        if (i != start) {
            start = i;
            continue;
        }
        size_t weight = 0;
        for (size_t one = 1; i < transactions.size() && weight < least && one != 0; ++i)
            weight += one = weigh(transactions[i]);
        if (weight >= least) return start;
        start = i;
    }
    return transactions.size();
}

namespace detail {
template <auto Function>
struct Hook;
}  // namespace detail

/// Whether transactions under these rules do to their accounts what mainnet's do: what is done here by owner
/// stands for these hooks. (MainnetRules::validate() and precompiles() are asked.) A chain that replaces one
/// of them has all its transactions run one by one.
template <class Rules>
concept PaysAsMainnet = requires {
    requires std::is_same_v<detail::Hook<&Rules::validate_sender>,
                            detail::Hook<&MainnetRules::validate_sender>>;
    requires std::is_same_v<detail::Hook<&Rules::buy_gas>, detail::Hook<&MainnetRules::buy_gas>>;
    requires std::is_same_v<detail::Hook<&Rules::settle>, detail::Hook<&MainnetRules::settle>>;
};

/// Judges a transaction by itself, as validate() does. False: it is none for a row, or not valid. Of its
/// sender's checks all are made.
template <class Rules>
[[nodiscard]] bool judge_for_row(const typename Rules::Transaction& tx, const BlockEnv& env,
                                 const Checks& checks, RowTransaction& out) noexcept {
    const bool is_simple = tx.access_list.empty() && tx.blob_versioned_hashes.empty() &&
                           tx.authorization_list.empty() && tx.type < primitives::TxType::blob;
    if (!is_simple || !(may_be_payment(tx) || may_be_call(tx))) return false;
    if (Rules::precompiles(env.revision).find(*tx.to)) return false;
    typename Rules::Terms terms;
    if (Rules::validate(tx, env, checks, terms) || terms.cost_overflows) return false;
    out.sender = &tx.sender;
    out.recipient = &*tx.to;
    out.input = tx.data;
    out.nonce = tx.nonce;
    out.gas_limit = tx.gas_limit;
    out.intrinsic_gas = terms.intrinsic_gas;
    out.floor_gas = terms.floor_gas;
    out.value = tx.value;
    out.gas_price = terms.gas_price;
    out.priority_fee = terms.priority_fee;
    out.max_cost = terms.max_cost;
    out.type = tx.type;
    return true;
}

/// What the transaction's call does, on the machine's journal; nullopt: that can't be summarised. The journal
/// is to be reset then.
template <class Rules>
[[nodiscard]] std::optional<evm::Summary> summarize_call(evm::Machine& machine, const BlockEnv& env,
                                                         const typename Rules::Transaction& tx,
                                                         const RowTransaction& judged) {
    Journal& journal = machine.journal();
    journal.begin_transaction();
    state::AccountEntry* const sender = journal.account(tx.sender);
    if (sender == nullptr) return std::nullopt;
    execution::detail::warm_up(tx, journal, env, *sender);
    evm::Message message;
    message.kind = evm::CallKind::call;
    message.gas = tx.gas_limit - judged.intrinsic_gas;
    message.sender = tx.sender;
    message.recipient = *tx.to;
    message.input = tx.data;
    return evm::summarize(machine, message,
                          {.origin = tx.sender, .gas_price = judged.gas_price, .blob_versioned_hashes = {}});
}

}  // namespace weft::execution::optimistic
