#pragma once

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string>
#include <vector>

namespace weft::bench {

/// A whole number of an option's value, at least 1. False: it is none.
[[nodiscard]] inline bool read_number(const std::string& text, unsigned& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && *end == 0 && out != 0;
}

/// A program's options that take a whole number.
struct NumberOption {
    std::string name;
    unsigned* value;
};

/// Takes the options off the front of `words`. Empty: all is well; else what is wrong.
[[nodiscard]] inline std::string take_options(std::vector<std::string>& words,
                                              std::initializer_list<NumberOption> options) {
    for (; !words.empty() && words[0].starts_with("--"); words.erase(words.begin(), words.begin() + 2)) {
        const auto* const option = std::ranges::find(options, words[0], &NumberOption::name);
        if (option == options.end()) return "unknown option " + words[0];
        if (words.size() < 2 || !read_number(words[1], *option->value))
            return words[0] + ": a number, at least 1";
    }
    return {};
}

}  // namespace weft::bench
