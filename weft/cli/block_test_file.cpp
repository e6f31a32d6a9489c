#include "weft/cli/block_test_file.hpp"

#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Object;
using primitives::json::Result;
using primitives::json::Value;

constexpr std::string_view exception_key = "expectException";

/// "expectException", or for some forks: "expectExceptionALL", "expectExceptionByzantium". null and "" expect
/// none: so write those who have no way to leave a field out.
Result<void> read_exception(const Fields& fields, std::string_view network, TestBlock& out) {
    for (const auto& [key, value] : fields.object()) {
        if (!key.starts_with(exception_key)) continue;
        const std::string_view fork = key.substr(exception_key.size());
        if (value.is_null() || (!fork.empty() && fork != "ALL" && fork != network)) continue;
        std::string_view text;
        if (auto read = primitives::json::read(value, text); !read)
            return std::unexpected(std::move(read.error()).within(key));
        if (text.empty()) continue;
        out.exception = text;
        out.must_fail = true;
    }
    return {};
}

Result<void> read_block(Value value, std::string_view network, TestBlock& out) {
    Fields fields(value);
    Value rlp;
    fields.required("rlp", rlp);
    if (auto status = fields.status(); !status) return status;
    out.must_fail = !fields.has("blockHeader");  // how older tests say it
    if (auto read = read_exception(fields, network, out); !read) return read;
    fields.with("blockHeader", [&](Value header) -> Result<void> {
        auto parsed = primitives::json::parse_header(header);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        out.header = std::move(*parsed);
        Fields inner(header);
        inner.optional("hash", out.hash);
        return inner.status();
    });
    fields.with("blockAccessList", [&](Value value_of_list) -> Result<void> {
        auto list = primitives::json::parse_access_list(value_of_list);
        if (!list) return std::unexpected(std::move(list.error()));
        out.access_list = std::move(*list);
        return {};
    });
    if (auto status = fields.status(); !status) return status;
    if (auto read = primitives::json::read(rlp, out.rlp); !read && !out.must_fail)
        return std::unexpected(std::move(read.error()).within("rlp"));
    return {};
}

/// An ExecutionPayload as the block that it stands for. Its transactions stay as they are, whether they
/// decode or not.
struct Payload {
    Header header;
    std::vector<Bytes> transactions;
    std::optional<std::vector<Withdrawal>> withdrawals;
    std::optional<Hash> hash;
    std::optional<Bytes> access_list;  ///< RLP
};

Result<Payload> read_payload(Value value) {
    Payload payload;
    Fields fields(value);
    Header& header = payload.header;
    fields.required("parentHash", header.parent_hash);
    fields.required("feeRecipient", header.coinbase);
    fields.required("stateRoot", header.state_root);
    fields.required("receiptsRoot", header.receipts_root);
    fields.required("logsBloom", header.logs_bloom);
    fields.required("blockNumber", header.number);
    fields.required("gasLimit", header.gas_limit);
    fields.required("gasUsed", header.gas_used);
    fields.required("timestamp", header.timestamp);
    fields.required("extraData", header.extra_data);
    fields.required("prevRandao", header.mix_hash);
    fields.optional("baseFeePerGas", header.base_fee_per_gas);
    fields.optional("blobGasUsed", header.blob_gas_used);
    fields.optional("excessBlobGas", header.excess_blob_gas);
    fields.required("transactions", payload.transactions);
    fields.optional("withdrawals", payload.withdrawals);
    fields.optional("blockHash", payload.hash);
    fields.optional("blockAccessList", payload.access_list);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    header.ommers_hash = primitives::empty_ommers_hash;
    header.transactions_root = trie::ordered_root(payload.transactions);
    if (payload.withdrawals) header.withdrawals_root = trie::withdrawals_root(*payload.withdrawals);
    return payload;
}

/// The block's RLP, as primitives::encode makes it of decoded transactions.
Bytes encode(const Payload& payload) {
    Bytes out = primitives::encode(payload.header);
    const size_t transactions = out.size();
    for (const Bytes& tx : payload.transactions) {
        if (!tx.empty() && tx[0] >= 0xc0) {
            out.insert(out.end(), tx.begin(), tx.end());
        } else {
            rlp::append(out, BytesView(tx));
        }
    }
    rlp::wrap_list(out, transactions);
    rlp::wrap_list(out, out.size());  // no ommers
    if (payload.withdrawals) {
        const size_t withdrawals = out.size();
        for (const Withdrawal& withdrawal : *payload.withdrawals) primitives::encode(out, withdrawal);
        rlp::wrap_list(out, withdrawals);
    }
    rlp::wrap_list(out, 0);
    return out;
}

/// EIP-7685: types ascending, no request without data. The Engine API refuses other lists, whose hash could
/// be right.
bool are_well_formed(std::span<const Bytes> requests) {
    for (size_t i = 0; i < requests.size(); ++i)
        if (requests[i].size() < 2 || (i > 0 && requests[i][0] <= requests[i - 1][0])) return false;
    return true;
}

/// The Engine API refuses a payload that lacks a field of the method's version, or has one of a later: the
/// hash of such a header says nothing.
std::optional<execution::Reason> misfit_of_blob_fields(const Header& header) {
    using enum execution::Reason;
    if (header.parent_beacon_block_root) {  // from V3 on
        if (!header.blob_gas_used) return missing_blob_gas_used;
        if (!header.excess_blob_gas) return missing_excess_blob_gas;
    } else {
        if (header.blob_gas_used) return unexpected_blob_gas_used;
        if (header.excess_blob_gas) return unexpected_excess_blob_gas;
    }
    return std::nullopt;
}

/// Whether the blobs that the consensus client names are the transactions'. One that can't be decoded is
/// judged with its block.
Result<bool> names_blobs(Value value, const std::vector<Bytes>& transactions) {
    std::vector<Hash> named, there;
    if (auto read = primitives::json::read(value, named); !read)
        return std::unexpected(std::move(read.error()));
    for (const Bytes& encoded : transactions) {
        const auto tx = primitives::decode_transaction(encoded);
        if (!tx) return true;
        there.insert(there.end(), tx->blob_versioned_hashes.begin(), tx->blob_versioned_hashes.end());
    }
    return named == there;
}

/// engine_newPayload's parameters: the payload, from V3 on the blobs' hashes and the parent's beacon root,
/// from V4 on the requests. EEST before v3.0.0, which had no V4, has them by name.
std::vector<Value> read_parameters(Fields& fields) {
    std::vector<Value> parameters;
    if (Value payload; fields.optional("executionPayload", payload)) {
        parameters.push_back(payload);
        for (const char* const name : {"expectedBlobVersionedHashes", "parentBeaconBlockRoot"})
            if (Value more; fields.optional(name, more)) parameters.push_back(more);
    } else {
        fields.required("params", parameters);
    }
    return parameters;
}

Result<void> read_new_payload(Value value, TestBlock& out) {
    Fields fields(value);
    const std::vector<Value> parameters = read_parameters(fields);
    std::string_view exception;
    fields.optional("validationError", exception);
    out.exception = exception;
    out.must_fail = !exception.empty() || fields.has("errorCode");
    if (auto status = fields.status(); !status) return status;
    if (parameters.empty()) return std::unexpected(Error{"params", "no payload"});
    auto payload = read_payload(parameters[0]);
    if (!payload) return std::unexpected(std::move(payload.error()).within(size_t{0}).within("params"));
    if (parameters.size() > 2)
        if (auto read =
                primitives::json::read(parameters[2], payload->header.parent_beacon_block_root.emplace());
            !read)
            return std::unexpected(std::move(read.error()).within(size_t{2}).within("params"));
    out.refused = misfit_of_blob_fields(payload->header);
    if (parameters.size() > 1) {
        const auto same = names_blobs(parameters[1], payload->transactions);
        if (!same) return std::unexpected(Error(same.error()).within(size_t{1}).within("params"));
        if (!*same && !out.refused) out.refused = execution::Reason::invalid_blob_version;
    }
    if (parameters.size() > 3) {
        std::vector<Bytes> requests;
        if (auto read = primitives::json::read(parameters[3], requests); !read)
            return std::unexpected(std::move(read.error()).within(size_t{3}).within("params"));
        payload->header.requests_hash = primitives::requests_hash(requests);
        if (!are_well_formed(requests) && !out.refused) out.refused = execution::Reason::wrong_requests_hash;
    }
    if (payload->access_list) {
        payload->header.block_access_list_hash = keccak256(*payload->access_list);
        if (auto list = primitives::decode_access_list(*payload->access_list)) {
            out.access_list = std::move(*list);
        } else if (!out.refused) {
            out.refused = execution::Reason::malformed_access_list;
        }
    }
    if (payload->hash && *payload->hash != primitives::header_hash(payload->header) && !out.refused)
        out.refused = execution::Reason::wrong_block_hash;
    out.rlp = encode(*payload);
    out.hash = payload->hash;
    return {};
}

Result<void> read_blocks(Fields& fields, BlockTest& test) {
    primitives::json::Array array;
    const bool is_engine = fields.optional("engineNewPayloads", array);
    if (!is_engine) fields.required("blocks", array);
    if (auto status = fields.status(); !status) return status;
    for (const Value block : array) {
        TestBlock& out = test.blocks.emplace_back();
        if (auto read = is_engine ? read_new_payload(block, out) : read_block(block, test.network, out);
            !read)
            return std::unexpected(std::move(read.error())
                                       .within(test.blocks.size() - 1)
                                       .within(is_engine ? "engineNewPayloads" : "blocks"));
    }
    return {};
}

Result<void> read_chain(Value value, BlockTest& test) {
    if (auto read = read_network(value, test.network); !read) return read;
    Fields fields(value);
    auto config = primitives::named_chain(test.network);
    if (!config) return std::unexpected(Error{"network", std::move(config.error())});
    test.config = std::move(*config);
    fields.with("config", [&](Value inner) {
        Fields chain(inner);
        chain.optional("chainid", test.config.chain_id);
        chain.with("blobSchedule", [&](Value schedule) {
            return primitives::json::read_blob_schedule(schedule, test.config);
        });
        return chain.status();
    });
    std::string_view seal_engine;
    fields.optional("sealEngine", seal_engine);
    test.checks_seals = seal_engine == "Ethash";
    return fields.status();
}

/// The first block and the state there: a group's, or as the test itself has them.
Result<void> read_genesis(Fields& fields, const NamedTest& named, PreAllocGroups& groups, BlockTest& test) {
    if (std::string_view hash; fields.optional("preHash", hash)) {
        if (auto status = fields.status(); !status) return status;
        auto group = groups.find(named.file, hash);
        if (!group) return std::unexpected(std::move(group.error()));
        if ((*group)->network != test.network)
            return std::unexpected(Error{"preHash", "the group's network is " + (*group)->network});
        test.genesis = (*group)->genesis;
        test.pre = (*group)->pre;
        return {};
    }
    const bool complete = fields.with("genesisBlockHeader", [&](Value header) -> Result<void> {
        auto parsed = primitives::json::parse_header(header);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        test.genesis = std::move(*parsed);
        Fields inner(header);
        inner.optional("hash", test.genesis_hash);
        return inner.status();
    }) && fields.with("pre", [&](Value pre) { return state::json::read_alloc(pre, test.pre); });
    if (!complete) fields.fail("", "genesisBlockHeader or pre missing");
    return fields.status();
}

/// Puts each account that the object has in the place of that which `state` has; null: removed.
Result<void> replace_accounts(Value value, MemoryState& state) {
    Object accounts;
    if (auto read = primitives::json::read(value, accounts); !read) return read;
    for (const auto [key, account] : accounts) {
        const auto address = primitives::json::address(key);
        if (!address) return std::unexpected(Error{std::string(key), address.error().message});
        state.remove_account(*address);
        if (account.is_null()) continue;
        if (auto read = state::json::read_account(account, *address, state); !read)
            return std::unexpected(std::move(read.error()).within(key));
    }
    return {};
}

}  // namespace

Result<void> read_network(Value test, std::string_view& out) {
    Fields fields(test);
    if (!fields.optional("network", out))
        fields.with("config", [&](Value config) {
            Fields inner(config);
            inner.optional("network", out);
            return inner.status();
        });
    if (!fields.failed() && out.empty()) fields.fail("network", "missing");
    return fields.status();
}

Result<BlockTest> parse_block_test(const NamedTest& named, PreAllocGroups& groups) {
    BlockTest test;
    Fields fields(named.value);
    if (auto read = read_chain(named.value, test); !read) return std::unexpected(std::move(read.error()));
    if (auto read = read_genesis(fields, named, groups, test); !read)
        return std::unexpected(std::move(read.error()));
    fields.required("lastblockhash", test.last_block);
    fields.with("postState", [&](Value post) { return state::json::read_alloc(post, test.post.emplace()); });
    fields.with("postStateDiff",
                [&](Value diff) { return replace_accounts(diff, test.post.emplace(test.pre)); });
    fields.optional("postStateHash", test.post_root);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    if (auto read = read_blocks(fields, test); !read) return std::unexpected(std::move(read.error()));
    return test;
}

Result<void> with_block_test(const NamedTest& named, PreAllocGroups& groups, const TestFilter& filter,
                             std::vector<CaseResult>& out,
                             base::FunctionRef<void(const BlockTest& test, CaseResult& result)> run) {
    const auto test = parse_block_test(named, groups);
    if (!test) return std::unexpected(test.error());
    if (!filter.wants_fork(test->network)) return {};
    CaseResult& result = out.emplace_back();
    result.name = named.name;
    result.fork = test->network;
    run(*test, result);
    return {};
}

}  // namespace weft::cli
