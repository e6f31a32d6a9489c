#pragma once

#include <algorithm>
#include <cstdint>

namespace weft::execution {

/// What a transaction is likely to cost, in nanoseconds, from the transaction alone: for cutting segments and
/// for choosing an executor, never for a result. Gas limits exceed what is used, the more the larger they
/// are. The rates are those of mainnet's blocks on the machine of docs/performance.md; only their ratios
/// matter.
template <class Tx>
[[nodiscard]] uint64_t estimated_nanoseconds(const Tx& tx) noexcept {
    constexpr uint64_t transfer = 300;
    constexpr uint64_t transfer_gas = 21'000;
    const bool calls_nothing = tx.to && tx.data.empty();
    // Without call data it is a transfer or a contract's receive function. Who asks for a million gas may
    // well need it; below that, wallets give far more than is used.
    const uint64_t most_gas = calls_nothing ? 40'000 : tx.gas_limit >= 1'000'000 ? tx.gas_limit : 500'000;
    const uint64_t gas = std::min(std::max(tx.gas_limit, transfer_gas) - transfer_gas, most_gas);
    return transfer + gas / 20;
}

}  // namespace weft::execution
