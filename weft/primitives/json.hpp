#pragma once

#include <expected>
#include <string>

#include "weft/primitives/access_list.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/chain_config.hpp"
#include "weft/primitives/json_value.hpp"

/// Blocks, transactions and chain configurations in JSON: as JSON-RPC gives them (eth_getBlockByNumber with
/// full transactions), and as the official tests write them, where names differ ("gasLimit" for "gas",
/// "uncleHash" for "sha3Uncles"…).
namespace weft::primitives::json {

/// A transaction of any type. Without "type" the fields tell it. The sender is "from" or "sender"; where
/// neither is there it is recovered from the signature, which must then be one. Authorities are not
/// recovered.
[[nodiscard]] Result<Transaction> parse_transaction(Value value);
/// The same, but a missing sender stays zero.
[[nodiscard]] Result<Transaction> parse_transaction_without_sender(Value value);

/// Reads those of a header's fields that are there; the others stay.
void read_fields(Fields& fields, Header& header);
/// A header. number, timestamp, gasLimit and the coinbase must be there, other fields keep their default
/// value (the empty tries' and lists' hashes for the roots).
[[nodiscard]] Result<Header> parse_header(Value value);
/// A block in JSON-RPC form. Ommers are hashes there and stay empty (the header has their hash), unless
/// "uncleHeaders" has them.
[[nodiscard]] Result<Block> parse_block(Value value);
/// Reads block.json. Error: one line with file and field.
[[nodiscard]] std::expected<Block, std::string> read_block(const std::string& path);

/// A block access list (EIP-7928), in order: as the official tests write it, or a string of its RLP, as the
/// Engine API does.
[[nodiscard]] Result<BlockAccessList> parse_access_list(Value value);
/// Reads a file with such a list. Error: one line with file and field.
[[nodiscard]] std::expected<BlockAccessList, std::string> read_access_list(const std::string& path);
/// Appends the list as the official tests write it.
void write(Writer& out, const BlockAccessList& list);

/// Append a transaction, block or header in JSON-RPC form.
void write(Writer& out, const Transaction& transaction);
void write(Writer& out, const Header& header);
void write(Writer& out, const Block& block);
/// The text of a block.json.
[[nodiscard]] std::string to_json(const Block& block);

/// geth's "config" object.
[[nodiscard]] Result<ChainConfig> parse_chain_config(Value value);
/// Writes that object: what parse_chain_config reads back.
void write(Writer& out, const ChainConfig& config);
/// Takes over the parameters that a "blobSchedule" object names, in any case of letters ("cancun", "BPO1").
/// Unknown names are an error.
[[nodiscard]] Result<void> read_blob_schedule(Value value, ChainConfig& config);

/// geth's genesis.json without the accounts ("alloc"; state/json.hpp reads them).
struct Genesis {
    ChainConfig config;
    /// The fields that the file has; roots are for the caller to compute.
    Header header;
};
[[nodiscard]] Result<Genesis> parse_genesis(Value value);

}  // namespace weft::primitives::json
