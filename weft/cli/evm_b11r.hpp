#pragma once

#include "weft/cli/evm.hpp"

namespace weft::cli::evm_tool {

/// The flags of `evm b11r`, with geth's defaults. Of the files, "stdin", "stdout" and "stderr" mean these
/// streams.
struct BuildOptions {
    std::string input_header = "header.json";
    std::string input_ommers;       ///< a list of blocks' RLP; empty: none
    std::string input_withdrawals;  ///< empty: none
    std::string input_txs = "txs.rlp";
    std::string clique;  ///< who seals the block (EIP-225); empty: nobody
    std::string output_basedir;
    std::string output_block = "block.json";
};

/// `evm b11r`: puts a block together, header and body as they are given; nothing is executed or checked.
[[nodiscard]] Outcome<void> build_block(const BuildOptions& options, const Streams& streams);

}  // namespace weft::cli::evm_tool
