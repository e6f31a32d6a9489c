#pragma once

#include "weft/cli/pre_alloc.hpp"
#include "weft/cli/test_suite.hpp"

namespace weft::cli {

/// Writes the last block of each blockchain test to a folder below `root` (MODULE.TEST/PARAMETERS of the
/// test's name), so that other engines can run it: block.json, prestate.json (the whole state before it),
/// block_hashes.json (of up to 256 ancestors) and genesis.json (the rules, as "config"). The blocks before it
/// are imported first. A test whose last block is invalid or stands on a side chain is a failure. `groups`
/// must outlive the function.
[[nodiscard]] RunTest export_block_to(std::string root, PreAllocGroups& groups);

}  // namespace weft::cli
