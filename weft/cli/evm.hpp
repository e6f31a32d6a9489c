#pragma once

#include <cstdio>
#include <expected>
#include <string>

#include "weft/execution/context.hpp"
#include "weft/state/memory_state.hpp"

/// What the program does when it is called `evm`: the command line of go-ethereum's tool of that name, so
/// that what drives that tool can drive this one. See docs/evm.md.
namespace weft::cli::evm_tool {

/// Exit statuses, those of geth's tool.
enum class Exit : int {
    ok = 0,
    failed = 1,  ///< the command line, or a file of tests
    evm = 2,     ///< the block's own part failed: a system call, say
    config = 3,  ///< fork, environment, or a flag's value
    missing_block_hash = 4,
    json = 10,
    io = 11,
    rlp = 12,
};

/// Why a command ended: `message` is one line.
struct Failure {
    Exit exit = Exit::failed;
    std::string message;
};
template <class T>
using Outcome = std::expected<T, Failure>;

/// Where a command writes.
struct Streams {
    std::FILE* out;
    std::FILE* err;
};

/// What the tracing flags of all commands say.
struct TraceOptions {
    bool enabled = false;
    std::string format = "json";
    bool memory = false;
    bool stack = true;
    bool storage = true;
    bool return_data = false;
    bool call_frames = false;
};

/// The path's last part is "evm", with or without ".exe".
[[nodiscard]] bool is_evm(const char* program) noexcept;

/// The whole program under that name. Returns the exit status.
[[nodiscard]] int run(int argc, char** argv, const Streams& streams);

/// Sequential or optimistic, as Weft's own flag --weft.executor asks.
[[nodiscard]] execution::ContextOptions context_options(execution::ExecutorKind executor);

/// The JSON text with line breaks, `width` spaces a level.
[[nodiscard]] std::string indented(std::string_view json, unsigned width);

/// A state as geth dumps it: decimal balances, hashed keys beside addresses.
[[nodiscard]] std::string dump_json(const MemoryState& state);

/// An address with EIP-55's checksum in its letters' case.
[[nodiscard]] std::string checksummed(const Address& address);

}  // namespace weft::cli::evm_tool
