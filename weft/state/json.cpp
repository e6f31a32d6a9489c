#include "weft/state/json.hpp"

#include <algorithm>

#include "weft/base/hex.hpp"

namespace weft::state::json {

namespace {

using primitives::json::Document;
using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Object;

/// A slot's number, or its content: hex also where "0x" is missing, as go-ethereum and Besu read it.
Result<uint256> read_word(std::string_view text) {
    if (text.empty() || text.starts_with("0x")) return primitives::json::quantity(text);
    return primitives::json::quantity(std::string("0x").append(text));
}

Result<void> read_storage(Value value, const Address& address, MemoryState& state) {
    Object slots;
    if (auto status = primitives::json::read(value, slots); !status) return status;
    for (const auto [key, content] : slots) {
        const auto slot = read_word(key);
        if (!slot) return std::unexpected(Error{std::string(key), "its key is " + slot.error().message});
        const auto text = content.text();
        const auto word = text ? read_word(*text) : primitives::json::as<uint256>(content);
        if (!word) return std::unexpected(Error(word.error()).within(key));
        state.set_storage(address, *slot, *word);
    }
    return {};
}

/// A member of an "alloc".
Result<void> read_member(std::string_view key, Value account, MemoryState& state) {
    const auto address = primitives::json::address(key);
    if (!address) return std::unexpected(Error{std::string(key), address.error().message});
    if (auto status = read_account(account, *address, state); !status)
        return std::unexpected(std::move(status.error()).within(key));
    return {};
}

}  // namespace

Result<void> read_account(Value value, const Address& address, MemoryState& state) {
    Fields fields(value);
    Account account;
    Bytes code;
    fields.optional("balance", account.balance);
    fields.optional("nonce", account.nonce);
    fields.optional("code", code);
    fields.with("storage", [&](Value storage) { return read_storage(storage, address, state); });
    if (fields.failed()) return fields.status();
    if (!code.empty()) account.code_hash = state.set_code(std::move(code));
    state.set_account(address, account);
    return {};
}

Result<void> read_alloc(Value value, MemoryState& state) {
    Object accounts;
    if (auto status = primitives::json::read(value, accounts); !status) return status;
    for (const auto [key, account] : accounts)
        if (auto status = read_member(key, account, state); !status) return status;
    return {};
}

Result<void> read_block_hashes(Value value, MemoryState& state) {
    Object hashes;
    if (auto status = primitives::json::read(value, hashes); !status) return status;
    for (const auto [key, text] : hashes) {
        const auto number = primitives::json::quantity(key);
        if (!number || !number->is_u64())
            return std::unexpected(Error{std::string(key), "not a block number"});
        Hash hash;
        if (auto status = primitives::json::read(text, hash); !status)
            return std::unexpected(std::move(status.error()).within(key));
        state.set_block_hash(number->low(), hash);
    }
    return {};
}

std::expected<MemoryState, std::string> read_state(const std::string& path) {
    MemoryState state;
    const auto read_one = [&](std::string_view key, Value account) {
        return read_member(key, account, state);
    };
    if (auto read = primitives::json::read_members(path, read_one); !read)
        return std::unexpected(std::move(read.error()));
    return state;
}

std::expected<void, std::string> read_block_hashes(const std::string& path, MemoryState& state) {
    const auto document = Document::load(path);
    if (!document) return std::unexpected(document.error());
    if (auto status = read_block_hashes(document->root(), state); !status)
        return std::unexpected(document->describe(status.error()));
    return {};
}

Result<GenesisState> parse_genesis(Value value) {
    auto genesis = primitives::json::parse_genesis(value);
    if (!genesis) return std::unexpected(std::move(genesis.error()));
    GenesisState out{std::move(*genesis), {}};
    Fields fields(value);
    fields.with("alloc", [&](Value alloc) { return read_alloc(alloc, out.state); });
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return out;
}

std::expected<GenesisState, std::string> read_genesis(const std::string& path) {
    const auto document = Document::load(path);
    if (!document) return std::unexpected(document.error());
    return document->read([](Value root) { return state::json::parse_genesis(root); });
}

void write(Writer& out, const MemoryState& state) {
    std::vector<std::pair<Address, Account>> accounts;
    accounts.reserve(state.account_count());
    state.for_each_account(
        [&](const Address& address, const Account& account) { accounts.emplace_back(address, account); });
    std::ranges::sort(accounts, {}, &std::pair<Address, Account>::first);
    std::vector<std::pair<uint256, uint256>> slots;
    out.begin_object();
    for (const auto& [address, account] : accounts) {
        out.key(to_hex(address)).begin_object();
        out.key("balance").quantity(account.balance).key("nonce").quantity(account.nonce);
        if (const Bytes* const code = state.find_code(account.code_hash)) out.key("code").bytes(*code);
        slots.clear();
        state.for_each_slot(
            address, [&](const uint256& key, const uint256& value) { slots.emplace_back(key, value); });
        if (!slots.empty()) {
            std::ranges::sort(slots, [](const auto& a, const auto& b) { return a.first < b.first; });
            out.key("storage").begin_object();
            for (const auto& [key, value] : slots) out.key(base::to_quantity(key)).quantity(value);
            out.end_object();
        }
        out.end_object().newline();
    }
    out.end_object();
}

std::string to_json(const MemoryState& state) {
    Writer out;
    write(out, state);
    return out.newline().take();
}

std::string block_hashes_to_json(const MemoryState& state) {
    Writer out;
    out.begin_object();
    for (const auto& [number, hash] : state.block_hashes())
        out.key(std::to_string(number)).bytes(hash.view());
    out.end_object();
    return out.newline().take();
}

}  // namespace weft::state::json
