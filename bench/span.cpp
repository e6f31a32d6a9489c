// How parallel the transactions of a block are, whoever executes them: its work (the sum of what they cost
// one after the other), its span (the longest chain of transactions each of which needs what the one before
// it changed) and the bound they set on two cores: max(span, work / 2).
//
//   weft_span [--repeat R] PATH|WORKLOAD...
//
// A transaction needs an earlier one if, by value, what it read would not be so on the state before that one:
// a value that changed and came back binds nobody, and neither do payments in, fees, or comparisons that come
// out the same. A sender's nonce is known from the transaction itself. A system call or an engine's own work
// isn't counted; neither is a result moved or a diff built.
#include <fmt/format.h>

#include "bench/block_profile.hpp"

namespace weft {
namespace {

using namespace bench;

int fail(const std::string& why) {
    fmt::print(stderr, "weft_span: {}\n", why);
    return 2;
}

int run(const std::vector<std::string>& words, unsigned repeat) {
    const ChainConfig config = primitives::mainnet();
    const auto sources = cli::find_sources(words);
    if (!sources) return fail(sources.error());
    fmt::print("{:>11} {:>6} {:>7} {:>10} {:>10} {:>10} {:>12}\n", "block", "txs", "Mgas", "work us",
               "span us", "bound us", "work/bound");
    double total_work = 0, total_bound = 0;
    for (const auto& source : *sources) {
        const auto input = cli::load(source, {}, config);
        if (!input) return fail(input.error());
        const BlockEnv env = execution::make_block_env(input->block, input->rules.value_or(config));
        std::vector<Step> steps(input->block.transactions.size());
        if (!measure(*input, env, repeat, steps) || !Dependencies(*input, env).follow(steps))
            return fail(input->name + ": a transaction does not run");
        double work = 0, span = 0;
        for (const Step& step : steps) {
            work += step.cost;
            span = std::max(span, step.finish);
        }
        const double bound = std::max(span, work / 2);
        const double gas = static_cast<double>(input->block.header.gas_used) / 1e6;
        fmt::print("{:>11} {:>6} {:>7.2f} {:>10.1f} {:>10.1f} {:>10.1f} {:>12.2f}\n", input->name,
                   steps.size(), gas, work, span, bound, bound > 0 ? work / bound : 1);
        total_work += work;
        total_bound += bound;
    }
    if (total_bound > 0)
        fmt::print("{:>11} {:>25.1f} {:>21.1f} {:>12.2f}\n", "total", total_work, total_bound,
                   total_work / total_bound);
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    unsigned repeat = 5;
    const std::string wrong = weft::bench::take_options(words, {{"--repeat", &repeat}});
    if (!wrong.empty()) return weft::fail(wrong);
    if (words.empty()) return weft::fail("usage: weft_span [--repeat R] PATH|WORKLOAD...");
    return weft::run(words, repeat);
}
