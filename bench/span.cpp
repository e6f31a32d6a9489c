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

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>

#include "weft/cli/inputs.hpp"
#include "weft/execution/block_state.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/execution/optimistic/record.hpp"
#include "weft/execution/optimistic/segment_source.hpp"
#include "weft/execution/reader_source.hpp"

namespace weft {
namespace {

using execution::BlockEnv;
using execution::MainnetRules;
using namespace execution::optimistic;

constexpr size_t machine_memory = size_t{1} << 30;

struct Step {
    double cost = 0;    ///< microseconds
    double finish = 0;  ///< at the earliest, with as many cores as one likes
};

/// Each transaction's cost, the least of some runs on one journal, as the sequential executor has it.
bool measure(const cli::Input& input, const BlockEnv& env, unsigned repeat, std::vector<Step>& steps) {
    using Clock = std::chrono::steady_clock;
    CodeCache codes;
    execution::ReaderSource source(codes);
    Journal journal(codes);
    evm::Machine machine(journal, machine_memory);
    for (unsigned run = 0; run < repeat + 2; ++run) {
        source.begin_block(input.state);
        journal.reset(source, execution::journal_rules<MainnetRules>(env.revision));
        machine.begin_block(env.context, env.revision, MainnetRules::precompiles(env.revision));
        machine.forget_preimages();
        if (MainnetRules::begin_block(machine, env)) return false;
        for (size_t i = 0; i < steps.size(); ++i) {
            const auto start = Clock::now();
            const auto outcome =
                execution::run_transaction<MainnetRules>(machine, env, input.block.transactions[i], {});
            const double time = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
            if (outcome.invalid || outcome.run_ended) return false;
            steps[i].cost = run == 0 ? time : std::min(steps[i].cost, time);
        }
    }
    return true;
}

/// Where a location's value may have changed before `position`, newest first.
template <class V>
void add_positions(const std::atomic<V*>& newest, Position position, std::vector<Position>& out) {
    for (const V* version = newest.load(); version != nullptr; version = version->older.load())
        if (version->position < position) out.push_back(version->position);
}

/// Runs the block one transaction a segment and follows each read back to the transaction that it needs.
class Dependencies {
public:
    Dependencies(const cli::Input& input, const BlockEnv& env)
        : input_(input), env_(env), source_(versions_, memory_, codes_), journal_(codes_) {}

    /// Fills in `finish`.
    bool follow(std::vector<Step>& steps) {
        evm::Machine machine(journal_, machine_memory);
        versions_.begin_block(input_.state, 8 * steps.size());
        journal_.reset(source_, execution::journal_rules<MainnetRules>(env_.revision));
        machine.begin_block(env_.context, env_.revision, MainnetRules::precompiles(env_.revision));
        if (!run(0, [&] { return !MainnetRules::begin_block(machine, env_); })) return false;
        for (size_t i = 0; i < steps.size(); ++i) {
            const auto& tx = input_.block.transactions[i];
            const auto position = static_cast<Position>(i + 1);
            const bool ran = run(position, [&] {
                const auto outcome = execution::run_transaction<MainnetRules>(machine, env_, tx, {});
                return !outcome.invalid && !outcome.run_ended;
            });
            if (!ran) return false;
            double start = 0;
            for (const Position needed : needed_by(position, tx.sender))
                if (needed > 0) start = std::max(start, steps[needed - 1].finish);
            steps[i].finish = start + steps[i].cost;
        }
        return true;
    }

private:
    template <class Body>
    bool run(Position position, Body&& body) {
        source_.begin(position, 0, nullptr);
        journal_.begin_run();
        if (!body()) return false;
        record_ = make_record(journal_, versions_, memory_, position, Footing::speculative);
        publish(record_);
        return commit(record_, versions_, position).has_value();
    }

    std::vector<Position> needed_by(Position position, const Address& sender) {
        std::vector<Position> needed;
        for (AccountRead& read : record_.account_reads) {
            if (read.location->address == sender) read.observed &= ~uint8_t{state::observed_nonce};
            Record one;
            one.account_reads = {&read, 1};
            std::vector<Position> changes;
            add_positions(read.location->newest, position, changes);
            note(one, changes, needed);
        }
        for (SlotRead& read : record_.slot_reads) {
            Record one;
            one.slot_reads = {&read, 1};
            std::vector<Position> changes;
            add_positions(read.location->newest, position, changes);
            if (read.location->account->ever_cleared)
                add_positions(read.location->account->newest, position, changes);
            note(one, changes, needed);
        }
        return needed;
    }

    /// The newest change without which the read would not have been so.
    void note(const Record& read, std::vector<Position>& changes, std::vector<Position>& needed) const {
        std::ranges::sort(changes, std::greater{});
        for (const Position change : changes)
            if (!holds(read, versions_, change)) {
                needed.push_back(change);
                return;
            }
    }

    const cli::Input& input_;
    const BlockEnv& env_;
    CodeCache codes_;
    VersionedState versions_;
    BlockMemory memory_;
    SegmentSource source_;
    Journal journal_;
    Record record_;
};

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
    if (words.size() >= 2 && words[0] == "--repeat") {
        const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), repeat);
        if (error != std::errc{} || *end != 0 || repeat == 0)
            return weft::fail("--repeat: a number, at least 1");
        words.erase(words.begin(), words.begin() + 2);
    }
    if (words.empty()) return weft::fail("usage: weft_span [--repeat R] PATH|WORKLOAD...");
    return weft::run(words, repeat);
}
