#pragma once

#include "weft/execution/mainnet_rules.hpp"

namespace weft::execution {

/// Fills in the gas that a transaction costs before anything runs (yellow paper section 6.2, EIP-2, 2028,
/// 2930, 3860, 7702) and its floor (EIP-7623).
void count_intrinsic_gas(const primitives::Transaction& tx, Revision revision, Terms& terms) noexcept;

}  // namespace weft::execution
