#pragma once

#include <expected>

#include "weft/execution/executor.hpp"
#include "weft/execution/stateless/trie_state.hpp"
#include "weft/trie/witness.hpp"

namespace weft::execution {

/// What a node with the whole state has of it: the nodes of its tries, its codes, and the chain.
struct FullState {
    const trie::NodeSource& nodes;
    const CodeSource& codes;
    const Ancestors& ancestors;
};

/// Verifies a block on the state after its parent (see verify_block) and gives what of that state was needed,
/// for the execution and for the new root: with it alone verify_from_witness comes to the same. A block that
/// isn't valid has no witness. Runs sequentially and with a code cache of its own, whatever `options` says,
/// so that the witness holds what is needed and nothing else. Fills in the transactions' senders.
[[nodiscard]] std::expected<Witness, ExecutionError> make_witness(Block& block, const ChainConfig& config,
                                                                  const FullState& state,
                                                                  ContextOptions options = {.threads = 1});

/// Verifies a block with nothing but a witness of unknown origin: header, body, execution, receipts and the
/// root after it. Every part of the witness that is used is checked by its hash, from the parent's hash in
/// the block's header on. Where something is missing the error is a StateError, for a trie node with its hash
/// and path: it says nothing about the block. Parts that nothing asks for do no harm, headers excepted: they
/// must be a chain that ends with the parent.
///
/// Before Shanghai one thing is not in a witness: whether the total difficulty was reached is read off the
/// block's own difficulty.
[[nodiscard]] std::expected<BlockResult, ExecutionError> verify_from_witness(
    Block& block, const Witness& witness, const ChainConfig& config, ExecutionContext& context,
    const ExecutionOptions& options = {});

}  // namespace weft::execution

namespace weft {
using execution::make_witness;
using execution::verify_from_witness;
}  // namespace weft
