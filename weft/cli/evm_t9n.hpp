#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm t9n`, with geth's defaults.
struct CheckOptions {
    std::string input_txs = "txs.json";  ///< "stdin", or a file whose name ends in ".rlp"
    std::string fork = "GrayGlacier";
    uint64_t chain_id = 1;
};

/// `evm t9n`: says of each transaction of an RLP list who sent it, its hash and its intrinsic gas, or why it
/// is none under the fork's rules.
[[nodiscard]] Outcome<void> check_transactions(const CheckOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
