// Blocks on a state whose every read takes its time, as on a disk with nothing cached: what lookahead and
// prefetch hide of it, against sequential execution.
//
//   weft_cold_disk [--read-us N] [--depth N] PATH|WORKLOAD...
//
// An account, a slot, a storage's emptiness and a code are a read each, by default of 50 us; a reader that is
// told of places ahead (StateReader::prefetch) reads `depth` of them at a time, as the queue of one NVMe disk
// does. Analysed code stays from run to run; the fastest of three runs counts.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "bench/options.hpp"
#include "weft/base/hash_map.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/execution/executor.hpp"

namespace weft {
namespace {

using execution::ExecutionContext;
using execution::ExecutorKind;
using state::Location;
using state::ReadResult;
using Clock = std::chrono::steady_clock;

struct OfLocation {
    size_t operator()(const Location& location) const noexcept {
        const uint64_t account = hasher(location.address);
        return location.slot ? hasher(account, *location.slot) : account;
    }
    base::Hasher hasher{1};
};
struct Equal {
    bool operator()(const Location& a, const Location& b) const noexcept {
        return a.address == b.address && a.slot == b.slot;
    }
};

/// A reader before which every read waits.
class SlowReader final : public StateReader {
public:
    SlowReader(const StateReader& inner, std::chrono::microseconds time, unsigned depth)
        : inner_(inner), time_(time), depth_(depth) {}
    ~SlowReader() override {
        const std::lock_guard lock(mutex_);
        next_ = queue_.size();
    }
    ReadResult<std::optional<Account>> account(const Address& address) const override {
        await({address, std::nullopt});
        return inner_.account(address);
    }
    ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        await({address, key});
        return inner_.storage(address, key);
    }
    ReadResult<bool> has_storage(const Address& address) const override {
        wait();
        return inner_.has_storage(address);
    }
    ReadResult<Bytes> code(const Hash& code_hash) const override {
        wait();
        return inner_.code(code_hash);
    }
    ReadResult<Hash> block_hash(uint64_t number) const override { return inner_.block_hash(number); }

    void prefetch(std::span<const Location> locations) const override {
        {
            const std::lock_guard lock(mutex_);
            for (const Location& location : locations) fetched_.emplace(location, false);
            queue_.assign(locations.begin(), locations.end());
        }
        for (unsigned i = 0; i < depth_; ++i) threads_.emplace_back([this] { fetch(); });
    }

private:
    void wait() const { std::this_thread::sleep_for(time_); }
    void await(const Location& location) const {
        {
            std::unique_lock lock(mutex_);
            const auto found = fetched_.find(location);
            if (found != fetched_.end()) return ready_.wait(lock, [&] { return found->second; });
        }
        wait();
    }
    /// One of the disk's queue: fetches places in order.
    void fetch() const {
        prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
        for (;;) {
            Location location;
            {
                const std::lock_guard lock(mutex_);
                if (next_ >= queue_.size()) return;
                location = queue_[next_++];
            }
            wait();
            const std::lock_guard lock(mutex_);
            fetched_[location] = true;
            ready_.notify_all();
        }
    }

    const StateReader& inner_;
    std::chrono::microseconds time_;
    unsigned depth_;
    mutable std::mutex mutex_;
    mutable std::condition_variable ready_;
    mutable std::unordered_map<Location, bool, OfLocation, Equal> fetched_;  ///< whether it is there yet
    mutable std::vector<Location> queue_;
    mutable size_t next_ = 0;
    mutable std::vector<std::jthread> threads_;  ///< last: joined first
};

int fail(const std::string& why) {
    fmt::print(stderr, "weft_cold_disk: {}\n", why);
    return 2;
}

struct Way {
    const char* name;
    ExecutorKind executor;
    unsigned threads;
};
constexpr std::array ways{
    Way{"sequential", ExecutorKind::sequential, 1},   Way{"optimistic 2", ExecutorKind::optimistic, 2},
    Way{"optimistic 8", ExecutorKind::optimistic, 8}, Way{"optimistic 16", ExecutorKind::optimistic, 16},
    Way{"directed 2", ExecutorKind::directed, 2},     Way{"directed 8", ExecutorKind::directed, 8}};

struct Settings {
    unsigned read_us = 50;
    unsigned depth = 32;
};

int run(const std::vector<std::string>& words, const Settings& settings) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // what threads are made from here inherits it
    const primitives::ChainConfig config = primitives::mainnet();
    const auto sources = cli::find_sources(words);
    if (!sources) return fail(sources.error());
    std::vector<std::unique_ptr<ExecutionContext>> contexts;
    for (const Way& way : ways)
        contexts.push_back(std::make_unique<ExecutionContext>(
            execution::ContextOptions{.executor = way.executor, .threads = way.threads}));
    fmt::print("milliseconds\n{:>11}", "block");
    for (const Way& way : ways) fmt::print(" {:>14}", way.name);
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
        options.record_access_list = false;
        fmt::print("{:>11}", input->name);
        for (size_t i = 0; i < ways.size(); ++i) {
            double best = 0;
            for (int round = 0; round < 3; ++round) {
                contexts[i]->forget();
                const SlowReader reader(input->state, std::chrono::microseconds(settings.read_us),
                                        settings.depth);
                if (ways[i].executor == ExecutorKind::directed) options.predicted_list = &*known->access_list;
                const auto start = Clock::now();
                const auto outcome =
                    execution::execute_block(input->block, config, reader, *contexts[i], options);
                const double time = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
                options.predicted_list = nullptr;
                if (!outcome || outcome->receipts != known->receipts || outcome->diff != known->diff)
                    return fail(input->name + ": " + ways[i].name + " has another result");
                best = round == 0 ? time : std::min(best, time);
            }
            totals[i] += best;
            fmt::print(" {:>14.2f}", best);
        }
        fmt::print("\n");
    }
    fmt::print("{:>11}", "total");
    for (const double total : totals) fmt::print(" {:>14.2f}", total);
    fmt::print("\n{:>11}", "speed-up");
    for (const double total : totals) fmt::print(" {:>14.2f}", total > 0 ? totals[0] / total : 1);
    fmt::print("\n");
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    weft::Settings settings;
    for (; words.size() >= 2 && words[0].starts_with("--"); words.erase(words.begin(), words.begin() + 2)) {
        const bool is_depth = words[0] == "--depth";
        if (!is_depth && words[0] != "--read-us") return weft::fail("unknown option " + words[0]);
        if (!weft::bench::read_number(words[1], is_depth ? settings.depth : settings.read_us))
            return weft::fail(words[0] + ": a number, at least 1");
    }
    if (words.empty()) return weft::fail("usage: weft_cold_disk [--read-us N] [--depth N] PATH|WORKLOAD...");
    return weft::run(words, settings);
}
