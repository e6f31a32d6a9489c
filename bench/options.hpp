#pragma once

#include <charconv>
#include <string>

namespace weft::bench {

/// A whole number of an option's value, at least 1. False: it is none.
[[nodiscard]] inline bool read_number(const std::string& text, unsigned& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && *end == 0 && out != 0;
}

}  // namespace weft::bench
