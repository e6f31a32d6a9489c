#pragma once

#include "weft/cli/test_suite.hpp"

namespace weft::cli {

/// `weft statetest`: official state tests through the executors. See run_suite.
[[nodiscard]] int run_state_tests(const TestOptions& options, std::FILE* out, std::FILE* err);

}  // namespace weft::cli
