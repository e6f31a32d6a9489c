#include "weft/cli/evm_b11r.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/base/hex.hpp"
#include "weft/cli/evm_inputs.hpp"
#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Fields;
using primitives::json::Result;
using primitives::json::Value;

/// Which of a header's fields the input has, where that counts.
struct Given {
    bool extra_data = false, coinbase = false, nonce = false, ommers_hash = false;
};

/// A field that forks added is encoded only with all before it: absent numbers before a given field are zero,
/// as geth's tool has it; an absent hash is an error.
void fill_gaps(Header& header, Fields& fields) {
    bool later = header.block_access_list_hash.has_value();
    const auto number = [&](auto& field) {
        if (later && !field) field.emplace(0);
        later = later || field.has_value();
    };
    const auto hash = [&](const std::optional<Hash>& field, const char* name) {
        if (later && !field) fields.fail(name, "missing, but not those behind it");
        later = later || field.has_value();
    };
    hash(header.requests_hash, "requestsHash");
    hash(header.parent_beacon_block_root, "parentBeaconBlockRoot");
    number(header.excess_blob_gas);
    number(header.blob_gas_used);
    hash(header.withdrawals_root, "withdrawalsRoot");
    number(header.base_fee_per_gas);
}

Result<Given> read_header(Value value, Header& header) {
    Fields fields(value);
    header.transactions_root = header.receipts_root = trie::empty_root;
    read_fields(fields, header);
    for (const char* const name : {"stateRoot", "number", "gasLimit", "timestamp"}) fields.require(name);
    const Given given{.extra_data = fields.has("extraData"),
                      .coinbase = fields.has("miner"),
                      .nonce = fields.has("nonce"),
                      .ommers_hash = fields.has("sha3Uncles")};
    fill_gaps(header, fields);
    if (fields.has("slotNumber")) fields.fail("slotNumber", "no field of a header that Weft knows");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return given;
}

/// Who seals a block under clique (EIP-225), and what the seal says.
struct Sealer {
    Hash key, vanity;
    std::optional<Address> voted;
    std::optional<bool> authorize;
};

Result<void> read_sealer(Value value, Sealer& out) {
    Fields fields(value);
    fields.required("secretKey", out.key);
    fields.optional("vanity", out.vanity);
    fields.optional("voted", out.voted);
    fields.optional("authorize", out.authorize);
    return fields.status();
}

/// Reads the inputs of one call of the tool.
class Builder {
public:
    explicit Builder(const BuildOptions& options) : options_(options) {}

    Outcome<Block> build() {
        for (const std::string* const place :
             {&options_.input_header, &options_.input_ommers, &options_.input_withdrawals,
              &options_.input_txs, &options_.clique})
            if (*place == "stdin")
                if (auto read = inputs_.read_stdin(); !read) return std::unexpected(std::move(read.error()));
        if (auto read = read_json(options_.input_header, "header",
                                  [&](Value value) -> Result<void> {
                                      auto given = read_header(value, block_.header);
                                      if (!given) return std::unexpected(std::move(given.error()));
                                      given_ = *given;
                                      return {};
                                  });
            !read)
            return std::unexpected(std::move(read.error()));
        if (auto read = read_body(); !read) return std::unexpected(std::move(read.error()));
        Header& header = block_.header;
        if (!given_.ommers_hash) header.ommers_hash = primitives::ommers_hash(block_.ommers);
        if (is_wanted(options_.clique, "clique"))
            if (auto sealed = seal(); !sealed) return std::unexpected(std::move(sealed.error()));
        return std::move(block_);
    }

private:
    /// A part of the block that may be absent: without a place, or on stdin without its key.
    bool is_wanted(const std::string& place, const char* key) {
        return !place.empty() && (place != "stdin" || inputs_.stdin_has(key));
    }

    template <class Read>
    Outcome<void> read_json(const std::string& place, const char* key, Read&& read) {
        const auto value = inputs_.find(place, key, key);
        if (!value) return std::unexpected(value.error());
        if (auto done = read(*value); !done)
            return failure(Exit::json, fmt::format("failed unmarshalling {}: {}", key,
                                                   to_string(std::move(done.error()).within(key))));
        return {};
    }

    Outcome<void> read_body() {
        std::vector<Bytes> ommers;
        Bytes transactions;
        const auto read_bytes = [&](Value value) { return primitives::json::read(value, transactions); };
        const auto read_ommers = [&](Value value) { return primitives::json::read(value, ommers); };
        const auto read_withdrawals = [&](Value value) {
            return primitives::json::read(value, block_.withdrawals.emplace());
        };
        if (is_wanted(options_.input_ommers, "ommers"))
            if (auto read = read_json(options_.input_ommers, "ommers", read_ommers); !read) return read;
        if (is_wanted(options_.input_withdrawals, "withdrawals"))
            if (auto read = read_json(options_.input_withdrawals, "withdrawals", read_withdrawals); !read)
                return read;
        if (is_wanted(options_.input_txs, "txs"))
            if (auto read = read_json(options_.input_txs, "txs", read_bytes); !read) return read;
        for (const Bytes& ommer : ommers) {
            auto decoded = primitives::decode_block(ommer);
            if (!decoded)
                return failure(Exit::rlp,
                               "unable to decode ommer from rlp data: " + to_string(decoded.error()));
            block_.ommers.push_back(std::move(decoded->header));
        }
        return decode_transactions(transactions);
    }

    Outcome<void> decode_transactions(BytesView body) {
        if (body.empty()) return {};
        rlp::Decoder decoder(body);
        const auto list = decoder.begin_list("transactions");
        while (decoder.more() && !decoder.failed())
            block_.transactions.push_back(primitives::decode_from_body(decoder));
        decoder.end_list(list, "transactions");
        if (auto done = decoder.finish(); !done)
            return failure(Exit::rlp,
                           "unable to decode transaction from rlp data: " + to_string(done.error()));
        return {};
    }

    /// EIP-225: the vanity and a signature of the header without it make the extra data.
    Outcome<void> seal() {
        Sealer sealer;
        const auto read_one = [&](Value value) { return read_sealer(value, sealer); };
        if (auto read = read_json(options_.clique, "clique", read_one); !read) return read;
        const auto overwrites = [](const char* what) {
            return failure(Exit::config,
                           fmt::format("sealing with clique{} will overwrite provided {}",
                                       std::string_view(what) == "extra data" ? "" : " and voting", what));
        };
        Header& header = block_.header;
        if (given_.extra_data) return overwrites("extra data");
        if (sealer.voted && given_.coinbase) return overwrites("coinbase");
        if (sealer.authorize && given_.nonce) return overwrites("nonce");
        if (sealer.voted) header.coinbase = *sealer.voted;
        if (sealer.authorize) header.nonce.fill(*sealer.authorize ? 0x00 : 0xff);
        header.extra_data.assign(sealer.vanity.bytes.begin(), sealer.vanity.bytes.end());
        const auto signature = crypto::sign(primitives::header_hash(header), sealer.key);
        if (!signature)
            return failure(Exit::json, "failed unmarshalling clique: secretKey: not a key of secp256k1");
        for (const uint256& number : {signature->r, signature->s}) {
            const Hash word = base::to_hash(number);
            header.extra_data.insert(header.extra_data.end(), word.bytes.begin(), word.bytes.end());
        }
        header.extra_data.push_back(static_cast<uint8_t>(signature->y_parity));
        return {};
    }

    const BuildOptions& options_;
    Inputs inputs_;
    Block block_;
    Given given_;
};

}  // namespace

Outcome<void> build_block(const BuildOptions& options, const Streams& streams) {
    std::error_code error;
    if (!options.output_basedir.empty() &&
        (std::filesystem::create_directories(options.output_basedir, error), error))
        return failure(Exit::io, fmt::format("failed creating output basedir: {}: {}", options.output_basedir,
                                             error.message()));
    const auto block = Builder(options).build();
    if (!block) return std::unexpected(block.error());
    const std::string text = fmt::format(R"({{"rlp":"{}","hash":"{}"}})", to_hex(primitives::encode(*block)),
                                         to_hex(primitives::header_hash(block->header)));
    if (options.output_block == "stdout" || options.output_block == "stderr") {
        fmt::print(options.output_block == "stdout" ? streams.out : streams.err, "{}\n", indented(text, 2));
        return {};
    }
    const auto path = (std::filesystem::path(options.output_basedir) / options.output_block).string();
    if (auto written = primitives::json::write_file(path, indented(text, 1)); !written)
        return failure(Exit::io, "failed writing output: " + written.error());
    return {};
}

}  // namespace weft::cli::evm_tool
