#pragma once

// What the transactions of a block cost one after the other, and which of them need which: for weft_span and
// weft_simulate.
#include <algorithm>
#include <chrono>
#include <functional>

#include "bench/options.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/execution/block_state.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/execution/optimistic/record.hpp"
#include "weft/execution/optimistic/segment_source.hpp"
#include "weft/execution/reader_source.hpp"

namespace weft::bench {

using execution::BlockEnv;
using execution::MainnetRules;
using namespace execution::optimistic;

inline constexpr size_t machine_memory = size_t{1} << 30;

/// A transaction.
struct Step {
    double cost = 0;    ///< microseconds
    double finish = 0;  ///< at the earliest, with as many cores as one likes
    /// The transactions without which, by value, something it read would not be so.
    std::vector<size_t> needs;
};

/// Each transaction's cost, the least of some runs on one journal, as the sequential executor has it.
inline bool measure(const cli::Input& input, const BlockEnv& env, unsigned repeat, std::vector<Step>& steps) {
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
            for (const Position needed : needed_by(position, tx.sender)) {
                if (needed == 0) continue;  // the block's start
                steps[i].needs.push_back(needed - 1);
                start = std::max(start, steps[needed - 1].finish);
            }
            steps[i].finish = start + steps[i].cost;
        }
        return true;
    }

private:
    template <class Body>
    bool run(Position position, Body&& body) {
        source_.begin(position, decltype(source_)::Commuting::none, nullptr, 0, nullptr);
        journal_.begin_run();
        if (!body()) return false;
        record_ = make_record(journal_, versions_, memory_, position, Footing::speculative);
        publish(record_);
        return commit(record_, versions_, position).has_value();
    }

    std::vector<Position> needed_by(Position position, const Address& sender) {
        std::vector<Position> needed;
        for (AccountUse& read : record_.accounts) {
            if (read.location->address == sender) read.observed &= ~uint8_t{state::observed_nonce};
            Record one;
            one.accounts = {&read, 1};
            std::vector<Position> changes;
            add_positions(read.location->newest, position, changes);
            note(one, changes, needed);
        }
        for (SlotUse& read : record_.slots) {
            Record one;
            one.slots = {&read, 1};
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

}  // namespace weft::bench
