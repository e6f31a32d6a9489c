#include <cstdlib>

#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/roots.hpp"

namespace {

/// Every error is one line.
void check(const std::string& error) {
    if (error.empty() || error.find('\n') != std::string::npos) std::abort();
}

void read_block(const weft::json::Document& document) {
    const auto block = document.read([](weft::json::Value root) { return weft::json::parse_block(root); });
    if (!block) return check(block.error());
    if (!block->ommers.empty()) return;  // JSON-RPC names ommers by their hashes only
    const auto again = weft::json::Document::parse(weft::json::to_json(*block), "again");
    if (!again || weft::json::parse_block(again->root()) != *block) std::abort();
}

void read_state(const weft::json::Document& document) {
    weft::MemoryState state;
    if (const auto status = weft::state::json::read_alloc(document.root(), state); !status)
        return check(document.describe(status.error()));
    const auto again = weft::json::Document::parse(weft::state::json::to_json(state), "again");
    weft::MemoryState copy;
    if (!again || !weft::state::json::read_alloc(again->root(), copy)) std::abort();
    if (weft::trie::state_root(copy) != weft::trie::state_root(state)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto document = weft::json::Document::parse({reinterpret_cast<const char*>(data), size}, "input");
    if (!document) {
        check(document.error());
        return 0;
    }
    read_block(*document);
    read_state(*document);
    weft::MemoryState hashes;
    (void)weft::state::json::read_block_hashes(document->root(), hashes);
    const auto genesis =
        document->read([](weft::json::Value root) { return weft::state::json::parse_genesis(root); });
    if (!genesis) check(genesis.error());
    return 0;
}
