#pragma once

#include <expected>
#include <string>

#include "weft/primitives/json.hpp"
#include "weft/state/memory_state.hpp"

/// States in JSON: prestate.json, the "pre" and "alloc" objects of the official tests and of genesis.json,
/// all of one form:
/// {"0xADDRESS": {"balance": …, "nonce": …, "code": "0x…", "storage": {"KEY": "VALUE"}}}, every inner field
/// optional. KEY and VALUE are hex, with "0x" or without.
namespace weft::state::json {

using primitives::json::Result;
using primitives::json::Value;
using primitives::json::write_file;
using primitives::json::Writer;

/// Adds one account under its address.
[[nodiscard]] Result<void> read_account(Value value, const Address& address, MemoryState& state);
/// Adds all accounts.
[[nodiscard]] Result<void> read_alloc(Value value, MemoryState& state);
/// Adds block hashes: {"NUMBER": "0xHASH"}.
[[nodiscard]] Result<void> read_block_hashes(Value value, MemoryState& state);

/// Reads a prestate.json. Error: one line with file and field.
[[nodiscard]] std::expected<MemoryState, std::string> read_state(const std::string& path);
/// Adds the hashes of a block_hashes.json.
[[nodiscard]] std::expected<void, std::string> read_block_hashes(const std::string& path, MemoryState& state);

/// A genesis.json in geth's format: rules, header fields and accounts.
struct GenesisState {
    primitives::json::Genesis genesis;
    MemoryState state;
};
[[nodiscard]] Result<GenesisState> parse_genesis(Value value);
[[nodiscard]] std::expected<GenesisState, std::string> read_genesis(const std::string& path);

/// Appends the state as one object, accounts and slots in ascending order; what is zero or empty is left out,
/// balance and nonce excepted.
void write(Writer& out, const MemoryState& state);
[[nodiscard]] std::string to_json(const MemoryState& state);
/// The text of a block_hashes.json.
[[nodiscard]] std::string block_hashes_to_json(const MemoryState& state);

}  // namespace weft::state::json
