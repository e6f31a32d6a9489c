#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "weft/cli/evm_b11r.hpp"
#include "weft/cli/evm_blocktest.hpp"
#include "weft/cli/evm_run.hpp"
#include "weft/cli/evm_statetest.hpp"
#include "weft/cli/evm_t8n.hpp"
#include "weft/cli/evm_t9n.hpp"
#include "weft/cli/evm_text_tracers.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::cli::evm_tool {
namespace {

const std::map<std::string, execution::ExecutorKind> executors{
    {"sequential", execution::ExecutorKind::sequential},
    {"optimistic", execution::ExecutorKind::optimistic},
    {"auto", execution::ExecutorKind::automatic}};

/// What the command line says. The tracing flags of geth are partly negative; they become TraceOptions after
/// parsing.
struct CommandLine {
    TransitionOptions transition;
    CheckOptions check;
    BuildOptions build;
    StateTestOptions state_test;
    BlockTestOptions block_test;
    CodeOptions code;
    TraceOptions trace;
    bool no_memory = true, no_stack = false, no_storage = false, no_return_data = true;
    bool json = false, debug = false;
    bool ignored = false;
    int verbosity = 3;
    int64_t index = -1;
};

std::string fork_list() {
    std::string out;
    for (const std::string_view name : primitives::fork_names()) out += fmt::format("\n      {}", name);
    return out;
}

void add_executor(CLI::App& command, execution::ExecutorKind& out) {
    const auto choose = [&out](const std::string& word) { out = executors.at(word); };
    command
        .add_option_function<std::string>("--weft.executor", choose,
                                          "Weft's own: which executor runs blocks (default: auto)")
        ->check(CLI::IsMember(&executors))
        ->option_text("sequential|optimistic|auto");
}

void add_trace_flags(CLI::App& command, CommandLine& line) {
    command.add_flag("--trace", line.trace.enabled, "write traces to stderr");
    command.add_option("--trace.format", line.trace.format, "json (EIP-3155), struct or md")
        ->capture_default_str();
    command.add_flag("--trace.nomemory,--nomemory", line.no_memory, "no memory in traces (default: true)");
    command.add_flag("--trace.nostack,--nostack", line.no_stack, "no stack in traces");
    command.add_flag("--trace.nostorage,--nostorage", line.no_storage, "no storage in traces (struct)");
    command.add_flag("--trace.noreturndata,--noreturndata", line.no_return_data,
                     "no return data in traces (default: true)");
    command.add_flag("--json", line.json, "--trace in the format json");
    command.add_flag("--debug", line.debug, "--trace in the format struct; run: the logs as well");
}

void add_test_flags(CLI::App& command, std::string& path, std::string& run, bool& dump, bool& human) {
    command.add_option("path", path, "a file, or a folder of *.json; absent: stdin names one file a line");
    command.add_option("--run", run, "only tests whose name this regular expression matches")
        ->capture_default_str();
    command.add_flag("--dump", dump, "add the state afterwards to the verdicts");
    command.add_flag("--human", human, "lines for people instead of JSON");
}

void add_transition(CLI::App& app, CommandLine& line) {
    CLI::App& command = *app.add_subcommand("transition", "Execute a full state transition")->alias("t8n");
    TransitionOptions& options = line.transition;
    const auto file = [&](const char* name, std::string& out, const char* what) {
        command.add_option(name, out, what)->capture_default_str();
    };
    file("--input.alloc", options.input_alloc, "`stdin`, or the file with the accounts before");
    file("--input.env", options.input_env, "`stdin`, or the file with the block's environment");
    file("--input.txs", options.input_txs,
         "`stdin`, or the file with the transactions; of a name that ends in .rlp: a body in RLP, as "
         "--output.body writes it");
    file("--output.basedir", options.output_basedir, "the folder for output files; made where it is missing");
    file("--output.alloc", options.output_alloc, "`stdout`, `stderr`, or the file for the accounts after");
    file("--output.result", options.output_result, "`stdout`, `stderr`, or the file for roots and receipts");
    file("--output.body", options.output_body,
         "`stdout`, `stderr`, or the file for the RLP of the included transactions");
    command
        .add_option("--state.fork", options.fork,
                    "the rules: NAME, or NAME+EIP with an EIP that the fork has. Names:" + fork_list())
        ->capture_default_str();
    command.add_option("--state.chainid", options.chain_id, "the chain's id")->capture_default_str();
    command.add_option("--state.reward", options.reward, "the block's reward in wei; -1: none")
        ->capture_default_str();
    command.add_flag("--trace", options.trace.enabled,
                     "write traces (EIP-3155) to trace-<index>-<hash>.jsonl in the output folder");
    command.add_flag("--trace.memory", options.trace.memory, "memory in traces");
    command.add_flag("--trace.nostack", line.no_stack, "no stack in traces");
    command.add_flag("--trace.returndata", options.trace.return_data, "return data in traces");
    command.add_flag("--trace.callframes", options.trace.call_frames, "call frames in traces");
    command.add_option("--opcode.count", options.opcode_count,
                       "the file, in the output folder, for the number of executions of each opcode");
    command.add_option("--verbosity", line.verbosity, "no effect: Weft logs nothing");
    add_executor(command, options.executor);
}

void add_check(CLI::App& app, CheckOptions& options) {
    CLI::App& command = *app.add_subcommand("transaction", "Check transactions")->alias("t9n");
    command.add_option("--input.txs", options.input_txs,
                       "`stdin`, or the file with the RLP of a list of transactions; its name ends in .rlp");
    command.add_option("--state.fork", options.fork, "the rules: NAME, or NAME+EIP. Names:" + fork_list())
        ->capture_default_str();
    command.add_option("--state.chainid", options.chain_id, "the chain's id")->capture_default_str();
}

void add_build(CLI::App& app, CommandLine& line) {
    CLI::App& command = *app.add_subcommand("block-builder", "Put a block together")->alias("b11r");
    BuildOptions& options = line.build;
    const auto file = [&](const char* name, std::string& out, const char* what) {
        command.add_option(name, out, what)->capture_default_str();
    };
    file("--input.header", options.input_header, "`stdin`, or the file with the header's fields");
    file("--input.ommers", options.input_ommers, "`stdin`, or the file with a list of ommers' RLP");
    file("--input.withdrawals", options.input_withdrawals, "`stdin`, or the file with the withdrawals");
    file("--input.txs", options.input_txs, "`stdin`, or the file with the RLP of the transactions");
    file("--seal.clique", options.clique, "`stdin`, or the file with key and vote of who seals the block");
    file("--output.basedir", options.output_basedir,
         "the folder for the output file; made where it is missing");
    file("--output.block", options.output_block, "`stdout`, `stderr`, or the file for the block");
    command.add_option("--verbosity", line.verbosity, "no effect: Weft logs nothing");
}

void add_tests(CLI::App& app, CommandLine& line) {
    CLI::App& state = *app.add_subcommand("statetest", "Execute state tests");
    StateTestOptions& options = line.state_test;
    add_test_flags(state, options.path, options.run, options.dump, options.human);
    state.add_option("--statetest.fork", options.fork, "only this fork");
    state.add_option("--statetest.index", line.index, "only this subtest of each fork; -1: all");
    state.add_flag("--bench", options.bench, "measure one more run of each test");
    add_trace_flags(state, line);
    add_executor(state, options.executor);

    CLI::App& block = *app.add_subcommand("blocktest", "Execute blockchain tests");
    BlockTestOptions& blocks = line.block_test;
    add_test_flags(block, blocks.path, blocks.run, blocks.dump, blocks.human);
    block.add_flag("--fuzz", blocks.fuzz, "print each test's verdict as soon as it is known");
    block.add_flag("--cross-check,--xc", line.ignored,
                   "no effect: stateless execution is not tried beside it");
    add_trace_flags(block, line);
    add_executor(block, blocks.executor);
}

void add_run(CLI::App& app, CommandLine& line) {
    CLI::App& command = *app.add_subcommand("run", "Execute code");
    CodeOptions& options = line.code;
    command.add_option("code", options.code, "the code in hex");
    command.add_option("--codefile", options.codefile, "the file with the code in hex; -: stdin");
    command.add_option("--input", options.input, "the input in hex");
    command.add_option("--inputfile", options.inputfile, "the file with the input in hex");
    command.add_option("--prestate", options.prestate, "a genesis.json with rules and accounts");
    command.add_option("--sender", options.sender, "the caller's address");
    command.add_option("--receiver", options.receiver, "the address that the code runs at");
    command.add_option("--gas", options.gas, "the gas given")->capture_default_str();
    command.add_option("--value", options.value, "the value sent, in wei")->capture_default_str();
    command.add_option("--price", options.price, "what GASPRICE says, in wei")->capture_default_str();
    command.add_flag("--create", options.create, "the code is init code");
    command.add_flag("--dump", options.dump, "print the state afterwards");
    command.add_flag("--bench", options.bench, "measure");
    command.add_flag("--statdump", options.statistics, "print gas and time");
    add_trace_flags(command, line);
}

/// Go's flags may stand behind one dash, and have an empty value; CLI11 wants two, and a word for each.
std::vector<std::string> arguments(int argc, char** argv) {
    std::vector<std::string> out;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        const bool one_dash = word.size() > 2 && word[0] == '-' && word[1] != '-';
        if (one_dash && (word[1] < '0' || word[1] > '9')) word.insert(0, 1, '-');
        if (i == 1 && (word == "help" || word == "h")) word = "--help";
        const bool is_empty = word.starts_with("--") && word.find('=') == word.size() - 1;
        if (is_empty) word.pop_back();  // "--output.body=", which Go takes for ""
        out.push_back(std::move(word));
        if (is_empty) out.emplace_back();
    }
    std::ranges::reverse(out);  // as CLI11 takes them
    return out;
}

Outcome<void> finish_options(CommandLine& line) {
    if (line.trace.enabled && !is_trace_format(line.trace.format))
        return std::unexpected(
            Failure{Exit::failed, fmt::format("unknown trace format: \"{}\"", line.trace.format)});
    if (!line.trace.enabled && (line.json || line.debug)) {
        line.trace.enabled = true;
        line.trace.format = line.json ? "json" : "struct";
    }
    line.code.logs = line.debug;
    line.trace.memory = !line.no_memory;
    line.trace.stack = !line.no_stack;
    line.trace.storage = !line.no_storage;
    line.trace.return_data = !line.no_return_data;
    line.state_test.trace = line.block_test.trace = line.code.trace = line.trace;
    line.transition.trace.stack = !line.no_stack;
    if (line.index >= 0) line.state_test.index = static_cast<size_t>(line.index);
    return {};
}

Outcome<void> execute(const CLI::App& app, CommandLine& line, const Streams& streams) {
    if (auto finished = finish_options(line); !finished) return finished;
    if (app.got_subcommand("transition")) return transition(line.transition, streams);
    if (app.got_subcommand("transaction")) return check_transactions(line.check, streams);
    if (app.got_subcommand("block-builder")) return build_block(line.build, streams);
    if (app.got_subcommand("statetest")) return state_tests(line.state_test, streams);
    if (app.got_subcommand("blocktest")) return block_tests(line.block_test, streams);
    return run_code(line.code, streams);
}

int say(std::FILE* err, const Failure& failure) {
    std::string line = failure.message;
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    if (failure.exit == Exit::failed)
        fmt::print(err, "{}\n", line);
    else
        fmt::print(err, "ERROR({}): {}\n", static_cast<int>(failure.exit), line);
    return static_cast<int>(failure.exit);
}

}  // namespace

int run(int argc, char** argv, const Streams& streams) {
    CLI::App app{"Weft's evm: the command line of go-ethereum's tool.", "evm"};
    CommandLine line;
    app.require_subcommand(1);
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // as Go does
    app.set_version_flag("-v,--version", "evm version " WEFT_VERSION "-weft");
    app.add_option("--verbosity", line.verbosity, "no effect: Weft logs nothing");
    app.footer("Forks:" + fork_list());
    add_run(app, line);
    add_tests(app, line);
    add_transition(app, line);
    add_check(app, line.check);
    add_build(app, line);
    try {
        app.parse(arguments(argc, argv));
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-')
            return say(streams.err, {Exit::failed, fmt::format("No help topic for '{}'", argv[1])});
        return say(streams.err, {Exit::failed, error.what()});
    }
    const auto done = execute(app, line, streams);
    return done ? static_cast<int>(Exit::ok) : say(streams.err, done.error());
}

}  // namespace weft::cli::evm_tool
