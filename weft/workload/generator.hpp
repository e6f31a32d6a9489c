#pragma once

#include <memory>

#include "weft/workload/builder.hpp"

namespace weft::workload {

/// Writes one workload's transactions, and the state that each of them needs.
class Generator {
public:
    virtual ~Generator() = default;
    /// Comes first, for what may fail: files that are read, contracts that construct themselves. Error: one
    /// line.
    [[nodiscard]] virtual std::expected<void, std::string> prepare() { return {}; }
    /// Sends exactly one transaction: on the hot key, or anywhere else.
    virtual void emit(bool hot) = 0;
    /// Writes what is known only when all transactions are.
    virtual void finish() {}
};

/// Each deploys its contracts through the builder, which must outlive it.
[[nodiscard]] std::unique_ptr<Generator> make_transfers(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_erc20(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_dex(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_lending(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_game(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_nft(Builder& builder);
[[nodiscard]] std::unique_ptr<Generator> make_supply_chain(Builder& builder);
/// All of the above in one block, in about the shares that mainnet sees.
[[nodiscard]] std::unique_ptr<Generator> make_mixed(Builder& builder);
/// Not in `mixed`: its bytecode is fetched.
[[nodiscard]] std::unique_ptr<Generator> make_uniswap(Builder& builder);

}  // namespace weft::workload
