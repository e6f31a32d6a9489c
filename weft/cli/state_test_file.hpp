#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/execution/block_env.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::cli {

/// The format of official state tests, as ethereum/tests, legacytests and execution-spec-tests write it: one
/// state, one environment, one transaction in variants, and for each fork what each variant leads to.
struct StateTest {
    /// One expectation: a fork and a variant.
    struct Case {
        std::string_view fork;
        size_t index = 0;  ///< among this fork's
        /// The reason where the test's values fit no transaction (RLP_INVALID_VALUE and the like).
        std::expected<Transaction, std::string> transaction;
        Hash post_root;
        Hash logs_hash;
        std::optional<std::string_view> exception;  ///< why the transaction must be invalid
        /// What the receipt says, where the test has it.
        std::optional<uint64_t> cumulative_gas;
        std::optional<bool> success;
    };

    MemoryState pre;
    std::vector<Case> cases;

    // The environment; what a fork doesn't know is left out by block_env().
    evm::BlockContext block;
    std::optional<uint256> base_fee;
    std::optional<uint64_t> excess_blob_gas;
    std::optional<primitives::json::Value> blob_schedule;
};

/// Reads a test; of its cases those for `fork` (empty: all). Views into the document.
[[nodiscard]] primitives::json::Result<StateTest> parse_state_test(primitives::json::Value value,
                                                                   std::string_view fork);

/// The environment of a state test under the fork's rules: no system calls, no withdrawals, and a reward of
/// zero, by which the coinbase is touched, as in the client that the tests were made for (geth). Error: the
/// fork is unknown.
[[nodiscard]] primitives::json::Result<execution::BlockEnv> block_env(const StateTest& test,
                                                                      std::string_view fork);

}  // namespace weft::cli
