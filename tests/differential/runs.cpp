#include "tests/differential/runs.hpp"

#include <fmt/format.h>

#include "tests/differential/interleaving.hpp"
#include "tests/differential/random_code.hpp"
#include "weft/base/hex.hpp"
#include "weft/state/forwarding_reader.hpp"
#include "weft/trie/roots.hpp"

namespace weft::differential {
namespace {

using execution::ExecutionContext;
using execution::ExecutionOptions;

constexpr unsigned most_threads = 8;

/// Says that its reads wait, so that what functions touch is learnt and looked for in small blocks, too.
class WaitingReader final : public state::ForwardingReader {
public:
    explicit WaitingReader(const StateReader& state) : ForwardingReader(state) {}
    [[nodiscard]] uint64_t read_time() const noexcept override { return 1000; }
};

/// Does what it hears of to a state, and knows its root.
class StreamedState final : public execution::RootSink {
public:
    StreamedState(const MemoryState& before, bool takes_whole_blocks)
        : state_(before), takes_whole_blocks_(takes_whole_blocks) {}
    [[nodiscard]] bool takes_whole_blocks() const noexcept override { return takes_whole_blocks_; }
    void commit_block(const StateDiff& diff) override { state_.apply(diff); }
    void commit(std::span<const execution::CommittedAccount> accounts,
                std::span<const execution::CommittedSlot> slots) override {
        for (const auto& account : accounts) {
            if (account.storage_wiped) state_.clear_storage(account.address);
            if (account.value) {
                state_.set_account(account.address, *account.value);
            } else {
                state_.remove_account(account.address);
            }
        }
        for (const auto& slot : slots) state_.set_storage(slot.address, slot.key, slot.value);
    }
    [[nodiscard]] state::ReadResult<Hash> root() override { return trie::state_root(state_); }
    [[nodiscard]] MemoryState take(const StateDiff& diff) {
        for (const auto& code : diff.codes) state_.set_code(code.hash, code.code);
        return std::move(state_);
    }

private:
    MemoryState state_;
    bool takes_whole_blocks_;
};

std::string describe(const std::optional<Account>& account) {
    if (!account) return "none";
    return fmt::format("nonce {} balance {} code {}", account->nonce, base::to_string(account->balance),
                       base::to_hex(account->code_hash).substr(0, 10));
}

std::string describe(const state::AccountDiff& account) {
    std::string text = fmt::format("{}: {} -> {}{}", base::to_hex(account.address), describe(account.before),
                                   describe(account.after), account.storage_wiped ? ", wiped" : "");
    for (const auto& slot : account.slots)
        text += fmt::format(", [{}] {} -> {}", base::to_string(slot.key), base::to_string(slot.before),
                            base::to_string(slot.after));
    return text;
}

std::string difference(const StateDiff& expected, const StateDiff& actual) {
    for (size_t i = 0; i < std::max(expected.accounts.size(), actual.accounts.size()); ++i) {
        const auto* a = i < expected.accounts.size() ? &expected.accounts[i] : nullptr;
        const auto* b = i < actual.accounts.size() ? &actual.accounts[i] : nullptr;
        if (a != nullptr && b != nullptr && *a == *b) continue;
        return fmt::format("diff, account {}:\n  expected {}\n  actual   {}", i,
                           a != nullptr ? describe(*a) : "no more", b != nullptr ? describe(*b) : "no more");
    }
    return "the codes in the diff";
}

std::string describe(const primitives::AccountChanges& account) {
    std::string text = base::to_hex(account.address);
    for (const auto& change : account.balance_changes)
        text += fmt::format(", balance @{} {}", change.index, base::to_string(change.balance));
    for (const auto& change : account.nonce_changes)
        text += fmt::format(", nonce @{} {}", change.index, change.nonce);
    for (const auto& change : account.code_changes)
        text += fmt::format(", code @{} {} bytes", change.index, change.code.size());
    for (const auto& change : account.storage_changes)
        text += fmt::format(", [{}] @{} {}", base::to_string(change.slot), change.index,
                            base::to_string(change.value));
    for (const auto& slot : account.storage_reads) text += fmt::format(", reads [{}]", base::to_string(slot));
    return text;
}

std::string difference(const std::optional<BlockAccessList>& expected,
                       const std::optional<BlockAccessList>& actual) {
    if (!expected || !actual) return "whether there is an access list";
    for (size_t i = 0; i < std::max(expected->size(), actual->size()); ++i) {
        const auto* a = i < expected->size() ? &(*expected)[i] : nullptr;
        const auto* b = i < actual->size() ? &(*actual)[i] : nullptr;
        if (a != nullptr && b != nullptr && *a == *b) continue;
        return fmt::format("access list, account {}:\n  expected {}\n  actual   {}", i,
                           a != nullptr ? describe(*a) : "no more", b != nullptr ? describe(*b) : "no more");
    }
    return "";
}

std::string difference(const BlockResult& expected, const BlockResult& actual) {
    if (expected.skipped != actual.skipped) return "the skipped transactions";
    if (expected.receipts.size() != actual.receipts.size())
        return fmt::format("{} receipts, not {}", actual.receipts.size(), expected.receipts.size());
    for (size_t i = 0; i < expected.receipts.size(); ++i) {
        const auto &a = expected.receipts[i], &b = actual.receipts[i];
        if (a == b) continue;
        if (a.state_root != b.state_root) return fmt::format("receipt {}: the state's root", i);
        return fmt::format("receipt {}: success {} gas {} logs {}, not {} {} {}", i, b.success, b.gas_used,
                           b.logs.size(), a.success, a.gas_used, a.logs.size());
    }
    if (expected.diff != actual.diff) return difference(expected.diff, actual.diff);
    if (expected.access_list != actual.access_list)
        return difference(expected.access_list, actual.access_list);
    return "gas, bloom or requests";
}

}  // namespace

std::string to_string(const Mode& mode) {
    return fmt::format(
        "{}{}{}{}{}{} threads, {} a segment, {}{}{}% refused, {}% before their turn, {}, {} batches",
        mode.kept != 0 ? fmt::format("context {}, ", mode.kept) : "", mode.reads_wait ? "reads wait, " : "",
        mode.directed ? "directed, " : "", mode.slots_commute ? "slots commute, " : "",
        mode.least_in_row != 0 ? fmt::format("rows of {}, ", mode.least_in_row) : "", mode.threads,
        mode.segment_transactions == 0 ? "by cost" : std::to_string(mode.segment_transactions),
        mode.stale_first_run ? "stale first run, " : "", mode.trust_head ? "" : "head speculated, ",
        mode.refuse_percent, mode.early_percent,
        mode.interleaving ? fmt::format("interleaving {}", *mode.interleaving) : "free running",
        mode.batches);
}

Scenario scenario_for(const Mode& mode, const Scenario& scenario) {
    Scenario out = scenario;
    out.transaction_roots &= !mode.is_bare();
    return out;
}

execution::ExecutionOptions options_for(const Mode& mode, execution::ExecutionOptions options) {
    options.record_access_list &= !mode.is_bare();
    return options;
}

Mode random_mode(uint64_t seed) {
    Random random(seed);
    constexpr unsigned threads[] = {1, 2, 3, 8};
    constexpr size_t segments[] = {0, 1, 1, 2, 3, 5};
    constexpr unsigned percents[] = {0, 0, 30, 100};
    Mode mode;
    mode.threads = random.pick(threads);
    mode.segment_transactions = random.pick(segments);
    mode.stale_first_run = random.chance(30);
    mode.trust_head = random.chance(70);
    mode.refuse_percent = random.pick(percents);
    mode.early_percent = random.pick(percents);
    if (mode.threads > 1 && random.chance(60)) mode.interleaving = random.below(~uint64_t{0});
    if (random.chance(20)) mode.batches = 2 + random.below(3);
    mode.seed = random.below(~uint64_t{0});
    mode.slots_commute = random.chance(50);
    if (random.chance(45)) mode.least_in_row = 1 + random.below(6);
    mode.reads_wait = random.chance(30);
    return mode;
}

const std::vector<Mode>& forcing_modes() {
    static const std::vector<Mode> modes = [] {
        std::vector<Mode> out;
        for (const unsigned threads : {1U, 2U, 3U, 8U})
            for (const size_t segment : {0, 1, 2})
                for (const bool stale : {false, true})
                    out.push_back(
                        {.threads = threads, .segment_transactions = segment, .stale_first_run = stale});
        for (const unsigned percent : {30U, 100U})
            for (uint64_t seed = 1; seed <= 3; ++seed)
                out.push_back(
                    {.threads = 2, .stale_first_run = seed == 1, .refuse_percent = percent, .seed = seed});
        for (const unsigned percent : {40U, 100U})
            for (const unsigned threads : {2U, 3U})
                out.push_back({.threads = threads, .early_percent = percent, .seed = percent + threads});
        for (uint64_t seed = 1; seed <= 12; ++seed)
            out.push_back({.threads = seed % 3 == 0 ? 3U : 2U,
                           .segment_transactions = 1 + seed % 2,
                           .stale_first_run = seed % 4 == 0,
                           .interleaving = seed});
        for (const unsigned threads : {1U, 2U}) out.push_back({.threads = threads, .trust_head = false});
        out.push_back({.threads = 2, .batches = 2});
        for (const unsigned threads : {1U, 2U, 3U})
            for (const size_t segment : {0, 1, 2})
                out.push_back({.threads = threads,
                               .segment_transactions = segment,
                               .stale_first_run = true,
                               .slots_commute = true});
        for (uint64_t seed = 1; seed <= 12; ++seed)
            out.push_back({.threads = seed % 3 == 0 ? 3U : 2U,
                           .segment_transactions = 1 + seed % 2,
                           .stale_first_run = seed % 4 == 0,
                           .refuse_percent = seed % 5 == 0 ? 50U : 0,
                           .interleaving = seed,
                           .seed = seed,
                           .slots_commute = true});
        for (const unsigned threads : {1U, 2U, 3U, 8U})
            for (const size_t batches : {1, 2})
                out.push_back({.threads = threads, .batches = batches, .least_in_row = batches});
        return out;
    }();
    return modes;
}

/// A context, and what it hears of its threads passed on to the run's own interleaving.
struct Runs::Kept {
    class Relay final : public execution::Interleaving {
    public:
        void begin(unsigned workers) noexcept override { to->begin(workers); }
        void reached(unsigned worker, execution::Point at) noexcept override { to->reached(worker, at); }
        void end(unsigned worker) noexcept override { to->end(worker); }
        execution::Interleaving* to = nullptr;
    };
    Relay relay;
    std::optional<ExecutionContext> context;
};

Runs::~Runs() = default;
Runs::Runs()
    : pool_(std::make_shared<base::ThreadPool>(most_threads - 1)), codes_(std::make_shared<CodeCache>()) {}

void Runs::forget_codes() { codes_ = std::make_shared<CodeCache>(); }

Outcome Runs::run(const Scenario& scenario, const StateReader& reader, ExecutionContext& context,
                  ExecutionOptions options, const Mode& mode) {
    StreamedState streamed(scenario.before, mode.least_in_row != 0);
    if (options.sink == nullptr) {
        options.sink = &streamed;
        if (scenario.transaction_roots) options.transaction_roots = &streamed;
    }
    const auto execute = [&]() -> Result {
        const auto executor = execution::make_executor<>(context);
        if (auto error = executor->begin(scenario.env, reader, options))
            return std::unexpected(std::move(*error));
        const std::span<const Transaction> all = scenario.transactions;
        const size_t size = (all.size() + mode.batches - 1) / mode.batches;
        for (size_t first = 0; first < all.size(); first += size)
            if (auto error = executor->apply(all.subspan(first, std::min(size, all.size() - first))))
                return std::unexpected(std::move(*error));
        return executor->seal();
    };
    Outcome outcome{execute(), std::nullopt, context.statistics()};
    if (outcome.result) outcome.streamed = streamed.take(outcome.result->diff);
    return outcome;
}

Outcome Runs::sequential(const Scenario& scenario, const StateReader& reader, ExecutionOptions options) {
    ExecutionContext context({.executor = execution::ExecutorKind::sequential,
                              .threads = 1,
                              .codes = codes_,
                              .memory_budget = memory_budget_});
    return run(scenario, reader, context, std::move(options), {});
}

Outcome Runs::optimistic(const Scenario& scenario, const StateReader& reader, const Mode& mode,
                         ExecutionOptions options) {
    std::optional<SeededInterleaving> interleaving;
    if (mode.interleaving) interleaving.emplace(*mode.interleaving);
    execution::ContextOptions made{
        .executor = mode.directed ? execution::ExecutorKind::directed : execution::ExecutorKind::optimistic,
        .threads = mode.threads,
        .pool = pool_,
        .codes = codes_,
        .memory_budget = memory_budget_};
    made.speculation = {.segment_transactions = mode.segment_transactions,
                        .stale_first_run = mode.stale_first_run,
                        .trust_head = mode.trust_head,
                        .refuse_percent = mode.refuse_percent,
                        .early_percent = mode.early_percent,
                        .seed = mode.seed,
                        .slots_commute = mode.slots_commute,
                        .least_in_row = mode.least_in_row,
                        .interleaving = interleaving ? &*interleaving : nullptr};
    const WaitingReader waiting(reader);
    const StateReader& read = mode.reads_wait ? waiting : reader;
    if (mode.kept == 0) {
        ExecutionContext context(made);
        return run(scenario, read, context, std::move(options), mode);
    }
    std::unique_ptr<Kept>& kept = kept_[2 * mode.kept + (mode.directed ? 1 : 0)];
    if (!kept) {
        kept = std::make_unique<Kept>();
        if (interleaving) made.speculation.interleaving = &kept->relay;
        kept->context.emplace(made);
    }
    if (interleaving) kept->relay.to = &*interleaving;
    return run(scenario, read, *kept->context, std::move(options), mode);
}

Outcome Runs::sequential(const Scenario& scenario, ExecutionOptions options) {
    return sequential(scenario, scenario.before, std::move(options));
}
Outcome Runs::optimistic(const Scenario& scenario, const Mode& mode, ExecutionOptions options) {
    return optimistic(scenario, scenario.before, mode, std::move(options));
}

std::optional<std::string> inconsistency(const Scenario& scenario, const Outcome& outcome) {
    if (!outcome.result) return std::nullopt;
    MemoryState after = scenario.before;
    after.apply(outcome.result->diff);
    if (outcome.streamed == after) return std::nullopt;
    return "the commits that the sink heard of don't amount to the diff";
}

std::optional<std::string> difference(const Result& expected, const Result& actual) {
    if (expected.has_value() != actual.has_value())
        return actual ? fmt::format("no error, but: {}", execution::to_string(expected.error()))
                      : fmt::format("error: {}", execution::to_string(actual.error()));
    if (!expected) {
        if (expected.error() == actual.error()) return std::nullopt;
        return fmt::format("error: {}, not: {}", execution::to_string(actual.error()),
                           execution::to_string(expected.error()));
    }
    if (*expected == *actual) return std::nullopt;
    return difference(*expected, *actual);
}

}  // namespace weft::differential
