#include "weft/cli/evm_inputs.hpp"

#include <fmt/format.h>

#include <iostream>
#include <iterator>

namespace weft::cli::evm_tool {

using primitives::json::Document;
using primitives::json::Object;
using primitives::json::Value;

Outcome<Value> Inputs::find(const std::string& place, std::string_view key, const char* what) {
    if (place != "stdin") return load(place, what);
    if (auto read = read_stdin(); !read) return std::unexpected(read.error());
    Object root;
    if (auto read = primitives::json::read(stdin_->root(), root); !read)
        return failure(Exit::json, "failed unmarshalling stdin: " + read.error().message);
    const auto value = primitives::json::find(root, key);
    if (!value) return failure(Exit::json, fmt::format("failed unmarshalling stdin: {}: missing", key));
    return *value;
}

bool Inputs::stdin_has(std::string_view key) {
    Object root;
    return stdin_ && primitives::json::read(stdin_->root(), root) &&
           primitives::json::find(root, key).has_value();
}

bool Inputs::stdin_lacks(std::string_view key) {
    return stdin_ && stdin_->root().is_object() && !stdin_has(key);
}

Outcome<Value> Inputs::load(const std::string& path, const char* what) {
    auto document = Document::load(path);
    if (!document) {
        // A file that can't be read is one thing, a text that is no JSON another.
        const bool is_text = document.error().find(": not JSON") != std::string::npos;
        return failure(is_text ? Exit::json : Exit::io,
                       fmt::format("failed {} {} file: {}", is_text ? "unmarshalling" : "reading", what,
                                   document.error()));
    }
    documents_.push_back(std::move(*document));
    return documents_.back().root();
}

Outcome<void> Inputs::read_stdin() {
    if (stdin_) return {};
    std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    auto document = Document::parse(std::move(text), "stdin");
    if (!document) return failure(Exit::json, "failed unmarshalling stdin: " + document.error());
    stdin_ = std::move(*document);
    return {};
}

}  // namespace weft::cli::evm_tool
