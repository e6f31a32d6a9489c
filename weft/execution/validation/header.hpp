#pragma once

#include <optional>

#include "weft/execution/error.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::execution {

/// Which rule a header breaks beside its parent's (yellow paper, section 4.3.4, and the EIPs named with the
/// reasons); the first in the order of `Reason`. `merged`: it stands after the transition to proof of stake
/// (EIP-3675), see is_proof_of_stake.
[[nodiscard]] std::optional<Reason> validate_header(const Header& header, const Header& parent,
                                                    const ChainConfig& config, bool merged);

}  // namespace weft::execution
