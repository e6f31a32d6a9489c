#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace weft::execution {

inline constexpr uint64_t transfer_nanoseconds = 300;
inline constexpr uint64_t transfer_gas = 21'000;

/// What a transaction is likely to cost, in nanoseconds, from the transaction alone: for cutting segments and
/// for choosing an executor, never for a result. Gas limits exceed what is used, the more the larger they
/// are. Who brings much call data has something to be gone through, signatures or proofs among it, whose
/// precompiles take longer for their gas than anything else. The rates are those of mainnet's blocks on
/// machine A of docs/performance.md; only their ratios matter.
template <class Tx>
[[nodiscard]] uint64_t estimated_nanoseconds(const Tx& tx) noexcept {
    const bool calls_nothing = tx.to && tx.data.empty();
    // Without call data it is a transfer or a contract's receive function. Who asks for a million gas may
    // well need it; below that, wallets give far more than is used.
    const uint64_t most_gas = calls_nothing ? 40'000 : tx.gas_limit >= 1'000'000 ? tx.gas_limit : 500'000;
    const uint64_t gas = std::min(std::max(tx.gas_limit, transfer_gas) - transfer_gas, most_gas);
    constexpr uint64_t usual_data = 256;
    const uint64_t much_data = std::max<uint64_t>(tx.data.size(), usual_data) - usual_data;
    return transfer_nanoseconds + gas / 20 + std::min(100 * much_data, gas / 5);
}

/// What a block's transactions are likely to cost beyond as many transfers, in nanoseconds, by the gas that
/// its header says they used. Limits are a promise, nearly four times what is used on average and anything in
/// a single block: who pays to hundreds in a row gives each payment ten times its gas, and nobody pays for
/// what is left. Without bound where the header's gas is less than the transactions cost at least, as while a
/// block is built.
[[nodiscard]] constexpr uint64_t nanoseconds_beyond_transfers(uint64_t gas_used,
                                                              size_t transactions) noexcept {
    const uint64_t transfers = transactions * transfer_gas;
    return gas_used < transfers ? std::numeric_limits<uint64_t>::max() / 2 : (gas_used - transfers) / 5;
}

}  // namespace weft::execution
