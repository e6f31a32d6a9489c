// Blocks one after the other, as a chain brings them, in one context: what the optimistic executor's memory
// of conflicts (weft/execution/optimistic/conflicts.hpp) brings to the blocks that follow. By turns a context
// that forgets it before each block, one that keeps it, and one that also chooses the executor by it
// (`auto`); all begin each round knowing nothing.
//
//   weft_in_a_row [--threads N] [--rounds R] [--blocks B] [--txs N] [--conflict PERCENT] PATH|WORKLOAD...
//
// A workload is B blocks of as many seeds; a folder of blocks is taken in the order of their numbers. Each
// block's fastest run of all rounds counts.
#include <fmt/format.h>

#include <array>

#include "bench/known_block.hpp"
#include "bench/options.hpp"
#include "weft/execution/optimistic/engine.hpp"

namespace weft {
namespace {

using execution::ExecutionContext;

struct Settings {
    unsigned threads = 2;
    unsigned rounds = 5;
    unsigned blocks = 8;
    unsigned transactions = 300;
    unsigned conflict_percent = 50;
};

enum Way : uint8_t { sequential, forgets, keeps, chooses };
constexpr std::array names{"sequential", "forgets each block", "keeps it", "auto"};

struct Block : bench::KnownBlock {
    std::array<double, names.size()> best{};  ///< milliseconds
};

int fail(const std::string& why) {
    fmt::print(stderr, "weft_in_a_row: {}\n", why);
    return 2;
}

ExecutionContext make_context(Way way, unsigned threads) {
    if (way == sequential) return ExecutionContext({.executor = execution::ExecutorKind::sequential});
    const auto executor =
        way == chooses ? execution::ExecutorKind::automatic : execution::ExecutorKind::optimistic;
    return ExecutionContext({.executor = executor, .threads = threads});
}

/// All blocks once; `repaired`: adds the segments that were run again. False: a result is not the known one.
bool measure(std::vector<Block>& blocks, Way way, ExecutionContext& context,
             const primitives::ChainConfig& config, uint64_t& repaired) {
    execution::ExecutionOptions options;
    options.blooms = false;
    context.forget();
    for (Block& block : blocks) {
        if (way == forgets) context.memory<execution::optimistic::Engine::Memory>().conflicts.forget();
        const auto time = bench::time_of(block, context, config, options);
        if (!time) return false;
        repaired += context.statistics().repaired;
        if (block.best[way] == 0 || *time < block.best[way]) block.best[way] = *time;
    }
    return true;
}

/// Empty: all blocks are there; else what is wrong.
std::string load(const std::vector<std::string>& words, const Settings& settings,
                 const primitives::ChainConfig& config, std::vector<Block>& blocks) {
    const auto sources = cli::find_sources(words);
    if (!sources) return sources.error();
    ExecutionContext context = make_context(sequential, 1);
    execution::ExecutionOptions options;
    options.blooms = false;
    for (const auto& source : *sources) {
        for (unsigned seed = 1; seed <= (source.workload.empty() ? 1 : settings.blocks); ++seed) {
            workload::Options workload;
            workload.transactions = settings.transactions;
            workload.conflict_percent = settings.conflict_percent;
            workload.seed = seed;
            auto input = cli::load(source, workload, config);
            if (!input) return input.error();
            auto known = execution::execute_block(input->block, input->rules.value_or(config), input->state,
                                                  context, options);
            if (!known) return input->name + ": does not execute";
            blocks.push_back({{std::move(*input), std::move(*known)}});
        }
    }
    return {};
}

int run(const std::vector<std::string>& words, const Settings& settings) {
    const primitives::ChainConfig config = primitives::mainnet();
    std::vector<Block> blocks;
    if (const auto wrong = load(words, settings, config, blocks); !wrong.empty()) return fail(wrong);
    std::array contexts{make_context(sequential, 1), make_context(forgets, settings.threads),
                        make_context(keeps, settings.threads), make_context(chooses, settings.threads)};
    std::array<uint64_t, names.size()> repaired{};
    for (unsigned round = 0; round < settings.rounds; ++round) {
        for (unsigned turn = 0; turn < names.size(); ++turn) {
            const auto way = static_cast<Way>((round + turn) % names.size());
            if (!measure(blocks, way, contexts[way], config, repaired[way]))
                return fail(fmt::format("{}: another result", names[way]));
        }
    }
    fmt::print("{} blocks\n{:<20} {:>10} {:>8} {:>22}\n", blocks.size(), "", "total ms", "speed-up",
               "repaired in a round");
    double own = 0;
    for (const Way way : {sequential, forgets, keeps, chooses}) {
        double total = 0;
        for (const Block& block : blocks) total += block.best[way];
        if (way == sequential) own = total;
        fmt::print("{:<20} {:>10.2f} {:>8.2f} {:>22.1f}\n", names[way], total, own / total,
                   static_cast<double>(repaired[way]) / settings.rounds);
    }
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    weft::Settings settings;
    const std::string wrong = weft::bench::take_options(words, {{"--threads", &settings.threads},
                                                                {"--rounds", &settings.rounds},
                                                                {"--blocks", &settings.blocks},
                                                                {"--txs", &settings.transactions},
                                                                {"--conflict", &settings.conflict_percent}});
    if (!wrong.empty()) return weft::fail(wrong);
    if (words.empty())
        return weft::fail(
            "usage: weft_in_a_row [--threads N] [--rounds R] [--blocks B] [--txs N] [--conflict PERCENT] "
            "PATH|WORKLOAD...");
    return weft::run(words, settings);
}
