#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/cli/pre_alloc.hpp"
#include "weft/cli/test_suite.hpp"
#include "weft/execution/error.hpp"
#include "weft/primitives/access_list.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::cli {

/// One block of a blockchain test, as it comes over the wire.
struct TestBlock {
    Bytes rlp;
    bool must_fail = false;
    std::string exception;     ///< why, in the test's words, "A|B" for either; empty: it doesn't say
    std::optional<Hash> hash;  ///< of a valid block
    /// Of a valid block, as the test writes it out beside the RLP.
    std::optional<Header> header;
    /// The block's access list, where the test gives it: in the payload, or beside a valid block (EIP-7928).
    std::optional<BlockAccessList> access_list;
    /// Why the Engine API itself refuses the payload.
    std::optional<execution::Reason> refused;
};

/// A blockchain test: blocks, side chains among them, that are imported one after another.
struct BlockTest {
    std::string_view network;
    ChainConfig config;
    Header genesis;
    std::optional<Hash> genesis_hash;  ///< where the test gives it
    MemoryState pre;
    std::vector<TestBlock> blocks;
    Hash last_block;                  ///< the chain's head in the end
    std::optional<MemoryState> post;  ///< the state there,
    std::optional<Hash> post_root;    ///< or its root
    bool checks_seals = false;        ///< its blocks have proof-of-work seals
};

/// The fork whose rules a test asks for, known or not: "network", which EEST will give in "config" alone one
/// day.
[[nodiscard]] primitives::json::Result<void> read_network(primitives::json::Value test,
                                                          std::string_view& out);

/// Reads a test with "blocks" (ethereum/tests, legacytests, EEST's blockchain_tests) or "engineNewPayloads"
/// (EEST's blockchain_tests_engine), whose payloads are made into blocks. With "preHash" the state before is
/// a group's (blockchain_tests_engine_x), and the state after is "postStateDiff": the accounts that differ.
[[nodiscard]] primitives::json::Result<BlockTest> parse_block_test(const NamedTest& named,
                                                                   PreAllocGroups& groups);

/// Reads a test and, if the filter wants its fork, has it run: appends the case, which `run` completes.
[[nodiscard]] primitives::json::Result<void> with_block_test(
    const NamedTest& named, PreAllocGroups& groups, const TestFilter& filter, std::vector<CaseResult>& out,
    base::FunctionRef<void(const BlockTest& test, CaseResult& result)> run);

}  // namespace weft::cli
