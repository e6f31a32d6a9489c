#pragma once

#include "weft/cli/test_suite.hpp"

namespace weft::cli {

/// `weft blocktest`: executes the blocks of official blockchain tests through the executors and holds
/// gasUsed, logsBloom, receiptsRoot, requestsHash, blobGasUsed and stateRoot against the headers. Every block
/// that a test calls valid must pass. Headers are not validated, so of the blocks that must be refused those
/// are no failure that execute well. See run_suite.
[[nodiscard]] int run_block_tests(const TestOptions& options, std::FILE* out, std::FILE* err);

}  // namespace weft::cli
