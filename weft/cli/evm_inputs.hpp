#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/cli/evm.hpp"
#include "weft/primitives/json.hpp"

namespace weft::cli::evm_tool {

[[nodiscard]] inline std::unexpected<Failure> failure(Exit exit, std::string message) {
    return std::unexpected(Failure{exit, std::move(message)});
}

/// The JSON documents that a command's inputs stand in: stdin once, one object for all that is there; files
/// each for itself. Values are views into them.
class Inputs {
public:
    /// The value under `key` of stdin's object, where `place` is "stdin"; else the root of the file there.
    /// `what` names it in errors.
    [[nodiscard]] Outcome<primitives::json::Value> find(const std::string& place, std::string_view key,
                                                        const char* what);
    /// Reads stdin, if that is not done yet.
    [[nodiscard]] Outcome<void> read_stdin();
    /// Whether stdin was read and has the key.
    [[nodiscard]] bool stdin_has(std::string_view key);
    /// Whether stdin was read, is an object, and has no such key.
    [[nodiscard]] bool stdin_lacks(std::string_view key);

private:
    Outcome<primitives::json::Value> load(const std::string& path, const char* what);

    std::optional<primitives::json::Document> stdin_;
    std::vector<primitives::json::Document> documents_;
};

}  // namespace weft::cli::evm_tool
