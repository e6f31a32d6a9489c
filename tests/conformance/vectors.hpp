#pragma once

#include <string>
#include <string_view>

#include "weft/primitives/json_value.hpp"

namespace weft::conformance {

namespace json = primitives::json;

/// Counts cases, names the first that failed, and says why others were left out.
class Tally {
public:
    /// `why` says what is wrong; empty: passed.
    void add(std::string_view name, const std::string& why);
    void skip(std::string_view name, std::string_view reason, size_t cases = 1);
    /// Prints "N passed, N failed, N skipped"; the exit status. No case at all is a failure.
    [[nodiscard]] int conclude() const;

private:
    size_t passed_ = 0, failed_ = 0, skipped_ = 0;
};

/// One file of a kind of tests; `file` is its name. Error: it is no such file.
json::Result<void> run_transaction_tests(json::Value root, std::string_view file, Tally& tally);
json::Result<void> run_rlp_tests(json::Value root, std::string_view file, Tally& tally);
json::Result<void> run_difficulty_tests(json::Value root, std::string_view file, Tally& tally);
json::Result<void> run_basic_tests(json::Value root, std::string_view file, Tally& tally);

}  // namespace weft::conformance
