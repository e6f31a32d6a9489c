#pragma once

#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::execution {

/// What a header's fields must be, from its parent. Block building and validation both ask here.

/// The difficulty of a proof-of-work block (yellow paper, section 4.3.4; EIP-2, EIP-100), with the bomb's
/// delays (ChainConfig::bomb_delay).
[[nodiscard]] uint256 next_difficulty(const Header& parent, uint64_t timestamp, const ChainConfig& config);

/// EIP-1559: wei per gas, from London on. Above the parent's base fee of 2^190 it means nothing.
[[nodiscard]] uint256 next_base_fee(const Header& parent);

/// EIP-4844, from Cancun on; a time later than Osaka's with EIP-7918's reserve price. `timestamp` is the new
/// block's: its blob parameters count.
[[nodiscard]] uint64_t next_excess_blob_gas(const Header& parent, uint64_t timestamp,
                                            const ChainConfig& config);

/// Whether a gas limit may follow the parent's (yellow paper, equation 47): it moves by less than a 1024th.
/// London's first block starts from twice its parent's (EIP-1559).
[[nodiscard]] bool may_follow(uint64_t gas_limit, const Header& parent, Revision revision) noexcept;

inline constexpr uint64_t least_gas_limit = 5000;
inline constexpr uint64_t largest_gas_limit = ~uint64_t{0} >> 1;  ///< what every client holds to
inline constexpr uint64_t initial_base_fee = 1'000'000'000;       ///< wei, EIP-1559
inline constexpr uint64_t least_difficulty = 131072;

}  // namespace weft::execution
