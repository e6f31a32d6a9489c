#include "weft/base/hex.hpp"
#include "weft/capi/callback_state.hpp"
#include "weft/capi/handles.hpp"
#include "weft/state/json.hpp"

namespace weft::capi {
namespace {

Outcome make(weft_state** out, MemoryState state) {
    auto memory = std::make_unique<MemoryState>(std::move(state));
    MemoryState* const pointer = memory.get();
    *out = new weft_state{std::move(memory), pointer};
    return std::nullopt;
}

/// Does something with a state in memory. State: const or not.
template <class State, class Body, class... Pointers>
weft_code with_memory(State* state, weft_error** error, Body&& body, const Pointers*... pointers) noexcept {
    const auto checked = [&]() -> Outcome {
        if (state->memory == nullptr) return bad_argument("not a state in memory");
        return body(*state->memory);
    };
    return guarded(error, checked, state, pointers...);
}

/// Changes accounts or slots; the commitment must be made anew.
template <class Change, class... Pointers>
weft_code change(weft_state* state, weft_error** error, Change&& make_change,
                 const Pointers*... pointers) noexcept {
    const auto body = [&](MemoryState& memory) -> Outcome {
        state->trie.reset();
        return make_change(memory);
    };
    return with_memory(state, error, body, pointers...);
}

/// An alloc object, or a genesis.json around one.
state::json::Result<MemoryState> parse(state::json::Value value, MemoryState state) {
    primitives::json::Object object;
    if (auto read = primitives::json::read(value, object); !read) return std::unexpected(read.error());
    const auto alloc = primitives::json::find(object, "alloc");
    if (auto read = state::json::read_alloc(alloc.value_or(value), state); !read) {
        if (alloc) return std::unexpected(std::move(read.error()).within("alloc"));
        return std::unexpected(std::move(read.error()));
    }
    return state;
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

weft_code weft_state_new(weft_state** state, weft_error** error) {
    return guarded(error, [&] { return make(state, MemoryState{}); }, state);
}

weft_code weft_state_copy(const weft_state* state, weft_state** copy, weft_error** error) {
    return with_memory(state, error, [&](const MemoryState& memory) { return make(copy, memory); }, copy);
}

void weft_state_free(weft_state* state) { delete state; }

weft_code weft_state_from_callbacks(const weft_state_callbacks* callbacks, weft_state** state,
                                    weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto given = read_options(callbacks, weft_state_callbacks{});
        if (!given) return bad_argument("weft_state_callbacks: struct_size is wrong");
        if (given->account == nullptr || given->storage == nullptr || given->has_storage == nullptr ||
            given->code == nullptr || given->block_hash == nullptr)
            return bad_argument("weft_state_callbacks: a callback is NULL");
        auto reader = std::make_unique<CallbackState>(*given);
        *state = new weft_state{std::move(reader)};
        return std::nullopt;
    };
    return guarded(error, body, callbacks, state);
}

weft_code weft_state_load_json(weft_state* state, const char* json, size_t size, weft_error** error) {
    const auto load = [&](MemoryState& memory) -> Outcome {
        const auto document = primitives::json::Document::parse(std::string(json, size), "state");
        if (!document) return failed(WEFT_ERROR_DECODE, document.error());
        auto parsed = document->read([&](state::json::Value value) { return parse(value, memory); });
        if (!parsed) return failed(WEFT_ERROR_DECODE, std::move(parsed.error()));
        memory = std::move(*parsed);
        return std::nullopt;
    };
    return change(state, error, load, json);
}

weft_code weft_state_set_account(weft_state* state, const weft_address* address, const weft_account* account,
                                 weft_error** error) {
    const auto set = [&](MemoryState& memory) -> Outcome {
        memory.set_account(from_c(*address), from_c(*account));
        return std::nullopt;
    };
    return change(state, error, set, address, account);
}

weft_code weft_state_remove_account(weft_state* state, const weft_address* address, weft_error** error) {
    const auto remove = [&](MemoryState& memory) -> Outcome {
        memory.remove_account(from_c(*address));
        return std::nullopt;
    };
    return change(state, error, remove, address);
}

weft_code weft_state_set_code(weft_state* state, const uint8_t* code, size_t size, weft_hash* hash,
                              weft_error** error) {
    const auto set = [&](MemoryState& memory) -> Outcome {
        if (code == nullptr && size != 0) return bad_argument("code is NULL");
        const Hash known = memory.set_code(Bytes(code, code + size));
        if (hash != nullptr) *hash = to_c(known);
        return std::nullopt;
    };
    return with_memory(state, error, set);
}

weft_code weft_state_set_storage(weft_state* state, const weft_address* address, const weft_uint256* key,
                                 const weft_uint256* value, weft_error** error) {
    const auto set = [&](MemoryState& memory) -> Outcome {
        memory.set_storage(from_c(*address), from_c(*key), from_c(*value));
        return std::nullopt;
    };
    return change(state, error, set, address, key, value);
}

weft_code weft_state_set_block_hash(weft_state* state, uint64_t number, const weft_hash* hash,
                                    weft_error** error) {
    const auto set = [&](MemoryState& memory) -> Outcome {
        memory.set_block_hash(number, from_c(*hash));
        return std::nullopt;
    };
    return with_memory(state, error, set, hash);
}

weft_code weft_state_apply(weft_state* state, const weft_result* result, weft_error** error) {
    const auto apply = [&](MemoryState& memory) -> Outcome {
        memory.apply(result->result.diff);
        if (state->trie) state->trie->commit(result->result.diff);
        return std::nullopt;
    };
    return with_memory(state, error, apply, result);
}

weft_code weft_state_account(const weft_state* state, const weft_address* address, weft_account* account,
                             bool* exists, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto read = state->reader->account(from_c(*address));
        if (!read) return from(read.error());
        *exists = read->has_value();
        *account = *read ? to_c(**read) : weft_account{};
        return std::nullopt;
    };
    return guarded(error, body, state, address, account, exists);
}

weft_code weft_state_storage(const weft_state* state, const weft_address* address, const weft_uint256* key,
                             weft_uint256* value, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto read = state->reader->storage(from_c(*address), from_c(*key));
        if (!read) return from(read.error());
        *value = to_c(*read);
        return std::nullopt;
    };
    return guarded(error, body, state, address, key, value);
}

weft_code weft_state_has_storage(const weft_state* state, const weft_address* address, bool* has_storage,
                                 weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto read = state->reader->has_storage(from_c(*address));
        if (!read) return from(read.error());
        *has_storage = *read;
        return std::nullopt;
    };
    return guarded(error, body, state, address, has_storage);
}

weft_code weft_state_code(const weft_state* state, const weft_hash* code_hash, weft_bytes* code,
                          weft_error** error) {
    const auto find = [&](const MemoryState& memory) -> Outcome {
        const Hash hash = from_c(*code_hash);
        const Bytes* const found = memory.find_code(hash);
        if (found == nullptr && hash != crypto::empty_code_hash)
            return from(StateError{"no code with the hash " + to_hex(hash), {}});
        *code = found == nullptr ? weft_bytes{} : to_c(BytesView(*found));
        return std::nullopt;
    };
    return with_memory(state, error, find, code_hash, code);
}

weft_code weft_state_block_hash(const weft_state* state, uint64_t number, weft_hash* hash,
                                weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto read = state->reader->block_hash(number);
        if (!read) return from(read.error());
        *hash = to_c(*read);
        return std::nullopt;
    };
    return guarded(error, body, state, hash);
}

weft_code weft_state_root(const weft_state* state, weft_hash* root, weft_error** error) {
    const auto compute = [&](const MemoryState& memory) -> Outcome {
        const std::lock_guard lock(state->mutex);
        if (!state->trie) state->trie = std::make_unique<StateTrie>(memory);
        const auto known = state->trie->root();
        if (!known) return from(known.error());
        *root = to_c(*known);
        return std::nullopt;
    };
    return with_memory(state, error, compute, root);
}

}  // extern "C"
