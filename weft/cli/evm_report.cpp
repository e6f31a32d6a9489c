#include "weft/cli/evm_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "weft/cli/pre_alloc.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli::evm_tool {
namespace {

namespace fs = std::filesystem;
using primitives::json::Writer;

/// Appends `,"key":json`, which the writer has no word for.
void add_raw(std::string& object, std::string_view key, const std::string& json) {
    if (!json.empty()) object += fmt::format(",\"{}\":{}", key, json);
}

std::string to_json(const TestReport& report) {
    Writer writer;
    writer.begin_object();
    writer.key("name").string(report.name).key("pass").boolean(report.error.empty());
    if (report.root) writer.key("stateRoot").bytes(report.root->view());
    writer.key("fork").string(report.fork);
    if (!report.error.empty()) writer.key("error").string(report.error);
    std::string object = writer.take();
    add_raw(object, "state", report.state);
    add_raw(object, "benchStats", report.stats);
    return object + "}";
}

/// "tests/FORK/MODULE/FILE::FUNCTION[fork_NAME-FORM-PARAMETERS]", as EEST names its tests, in geth's short
/// form "MODULE FUNCTION, param=PARAMETERS"; of others the name.
std::string short_name(const std::string& name) {
    constexpr size_t longest = 1024;  // std::regex takes native stack for each character
    static const std::regex pattern(R"(tests/[^/]+/([^/]+)/[^:]+::([^\[]+)\[fork_[^\-\]]+-[^\-]+-(.+)\])",
                                    std::regex::ECMAScript | std::regex::optimize);
    std::smatch parts;
    if (name.size() > longest || !std::regex_search(name, parts, pattern)) return name;
    return fmt::format("{} {}, param={}", parts.str(1), parts.str(2), parts.str(3));
}

void print_human(std::FILE* out, std::span<const TestReport> reports) {
    size_t passed = 0;
    for (const TestReport& report : reports) {
        const bool pass = report.error.empty();
        passed += pass ? 1 : 0;
        fmt::print(out, "[{}] {}", pass ? "\033[32mPASS\033[0m" : "\033[31mFAIL\033[0m",
                   short_name(report.name));
        if (!pass) fmt::print(out, ", err={}, fork={}", report.error, report.fork);
        fmt::print(out, "\n");
        if (!report.state.empty()) fmt::print(out, "{}\n", indented(report.state, 2));
    }
    fmt::print(out, "--\n{} tests passed, {} tests failed.\n", passed, reports.size() - passed);
}

Outcome<std::vector<std::string>> files_of(const std::string& path) {
    std::error_code error;
    if (!fs::exists(path, error))
        return std::unexpected(Failure{Exit::failed, path + ": no such file or directory"});
    if (!fs::is_directory(path, error)) return std::vector{path};
    std::vector<std::string> files;
    for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().filename() == pre_alloc_folder) {
            entry.disable_recursion_pending();
        } else if (entry->path().extension() == ".json") {
            files.push_back(entry->path().string());
        }
    }
    if (error) return std::unexpected(Failure{Exit::failed, path + ": " + error.message()});
    std::ranges::sort(files);
    return files;
}

}  // namespace

void print_reports(std::FILE* out, std::span<const TestReport> reports, bool human) {
    if (human) {
        print_human(out, reports);
    } else {
        std::string array = "[";
        for (const TestReport& report : reports) array += (array.size() > 1 ? "," : "") + to_json(report);
        fmt::print(out, "{}\n", indented(array + "]", 2));
    }
    std::fflush(out);
}

Outcome<void> run_test_files(const std::string& path, bool human, std::FILE* out,
                             const RunTestFile& run_file) {
    if (path.empty()) {
        for (std::string line; std::getline(std::cin, line) && !line.empty();) {
            const auto reports = run_file(line);
            if (!reports) return std::unexpected(reports.error());
            print_reports(out, *reports, human);
        }
        return {};
    }
    const auto files = files_of(path);
    if (!files) return std::unexpected(files.error());
    std::vector<TestReport> all;
    for (const std::string& file : *files) {
        auto reports = run_file(file);
        if (!reports) return std::unexpected(std::move(reports.error()));
        std::ranges::move(*reports, std::back_inserter(all));
    }
    print_reports(out, all, human);
    return {};
}

Outcome<std::regex> test_pattern(const std::string& text) {
    try {
        return std::regex(text, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
        return std::unexpected(Failure{Exit::failed, fmt::format("invalid regex -run: {}", error.what())});
    }
}

}  // namespace weft::cli::evm_tool
