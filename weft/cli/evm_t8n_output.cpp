#include "weft/cli/evm_t8n_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/base/hex.hpp"
#include "weft/cli/logs_hash.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Writer;

/// The block's hash isn't known yet; geth's tool writes this one.
constexpr Hash unknown_block_hash = {{{0x13, 0x37}}};

void write_word(Writer& out, const uint256& word) { out.bytes(base::to_hash(word).view()); }

void write_account(Writer& out, const MemoryState& state, const Address& address, const Account& account) {
    out.key(to_hex(address)).begin_object();
    if (const Bytes* const code = state.find_code(account.code_hash); code != nullptr && !code->empty())
        out.key("code").bytes(*code);
    std::vector<std::pair<uint256, uint256>> slots;
    state.for_each_slot(address,
                        [&](const uint256& key, const uint256& value) { slots.emplace_back(key, value); });
    if (!slots.empty()) {
        std::ranges::sort(slots, [](const auto& a, const auto& b) { return a.first < b.first; });
        out.key("storage").begin_object();
        for (const auto& [key, value] : slots) {
            out.key(to_hex(base::to_hash(key)));
            write_word(out, value);
        }
        out.end_object();
    }
    out.key("balance").quantity(account.balance);
    if (account.nonce != 0) out.key("nonce").quantity(account.nonce);
    out.end_object();
}

std::string alloc_json(const MemoryState& state) {
    std::vector<std::pair<Address, Account>> accounts;
    accounts.reserve(state.account_count());
    state.for_each_account(
        [&](const Address& address, const Account& account) { accounts.emplace_back(address, account); });
    std::ranges::sort(accounts, {}, &std::pair<Address, Account>::first);
    Writer out;
    out.begin_object();
    for (const auto& [address, account] : accounts) write_account(out, state, address, account);
    out.end_object();
    return out.take();
}

/// Where a receipt stands in its block.
struct Place {
    const execution::BlockEnv& block;
    Hash transaction_hash;
    size_t index = 0;
    uint64_t first_log = 0;
};

void write_log(Writer& out, const Log& log, const Place& at, uint64_t log_index) {
    out.begin_object();
    out.key("address").bytes(log.address.view()).key("topics").begin_array();
    for (const Hash& topic : log.topics) out.bytes(topic.view());
    out.end_array();
    out.key("data").bytes(log.data);
    out.key("blockNumber").quantity(at.block.context.number);
    out.key("transactionHash").bytes(at.transaction_hash.view());
    out.key("transactionIndex").quantity(at.index);
    out.key("blockHash").bytes(unknown_block_hash.view());
    out.key("blockTimestamp").quantity(at.block.context.timestamp);
    out.key("logIndex").quantity(log_index);
    out.key("removed").boolean(false);
    out.end_object();
}

void write_receipt(Writer& out, const Receipt& receipt, const Transaction& tx, const Place& at) {
    out.begin_object();
    if (receipt.type != TxType::legacy) out.key("type").quantity(static_cast<uint64_t>(receipt.type));
    out.key("root").bytes(receipt.state_root ? receipt.state_root->view() : BytesView{});
    out.key("status").quantity(receipt.success ? 1 : 0);
    out.key("cumulativeGasUsed").quantity(receipt.cumulative_gas_used);
    out.key("logsBloom").bytes(receipt.logs_bloom.view());
    out.key("logs").begin_array();
    for (size_t i = 0; i < receipt.logs.size(); ++i) write_log(out, receipt.logs[i], at, at.first_log + i);
    out.end_array();
    out.key("transactionHash").bytes(at.transaction_hash.view());
    // As geth has it: also where the creation failed.
    const Address created = tx.to ? Address{} : evm::create_address(tx.sender, tx.nonce);
    out.key("contractAddress").bytes(created.view());
    out.key("gasUsed").quantity(receipt.gas_used);
    out.key("effectiveGasPrice").null();
    if (!tx.blob_versioned_hashes.empty()) {
        out.key("blobGasUsed").quantity(execution::gas_per_blob * tx.blob_versioned_hashes.size());
        out.key("blobGasPrice").quantity(at.block.context.blob_base_fee);
    }
    out.key("blockHash").bytes(unknown_block_hash.view());
    out.key("blockNumber").quantity(at.block.context.number);
    out.key("transactionIndex").quantity(at.index);
    out.end_object();
}

void write_receipts(Writer& out, const execution::BlockEnv& block, const TransitionResult& result) {
    out.key("receipts").begin_array();
    uint64_t logs = 0;
    for (size_t i = 0; i < result.block.receipts.size(); ++i) {
        const Transaction& tx = result.included[i];
        write_receipt(out, result.block.receipts[i], tx, {block, primitives::transaction_hash(tx), i, logs});
        logs += result.block.receipts[i].logs.size();
    }
    out.end_array();
    if (result.rejected.empty()) return;
    out.key("rejected").begin_array();
    for (const Rejection& one : result.rejected)
        out.begin_object().key("index").number(one.index).key("error").string(one.error).end_object();
    out.end_array();
}

std::string result_json(const TransitionEnv& env, const execution::BlockEnv& block,
                        const TransitionResult& result) {
    Writer out;
    out.begin_object();
    out.key("stateRoot").bytes(trie::state_root(result.post).view());
    out.key("txRoot").bytes(trie::transactions_root(result.included).view());
    out.key("receiptsRoot").bytes(trie::receipts_root(result.block.receipts).view());
    out.key("logsHash").bytes(logs_hash(result.block.receipts).view());
    out.key("logsBloom").bytes(result.block.logs_bloom.view());
    write_receipts(out, block, result);
    out.key("currentDifficulty");
    env.difficulty ? out.quantity(*env.difficulty) : out.null();
    out.key("gasUsed").quantity(result.block.gas_used);
    if (env.base_fee) out.key("currentBaseFee").quantity(*env.base_fee);
    if (env.withdrawals) out.key("withdrawalsRoot").bytes(trie::withdrawals_root(*env.withdrawals).view());
    if (result.excess_blob_gas) {
        out.key("currentExcessBlobGas").quantity(*result.excess_blob_gas);
        out.key("blobGasUsed").quantity(result.block.blob_gas_used);
    }
    if (block.revision >= Revision::prague) {
        out.key("requestsHash").bytes(primitives::requests_hash(result.block.requests).view());
        out.key("requests").begin_array();
        for (const Bytes& request : result.block.requests) out.bytes(request);
        out.end_array();
    } else {
        out.key("requests").null();
    }
    if (const auto& list = result.block.access_list) {
        out.key("blockAccessList").bytes(primitives::encode(*list));
        out.key("blockAccessListHash").bytes(primitives::hash(*list).view());
    }
    if (!result.block_exception.empty()) out.key("blockException").string(result.block_exception);
    out.end_object();
    return out.take();
}

/// The RLP of the included transactions, as a block holds them, in a JSON string.
std::string body_json(const TransitionResult& result) {
    Bytes body;
    for (const Transaction& tx : result.included) primitives::encode_in_body(body, tx);
    rlp::wrap_list(body, 0);
    return fmt::format("\"{}\"", to_hex(body));
}

/// Sends named texts to stdout, stderr and files.
class Dispatcher {
public:
    Dispatcher(const TransitionOptions& options, const Streams& streams)
        : folder_(options.output_basedir), streams_(streams) {}

    template <class Make>
    Outcome<void> send(const std::string& place, std::string_view name, Make&& make) {
        if (place.empty()) return {};
        if (place == "stdout" || place == "stderr") {
            std::string& object = place == "stdout" ? out_ : err_;
            object += fmt::format("{}\"{}\":{}", object.empty() ? "" : ",", name, make());
            return {};
        }
        const auto path = (std::filesystem::path(folder_) / place).string();
        if (auto written = primitives::json::write_file(path, indented(make(), 1)); !written)
            return std::unexpected(Failure{Exit::io, "failed writing output: " + written.error()});
        return {};
    }
    Outcome<void> finish() const {
        if (!print(streams_.out, out_) || !print(streams_.err, err_))
            return std::unexpected(Failure{Exit::io, "failed writing output: the stream is closed"});
        return {};
    }

private:
    static bool print(std::FILE* stream, const std::string& object) {
        if (object.empty()) return true;
        const std::string text = indented("{" + object + "}", 2) + "\n";
        return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
    }
    std::string folder_, out_, err_;
    Streams streams_;
};

}  // namespace

Outcome<void> write_transition(const TransitionOptions& options, const TransitionEnv& env,
                               const execution::BlockEnv& block, const TransitionResult& result,
                               const Streams& streams) {
    Dispatcher to(options, streams);
    if (auto sent = to.send(options.output_alloc, "alloc", [&] { return alloc_json(result.post); }); !sent)
        return sent;
    if (auto sent = to.send(options.output_body, "body", [&] { return body_json(result); }); !sent)
        return sent;
    if (auto sent = to.send(options.output_result, "result", [&] { return result_json(env, block, result); });
        !sent)
        return sent;
    return to.finish();
}

}  // namespace weft::cli::evm_tool
