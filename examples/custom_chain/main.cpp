// A chain of its own, without a change to the engine: deposits from another chain as unsigned transactions,
// base fees for a treasury, and a precompile that keeps a score for each caller; executed sequentially and in
// parallel.
#include <iostream>

#include "weft/base/hex.hpp"
#include "weft/execution/executor_impl.hpp"
#include "weft/state/memory_state.hpp"

using namespace weft;
using namespace weft::execution;

namespace {

constexpr auto deposit_type = static_cast<TxType>(0x7e);
constexpr Address treasury = "0x0000000000000000000000000000000000007ea5"_address;
constexpr Address score_precompile = "0x0000000000000000000000000000000000005c0e"_address;
constexpr Address sequencer = "0x0000000000000000000000000000000000005e90"_address;

/// Adds the number in its input to the caller's score, which lies in the precompile's own storage; gives the
/// new score.
evm::PrecompileOutcome add_score(const evm::PrecompileCall& call, Bytes& output) {
    constexpr uint64_t price = 5000;
    if (call.gas < price) return {evm::Status::out_of_gas};
    if (call.is_static) return {evm::Status::static_state_change};
    if (call.input.size() != 32) return {evm::Status::precompile_failure};
    state::AccountEntry* const account = call.journal.account(score_precompile);
    if (account == nullptr) return {evm::Status::state_error};
    state::SlotEntry* const score = call.journal.slot(*account, base::to_uint256(call.sender));
    if (score == nullptr) return {evm::Status::state_error};
    const uint256 sum = score->now + base::load_be(call.input.data());
    call.journal.set(*score, sum);
    output.resize(32);
    base::store_be(output.data(), sum);
    return {evm::Status::success, call.gas - price};
}

struct ScoreChain : MainnetRules {
    struct Transaction : primitives::Transaction {
        uint256 mint;  ///< of a deposit: what its sender locked on the other chain, in wei
        [[nodiscard]] bool is_deposit() const noexcept { return type == deposit_type; }
    };

    static const evm::PrecompileSet& precompiles(Revision revision) noexcept {
        static const evm::PrecompileSet set = [&] {
            evm::PrecompileSet all(revision);  // this chain has one revision only
            all.add(score_precompile, add_score);
            return all;
        }();
        return set;
    }

    /// A deposit has no signature, no nonce and no fee: the other chain vouches for it.
    static std::optional<Reason> validate(const Transaction& tx, const BlockEnv& env, const Checks& checks,
                                          Terms& terms) noexcept {
        if (!tx.is_deposit()) return MainnetRules::validate(tx, env, checks, terms);
        if (tx.mint < tx.value) return Reason::insufficient_balance;
        Checks relaxed = checks;
        relaxed.base_fee = relaxed.nonce = false;
        return MainnetRules::validate(tx, env, relaxed, terms);
    }
    static SenderVerdict validate_sender(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                                         const Checks& checks, const Terms& terms) noexcept {
        if (tx.is_deposit()) return {};
        return MainnetRules::validate_sender(tx, sender, journal, checks, terms);
    }
    static std::optional<uint64_t> required_nonce(const Transaction& tx) noexcept {
        return tx.is_deposit() ? std::nullopt : std::optional(tx.nonce);
    }
    static void buy_gas(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                        const BlockEnv& env, const Checks& checks, const Terms& terms) noexcept {
        if (tx.is_deposit())
            journal.credit(sender, tx.mint);
        else
            MainnetRules::buy_gas(tx, sender, journal, env, checks, terms);
    }
    /// The priority fee is the sequencer's, as on mainnet; the base fee is not burnt, but the treasury's.
    static bool settle(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                       const BlockEnv& env, const Terms& terms, uint64_t gas_used) noexcept {
        if (tx.is_deposit()) return true;
        if (!MainnetRules::settle(tx, sender, journal, env, terms, gas_used)) return false;
        state::AccountEntry* const account = journal.account(treasury);
        if (account == nullptr) return false;
        journal.credit(*account, (terms.gas_price - terms.priority_fee) * uint256{gas_used});
        return true;
    }
};

Address user(uint64_t number) { return base::to_address(uint256{0xa11ce000 + number}); }

/// Users who own nothing deposit, then score points and pay one another in the same block.
std::vector<ScoreChain::Transaction> make_transactions() {
    constexpr uint64_t users = 20, rounds = 10;
    std::vector<ScoreChain::Transaction> out;
    for (uint64_t i = 0; i < users; ++i) {
        ScoreChain::Transaction& deposit = out.emplace_back();
        deposit.type = deposit_type;
        deposit.sender = user(i);
        deposit.to = user(i);
        deposit.mint = 1'000'000'000;
        deposit.gas_limit = 21'000;
    }
    for (uint64_t i = 0; i < users * rounds; ++i) {
        ScoreChain::Transaction& tx = out.emplace_back();
        tx.sender = user(i % users);
        tx.nonce = 1 + i / users;  // the deposit was the first
        tx.gas_limit = 60'000;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 10;
        tx.to = i % 3 == 0 ? user((i + 7) % users) : score_precompile;
        tx.data.resize(32);
        base::store_be(tx.data.data(), uint256{i});
        tx.value = i % 3 == 0 ? 100 : 0;
    }
    return out;
}

std::expected<BlockResult, ExecutionError> run(ExecutorKind executor, const BlockEnv& env,
                                               const StateReader& state) {
    ExecutionContext context(
        {.executor = executor, .threads = executor == ExecutorKind::sequential ? 1U : 4U});
    return execute<ScoreChain>(env, make_transactions(), state, context);
}

}  // namespace

int main() {
    BlockEnv env;
    env.revision = Revision::cancun;
    env.system_calls = false;  // this chain has no beacon chain
    env.context.gas_limit = 100'000'000;
    env.context.base_fee = 7;
    env.context.coinbase = sequencer;
    MemoryState state;
    state.set_account(score_precompile,
                      {.nonce = 1, .balance = 0});  // EIP-161: what is empty would not keep its storage

    const auto sequential = run(ExecutorKind::sequential, env, state);
    const auto parallel = run(ExecutorKind::optimistic, env, state);
    if (!sequential || sequential != parallel) {
        std::cerr << (sequential ? "the executors differ" : to_string(sequential.error())) << "\n";
        return 1;
    }
    state.apply(parallel->diff);
    const auto balance = [&](const Address& address) { return (*state.account(address))->balance.low(); };
    std::cout << parallel->receipts.size() << " transactions, " << parallel->gas_used
              << " gas, the same in parallel\n"
              << "treasury " << balance(treasury) << " wei, sequencer " << balance(sequencer) << " wei\n"
              << "score of user 4: " << state.storage(score_precompile, base::to_uint256(user(4)))->low()
              << "\n";
    return 0;
}
