#pragma once

#include <array>
#include <atomic>
#include <span>
#include <type_traits>
#include <vector>

#include "weft/execution/block_state.hpp"
#include "weft/execution/cost_estimate.hpp"
#include "weft/execution/optimistic/versioned_state.hpp"

namespace weft::execution::optimistic {

class Batch;

// What a plain payment does is known before it runs: its sender's nonce and balance must be so, and change
// so, and its recipient and the coinbase get sums. So a long row of them needs no speculation: each account's
// changes are made, in the block's order, by the one thread that owns the account just then.

/// A transaction that moves value to an account without code, and does nothing else: valid by itself, and
/// then by its sender's account, if that is one without code, has this nonce and covers `max_cost`.
struct Payment {
    const Address* sender;
    const Address* recipient;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t gas_used;
    uint256 value;
    uint256 fee;       ///< what the gas used costs
    uint256 tip;       ///< the coinbase's part of it
    uint256 max_cost;  ///< what the sender must cover
    primitives::TxType type;
};

/// Whether a transaction without a look at the state, nor at the rules, may be a payment. Cheap. Who gives
/// more gas than a payment takes may pay a contract: one in 14 of those in mainnet's blocks does, of the
/// others one in 800, and a single one takes back a whole row.
template <class Tx>
[[nodiscard]] bool may_be_payment(const Tx& tx) noexcept {
    return tx.to && tx.data.empty() && tx.gas_limit <= transfer_gas;
}

/// Where the first row of at least `least` transactions that may be payments begins; their number, if there
/// is none. Looks at few transactions where rows are short. Precondition: least is not 0.
template <class Tx>
[[nodiscard]] size_t find_payments(std::span<const Tx> transactions, size_t least) noexcept {
    size_t start = 0;
    while (least <= transactions.size() - start) {
        size_t i = start + least;
        while (i > start && may_be_payment(transactions[i - 1])) --i;
        if (i == start) return start;
        start = i;
    }
    return transactions.size();
}

namespace detail {
template <auto Function>
struct Hook;
}  // namespace detail

/// Whether payments under these rules do to their accounts what mainnet's do: what is done here by owner of
/// account stands for these hooks. (MainnetRules::validate() and precompiles() are asked.) A chain that
/// replaces one of them has its payments run like other transactions.
template <class Rules>
concept PaysAsMainnet = requires {
    requires std::is_same_v<detail::Hook<&Rules::validate_sender>,
                            detail::Hook<&MainnetRules::validate_sender>>;
    requires std::is_same_v<detail::Hook<&Rules::buy_gas>, detail::Hook<&MainnetRules::buy_gas>>;
    requires std::is_same_v<detail::Hook<&Rules::settle>, detail::Hook<&MainnetRules::settle>>;
};

/// Judges a transaction by itself, as validate() does. False: it is no payment, or no valid one.
/// Of its sender's checks all are made.
template <class Rules>
[[nodiscard]] bool judge_payment(const typename Rules::Transaction& tx, const BlockEnv& env,
                                 const Checks& checks, Payment& out) noexcept {
    const bool is_simple = tx.access_list.empty() && tx.blob_versioned_hashes.empty() &&
                           tx.authorization_list.empty() && tx.type < primitives::TxType::blob;
    if (!may_be_payment(tx) || !is_simple || Rules::precompiles(env.revision).find(*tx.to)) return false;
    typename Rules::Terms terms;
    if (Rules::validate(tx, env, checks, terms) || terms.cost_overflows) return false;
    out.sender = &tx.sender;
    out.recipient = &*tx.to;
    out.nonce = tx.nonce;
    out.gas_limit = tx.gas_limit;
    const uint64_t gas_left = tx.gas_limit - terms.intrinsic_gas;
    out.gas_used = execution::detail::gas_to_pay(tx.gas_limit, gas_left, 0, env.revision, terms.floor_gas);
    out.value = tx.value;
    out.fee = terms.gas_price * uint256{out.gas_used};
    out.tip = terms.priority_fee * uint256{out.gas_used};
    out.max_cost = terms.max_cost;
    out.type = tx.type;
    return true;
}

/// How it went with a row of payments.
struct PaidRow {
    size_t paid = 0;    ///< transactions executed
    size_t others = 0;  ///< that come then and are to be executed in another way
};

/// A row of payments at the cursor, executed by owner of account.
class PaymentRow {
public:
    /// memories: of all workers of the block so far, at least one; each of them works. pool: of their
    /// threads; may be null. position: where the row's versions are to stand, the newest of all.
    PaymentRow(VersionedState& versions, BlockState& block, std::span<BlockMemory* const> memories,
               base::ThreadPool* pool, Position position, bool eip161);

    /// Executes the payments that the batch begins with, at least `least` of them: up to the first
    /// transaction that is none, that is not valid by itself, or that has the coinbase for sender or
    /// recipient; or up to some transactions before it, where the block's gas ends. None, where there are too
    /// few, or one of them is not valid or goes to an account with code, or the state could not be read, or
    /// the block was stopped: then nothing was done.
    [[nodiscard]] PaidRow run(const Batch& batch, size_t least);

private:
    using Amount = unsigned __int128;
    /// What a payment does to one of its two accounts: a cache line, since owners read one here and one
    /// there.
    struct alignas(64) Part {
        Address address;
        bool is_debit;
        uint64_t nonce;   ///< of a debit
        Amount amount;    ///< taken from the balance, or added
        Amount max_cost;  ///< of a debit
    };
    static_assert(sizeof(Part) == 64);
    /// A part on its way to be applied.
    struct Step {
        const Part* part;
        uint64_t hash;                 ///< of its account
        const AccountLocation* found;  ///< perhaps another's; nullptr: it has none yet, or was not found
    };
    struct Outcome {
        uint64_t gas_used;
        primitives::TxType type;
    };

    /// Owners of accounts: more than threads, for the balance, and as many as leave an owner's accounts
    /// within a core's cache.
    static constexpr size_t owners = 32;
    static constexpr size_t most_in_chunk = 512;
    /// Some consecutive transactions, taken apart.
    struct Chunk {
        size_t first = 0;  ///< transaction, of the batch
        size_t count = 0;  ///< up to the first that is no payment
        std::span<Part> parts;
        std::span<Outcome> outcomes;
        std::span<uint16_t> by_owner;             ///< into `parts`
        std::array<uint16_t, owners + 1> ends{};  ///< into `by_owner`: where the owner before ends
        uint64_t gas_used = 0;
        uint64_t gas_before = 0;  ///< used by the block until then
        Room needed;              ///< that the block must have left
        uint256 tips;
    };

    template <class Body>
    void on_all_threads(Body&& body);
    void take_apart(const Batch& batch, Chunk& chunk, base::Arena& arena);
    [[nodiscard]] bool add(const Payment& payment, Chunk& chunk) const noexcept;
    void sort_by_owner(Chunk& chunk, base::Arena& arena) const;
    /// Ends the row before this transaction.
    void end_before(size_t transaction) noexcept;
    /// Adds up the chunks of the row; returns its length.
    [[nodiscard]] size_t add_up();
    [[nodiscard]] bool make_changes();
    [[nodiscard]] bool make_changes_of(size_t owner, BlockMemory& memory);
    void find_accounts(std::span<Step> steps) const noexcept;
    [[nodiscard]] bool apply(std::span<const Step> steps, BlockMemory& memory);
    [[nodiscard]] bool debit(AccountState& account, const Part& part) const noexcept;
    [[nodiscard]] bool credit(AccountState& account, const uint256& amount) const noexcept;
    /// What the row leaves of the account so far; nullptr: its state could not be read.
    [[nodiscard]] AccountState* account(const Address& address, uint64_t hash, BlockMemory& memory);
    void take_back();
    void write_receipts(size_t count);

    VersionedState& versions_;
    BlockState& block_;
    std::span<BlockMemory* const> memories_;
    base::ThreadPool* pool_;
    Position position_;
    bool eip161_;
    std::vector<Chunk> chunks_;
    uint64_t gas_used_ = 0;
    uint256 tips_;
    std::atomic<size_t> end_{0};
    std::atomic<bool> failed_{false};
};

}  // namespace weft::execution::optimistic
