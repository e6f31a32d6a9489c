#pragma once

#include <optional>
#include <string_view>

#include "weft/execution/error.hpp"

namespace weft::cli {

/// How a refusal compares with the exception that a test names.
enum class Expected : uint8_t {
    yes,
    no,
    unknown,  ///< the test names none, or one that stands for no single rule
};

/// Whether a block was refused as the test says: "A|B" (either will do), in the words of EEST and
/// ethereum/tests ("BlockException.INVALID_GASLIMIT"), or of legacytests ("InvalidGasLimit").
/// `reason` absent: it could not be decoded.
[[nodiscard]] Expected compare_refusal(std::string_view exception,
                                       const std::optional<execution::Reason>& reason);

}  // namespace weft::cli
