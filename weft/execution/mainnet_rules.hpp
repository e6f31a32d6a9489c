#pragma once

#include <optional>

#include "weft/evm/machine.hpp"
#include "weft/execution/block_env.hpp"
#include "weft/execution/error.hpp"
#include "weft/execution/options.hpp"

namespace weft::execution {

/// What a transaction costs, from the transaction and the block alone.
struct Terms {
    uint256 gas_price;            ///< effective, per gas
    uint256 priority_fee;         ///< the part of it that the coinbase gets
    uint256 max_cost;             ///< what the sender must be able to pay: gas, blobs and value, at the caps
    bool cost_overflows = false;  ///< max_cost exceeds 256 bits
    uint64_t intrinsic_gas = 0;
    uint64_t floor_gas = 0;  ///< EIP-7623
    uint64_t blob_gas = 0;   ///< EIP-4844
};

/// The rules of Ethereum's main network, as the executors ask for them: one instance of the ChainRules seam.
/// A chain of its own derives from this and replaces what differs; every name is looked up in the derived
/// class, at compile time.
///
/// What touches state does so through the journal, and reports a null pointer from it as Status::state_error.
struct MainnetRules {
    /// A chain's own derives from this: the executors read the fields that every transaction has.
    using Transaction = primitives::Transaction;
    /// A chain that has more to pay for (data on another chain, say) derives its own from this.
    using Terms = execution::Terms;

    /// The precompiles of a revision; alive as long as the program.
    [[nodiscard]] static const evm::PrecompileSet& precompiles(Revision revision) noexcept;

    /// Whether the transaction is valid by itself in this block; fills `terms`.
    [[nodiscard]] static std::optional<Reason> validate(const Transaction& tx, const BlockEnv& env,
                                                        const Checks& checks, Terms& terms) noexcept;
    struct SenderVerdict {
        std::optional<Reason> invalid;
        bool state_failed = false;
    };
    /// Whether its sender may and can send it. Reads, but changes nothing.
    [[nodiscard]] static SenderVerdict validate_sender(const Transaction& tx, state::AccountEntry& sender,
                                                       Journal& journal, const Checks& checks,
                                                       const Terms& terms) noexcept;
    /// What the sender's nonce must be for the transaction to be valid; nullopt: whatever it is. With it,
    /// transactions of one sender run at the same time.
    [[nodiscard]] static std::optional<uint64_t> required_nonce(const Transaction& tx) noexcept {
        return tx.nonce;
    }
    /// Takes the price of the gas limit and of the blobs from the sender, who then must cover the value. What
    /// it changes stays where the transaction fails.
    static void buy_gas(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                        const BlockEnv& env, const Checks& checks, const Terms& terms) noexcept;
    /// Gives back what the transaction did not use and pays the coinbase. False: the source failed.
    [[nodiscard]] static bool settle(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                                     const BlockEnv& env, const Terms& terms, uint64_t gas_used) noexcept;

    /// How many addresses and storage keys the block's access list may hold (EIP-7928); nullopt: its blocks
    /// have none.
    [[nodiscard]] static std::optional<uint64_t> access_list_limit(const BlockEnv& env) noexcept;

    /// What happens before the first transaction: the DAO fork, the calls of EIP-4788 and EIP-2935.
    [[nodiscard]] static std::optional<ExecutionError> begin_block(evm::Machine& machine,
                                                                   const BlockEnv& env);
    /// What happens after the last: rewards, withdrawals, requests, which are appended to `requests`.
    [[nodiscard]] static std::optional<ExecutionError> end_block(
        evm::Machine& machine, const BlockEnv& env, std::span<const primitives::Receipt> receipts,
        std::vector<Bytes>& requests);
};

}  // namespace weft::execution
