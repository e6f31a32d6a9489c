// Proofs, and witnesses made, of states in memory.
#include "weft/trie/proof.hpp"

#include "weft/capi/handles.hpp"
#include "weft/execution/stateless/stateless.hpp"
#include "weft/execution/stateless/witness_ancestors.hpp"
#include "weft/primitives/ommers.hpp"

namespace weft::capi {
namespace {

/// The codes of a state in memory.
class MemoryCodes final : public execution::CodeSource {
public:
    explicit MemoryCodes(const MemoryState& state) : state_(state) {}
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& hash) const override { return state_.code(hash); }

private:
    const MemoryState& state_;
};

/// Adds a block before the one in question, given as its header or whole.
std::expected<void, primitives::DecodeError> add_ancestor(BytesView rlp, Witness& chain) {
    primitives::rlp::Decoder in(rlp);
    (void)in.begin_list("ancestor");
    if (!in.next_is_list()) {
        auto header = primitives::decode_header(rlp);
        if (!header) return std::unexpected(header.error());
        chain.headers.push_back(std::move(*header));
        return {};
    }
    auto block = primitives::decode_block(rlp);
    if (!block) return std::unexpected(block.error());
    if (!block->ommers.empty()) chain.ommers.push_back(primitives::encode_ommers(block->ommers));
    chain.headers.push_back(std::move(block->header));
    return {};
}

Outcome give(Bytes bytes, weft_buffer** out) {
    *out = new weft_buffer{std::move(bytes)};
    return std::nullopt;
}

Outcome make(const ChainConfig& config, const MemoryState& state, const Block& given,
             std::span<const weft_bytes> ancestors, weft_buffer** out) {
    Witness chain;
    for (const weft_bytes& ancestor : ancestors) {
        if (ancestor.data == nullptr && ancestor.size != 0) return bad_argument("an ancestor's data is NULL");
        if (auto added = add_ancestor({ancestor.data, ancestor.size}, chain); !added)
            return failed(WEFT_ERROR_DECODE, "ancestor: " + to_string(added.error()));
    }
    trie::NodeMap nodes;
    StateTrie trie(state, {.writer = &nodes});
    if (const auto root = trie.root(); !root) return from(root.error());
    Block block = given;
    const execution::WitnessAncestors before(chain, block.header.difficulty.is_zero());
    const MemoryCodes codes(state);
    auto witness = make_witness(block, config, {nodes, codes, before});
    if (!witness) return from(witness.error());
    return give(encode(*witness), out);
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

weft_bytes weft_buffer_bytes(const weft_buffer* buffer) {
    return buffer == nullptr ? weft_bytes{} : to_c(BytesView(buffer->bytes));
}
void weft_buffer_free(weft_buffer* buffer) { delete buffer; }

weft_code weft_state_proof(const weft_state* state, const weft_address* address, const weft_uint256* keys,
                           size_t key_count, weft_buffer** json, weft_error** error) {
    const auto body = [&]() -> Outcome {
        if (state->memory == nullptr) return bad_argument("not a state in memory");
        if (keys == nullptr && key_count != 0) return bad_argument("keys is NULL");
        std::vector<uint256> slots;
        for (size_t i = 0; i < key_count; ++i) slots.push_back(from_c(keys[i]));
        const std::lock_guard lock(state->mutex);
        if (!state->trie) state->trie = std::make_unique<StateTrie>(*state->memory);
        if (const auto root = state->trie->root(); !root) return from(root.error());
        const auto proof = trie::prove(*state->trie, from_c(*address), slots);
        if (!proof) return from(proof.error());
        primitives::json::Writer text;
        trie::write(text, *proof);
        return give(Bytes(text.str().begin(), text.str().end()), json);
    };
    return guarded(error, body, state, address, json);
}

weft_code weft_verify_proof(const weft_hash* state_root, const char* json, size_t size, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto document = primitives::json::Document::parse(std::string(json, size), "proof");
        if (!document) return failed(WEFT_ERROR_DECODE, document.error());
        const auto proof = document->read(trie::parse_account_proof);
        if (!proof) return failed(WEFT_ERROR_DECODE, proof.error());
        if (const auto holds = trie::verify(*proof, from_c(*state_root)); !holds)
            return failed(WEFT_ERROR_PROOF, to_string(holds.error()));
        return std::nullopt;
    };
    return guarded(error, body, state_root, json);
}

weft_code weft_make_witness(const weft_config* config, const weft_state* state, const weft_block* block,
                            const weft_bytes* ancestors, size_t ancestor_count, weft_buffer** witness,
                            weft_error** error) {
    const auto body = [&]() -> Outcome {
        if (state->memory == nullptr) return bad_argument("not a state in memory");
        if (ancestors == nullptr && ancestor_count != 0) return bad_argument("ancestors is NULL");
        return make(config->config, *state->memory, block->block, {ancestors, ancestor_count}, witness);
    };
    return guarded(error, body, config, state, block, witness);
}

}  // extern "C"
