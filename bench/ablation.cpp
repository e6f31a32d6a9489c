// What the engine's techniques bring that have a switch: the same blocks with and without, by turns.
//
//   weft_ablation [--threads N] [--rounds R] PATH|WORKLOAD...
//
// Each round runs each block with every way in turn, five times one after the other; the fastest run of all
// rounds counts. "/ own": how many times as fast as the optimistic executor as it is, in total and in
// geometric mean, with the block where that is worst and best.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "bench/known_block.hpp"
#include "bench/options.hpp"

namespace weft {
namespace {

using execution::ExecutionContext;
using execution::ExecutorKind;
using execution::Speculation;

struct Way {
    const char* name;
    ExecutorKind executor;
    Speculation speculation = {};
    bool list = false;  ///< told the block's access list, as the best that a prediction can be
};
const std::array ways{
    Way{"optimistic", ExecutorKind::optimistic},
    Way{"sequential", ExecutorKind::sequential},
    Way{"auto (adaptive width)", ExecutorKind::automatic},
    Way{"segments of 1 transaction", ExecutorKind::optimistic, {.segment_transactions = 1}},
    Way{"segments of 4", ExecutorKind::optimistic, {.segment_transactions = 4}},
    Way{"segments of 16", ExecutorKind::optimistic, {.segment_transactions = 16}},
    Way{"segments of 64", ExecutorKind::optimistic, {.segment_transactions = 64}},
    Way{"head speculates, too", ExecutorKind::optimistic, {.trust_head = false}},
    Way{"values predicted (list)", ExecutorKind::directed, {}, true},
};
constexpr unsigned runs_in_a_row = 5;

struct Settings {
    unsigned threads = 2;
    unsigned rounds = 3;
};

struct Block : bench::KnownBlock {
    std::array<double, ways.size()> best{};  ///< milliseconds
};

int fail(const std::string& why) {
    fmt::print(stderr, "weft_ablation: {}\n", why);
    return 2;
}

/// Runs a block some times in a row; false: the result is not the known one.
bool measure(Block& block, size_t way, ExecutionContext& context, const primitives::ChainConfig& config) {
    execution::ExecutionOptions options;
    options.blooms = false;
    if (ways[way].list) options.predicted_list = &*block.known.access_list;
    for (unsigned run = 0; run < runs_in_a_row; ++run) {
        context.forget();
        const auto time = bench::time_of(block, context, config, options);
        if (!time) return false;
        if (block.best[way] == 0 || *time < block.best[way]) block.best[way] = *time;
    }
    return true;
}

void report(const std::vector<Block>& blocks) {
    fmt::print("{:<26} {:>10} {:>7} {:>9}  {:<24} {}\n", "", "total ms", "/ own", "geo. mean", "worst",
               "best");
    for (size_t way = 0; way < ways.size(); ++way) {
        double total = 0, own = 0, logs = 0;
        const auto ratio = [way](const Block& block) { return block.best[0] / block.best[way]; };
        for (const Block& block : blocks) {
            total += block.best[way];
            own += block.best[0];
            logs += std::log(ratio(block));
        }
        const auto [worst, best] = std::ranges::minmax_element(blocks, {}, ratio);
        fmt::print("{:<26} {:>10.2f} {:>7.2f} {:>9.2f}  {:<24} {}\n", ways[way].name, total, own / total,
                   std::exp(logs / static_cast<double>(blocks.size())),
                   fmt::format("{:.2f} ({})", ratio(*worst), worst->input.name),
                   fmt::format("{:.2f} ({})", ratio(*best), best->input.name));
    }
}

int run(const std::vector<std::string>& words, const Settings& settings) {
    const primitives::ChainConfig config = primitives::mainnet();
    const auto sources = cli::find_sources(words);
    if (!sources) return fail(sources.error());
    std::vector<std::unique_ptr<ExecutionContext>> contexts;
    for (const Way& way : ways)
        contexts.push_back(std::make_unique<ExecutionContext>(execution::ContextOptions{
            .executor = way.executor, .threads = settings.threads, .speculation = way.speculation}));
    std::vector<Block> blocks;
    for (const auto& source : *sources) {
        auto input = cli::load(source, {}, config);
        if (!input) return fail(input.error());
        if (input->block.transactions.empty()) continue;
        execution::ExecutionOptions options;
        options.blooms = false;
        options.record_access_list = true;
        auto known = execution::execute_block(input->block, input->rules.value_or(config), input->state,
                                              *contexts[1], options);
        if (!known) return fail(input->name + ": does not execute");
        blocks.push_back({{std::move(*input), std::move(*known)}});
    }
    for (unsigned round = 0; round < settings.rounds; ++round)
        for (Block& block : blocks)
            for (size_t way = 0; way < ways.size(); ++way)
                if (!measure(block, way, *contexts[way], config))
                    return fail(block.input.name + ": " + ways[way].name + " has another result");
    fmt::print("all {} blocks\n", blocks.size());
    report(blocks);
    std::erase_if(blocks, [](const Block& block) { return block.input.block.header.gas_used <= 4'000'000; });
    if (blocks.empty()) return 0;
    fmt::print("the {} of more than 4 Mgas\n", blocks.size());
    report(blocks);
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    weft::Settings settings;
    const std::string wrong =
        weft::bench::take_options(words, {{"--threads", &settings.threads}, {"--rounds", &settings.rounds}});
    if (!wrong.empty()) return weft::fail(wrong);
    if (words.empty()) return weft::fail("usage: weft_ablation [--threads N] [--rounds R] PATH|WORKLOAD...");
    return weft::run(words, settings);
}
