#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

#include "weft/cli/block_tests.hpp"
#include "weft/cli/evm.hpp"
#include "weft/cli/run.hpp"
#include "weft/cli/state_tests.hpp"

namespace {

using namespace weft::cli;

const std::map<std::string, weft::execution::ExecutorKind> executors{
    {"sequential", weft::execution::ExecutorKind::sequential},
    {"optimistic", weft::execution::ExecutorKind::optimistic},
    {"directed", weft::execution::ExecutorKind::directed},
    {"auto", weft::execution::ExecutorKind::automatic}};
const std::map<std::string, weft::workload::Recipients> recipients{
    {"self", weft::workload::Recipients::self}, {"random", weft::workload::Recipients::random}};
const std::map<std::string, bool> starts{{"senders", false}, {"raw", true}};
const std::map<std::string, TestExecutors> test_executors{{"both", TestExecutors::both},
                                                          {"sequential", TestExecutors::sequential},
                                                          {"optimistic", TestExecutors::optimistic}};

/// An option whose value is one of `choices`.
template <class T>
CLI::Option& add_choice(CLI::App& command, const char* name, const std::map<std::string, T>& choices, T& out,
                        const char* description) {
    const auto choose = [&choices, &out](const std::string& word) { out = choices.at(word); };
    return *command.add_option_function<std::string>(name, choose, description)
                ->check(CLI::IsMember(&choices));
}

void add_workload_options(CLI::App& command, weft::workload::Options& options) {
    command.add_option("--txs", options.transactions, "transactions in a workload's block")
        ->check(CLI::Range(uint64_t{1}, weft::workload::max_transactions))
        ->type_name("N");
    command.add_option("--accounts", options.accounts, "accounts that send a workload's transactions")
        ->type_name("N");
    command
        .add_option("--conflict", options.conflict_percent,
                    "percentage of transactions that go to the workload's hot key")
        ->type_name("PERCENT")
        ->capture_default_str();
    add_choice(
        command, "--to", recipients, options.recipients,
        "whom transfers and erc20 send to: the sender itself, or random accounts (erc20 then sends one "
        "token and does nothing else)")
        .option_text("self|random");
    command
        .add_option("--packages", options.packages,
                    "where npm put Uniswap's packages (default: build/uniswap/node_modules)")
        ->type_name("DIR");
    command.add_option("--seed", options.seed, "seed of a workload's random numbers")
        ->type_name("S")
        ->capture_default_str();
}

void add_run(CLI::App& app, RunOptions& options) {
    CLI::App& command =
        *app.add_subcommand("run", "Execute blocks sequentially and in parallel; check and time both");
    command
        .add_option("input", options.inputs,
                    "a folder with block.json and prestate.json, a folder of such, or a workload: transfers, "
                    "erc20, dex, "
                    "lending, game, nft, supplychain, mixed, uniswap")
        ->type_name("PATH|WORKLOAD")
        ->required();
    add_choice(command, "--executor", executors, options.executor,
               "the executor that runs beside the sequential one (default: auto)")
        .option_text("sequential|optimistic|directed|auto");
    command
        .add_option("--threads", options.threads,
                    "threads of the parallel executor (default: one for each core)")
        ->check(CLI::Range(1, 1024))
        ->type_name("N");
    command.add_flag("--whole-path", options.whole_path,
                     "the optimistic executor trusts nothing: the segment at the head of the block, too, is "
                     "published and validated (shows the full cost on one thread)");
    command.add_option("--repeat", options.repeat, "counted runs; two uncounted ones come first")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("R")
        ->capture_default_str();
    command.add_option("--chain", options.chain, "the rules: mainnet, or a genesis.json in geth's format")
        ->type_name("mainnet|GENESIS.json")
        ->capture_default_str();
    add_choice(command, "--from", starts, options.from_raw,
               "what the clock starts with: transactions with their senders (default), or raw ones, as the "
               "network brings them: then decoding and recovering senders is timed, too, for each block by "
               "itself and for all in a row")
        .option_text("senders|raw");
    command.add_flag(
        "--root", options.root,
        "also measures each block with its state root, on a standing trie of 1,000,000 accounts that "
        "takes the changes while the block executes");
    command.add_flag("--access-list", options.access_list,
                     "make the blocks' access lists (EIP-7928) also where their fork has none");
    CLI::Option* const json =
        command.add_flag("--json", options.json, "one line of JSON for each block and executor");
    command
        .add_flag(
            "--alone", options.alone,
            "no sequential executor beside the chosen one, no result kept to compare with, no receipts' root "
            "computed: what the process takes is what one execution takes")
        ->needs(json);
    command.add_flag("--median", options.median, "show medians in the table instead of the fastest runs");
    add_workload_options(command, options.workload);
}

void add_workload(CLI::App& app, WorkloadOptions& options) {
    CLI::App& command =
        *app.add_subcommand("workload", "Write a workload as block.json and prestate.json (mainnet's rules)");
    command
        .add_option("name", options.name,
                    "transfers, erc20, dex, lending, game, nft, supplychain, mixed or uniswap")
        ->type_name("NAME")
        ->required();
    command.add_option("-o,--output", options.folder, "the folder to write to")->type_name("DIR")->required();
    add_workload_options(command, options.workload);
}

CLI::App& add_test_options(CLI::App& command, TestOptions& options) {
    command.add_option("path", options.paths, "files of tests, and folders of such")
        ->type_name("PATH")
        ->required();
    command.add_option("--run", options.run, "only tests whose name matches")->type_name("REGEX");
    command.add_option("--skip", options.skip, "not tests whose name matches: they are counted as skipped")
        ->type_name("REGEX");
    command.add_option("--fork", options.fork, "only this fork")->type_name("NAME");
    command.add_option("--jobs", options.jobs, "files at a time (default: one for each core)")
        ->check(CLI::Range(1, 1024))
        ->type_name("N");
    add_choice(command, "--executor", test_executors, options.executors,
               "which executors run each test (default: both)")
        .option_text("both|sequential|optimistic");
    return command;
}

int run_weft(int argc, char** argv) {
    CLI::App app{"Weft executes Ethereum blocks on all cores, with exactly the sequential result.", "weft"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "weft " WEFT_VERSION);
    RunOptions run_options;
    WorkloadOptions workload_options;
    TestOptions state_test_options, block_test_options;
    add_run(app, run_options);
    add_workload(app, workload_options);
    add_test_options(
        *app.add_subcommand("statetest", "Run official state tests through the executors; JSON on stdout"),
        state_test_options);
    add_test_options(
        *app.add_subcommand("blocktest", "Execute the blocks of official blockchain tests; JSON on stdout"),
        block_test_options)
        .add_option(
            "--export", block_test_options.export_to,
            "write each test's last block to a folder in DIR, as `weft run` takes it; nothing else is tested")
        ->type_name("DIR");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-')
            return bad_input(stderr, fmt::format("{}: no such command (weft --help lists them)", argv[1]));
        return bad_input(stderr, error.what());
    }
    if (app.got_subcommand("run")) return run(run_options, stdout, stderr);
    if (app.got_subcommand("workload")) return write_workload(workload_options, stdout, stderr);
    if (app.got_subcommand("statetest")) return run_state_tests(state_test_options, stdout, stderr);
    return run_block_tests(block_test_options, stdout, stderr);
}

/// Takes the places of closed standard streams, so that no file that is opened later gets what is printed.
/// Reading stdin and writing to stdout fail then, as they should; nobody wants to read stderr.
void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) == -1)
            (void)::open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

/// The command, and what its output came to: a result that could not be written is a failure.
int run_and_flush(int argc, char** argv, bool is_evm) {
    const int status = is_evm ? evm_tool::run(argc, argv, {stdout, stderr}) : run_weft(argc, argv);
    errno = 0;
    const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    // Traces go to stderr: one that breaks off must not look like one that ends.
    if (status == 0 && is_evm && std::ferror(stderr) != 0) return static_cast<int>(evm_tool::Exit::failed);
    if (status != 0 || is_written) return status;
    const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : std::string();
    throw std::runtime_error("stdout: cannot be written" + why);
}

/// Says that memory has run out, on whichever thread, and ends the program: Weft's own threads can't hand an
/// exception on. Allocates nothing.
template <int Status>
[[noreturn]] void end_without_memory() {
    constexpr std::string_view why =
        Status == exit_bad_input ? "weft: out of memory\n" : "evm: out of memory\n";
    (void)!::write(STDERR_FILENO, why.data(), why.size());
    ::_exit(Status);
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_streams();
    const bool is_evm = evm_tool::is_evm(argv[0]);
    constexpr int evm_failed = static_cast<int>(evm_tool::Exit::failed);
    std::set_new_handler(is_evm ? end_without_memory<evm_failed> : end_without_memory<exit_bad_input>);
    try {
        return run_and_flush(argc, argv, is_evm);
    } catch (const std::bad_alloc&) {  // address space
        std::get_new_handler()();
    } catch (const std::exception& error) {  // fmt's, of a stream that can't be written
        std::fprintf(stderr, "%s: %s\n", is_evm ? "evm" : "weft", error.what());
    }
    return is_evm ? evm_failed : exit_bad_input;
}
