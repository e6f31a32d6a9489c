#pragma once

#include <vector>

#include "weft/execution/block_env.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::differential {

/// A block, and the state it is executed on.
struct Scenario {
    MemoryState before;
    execution::BlockEnv env;
    std::vector<Transaction> transactions;
    /// Receipts hold the state's root, where the revision has that.
    bool transaction_roots = false;
};

/// A block of the kind that parallel executors get wrong: few accounts that everyone uses, contracts made of
/// steps that read and write each other's balances, slots, code and existence, creations and destructions at
/// the same addresses, senders funded in the block, invalid transactions at any place. Equal seeds give equal
/// scenarios.
[[nodiscard]] Scenario make_random_scenario(uint64_t seed);

}  // namespace weft::differential
