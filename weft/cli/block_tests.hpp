#pragma once

#include "weft/cli/pre_alloc.hpp"
#include "weft/cli/test_suite.hpp"

namespace weft::cli {

/// `weft blocktest`: imports the blocks of official blockchain tests through the executors, each with its own
/// chain: validation, execution, state root, the canonical head. Valid blocks must be valid, invalid ones be
/// refused, for the reason that the test names. See run_suite. With `export_to` each test's last block is
/// written to a folder instead (export_block.hpp).
[[nodiscard]] int run_block_tests(const TestOptions& options, std::FILE* out, std::FILE* err);

/// What a refusal must be that a test wants.
enum class Refusal : uint8_t {
    as_named,  ///< for the reason that the test names, where it names one
    any,       ///< what clients hold their imports to: names differ among those who fill tests, and so do the
               ///< reasons for a block with several faults
};

/// How one test of that suite is run; `groups` must outlive it.
[[nodiscard]] RunTest run_block_test(PreAllocGroups& groups, Refusal refusal = Refusal::as_named);

}  // namespace weft::cli
