// weft_differential: random blocks through the sequential and the optimistic executor, which must agree on
// everything.
//     weft_differential [--seconds N] [--blocks N] [--seed S] [--first N] [--runs N]
// A failure prints the command that repeats it, drops the transactions it does without, prints the rest and
// ends with 1.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <thread>

#include "tests/differential/list_mutation.hpp"
#include "tests/differential/random_code.hpp"
#include "tests/differential/runs.hpp"
#include "weft/base/hex.hpp"

namespace weft::differential {
namespace {

using Clock = std::chrono::steady_clock;
using execution::OnInvalid;

struct Arguments {
    uint64_t seconds = 0;  ///< 0: no limit
    uint64_t blocks = 0;   ///< 0: no limit
    uint64_t seed = 1;
    uint64_t first = 0;  ///< number of the first block
    uint64_t runs = 4;   ///< optimistic runs of each block in each mode of on_invalid
};

std::optional<Arguments> parse(int argc, char** argv) {
    Arguments arguments;
    const std::map<std::string_view, uint64_t*> names{{"--seconds", &arguments.seconds},
                                                      {"--blocks", &arguments.blocks},
                                                      {"--seed", &arguments.seed},
                                                      {"--first", &arguments.first},
                                                      {"--runs", &arguments.runs}};
    for (int i = 1; i < argc; i += 2) {
        const auto found = names.find(argv[i]);
        if (found == names.end() || i + 1 == argc) return std::nullopt;
        char* end = nullptr;
        *found->second = std::strtoull(argv[i + 1], &end, 10);
        if (end == argv[i + 1] || *end != 0) return std::nullopt;
    }
    if (arguments.seconds == 0 && arguments.blocks == 0) arguments.seconds = 30;
    return arguments;
}

/// Ends the process, with the command that repeats it, when a block takes far too long: a deadlock or an
/// endless retry. It counts its own steps, so that a process that was stopped for a while has not taken long.
class Watchdog {
public:
    Watchdog() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}
    void pet(const std::string& replay) {
        const std::lock_guard lock(mutex_);
        replay_ = replay;
        steps_ = 0;
    }

private:
    void watch(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(step);
            const std::lock_guard lock(mutex_);
            if (++steps_ * step < std::chrono::seconds(120)) continue;
            fmt::print("no end after two minutes: {}\n", replay_);
            std::fflush(stdout);
            std::abort();
        }
    }
    std::mutex mutex_;
    std::string replay_;
    unsigned steps_ = 0;  ///< since the last block began
    static constexpr std::chrono::milliseconds step{200};
    std::jthread thread_;
};

class Fuzzer {
public:
    explicit Fuzzer(const Arguments& arguments) : arguments_(arguments) {}

    int run() {
        const auto end = Clock::now() + std::chrono::seconds(arguments_.seconds);
        uint64_t number = arguments_.first;
        for (; arguments_.blocks == 0 || number < arguments_.first + arguments_.blocks; ++number) {
            if (arguments_.seconds != 0 && Clock::now() >= end) break;
            if (!try_block(number)) return 1;
        }
        fmt::print(
            "{} blocks from number {} of seed {}: {} transactions, {} runs; {} segments committed as "
            "speculated, "
            "{} run at the cursor, {} repaired, {} begun before their turn; {} blocks invalid, {} with "
            "skipped "
            "transactions; {} slots changed by sums; {} transactions by owner, {} of them calls\n",
            number - arguments_.first, arguments_.first, arguments_.seed, transactions_, runs_made_,
            sum_.speculative, sum_.head, sum_.repaired, sum_.early, invalid_, skipping_, sum_.sums,
            sum_.by_owner, sum_.calls_by_owner);
        fmt::print(
            "of {} executed transactions {} succeeded; {} contracts created, {} storages wiped, {} slots "
            "changed\n",
            receipts_, successes_, created_, wiped_, slots_);
        fmt::print("{} right access lists given, {} wrong ones\n", right_lists_, wrong_lists_);
        if (number > arguments_.first + 20 &&
            (sum_.speculative == 0 || sum_.repaired == 0 || sum_.early == 0 || invalid_ == 0 ||
             skipping_ == 0 || sum_.sums == 0 || sum_.by_owner == sum_.calls_by_owner ||
             sum_.calls_by_owner == 0)) {
            fmt::print("these blocks prove nothing\n");
            return 1;
        }
        return 0;
    }

private:
    bool try_block(uint64_t number) {
        watchdog_.pet(command(arguments_.first, number));
        const uint64_t seed =
            base::divide(uint256{arguments_.seed} * uint256{0x9e3779b97f4a7c15}, 1'000'000'007)
                .remainder.low() +
            (number << 20);
        const Scenario scenario = make_random_scenario(seed);
        transactions_ += scenario.transactions.size();
        for (const OnInvalid on_invalid : {OnInvalid::fail, OnInvalid::skip})
            for (uint64_t i = 0; i <= arguments_.runs; ++i) {
                const Mode mode = i == 0       ? Mode{.threads = 1, .stale_first_run = true}
                                  : i % 2 == 1 ? kept_mode(seed + i)
                                               : random_mode(seed + i);
                const auto fault = find_fault(scenario, mode, on_invalid, true);
                if (!fault) continue;
                // What a context has kept is of the blocks before.
                const uint64_t first = mode.kept != 0 ? arguments_.first : number;
                fmt::print("{}\nrepeat with: {}\n", *fault, command(first, number));
                shrink_and_print(scenario, mode, on_invalid);
                return false;
            }
        return true;
    }

    /// Repeats these blocks.
    [[nodiscard]] std::string command(uint64_t first, uint64_t last) const {
        return fmt::format("weft_differential --seed {} --first {} --blocks {} --runs {}", arguments_.seed,
                           first, last - first + 1, arguments_.runs);
    }

    /// A mode whose context goes from block to block.
    [[nodiscard]] Mode kept_mode(uint64_t seed) const {
        constexpr unsigned contexts = 12;
        Random random(seed);
        const auto number = static_cast<unsigned>(1 + random.below(contexts));
        Mode mode = random_mode(arguments_.seed * contexts + number);
        mode.kept = number;
        if (mode.interleaving) mode.interleaving = random.below(~uint64_t{0});
        mode.batches = random.chance(70) ? 1 : 2 + random.below(3);
        return mode;
    }

    /// Simulations leave out some checks.
    static execution::Checks random_checks(uint64_t seed) {
        Random random(seed);
        if (!random.chance(20)) return {};
        return {.nonce = random.chance(50),
                .balance = random.chance(50),
                .base_fee = random.chance(50),
                .sender_code = random.chance(50)};
    }

    std::optional<std::string> find_fault(const Scenario& whole, const Mode& mode, OnInvalid on_invalid,
                                          bool counts) {
        const Scenario scenario = scenario_for(mode, whole);
        execution::ExecutionOptions options{.on_invalid = on_invalid};
        options.record_access_list = true;
        options.checks = random_checks(mode.seed + mode.batches);
        options = options_for(mode, std::move(options));
        const Outcome oracle = runs_.sequential(scenario, options);
        if (const auto fault = inconsistency(scenario, oracle)) return "sequential: " + *fault;
        const Outcome outcome = runs_.optimistic(scenario, mode, options);
        if (counts) count(oracle, outcome);
        const std::string_view word = on_invalid == OnInvalid::fail ? "fail" : "skip";
        if (const auto fault = difference(oracle.result, outcome.result))
            return fmt::format("{}, {}: {}", to_string(mode), word, *fault);
        if (const auto fault = inconsistency(scenario, outcome))
            return fmt::format("{}, {}: {}", to_string(mode), word, *fault);
        if (mode.is_bare()) return std::nullopt;
        if (const auto fault = find_list_fault(scenario, mode, options, oracle.result))
            return fmt::format("{}, {}, access list {}", to_string(mode), word, *fault);
        return std::nullopt;
    }

    /// The block's access list, and one that isn't, given and as predictions.
    std::optional<std::string> find_list_fault(const Scenario& scenario, Mode mode,
                                               const execution::ExecutionOptions& options,
                                               const Result& oracle) {
        // A block that fails has none; one that isn't its own then serves as the prediction.
        if (oracle) last_list_ = *oracle->access_list;
        const BlockAccessList right = last_list_;
        Random random(mode.seed);
        BlockAccessList wrong = right;
        for (uint64_t i = 1 + random.below(4); i > 0; --i) mutate(wrong, random);
        mode.directed = true;

        BlockAccessList disordered = wrong;
        disorder(disordered, random);
        const BlockAccessList* const predictions[] = {&right, &wrong, &disordered};
        execution::ExecutionOptions predicted = options;
        predicted.predicted_list = random.pick(predictions);
        if (const auto fault =
                difference(oracle, runs_.optimistic(scenario, mode, std::move(predicted)).result))
            return "predicted: " + *fault;
        for (const BlockAccessList* list : {&right, static_cast<const BlockAccessList*>(&wrong)}) {
            execution::ExecutionOptions given = options;
            given.access_list = list;
            const Outcome expected = runs_.sequential(scenario, given);
            const bool must_stand = oracle && *list == right;
            if (expected.result.has_value() != must_stand)
                return std::string("given: not judged right by the sequential executor");
            const Outcome outcome = runs_.optimistic(scenario, mode, given);
            if (const auto fault = difference(expected.result, outcome.result)) return "given: " + *fault;
            if (const auto fault = inconsistency(scenario, outcome)) return "given: " + *fault;
            ++(must_stand ? right_lists_ : wrong_lists_);
        }
        return std::nullopt;
    }

    void count(const Outcome& oracle, const Outcome& outcome) {
        ++runs_made_;
        sum_.speculative += outcome.statistics.speculative;
        sum_.head += outcome.statistics.head;
        sum_.repaired += outcome.statistics.repaired;
        sum_.early += outcome.statistics.early;
        sum_.sums += outcome.statistics.sums;
        sum_.by_owner += outcome.statistics.by_owner;
        sum_.calls_by_owner += outcome.statistics.calls_by_owner;
        if (!oracle.result) ++invalid_;
        if (!oracle.result) return;
        if (!oracle.result->skipped.empty()) ++skipping_;
        for (const Receipt& receipt : oracle.result->receipts) {
            ++receipts_;
            if (receipt.success) ++successes_;
        }
        for (const auto& account : oracle.result->diff.accounts) {
            created_ += account.created() && account.after->code_hash != crypto::empty_code_hash ? 1 : 0;
            wiped_ += account.storage_wiped ? 1 : 0;
            slots_ += account.slots.size();
        }
    }

    /// Whether it fails in one of several tries; free-running threads and moved boundaries need them.
    bool still_fails(const Scenario& scenario, Mode mode, OnInvalid on_invalid) {
        for (int attempt = 0; attempt < 20; ++attempt) {
            if (find_fault(scenario, mode, on_invalid, false)) return true;
            if (mode.interleaving) ++*mode.interleaving;
        }
        return false;
    }

    void shrink_and_print(Scenario scenario, const Mode& mode, OnInvalid on_invalid) {
        for (size_t size = scenario.transactions.size(); size > 0; size /= 2)
            for (size_t first = 0; first < scenario.transactions.size();) {
                Scenario smaller = scenario;
                const auto at = smaller.transactions.begin() + static_cast<std::ptrdiff_t>(first);
                const size_t count = std::min(size, smaller.transactions.size() - first);
                smaller.transactions.erase(at, at + static_cast<std::ptrdiff_t>(count));
                watchdog_.pet("while shrinking");
                if (still_fails(smaller, mode, on_invalid)) {
                    scenario = std::move(smaller);
                } else {
                    first += size;
                }
            }
        print(scenario);
        for (int attempt = 0; attempt < 20; ++attempt)
            if (const auto fault = find_fault(scenario, mode, on_invalid, false)) {
                fmt::print("{}\n", *fault);
                break;
            }
    }

    static void print(const Scenario& scenario) {
        fmt::print("{} (fee recipient {})\n", primitives::name_of(scenario.env.revision),
                   base::to_hex(scenario.env.context.coinbase));
        for (const Transaction& tx : scenario.transactions) {
            fmt::print("  type {} {} nonce {} -> {} value {} gas {} price {}/{} data {}\n",
                       static_cast<int>(tx.type), base::to_hex(tx.sender), tx.nonce,
                       tx.to ? base::to_hex(*tx.to) : "new", base::to_string(tx.value), tx.gas_limit,
                       base::to_string(tx.max_fee_per_gas), base::to_string(tx.max_priority_fee_per_gas),
                       base::to_hex(tx.data));
            for (const auto& a : tx.authorization_list)
                fmt::print("    authorization {} nonce {} -> {}\n",
                           a.authority ? base::to_hex(*a.authority) : "none", a.nonce,
                           base::to_hex(a.address));
            if (!tx.to) continue;
            const auto account = scenario.before.account(*tx.to);
            if (!*account) continue;
            if (const Bytes* code = scenario.before.find_code((*account)->code_hash))
                fmt::print("    code {}\n", base::to_hex(*code));
        }
    }

    Arguments arguments_;
    Watchdog watchdog_;
    Runs runs_;
    BlockAccessList last_list_;
    execution::ExecutionStatistics sum_;
    uint64_t right_lists_ = 0, wrong_lists_ = 0;
    uint64_t transactions_ = 0, runs_made_ = 0, invalid_ = 0, skipping_ = 0;
    uint64_t receipts_ = 0, successes_ = 0, created_ = 0, wiped_ = 0, slots_ = 0;  ///< in all runs
};

}  // namespace
}  // namespace weft::differential

int main(int argc, char** argv) {
    const auto arguments = weft::differential::parse(argc, argv);
    if (!arguments) {
        fmt::print(stderr,
                   "usage: weft_differential [--seconds N] [--blocks N] [--seed S] [--first N] [--runs N]\n");
        return 2;
    }
    return weft::differential::Fuzzer(*arguments).run();
}
