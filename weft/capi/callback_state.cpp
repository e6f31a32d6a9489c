#include "weft/capi/callback_state.hpp"

#include "weft/base/hex.hpp"
#include "weft/capi/handles.hpp"
#include "weft/crypto/keccak.hpp"

struct weft_reply {
    std::optional<weft::Bytes> code;
    std::string error;
    bool out_of_memory = false;  ///< what the callback gave could not be copied
};

namespace weft::capi {
namespace {

std::unexpected<StateError> failure(const char* callback, int status, const weft_reply& reply) {
    std::string message = std::string("callback ") + callback + " returned " + std::to_string(status);
    if (!reply.error.empty()) message += ": " + reply.error;
    return std::unexpected(StateError{std::move(message)});
}

}  // namespace

state::ReadResult<std::optional<Account>> CallbackState::account(const Address& address) const {
    const weft_address asked = to_c(address);
    weft_account out{};
    bool exists = false;
    weft_reply reply;
    if (const int status = callbacks_.account(callbacks_.user, &asked, &out, &exists, &reply); status != 0)
        return failure("account", status, reply);
    return exists ? std::optional(from_c(out)) : std::nullopt;
}

state::ReadResult<uint256> CallbackState::storage(const Address& address, const uint256& key) const {
    const weft_address asked = to_c(address);
    const weft_uint256 slot = to_c(key);
    weft_uint256 out{};
    weft_reply reply;
    if (const int status = callbacks_.storage(callbacks_.user, &asked, &slot, &out, &reply); status != 0)
        return failure("storage", status, reply);
    return from_c(out);
}

state::ReadResult<bool> CallbackState::has_storage(const Address& address) const {
    const weft_address asked = to_c(address);
    bool out = false;
    weft_reply reply;
    if (const int status = callbacks_.has_storage(callbacks_.user, &asked, &out, &reply); status != 0)
        return failure("has_storage", status, reply);
    return out;
}

state::ReadResult<Bytes> CallbackState::code(const Hash& code_hash) const {
    if (code_hash == crypto::empty_code_hash) return Bytes{};
    const weft_hash asked = to_c(code_hash);
    weft_reply reply;
    if (const int status = callbacks_.code(callbacks_.user, &asked, &reply); status != 0)
        return failure("code", status, reply);
    if (reply.out_of_memory) return std::unexpected(StateError{"callback code: out of memory"});
    if (!reply.code)
        return std::unexpected(StateError{"callback code gave no code for " + to_hex(code_hash)});
    // It is kept under its hash: another one's would outlive the block.
    if (crypto::keccak256(*reply.code) != code_hash)
        return std::unexpected(StateError{"callback code gave other code than that of " + to_hex(code_hash)});
    return std::move(*reply.code);
}

state::ReadResult<Hash> CallbackState::block_hash(uint64_t number) const {
    weft_hash out{};
    weft_reply reply;
    if (const int status = callbacks_.block_hash(callbacks_.user, number, &out, &reply); status != 0)
        return failure("block_hash", status, reply);
    return from_c(out);
}

}  // namespace weft::capi

extern "C" {

void weft_reply_code(weft_reply* reply, const uint8_t* code, size_t size) {
    if (reply == nullptr || (code == nullptr && size != 0)) return;
    try {
        reply->code.emplace(code, code + size);
    } catch (const std::exception&) {
        reply->out_of_memory = true;
    }
}
void weft_reply_error(weft_reply* reply, const char* message) {
    if (reply == nullptr || message == nullptr) return;
    try {
        reply->error = message;
    } catch (const std::exception&) {
        // The failure stands without its words.
    }
}

}  // extern "C"
