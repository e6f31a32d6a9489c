// Blocks on a state whose every read takes its time, as on a disk with nothing cached: what lookahead and
// prefetch hide of it, against sequential execution.
//
//   weft_cold_disk [--read-us N] [--depth N] PATH|WORKLOAD...
//
// An account, a slot, a storage's emptiness and a code are a read each, by default of 50 us, for which a
// thread sleeps. "ahead": through a state::ReadAheadReader, which reads what is named ahead with `depth`
// threads, as the queue of one NVMe disk does: what the transactions name, or, "list", what the block's
// access list names. 2, 8, 16: workers; one that sleeps costs no core. Analysed code stays from run to run;
// the fastest of three runs counts.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <array>
#include <chrono>
#include <thread>

#include "bench/options.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/read_ahead.hpp"

namespace weft {
namespace {

using execution::ExecutionContext;
using execution::ExecutorKind;
using state::ReadResult;
using Clock = std::chrono::steady_clock;

/// A state before which every read waits.
class SlowReader final : public StateReader {
public:
    SlowReader(const StateReader& inner, std::chrono::microseconds time) : inner_(inner), time_(time) {}
    ReadResult<std::optional<Account>> account(const Address& address) const override {
        std::this_thread::sleep_for(time_);
        return inner_.account(address);
    }
    ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        std::this_thread::sleep_for(time_);
        return inner_.storage(address, key);
    }
    ReadResult<bool> has_storage(const Address& address) const override {
        std::this_thread::sleep_for(time_);
        return inner_.has_storage(address);
    }
    ReadResult<Bytes> code(const Hash& code_hash) const override {
        std::this_thread::sleep_for(time_);
        return inner_.code(code_hash);
    }
    ReadResult<Hash> block_hash(uint64_t number) const override { return inner_.block_hash(number); }
    uint64_t read_time() const noexcept override { return std::chrono::nanoseconds(time_).count(); }

private:
    const StateReader& inner_;
    std::chrono::microseconds time_;
};

int fail(const std::string& why) {
    fmt::print(stderr, "weft_cold_disk: {}\n", why);
    return 2;
}

struct Way {
    const char* name;
    ExecutorKind executor;
    unsigned threads;
    enum { memory, alone, ahead, list } reads;
};
constexpr std::array ways{Way{"in memory", ExecutorKind::sequential, 1, Way::memory},
                          Way{"sequential", ExecutorKind::sequential, 1, Way::alone},
                          Way{"auto 2", ExecutorKind::automatic, 2, Way::alone},
                          Way{"auto 16", ExecutorKind::automatic, 16, Way::alone},
                          Way{"seq. ahead", ExecutorKind::sequential, 1, Way::ahead},
                          Way{"auto 2 ahead", ExecutorKind::automatic, 2, Way::ahead},
                          Way{"auto 8 ahead", ExecutorKind::automatic, 8, Way::ahead},
                          Way{"auto 16 ahead", ExecutorKind::automatic, 16, Way::ahead},
                          Way{"auto 2 list", ExecutorKind::automatic, 2, Way::list},
                          Way{"auto 8 list", ExecutorKind::automatic, 8, Way::list}};

struct Settings {
    unsigned read_us = 50;
    unsigned depth = 32;
};

/// Milliseconds of the fastest of three runs; nullopt: its result is not the known one.
std::optional<double> measure(const Way& way, const cli::Input& input, const primitives::ChainConfig& config,
                              ExecutionContext& context, base::ThreadPool& disk,
                              const execution::BlockResult& known, const Settings& settings) {
    execution::ExecutionOptions options;
    if (way.reads == Way::list) options.predicted_list = &*known.access_list;
    double best = 0;
    for (int round = 0; round < 3; ++round) {
        context.forget();
        const SlowReader slow(input.state, std::chrono::microseconds(settings.read_us));
        const state::ReadAheadReader ahead(slow, disk);
        const StateReader& reader = way.reads == Way::memory  ? static_cast<const StateReader&>(input.state)
                                    : way.reads == Way::alone ? static_cast<const StateReader&>(slow)
                                                              : ahead;
        const auto start = Clock::now();
        const auto outcome = execution::execute_block(input.block, config, reader, context, options);
        const double time = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        if (!outcome || outcome->receipts != known.receipts || outcome->diff != known.diff)
            return std::nullopt;
        best = round == 0 ? time : std::min(best, time);
    }
    return best;
}

int run(const std::vector<std::string>& words, const Settings& settings) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // what threads are made from here inherits it
    const primitives::ChainConfig config = primitives::mainnet();
    const auto sources = cli::find_sources(words);
    if (!sources) return fail(sources.error());
    std::vector<std::unique_ptr<ExecutionContext>> contexts;
    for (const Way& way : ways)
        contexts.push_back(std::make_unique<ExecutionContext>(
            execution::ContextOptions{.executor = way.executor, .threads = way.threads}));
    base::ThreadPool disk(settings.depth);
    fmt::print("milliseconds\n{:>11}", "block");
    for (const Way& way : ways) fmt::print(" {:>13}", way.name);
    fmt::print("\n");
    std::array<double, ways.size()> totals{};
    for (const auto& source : *sources) {
        const auto input = cli::load(source, {}, config);
        if (!input) return fail(input.error());
        execution::ExecutionOptions options;
        options.record_access_list = true;
        const auto known =
            execution::execute_block(input->block, config, input->state, *contexts[0], options);
        if (!known) return fail(input->name + ": does not execute");
        fmt::print("{:>11}", input->name);
        for (size_t i = 0; i < ways.size(); ++i) {
            const auto time = measure(ways[i], *input, config, *contexts[i], disk, *known, settings);
            if (!time) return fail(input->name + ": " + ways[i].name + " has another result");
            totals[i] += *time;
            fmt::print(" {:>13.2f}", *time);
        }
        fmt::print("\n");
    }
    fmt::print("{:>11}", "total");
    for (const double total : totals) fmt::print(" {:>13.2f}", total);
    fmt::print("\n{:>11}", "speed-up");
    for (const double total : totals) fmt::print(" {:>13.2f}", total > 0 ? totals[1] / total : 1);
    fmt::print("\n");
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    weft::Settings settings;
    const std::string wrong =
        weft::bench::take_options(words, {{"--read-us", &settings.read_us}, {"--depth", &settings.depth}});
    if (!wrong.empty()) return weft::fail(wrong);
    if (words.empty()) return weft::fail("usage: weft_cold_disk [--read-us N] [--depth N] PATH|WORKLOAD...");
    return weft::run(words, settings);
}
