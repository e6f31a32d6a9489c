#include "weft/cli/evm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Writer;

/// The fewest bytes of a word, as a storage trie's leaf holds them.
std::string leaf_digits(const uint256& value) {
    const Hash word = base::to_hash(value);
    return to_hex(word.view().last(base::byte_length(value))).substr(2);
}

void write_storage(Writer& out, const MemoryState& state, const Address& address, Hash& root) {
    std::vector<trie::StorageEntry> slots;
    state.for_each_slot(address,
                        [&](const uint256& key, const uint256& value) { slots.push_back({key, value}); });
    root = trie::storage_root(slots);
    if (slots.empty()) return;
    std::ranges::sort(slots, [](const auto& a, const auto& b) { return a.key < b.key; });
    out.key("storage").begin_object();
    for (const auto& slot : slots) out.key(to_hex(base::to_hash(slot.key))).string(leaf_digits(slot.value));
    out.end_object();
}

std::string account_json(const MemoryState& state, const Address& address, const Account& account) {
    Writer storage;
    Hash root;
    write_storage(storage, state, address, root);
    Writer out;
    out.begin_object();
    out.key("balance").string(base::to_string(account.balance)).key("nonce").number(account.nonce);
    out.key("root").bytes(root.view()).key("codeHash").bytes(account.code_hash.view());
    if (const Bytes* const code = state.find_code(account.code_hash); code != nullptr && !code->empty())
        out.key("code").bytes(*code);
    std::string text = out.take();
    if (!storage.str().empty()) text += "," + storage.str();
    return text + fmt::format(R"(,"address":"{}","key":"{}"}})", to_hex(address),
                              to_hex(crypto::keccak256(address.view())));
}

}  // namespace

bool is_evm(const char* program) noexcept {
    if (program == nullptr) return false;
    std::string_view name = program;
    if (const size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    return name == "evm" || name == "evm.exe";
}

execution::ContextOptions context_options(execution::ExecutorKind executor) {
    const bool alone = executor == execution::ExecutorKind::sequential;
    return {.executor = executor, .threads = alone ? 1U : 0U};
}

std::string checksummed(const Address& address) {
    std::string text = to_hex(address);
    const Hash hash = crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()) + 2, text.size() - 2});
    for (size_t i = 2; i < text.size(); ++i) {
        const unsigned nibble = hash[(i - 2) / 2] >> (i % 2 == 0 ? 4 : 0) & 0xf;
        if (nibble >= 8 && text[i] >= 'a') text[i] = static_cast<char>(text[i] - 'a' + 'A');
    }
    return text;
}

std::string dump_json(const MemoryState& state) {
    std::map<std::string, std::string> accounts;  // in the order of their checksummed names, as geth's
    state.for_each_account([&](const Address& address, const Account& account) {
        accounts[checksummed(address)] = account_json(state, address, account);
    });
    std::string out =
        fmt::format(R"({{"root":"{}","accounts":{{)", to_hex(trie::state_root(state)).substr(2));
    for (bool first = true; const auto& [name, account] : accounts) {
        out += fmt::format("{}\"{}\":{}", first ? "" : ",", name, account);
        first = false;
    }
    return out + "}}";
}

std::string indented(std::string_view json, unsigned width) {
    std::string out;
    out.reserve(json.size() + json.size() / 2);
    size_t level = 0;
    bool in_string = false;
    const auto new_line = [&] {
        out += '\n';
        out.append(level * width, ' ');
    };
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        out += c;
        if (in_string) {
            if (c == '\\') out += json[++i];
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
                out += json[++i];
            } else {
                ++level;
                new_line();
            }
        } else if (c == ',') {
            new_line();
        } else if (c == ':') {
            out += ' ';
        }
        if (!in_string && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']') && level != 0) {
            --level;
            new_line();
        }
    }
    return out;
}

}  // namespace weft::cli::evm_tool
