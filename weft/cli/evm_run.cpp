#include "weft/cli/evm_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "weft/base/hex.hpp"
#include "weft/cli/evm_text_tracers.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/execution/block_state.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/execution/reader_source.hpp"
#include "weft/state/json.hpp"

namespace weft::cli::evm_tool {
namespace {

std::unexpected<Failure> failure(std::string message) {
    return std::unexpected(Failure{Exit::failed, std::move(message)});
}

/// An address made of a name's letters, as geth's tool has them for sender and receiver.
Address named(std::string_view name) {
    Address out;
    std::ranges::copy(name, out.bytes.end() - static_cast<std::ptrdiff_t>(name.size()));
    return out;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(space) - first + 1));
}

Outcome<std::string> text_of(const std::string& file, const char* what) {
    if (file == "-") return std::string{std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad())
        return failure(fmt::format("Could not load {} from file: {}: cannot be read", what, file));
    return text;
}

/// Hex digits from a flag or a file.
Outcome<Bytes> read_hex(const std::string& text, const std::string& file, const char* what) {
    std::string digits = text;
    if (!file.empty()) {
        auto read = text_of(file, what);
        if (!read) return std::unexpected(std::move(read.error()));
        digits = std::move(*read);
    }
    digits = trimmed(digits);
    if (digits.size() % 2 != 0)
        return failure(fmt::format("Invalid input length for hex data ({})", digits.size()));
    auto bytes = base::from_hex(digits);
    if (!bytes) return failure(fmt::format("{}: not hex digits", what));
    return std::move(*bytes);
}

Outcome<Address> read_address(const std::string& text, std::string_view name) {
    if (text.empty()) return named(name);
    const auto address = primitives::json::address(text);
    if (!address) return failure(fmt::format("--{}: {}", name, address.error().message));
    return *address;
}

Outcome<uint256> read_number(const std::string& text, const char* flag) {
    const auto number = primitives::json::quantity(text);
    if (!number) return failure(fmt::format("--{}: {}", flag, number.error().message));
    return *number;
}

/// One call or creation to execute, and the world it runs in.
struct Job {
    MemoryState state;
    evm::BlockContext block;
    Revision revision = primitives::newest_revision;
    evm::Message message;
    Bytes input;
    uint256 price;
};

Outcome<void> read_prestate(const std::string& path, Job& job) {
    auto genesis = state::json::read_genesis(path);
    if (!genesis) return failure("invalid genesis file: " + genesis.error());
    job.state = std::move(genesis->state);
    const Header& header = genesis->genesis.header;
    const ChainConfig& config = genesis->genesis.config;
    job.revision = config.revision(header.number, header.timestamp, /*merged=*/true);
    // geth's tool gives each block a random value, zero, and so takes London's rules for those after the
    // merge.
    if (job.revision == Revision::london) job.revision = Revision::paris;
    job.block.number = header.number;
    job.block.timestamp = header.timestamp;
    job.block.coinbase = header.coinbase;
    job.block.difficulty = header.difficulty;
    job.block.chain_id = config.chain_id;
    if (header.base_fee_per_gas) job.block.base_fee = *header.base_fee_per_gas;
    if (header.gas_limit != 0) job.message.gas = header.gas_limit;
    return {};
}

Outcome<Job> read_job(const CodeOptions& options) {
    Job job;
    job.message.gas = options.gas;
    job.block.chain_id = 1337;  // geth's developer chain
    job.block.base_fee = 1'000'000'000;
    if (!options.prestate.empty())
        if (auto read = read_prestate(options.prestate, job); !read)
            return std::unexpected(std::move(read.error()));
    if (job.message.gas == 0) job.message.gas = std::numeric_limits<int64_t>::max();
    job.block.gas_limit = job.message.gas;
    const auto sender = read_address(options.sender, "sender");
    const auto receiver = read_address(options.receiver, "receiver");
    const auto value = read_number(options.value, "value");
    const auto price = read_number(options.price, "price");
    auto code = read_hex(options.code, options.codefile, "code");
    auto input = read_hex(options.input, options.inputfile, "input");
    if (!sender) return std::unexpected(sender.error());
    if (!receiver) return std::unexpected(receiver.error());
    if (!value) return std::unexpected(value.error());
    if (!price) return std::unexpected(price.error());
    if (!code) return std::unexpected(std::move(code.error()));
    if (!input) return std::unexpected(std::move(input.error()));

    job.price = *price;
    job.message.sender = *sender;
    job.message.value = *value;
    if (options.create) {
        const auto account = job.state.account(*sender)->value_or(Account{});
        job.message.kind = evm::CallKind::create;
        job.message.recipient = evm::create_address(*sender, account.nonce);
        job.input = std::move(*code);
        job.input.insert(job.input.end(), input->begin(), input->end());
    } else {
        job.message.recipient = *receiver;
        job.input = std::move(*input);
        if (!code->empty()) {
            Account account = job.state.account(*receiver)->value_or(Account{});
            account.code_hash = job.state.set_code(std::move(*code));
            job.state.set_account(*receiver, account);
        }
    }
    return job;
}

/// What a run came to.
struct Ran {
    evm::Status status = evm::Status::success;
    uint64_t gas_used = 0;
    Bytes output;
    StateDiff diff;
    std::vector<primitives::Log> logs;
    std::chrono::nanoseconds time{};
};

/// Runs jobs on a journal of its own, as the sequential executor would, without a transaction around them.
class Runner {
public:
    explicit Runner(const Job& job) : job_(job), source_(codes_), journal_(codes_), machine_(journal_) {}

    Ran run(evm::Inspector* inspector) {
        using execution::MainnetRules;
        source_.begin_block(job_.state);
        journal_.reset(source_, execution::journal_rules<MainnetRules>(job_.revision));
        machine_.begin_block(job_.block, job_.revision, MainnetRules::precompiles(job_.revision));
        machine_.set_inspector(inspector);
        journal_.begin_transaction();
        evm::Message message = job_.message;
        message.input = job_.input;
        state::AccountEntry& sender = journal_.entry_of(message.sender);
        Ran out;
        const auto start = std::chrono::steady_clock::now();
        if (journal_.account(message.sender) == nullptr || !journal_.covers(sender, message.value)) {
            out.status = evm::Status::insufficient_balance;
            if (inspector != nullptr) tell_refused(*inspector, message, out.status);
            return out;
        }
        warm_up(message, sender);
        if (message.kind == evm::CallKind::create) journal_.set_nonce(sender, journal_.nonce(sender) + 1);
        const auto result = machine_.execute(
            message, {.origin = message.sender, .gas_price = job_.price, .blob_versioned_hashes = {}});
        out.time = std::chrono::steady_clock::now() - start;
        out.status = result.status;
        out.gas_used = message.gas - result.gas_left;
        out.output.assign(result.output.begin(), result.output.end());
        if (!evm::ends_run(result.status)) {
            out.logs = journal_.logs();
            journal_.end_transaction();
            out.diff = state::make_diff(journal_);
        }
        return out;
    }

private:
    /// A call that the machine never sees.
    static void tell_refused(evm::Inspector& inspector, const evm::Message& message, evm::Status why) {
        inspector.enter({.kind = message.kind,
                         .depth = 1,
                         .is_static = false,
                         .gas = message.gas,
                         .sender = message.sender,
                         .recipient = message.recipient,
                         .code_address = message.recipient,
                         .value = message.value,
                         .input = message.input});
        inspector.exit(1, why, message.gas, {});
    }

    void warm_up(const evm::Message& message, state::AccountEntry& sender) {
        if (job_.revision < Revision::berlin) return;
        journal_.warm(sender);
        journal_.warm(journal_.entry_of(message.recipient));
        if (job_.revision >= Revision::shanghai) journal_.warm(journal_.entry_of(job_.block.coinbase));
    }

    const Job& job_;
    CodeCache codes_;
    CodeCache::Use use_{codes_};
    execution::ReaderSource source_;
    state::Journal journal_;
    evm::Machine machine_;
};

/// What geth says that the outermost call gave: of a creation the code, and its words for an error.
class CallEnd final : public evm::GethTracer {
public:
    CallEnd() : GethTracer(Kept{}) {}
    [[nodiscard]] const Bytes& output() const noexcept { return output_; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    void on_opcode(uint64_t, int64_t, std::string_view) override {}
    void on_fault(uint64_t, int64_t, std::string_view) override {}
    void on_exit(uint32_t depth, BytesView output, uint64_t, std::string_view error) override {
        if (depth != 1) return;
        output_.assign(output.begin(), output.end());
        error_ = error;
    }

    Bytes output_;
    std::string error_;
};

/// Output and error as geth's tool prints them.
void write_end(std::FILE* out, const Job& job, const Ran& ran, Runner& runner) {
    if (ran.status == evm::Status::success && job.message.kind != evm::CallKind::create)
        return fmt::print(out, "{}\n", hex_or_nothing(ran.output));
    CallEnd end;  // once more: such runs are short or rare, and the rest stay as fast as they are
    static_cast<void>(runner.run(&end));
    fmt::print(out, "{}\n", hex_or_nothing(end.output()));
    if (ran.status != evm::Status::success)
        fmt::print(out, " error: {}\n", end.error().empty() ? evm::to_string(ran.status) : end.error());
}

/// As Go prints a time: "250ns", "1.5µs", "20.25ms", "3s".
std::string duration(std::chrono::nanoseconds time) {
    const auto count = static_cast<double>(time.count());
    if (count < 1e3) return fmt::format("{}ns", time.count());
    if (count < 1e6) return fmt::format("{}µs", count / 1e3);
    return count < 1e9 ? fmt::format("{}ms", count / 1e6) : fmt::format("{}s", count / 1e9);
}

/// As geth's tool writes a log for people.
void write_log(std::FILE* err, const primitives::Log& log, uint64_t block) {
    fmt::print(err, "LOG{}: {} bn={} txi=0\n", log.topics.size(), to_hex(log.address).substr(2), block);
    for (size_t i = 0; i < log.topics.size(); ++i)
        fmt::print(err, "{:08}  {}\n", i, to_hex(log.topics[i]).substr(2));
    fmt::print(err, "{}\n", hex_dump(log.data));
}

/// The mean time of as many runs as fit a second, without the first.
std::chrono::nanoseconds mean_time(Runner& runner) {
    constexpr auto long_enough = std::chrono::seconds(1);
    std::chrono::nanoseconds total{};
    int64_t runs = 0;
    while (total < long_enough && runs < 100'000) {
        total += runner.run(nullptr).time;
        ++runs;
    }
    return total / runs;
}

}  // namespace

Outcome<void> run_code(const CodeOptions& options, const Streams& streams) {
    const auto job = read_job(options);
    if (!job) return std::unexpected(job.error());
    Runner runner(*job);
    std::ostringstream lines;
    const auto tracer = make_tracer(lines, options.trace);
    const Ran ran = runner.run(options.trace.enabled ? tracer.get() : nullptr);
    const std::string text = lines.str();
    std::fwrite(text.data(), 1, text.size(), streams.err);
    if (evm::ends_run(ran.status)) return failure(evm::to_string(ran.status));
    if (options.dump) {
        MemoryState post = job->state;
        post.apply(ran.diff);
        fmt::print(streams.out, "{}\n", indented(dump_json(post), 4));
    }
    if (options.logs && !ran.logs.empty()) {
        fmt::print(streams.err, "### LOGS\n");
        for (const primitives::Log& log : ran.logs) write_log(streams.err, log, job->block.number);
    }
    if (options.bench || options.statistics) {
        const auto time = options.bench ? mean_time(runner) : ran.time;
        // Weft's machine allocates nothing while it runs.
        fmt::print(streams.err,
                   "EVM gas used:    {}\nexecution time:  {}\nallocations:     0\nallocated bytes: 0\n",
                   ran.gas_used, duration(time));
    }
    if (!options.trace.enabled) write_end(streams.out, *job, ran, runner);
    return {};
}

}  // namespace weft::cli::evm_tool
