// Memory of one process that executes many different blocks in a row, with one ExecutionContext: what it has
// resident after every hundred.
//
//   weft_flat_memory [--blocks N] [--threads N] [--root 1] PATH...
//
// By turns a block of the folders given, read anew each time, and one of the built-in workloads, with a seed
// of its own each time; 1000 blocks by default, `auto` on two threads. --root: the changes of every block go
// into one StateTrie that is kept, and its root is computed; then seeds come again after 32 blocks, for the
// trie holds every account it ever met. "live": what malloc has given and not got back; "peak": the most that
// was ever resident.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "bench/options.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/execution/executor.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft {
namespace {

double resident_mb() {
    std::ifstream file("/proc/self/statm");
    size_t all = 0, resident = 0;
    file >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

void print_row(unsigned blocks, const StateTrie& trie) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const struct mallinfo2 heap = mallinfo2();
    fmt::print("{:>7} {:>12.1f} {:>9.1f} {:>9.1f} {:>9.1f}\n", blocks, resident_mb(),
               static_cast<double>(heap.uordblks + heap.hblkhd) / 1e6,
               static_cast<double>(usage.ru_maxrss) * 1024 / 1e6,
               static_cast<double>(trie.statistics().bytes) / 1e6);
    std::fflush(stdout);
}

/// The i-th block of the row.
std::expected<cli::Input, std::string> make_input(const std::vector<cli::Source>& folders, unsigned i,
                                                  unsigned seeds) {
    const auto config = primitives::mainnet();
    if (i % 2 == 0) return cli::load(folders[i / 2 % folders.size()], {}, config);
    const auto kinds = workload::workload_names();
    const unsigned turn = i / 2 % seeds;
    return cli::load({{}, std::string(kinds[turn % kinds.size()].name)},
                     {.transactions = 50 + turn * 37 % 400, .seed = turn + 1}, config);
}

int run(std::vector<std::string> words) {
    unsigned blocks = 1000, threads = 2, with_roots = 0;
    std::string error =
        bench::take_options(words, {{"--blocks", &blocks}, {"--threads", &threads}, {"--root", &with_roots}});
    const auto folders = cli::find_sources(words);
    if (error.empty() && (words.empty() || !folders)) error = folders ? "no folder" : folders.error();
    if (!error.empty()) {
        fmt::print(stderr, "weft_flat_memory: {}\n", error);
        return 2;
    }
    execution::ExecutionContext context({.threads = threads});
    StateTrie trie;
    execution::ExecutionOptions options;
    if (with_roots != 0) options.sink = &trie;
    fmt::print("{:>7} {:>12} {:>9} {:>9} {:>9}\n", "blocks", "resident MB", "live MB", "peak MB", "trie MB");
    for (unsigned i = 0; i < blocks; ++i) {
        const auto input = make_input(*folders, i, with_roots != 0 ? 32 : blocks);
        if (!input) {
            fmt::print(stderr, "weft_flat_memory: {}\n", input.error());
            return 2;
        }
        const auto result = execution::execute_block(
            input->block, input->rules.value_or(primitives::mainnet()), input->state, context, options);
        if (!result || (with_roots != 0 && !trie.root())) {
            fmt::print(stderr, "weft_flat_memory: block {}: {}\n", input->name,
                       result ? "no root" : execution::to_string(result.error()));
            return 1;
        }
        if ((i + 1) % 100 == 0) print_row(i + 1, trie);
    }
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::run({argv + 1, argv + argc}); }
