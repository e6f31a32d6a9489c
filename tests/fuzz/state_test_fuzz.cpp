// Files of official state tests: a value or an error of one line, and every case has an environment or an
// error.
#include "tests/fuzz/input.hpp"
#include "weft/cli/state_test_file.hpp"

namespace weft {
namespace {

void check(const std::string& error) {
    fuzz::require(!error.empty() && error.find('\n') == std::string::npos, "an error is one line");
}

void read_test(const json::Document& document, json::Value value) {
    const auto test = cli::parse_state_test(value, {});
    if (!test) return check(document.describe(test.error()));
    for (const cli::StateTest::Case& one : test->cases) {
        if (!one.transaction) check(one.transaction.error());
        const auto env = cli::block_env(*test, one.fork);
        if (!env) check(document.describe(env.error()));
    }
    if (test->cases.empty()) return;
    const auto of_fork = cli::parse_state_test(value, test->cases[0].fork);
    fuzz::require(of_fork && !of_fork->cases.empty(), "the cases of one fork are among all");
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    const auto document = json::Document::parse({reinterpret_cast<const char*>(data), size}, "input");
    if (!document) {
        check(document.error());
        return 0;
    }
    json::Object tests;
    if (!json::read(document->root(), tests)) return 0;
    for (const auto& [name, test] : tests) read_test(*document, test);
    return 0;
}
