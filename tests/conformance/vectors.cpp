// weft_vectors KIND FOLDER: the official tests that are neither blocks nor state, straight on the functions:
// transactions, rlp, difficulty, basic.
#include "vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace weft::conformance {

constexpr size_t most_failures_shown = 20;

void Tally::add(std::string_view name, const std::string& why) {
    if (why.empty()) {
        ++passed_;
    } else if (++failed_ <= most_failures_shown) {
        fmt::print(stderr, "FAILED {}: {}\n", name, why);
    }
}

void Tally::skip(std::string_view name, std::string_view reason, size_t cases) {
    skipped_ += cases;
    fmt::print(stderr, "skipped: {} ({}): {}\n", name, cases, reason);
}

int Tally::conclude() const {
    fmt::print(stderr, "{} passed, {} failed, {} skipped\n", passed_, failed_, skipped_);
    return failed_ == 0 && passed_ != 0 ? 0 : 1;
}

namespace {

using RunFile = json::Result<void> (*)(json::Value, std::string_view, Tally&);

const std::map<std::string_view, RunFile> kinds{{"transactions", run_transaction_tests},
                                                {"rlp", run_rlp_tests},
                                                {"difficulty", run_difficulty_tests},
                                                {"basic", run_basic_tests}};

int run(RunFile run_file, const std::string& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == ".json") files.push_back(entry->path());
    std::ranges::sort(files);
    Tally tally;
    for (const auto& file : files) {
        const auto document = json::Document::load(file.string());
        if (!document) {
            tally.add(file.string(), document.error());
        } else if (const auto read = run_file(document->root(), file.filename().string(), tally); !read) {
            tally.add(file.string(), document->describe(read.error()));
        }
    }
    return tally.conclude();
}

}  // namespace
}  // namespace weft::conformance

int main(int argc, char** argv) {
    using namespace weft::conformance;
    const auto kind = argc == 3 ? kinds.find(argv[1]) : kinds.end();
    if (kind == kinds.end()) {
        fmt::print(stderr, "usage: weft_vectors transactions|rlp|difficulty|basic FOLDER\n");
        return 2;
    }
    return run(kind->second, argv[2]);
}
