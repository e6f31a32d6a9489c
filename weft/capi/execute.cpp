#include <cstddef>
#include <limits>
#include <thread>

#include "weft/capi/handles.hpp"
#include "weft/execution/stateless/stateless.hpp"
#include "weft/execution/validation/verify.hpp"

namespace weft::capi {
namespace {

std::optional<execution::ExecutorKind> kind_of(uint32_t executor) noexcept {
    switch (executor) {
        case WEFT_EXECUTOR_AUTOMATIC:
            return execution::ExecutorKind::automatic;
        case WEFT_EXECUTOR_SEQUENTIAL:
            return execution::ExecutorKind::sequential;
        case WEFT_EXECUTOR_OPTIMISTIC:
            return execution::ExecutorKind::optimistic;
        case WEFT_EXECUTOR_DIRECTED:
            return execution::ExecutorKind::directed;
        default:
            return std::nullopt;
    }
}

constexpr weft_context_options context_defaults = WEFT_CONTEXT_OPTIONS;
constexpr weft_execute_options execute_defaults = WEFT_EXECUTE_OPTIONS;
constexpr uint32_t most_threads = 4096;

/// Calls `body` while the context is its alone; another thread's block, or the block whose callback this is,
/// makes that the caller's mistake.
template <class Body>
Outcome alone(weft_context& context, Body&& body) {
    if (context.executes.exchange(true, std::memory_order_acquire))
        return bad_argument("the context executes another block");
    const struct Release {
        std::atomic<bool>& executes;
        ~Release() { executes.store(false, std::memory_order_release); }
    } release{context.executes};
    return body();
}

/// A gate that stands open; only the transactions that nobody signed are refused. (EIP-2: from Homestead on a
/// high s is no signature either.)
void fill_gate(execution::SenderGate& gate, const weft_block& block, Revision revision) {
    for (const size_t index : block.unsigned_transactions) gate.refuse(index);
    const auto& transactions = block.block.transactions;
    if (revision >= Revision::homestead)
        for (size_t i = 0; i < transactions.size(); ++i)
            if (!primitives::is_low_s(transactions[i].s)) gate.refuse(i);
    gate.open(transactions.size());
}

/// What the header says of the result and the result doesn't. Receipts' root only from Byzantium on: earlier
/// receipts hold state roots, which nobody was asked for.
std::optional<execution::Reason> contradiction(const Header& header, const BlockResult& result,
                                               Revision revision) {
    using execution::Reason;
    if (header.blob_gas_used && result.blob_gas_used != *header.blob_gas_used)
        return Reason::wrong_blob_gas_used;
    if (revision >= Revision::byzantium) return execution::validate_result(header, result);
    if (result.gas_used != header.gas_used) return Reason::wrong_gas_used;
    if (result.logs_bloom != header.logs_bloom) return Reason::wrong_logs_bloom;
    return std::nullopt;
}

/// What an execution is told, and what that refers to.
struct Given {
    weft_execute_options options{};
    std::optional<BlockAccessList> list = std::nullopt;

    [[nodiscard]] execution::ExecutionOptions execution_options() const {
        execution::ExecutionOptions out;
        if (options.stop != nullptr) out.stop = options.stop->source.get_token();
        if (list) (options.access_list_is_predicted ? out.predicted_list : out.access_list) = &*list;
        return out;
    }
};

std::expected<Given, weft_error> read(const weft_execute_options* given) {
    const auto options = read_options(given, execute_defaults, offsetof(weft_execute_options, access_list));
    if (!options) return std::unexpected(*bad_argument("weft_execute_options: struct_size is wrong"));
    Given out{.options = *options};
    const weft_bytes& list = options->access_list;
    if (list.data == nullptr && list.size != 0)
        return std::unexpected(*bad_argument("weft_execute_options: access_list.data is NULL"));
    if (list.data == nullptr) return out;
    auto decoded = primitives::decode_access_list({list.data, list.size});
    if (!decoded)
        return std::unexpected(*failed(WEFT_ERROR_DECODE, "access list: " + to_string(decoded.error())));
    out.list = std::move(*decoded);
    return out;
}

Outcome give(BlockResult&& result, weft_result** out) {
    auto made = std::make_unique<weft_result>();
    made->result = std::move(result);
    *out = made.release();
    return std::nullopt;
}

Outcome execute(weft_context& context, const ChainConfig& config, const StateReader& state,
                const weft_block& block, const Given& given, weft_result** out) {
    const execution::BlockEnv env = execution::make_block_env(block.block, config);
    execution::SenderGate gate;
    fill_gate(gate, block, env.revision);
    execution::ExecutionOptions options = given.execution_options();
    options.senders = &gate;
    const std::span<const Transaction> transactions = block.block.transactions;
    auto result = execution::execute(env, transactions, state, context.context, options);
    if (!result) return from(result.error());
    if (given.options.check_header)
        if (const auto reason = contradiction(block.block.header, *result, env.revision))
            return from(execution::InvalidBlock{std::nullopt, *reason});
    return give(std::move(*result), out);
}

/// A witness as JSON or as RLP, which never starts with a brace.
std::expected<Witness, std::string> read_witness(BytesView bytes) {
    if (!bytes.empty() && (bytes[0] == '{' || bytes[0] <= ' ')) {
        const auto document =
            primitives::json::Document::parse(std::string(bytes.begin(), bytes.end()), "witness");
        if (!document) return std::unexpected(document.error());
        return document->read(trie::parse_witness);
    }
    auto decoded = trie::decode_witness(bytes);
    if (!decoded) return std::unexpected("not a witness: " + to_string(decoded.error()));
    return std::move(*decoded);
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

weft_code weft_context_new(const weft_context_options* options, weft_context** context, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto given = read_options(options, context_defaults);
        if (!given) return bad_argument("weft_context_options: struct_size is wrong");
        const auto kind = kind_of(given->executor);
        if (!kind) return bad_argument("weft_context_options: executor is none");
        if (given->threads > most_threads) return bad_argument("weft_context_options: too many threads");
        const unsigned threads =
            given->threads != 0 ? given->threads : std::max(1U, std::thread::hardware_concurrency());
        std::shared_ptr<base::ThreadPool> pool;
        if (threads > 1) pool = std::make_shared<base::ThreadPool>(threads - 1);
        execution::ContextOptions made{.executor = *kind, .threads = threads, .pool = pool};
        if (given->memory_budget != 0) made.memory_budget = given->memory_budget;
        *context = new weft_context{std::move(pool), execution::ExecutionContext(std::move(made))};
        return std::nullopt;
    };
    return guarded(error, body, context);
}

void weft_context_free(weft_context* context) { delete context; }

weft_code weft_stop_new(weft_stop** stop, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *stop = new weft_stop;
        return std::nullopt;
    };
    return guarded(error, body, stop);
}
void weft_stop_request(const weft_stop* stop) {
    if (stop != nullptr) std::stop_source(stop->source).request_stop();
}
void weft_stop_free(weft_stop* stop) { delete stop; }

weft_code weft_execute_block(weft_context* context, const weft_config* config, const weft_state* state,
                             const weft_block* block, const weft_execute_options* options,
                             weft_result** result, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto given = read(options);
        if (!given) return given.error();
        return alone(*context, [&] {
            return execute(*context, config->config, *state->reader, *block, *given, result);
        });
    };
    return guarded(error, body, context, config, state, block, result);
}

weft_code weft_verify_witness(weft_context* context, const weft_config* config, const weft_block* block,
                              const uint8_t* witness, size_t size, const weft_execute_options* options,
                              weft_result** result, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto given = read(options);
        if (!given) return given.error();
        const auto parsed = read_witness({witness, size});
        if (!parsed) return failed(WEFT_ERROR_DECODE, parsed.error());
        Block copy = block->block;
        return alone(*context, [&]() -> Outcome {
            auto verified = verify_from_witness(copy, *parsed, config->config, context->context,
                                                given->execution_options());
            if (!verified) return from(verified.error());
            return give(std::move(*verified), result);
        });
    };
    return guarded(error, body, context, config, block, witness, result);
}

}  // extern "C"
