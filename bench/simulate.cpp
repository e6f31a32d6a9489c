// The engine's schedule on as many cores as one likes: recorded costs of a block's transactions and what they
// need of each other (bench/block_profile.hpp), and the engine's own policy (plan_segments, lookahead, early
// beginnings), without threads.
//
//   weft_simulate [--repeat R] [--plain] [--no-recheck] [--no-stop] [--partial] PATH|WORKLOAD...
//
// --plain: nothing begins early; --no-recheck: nothing is run again ahead of the cursor; --no-stop: a run
// goes on to its end although the cursor has come to it and it can't hold; --partial: a repair runs only the
// transactions that read something else than is so, and those that need them. The last is what the engine
// does not do, it says what it would gain. What the engine learns of conflicts is left out.
//
// A run ahead of the cursor finds what a transaction before it wrote if that one's segment was published when
// the reading transaction began. What is published may be wrong, and is right once committed. Publishing and
// validating cost what they cost on two cores (docs/measurements/schedule.md); memory bandwidth, caches and
// locks are as good with 64 cores as with one, so the table is what the schedule allows, not a promise.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <set>

#include "bench/block_profile.hpp"
#include "weft/execution/cost_estimate.hpp"
#include "weft/execution/optimistic/schedule.hpp"

namespace weft {
namespace {

using bench::Step;
using execution::optimistic::most_rechecked;
using execution::optimistic::most_reruns;
using execution::optimistic::SegmentPlan;

constexpr double never = std::numeric_limits<double>::infinity();
/// Microseconds: what a segment's publishing and its validation cost, what a sleeping worker needs to wake,
/// at the block's start and later; and how much slower a transaction runs ahead of the cursor.
constexpr double publishing = 0.7, validating = 0.7, first_wake = 30, wake = 5, slower = 1.03;
constexpr unsigned nobody = ~0U;

struct Policy {
    bool early = true;
    bool recheck = true;
    bool stop = true;
    bool partial = false;
};

class Simulation {
public:
    Simulation(const std::vector<Step>& steps, std::vector<uint64_t> estimates, unsigned cores,
               const Policy& policy)
        : steps_(steps), policy_(policy), idle_since_(cores, never), began_(steps.size(), 0) {
        run_length_.begin(execution::optimistic::plan_segments(estimates, cores, 0, plan_));
        segments_.resize(plan_.size());
        segment_of_.resize(steps.size());
        for (size_t s = 0; s < plan_.size(); ++s) {
            for (size_t i = plan_[s].first; i < plan_[s].last; ++i) segment_of_[i] = s;
            if (policy_.early && plan_[s].begins_early) early_.push_back(s);
        }
        execution::optimistic::order_early(plan_, early_);
        lookahead_ = cores * execution::optimistic::lookahead_per_worker;
        for (unsigned w = 0; w < cores; ++w) events_.push({w == 0 ? 0 : first_wake, w, Event::woke, 0, 0, 0});
    }

    /// Microseconds until everything is committed.
    double run() {
        double now = 0;
        while (cursor_ < plan_.size()) {
            const Event event = events_.top();
            events_.pop();
            if (event.kind == Event::ran && segments_[event.first].runs != event.run) continue;  // stopped
            now = event.time;
            if (event.kind != Event::woke) {
                apply(event);
                for (unsigned w = 0; w < idle_since_.size(); ++w)
                    if (idle_since_[w] != never)
                        events_.push({now + (now - idle_since_[w] > 4 ? wake : 0), w, Event::woke, 0, 0, 0}),
                            idle_since_[w] = never;
            }
            choose(event.worker, now);
        }
        return now;
    }
    [[nodiscard]] size_t repaired() const { return repaired_; }

private:
    struct Event {
        double time;
        unsigned worker;
        enum Kind : uint8_t { woke, ran, committed, settled } kind;
        size_t first, last;
        unsigned run;  ///< State::runs, of `ran`
        bool operator<(const Event& other) const { return time > other.time; }
    };
    struct State {
        enum : uint8_t { waiting, taken, finished } state = waiting;
        double published = never;  ///< when what it published last was shown
        size_t end = 0;            ///< one past the last segment of the run that begins here
        unsigned runs = 0;         ///< that began ahead of the cursor, or were stopped
        unsigned worker = nobody;  ///< who runs it ahead of the cursor
    };

    [[nodiscard]] double cost(size_t first, size_t last) const {
        double sum = 0;
        for (size_t i = plan_[first].first; i < plan_[last - 1].last; ++i) sum += steps_[i].cost;
        return sum;
    }
    /// Whether the transaction found what it needs as it is published now.
    [[nodiscard]] bool stands(size_t i) const {
        for (const size_t needed : steps_[i].needs)
            if (segment_of_[needed] != segment_of_[i] &&
                !(segments_[segment_of_[needed]].published <= began_[i]))
                return false;
        return true;
    }
    [[nodiscard]] bool stands_as_a_whole(size_t s) const {
        for (size_t i = plan_[s].first; i < plan_[segments_[s].end - 1].last; ++i)
            if (!stands(i)) return false;
        return true;
    }
    /// Whether something that it read has been published anew.
    [[nodiscard]] bool is_stale(size_t s, double now) const {
        for (size_t i = plan_[s].first; i < plan_[segments_[s].end - 1].last; ++i)
            for (const size_t needed : steps_[i].needs) {
                const size_t writer = segment_of_[needed];
                const double published = segments_[writer].published;
                if (writer != s && published > began_[i] && published <= now) return true;
            }
        return false;
    }
    /// Whether the run that goes on there has read what is not so.
    [[nodiscard]] bool is_refuted(size_t s, double now) const {
        for (size_t i = plan_[s].first; i < plan_[segments_[s].end - 1].last; ++i)
            if (began_[i] <= now && !stands(i)) return true;
        return false;
    }
    [[nodiscard]] double cost_of_repair(size_t s) const {
        if (!policy_.partial) return cost(s, segments_[s].end);
        std::set<size_t> again;
        double sum = 0;
        for (size_t i = plan_[s].first; i < plan_[segments_[s].end - 1].last; ++i) {
            bool runs = !stands(i);
            for (const size_t needed : steps_[i].needs) runs |= again.contains(needed);
            if (!runs) continue;
            again.insert(i);
            sum += steps_[i].cost;
        }
        return sum;
    }

    /// Takes the segment, and some of those after it as one run; returns where that ends.
    size_t take(size_t s) {
        segments_[s].state = State::taken;
        size_t end = s + 1;
        const size_t most = std::min(plan_.size(), s + run_length_.now());
        while (!plan_[s].begins_early && end < most && segments_[end].state == State::waiting &&
               !plan_[end].begins_early)
            segments_[end++].state = State::taken;
        for (size_t i = plan_[s].first; i < plan_[end - 1].last; ++i) segment_of_[i] = s;
        return segments_[s].end = end;
    }
    void begin(unsigned worker, double now, size_t s) {
        const size_t end = segments_[s].runs != 0 ? segments_[s].end : take(s);
        segments_[s].state = State::taken;
        segments_[s].worker = worker;
        ++segments_[s].runs;
        double at = now;
        for (size_t i = plan_[s].first; i < plan_[end - 1].last; ++i) {
            began_[i] = at;
            at += steps_[i].cost * slower;
        }
        events_.push({at + publishing, worker, Event::ran, s, end, segments_[s].runs});
    }

    void choose(unsigned worker, double now) {
        if (cursor_ == plan_.size()) return;
        if (segments_[cursor_].state == State::finished && !baton_) {
            baton_ = true;
            const bool held = stands_as_a_whole(cursor_);
            repaired_ += held ? 0 : 1;
            held ? run_length_.held() : run_length_.refuted();
            const double time = validating + (held ? 0 : cost_of_repair(cursor_) + publishing);
            if (!held) segments_[cursor_].published = now + time;
            events_.push({now + time, worker, Event::settled, cursor_, segments_[cursor_].end, 0});
            return;
        }
        while (next_ < plan_.size() && segments_[next_].state != State::waiting) ++next_;
        if (next_ == cursor_) return begin_at_cursor(worker, now);
        while (next_early_ < early_.size()) {
            const size_t s = early_[next_early_++];
            if (segments_[s].state == State::waiting) return begin(worker, now, s);
        }
        if (next_ < plan_.size() && next_ < cursor_ + lookahead_) return begin(worker, now, next_);
        if (policy_.recheck && recheck(worker, now)) return;
        idle_since_[worker] = now;
    }

    bool recheck(unsigned worker, double now) {
        for (size_t s = cursor_ + 1; s < std::min(plan_.size(), cursor_ + 1 + most_rechecked); ++s) {
            if (segments_[s].state != State::finished || segments_[s].runs > most_reruns || !is_stale(s, now))
                continue;
            begin(worker, now + validating, s);
            return true;
        }
        return false;
    }
    void begin_at_cursor(unsigned worker, double now) {
        const size_t last = take(next_);
        events_.push({now + cost(next_, last) + publishing, worker, Event::committed, next_, last, 0});
    }

    void apply(const Event& event) {
        if (event.kind == Event::ran) {
            segments_[event.first].state = State::finished;
            segments_[event.first].published = event.time;
            segments_[event.first].worker = nobody;
            return;
        }
        if (event.kind == Event::settled) baton_ = false;
        if (event.kind == Event::committed)
            for (size_t s = event.first; s < event.last; ++s) segments_[s].published = event.time;
        cursor_ = event.last;
        if (policy_.stop && cursor_ < plan_.size()) stop(event.time);
    }
    /// The run that the cursor has come to, if it can't hold: it begins anew, on committed state.
    void stop(double now) {
        State& here = segments_[cursor_];
        if (here.state != State::taken || here.worker == nobody || !is_refuted(cursor_, now)) return;
        ++here.runs;
        ++repaired_;
        run_length_.refuted();
        const double time = validating + cost(cursor_, here.end) + publishing;
        events_.push({now + time, here.worker, Event::committed, cursor_, here.end, 0});
        here.worker = nobody;
    }

    const std::vector<Step>& steps_;
    Policy policy_;
    std::vector<double> idle_since_;
    std::vector<double> began_;  ///< of each transaction's last run ahead of the cursor
    std::vector<SegmentPlan> plan_;
    execution::optimistic::RunLength run_length_;
    std::vector<State> segments_;
    std::vector<size_t> segment_of_;
    std::vector<size_t> early_;
    std::priority_queue<Event> events_;
    size_t lookahead_ = 0;
    size_t cursor_ = 0, next_ = 0, next_early_ = 0;
    bool baton_ = false;
    size_t repaired_ = 0;
};

int fail(const std::string& why) {
    fmt::print(stderr, "weft_simulate: {}\n", why);
    return 2;
}

constexpr unsigned core_counts[] = {1, 2, 4, 8, 16, 32, 64};

struct Totals {
    double work = 0, span = 0;
    std::map<unsigned, double> time;
};

bool simulate(const cli::Input& input, unsigned repeat, const Policy& policy, Totals& totals,
              const primitives::ChainConfig& config) {
    const execution::BlockEnv env = execution::make_block_env(input.block, config);
    std::vector<Step> steps(input.block.transactions.size());
    if (!bench::measure(input, env, repeat, steps) || !bench::Dependencies(input, env).follow(steps))
        return false;
    std::vector<uint64_t> estimates;
    for (const auto& tx : input.block.transactions) estimates.push_back(execution::estimated_nanoseconds(tx));
    double work = 0, span = 0;
    for (const Step& step : steps) {
        work += step.cost;
        span = std::max(span, step.finish);
    }
    std::string line = fmt::format("{:>11} {:>6} {:>9.0f} {:>9.0f}", input.name, steps.size(), work, span);
    for (const unsigned cores : core_counts) {
        Simulation simulation(steps, estimates, cores, policy);
        const double time = simulation.run();
        totals.time[cores] += time;
        line += fmt::format(" {:>6.2f} {:>4}", work / time, simulation.repaired());
    }
    fmt::print("{} {:>7.2f}\n", line, span > 0 ? work / span : 1);
    totals.work += work;
    totals.span += span;
    return true;
}

int run(const std::vector<std::string>& words, unsigned repeat, const Policy& policy) {
    const primitives::ChainConfig config = primitives::mainnet();
    const auto sources = cli::find_sources(words);
    if (!sources) return fail(sources.error());
    fmt::print("speed-up and repaired segments with so many cores\n{:>11} {:>6} {:>9} {:>9}", "block", "txs",
               "work us", "span us");
    for (const unsigned cores : core_counts) fmt::print(" {:>6} {:>4}", cores, "rep.");
    fmt::print(" {:>7}\n", "no end");
    Totals totals;
    for (const auto& source : *sources) {
        const auto input = cli::load(source, {}, config);
        if (!input) return fail(input.error());
        if (input->block.transactions.empty()) continue;
        if (!simulate(*input, repeat, policy, totals, config))
            return fail(input->name + ": a transaction does not run");
    }
    fmt::print("{:>11} {:>26.0f}", "total", totals.work);
    for (const unsigned cores : core_counts) fmt::print(" {:>6.2f}     ", totals.work / totals.time[cores]);
    fmt::print(" {:>6.2f}\n", totals.work / totals.span);
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    unsigned repeat = 5;
    weft::Policy policy;
    for (; !words.empty() && words[0].starts_with("--"); words.erase(words.begin())) {
        if (words[0] == "--plain") {
            policy.early = false;
        } else if (words[0] == "--partial") {
            policy.partial = true;
        } else if (words[0] == "--no-recheck") {
            policy.recheck = false;
        } else if (words[0] == "--no-stop") {
            policy.stop = false;
        } else if (words[0] == "--repeat" && words.size() >= 2) {
            if (!weft::bench::read_number(words[1], repeat))
                return weft::fail("--repeat: a number, at least 1");
            words.erase(words.begin());
        } else {
            return weft::fail("unknown option " + words[0]);
        }
    }
    if (words.empty())
        return weft::fail(
            "usage: weft_simulate [--repeat R] [--plain] [--no-recheck] [--no-stop] [--partial] PATH...");
    return weft::run(words, repeat, policy);
}
