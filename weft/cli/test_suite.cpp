#include "weft/cli/test_suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <new>
#include <system_error>
#include <thread>

#include "weft/base/hex.hpp"
#include "weft/cli/pre_alloc.hpp"
#include "weft/cli/run.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
namespace json = primitives::json;

constexpr size_t most_failures_shown = 20;
/// From so many cases on, no speculative commit or no repair at all can't be chance.
constexpr size_t cases_that_speculate = 64;

struct FileResult {
    std::vector<CaseResult> cases;
    std::vector<std::string> skipped;  ///< tests by name
    /// A line each: why the file could not be read, or some of its tests.
    std::vector<std::string> bad_input;
};

std::expected<std::vector<std::string>, std::string> find_files(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            if (!fs::exists(path, error)) return std::unexpected(path + ": no such file or folder");
            files.push_back(path);
            continue;
        }
        const size_t first = files.size();
        for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
             entry.increment(error)) {
            const fs::path& name = entry->path();
            if (name.filename().string().starts_with('.') || name.filename() == pre_alloc_folder) {
                entry.disable_recursion_pending();  // .meta holds an index of the tests, not tests
            } else if (name.extension() == ".json") {
                files.push_back(name.string());
            }
        }
        if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
        if (files.size() == first) return std::unexpected(path + ": no *.json file in it");
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
    }
    return files;
}

FileResult run_file(const std::string& path, const RunTest& run_test, const TestFilter& filter,
                    TestBench& bench) {
    FileResult out;
    const auto document = json::Document::load(path);
    if (!document) {
        out.bad_input.push_back(document.error());
        return out;
    }
    json::Object tests;
    if (const auto status = json::read(document->root(), tests); !status) {
        out.bad_input.push_back(document->describe(status.error()));
        return out;
    }
    if (tests.size() == 0) out.bad_input.push_back(path + ": no test in it");
    for (const auto& [name, test] : tests) {
        if (!filter.wants(name)) continue;
        if (filter.skips(name)) {
            out.skipped.emplace_back(name);
            continue;
        }
        // The others can be read.
        if (auto status = run_test({path, name, test}, filter, bench, out.cases); !status)
            out.bad_input.push_back(document->describe(std::move(status.error()).within(name)));
    }
    return out;
}

void print_json(std::FILE* out, const std::vector<FileResult>& files) {
    bool first = true;
    for (const FileResult& file : files)
        for (const CaseResult& one : file.cases) {
            json::Writer writer;
            writer.begin_object();
            writer.key("name").string(one.name).key("pass").boolean(one.error.empty());
            if (one.root) writer.key("stateRoot").bytes(one.root->view());
            writer.key("fork").string(one.fork);
            if (one.index) writer.key("index").number(*one.index);
            if (!one.error.empty()) writer.key("error").string(one.error);
            writer.end_object();
            fmt::print(out, "{}{}", first ? "[\n" : ",\n", writer.str());
            first = false;
        }
    fmt::print(out, "{}", first ? "[]\n" : "\n]\n");
}

/// Calls `work` on `jobs` threads, the caller's among them, or on as many as the system allows.
template <class Work>
void run_side_by_side(size_t jobs, const Work& work) {
    std::vector<std::jthread> threads;
    try {
        while (threads.size() + 1 < jobs) threads.emplace_back(work);
    } catch (const std::system_error&) {
        // The system gives no more threads: those that there are do everything.
    }
    work();
}

struct Counts {
    size_t passed = 0, failed = 0, skipped = 0;
    size_t named_refusals = 0, unnamed_refusals = 0;
    uint64_t speculative = 0, repaired = 0, not_refused = 0;
};

/// Counts, and names the first failures.
Counts count(std::FILE* err, const std::vector<std::string>& paths, const std::vector<FileResult>& files) {
    Counts counts;
    for (size_t i = 0; i < files.size(); ++i) {
        for (const std::string& name : files[i].skipped) {
            ++counts.skipped;
            fmt::print(err, "skipped: {}: {} (--skip)\n", paths[i], name);
        }
        for (const CaseResult& one : files[i].cases) {
            counts.named_refusals += one.named_refusals;
            counts.unnamed_refusals += one.unnamed_refusals;
            if (one.error.empty()) {
                ++counts.passed;
            } else if (++counts.failed <= most_failures_shown) {
                const std::string index = one.index ? fmt::format(" {}", *one.index) : "";
                fmt::print(err, "FAILED {}: {} ({}{}): {}\n", paths[i], one.name, one.fork, index, one.error);
            }
        }
    }
    if (counts.failed > most_failures_shown)
        fmt::print(err, "... and {} more\n", counts.failed - most_failures_shown);
    return counts;
}

/// Prints the counts; the exit status.
int conclude(std::FILE* err, const Counts& counts, const TestOptions& options, bool all_read) {
    const size_t run = counts.passed + counts.failed;
    bool proves_nothing = false;
    if (options.executors != TestExecutors::sequential) {
        fmt::print(err, "speculative commits: {}, repairs: {}\n", counts.speculative, counts.repaired);
        if (counts.not_refused != 0)
            fmt::print(err, "too long for the mode that refuses validations: {}\n", counts.not_refused);
        proves_nothing = run >= cases_that_speculate && (counts.speculative == 0 || counts.repaired == 0);
        if (proves_nothing) fmt::print(err, "FAILED: speculation was not put to the test\n");
    }
    if (counts.named_refusals + counts.unnamed_refusals != 0)
        fmt::print(err, "blocks refused for the reason that the test names: {}, that it doesn't name: {}\n",
                   counts.named_refusals, counts.unnamed_refusals);
    if (run + counts.skipped == 0) fmt::print(err, "no test was asked for (--run, --fork)\n");
    // Who adds up such lines must not take the rest for the whole.
    fmt::print(err, "{}{} passed, {} failed, {} skipped\n",
               all_read ? "" : "in what could be read: ", counts.passed, counts.failed, counts.skipped);
    return counts.failed == 0 && !proves_nothing ? exit_ok : exit_check_failed;
}

}  // namespace

bool matches(const std::regex& expression, std::string_view name) {
    constexpr size_t most_characters = 1024;
    name = name.substr(0, most_characters);
    return std::regex_search(name.begin(), name.end(), expression);
}

int run_suite(const TestOptions& options, const RunTest& run_test, std::FILE* out, std::FILE* err) {
    TestFilter filter{.name = {}, .skip = {}, .fork = options.fork};
    try {
        constexpr auto flags = std::regex::ECMAScript | std::regex::optimize;
        if (!options.run.empty()) filter.name.emplace(options.run, flags);
        if (!options.skip.empty()) filter.skip.emplace(options.skip, flags);
    } catch (const std::regex_error& error) {
        return bad_input(err, fmt::format("--run, --skip: no regular expression: {}", error.what()));
    }
    const auto paths = find_files(options.paths);
    if (!paths) return bad_input(err, paths.error());

    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned jobs = options.jobs == 0 ? cores : options.jobs;
    const auto pool = std::make_shared<base::ThreadPool>(std::max(1U, cores - 1));
    const auto codes = std::make_shared<CodeCache>();
    std::vector<FileResult> files(paths->size());
    std::atomic<size_t> next{0};
    std::atomic<uint64_t> speculative{0}, repaired{0}, not_refused{0};
    std::atomic<bool> out_of_memory{false};
    const auto work = [&] {
        try {
            TestBench bench(options.executors, pool, codes);
            for (size_t i; (i = next.fetch_add(1)) < files.size();)
                files[i] = run_file((*paths)[i], run_test, filter, bench);
            speculative += bench.speculative();
            repaired += bench.repaired();
            not_refused += bench.not_refused();
        } catch (const std::bad_alloc&) {
            out_of_memory = true;
        }
    };
    run_side_by_side(std::min<size_t>(jobs, files.size()), work);
    if (out_of_memory) return bad_input(err, "out of memory (--jobs 1 needs least)");
    print_json(out, files);
    std::fflush(out);
    Counts counts = count(err, *paths, files);
    counts.speculative = speculative;
    counts.repaired = repaired;
    counts.not_refused = not_refused;
    const bool all_read =
        std::ranges::all_of(files, [](const FileResult& file) { return file.bad_input.empty(); });
    const bool any_read = std::ranges::any_of(files, [](const FileResult& file) {
        return file.bad_input.empty() || !file.cases.empty() || !file.skipped.empty();
    });
    const int status = any_read ? conclude(err, counts, options, all_read) : exit_ok;
    for (const FileResult& file : files)
        for (const std::string& why : file.bad_input) bad_input(err, why);
    return all_read ? status : exit_bad_input;
}

}  // namespace weft::cli
