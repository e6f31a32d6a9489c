#pragma once

#include <optional>

#include "weft/execution/error.hpp"
#include "weft/execution/validation/ancestors.hpp"
#include "weft/execution/validation/seal.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::execution {

/// Which rule a block's body breaks beside its header: its size (EIP-7934), the roots of transactions,
/// ommers and withdrawals, the blob gas of its transactions. Ommers themselves: validate_ommers.
[[nodiscard]] std::optional<Reason> validate_body(const Block& block, Revision revision);

/// The ommers' rules (yellow paper, section 11.1): at most two, each the child of one of the six generations
/// before the parent, no ancestor itself, never included before, with a valid header. A header's own reason
/// comes with the ommer's index. `seals` nullptr: those of ommers are not checked.
[[nodiscard]] std::optional<ExecutionError> validate_ommers(const Block& block, const ChainConfig& config,
                                                            const Ancestors& ancestors,
                                                            const SealVerifier* seals = nullptr);

/// EIP-7934, from Osaka on: a block's RLP, in bytes.
inline constexpr size_t largest_block = (size_t{10} << 20) - (size_t{2} << 20);

}  // namespace weft::execution
