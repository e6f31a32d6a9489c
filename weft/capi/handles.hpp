#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "weft/capi/weft.h"
#include "weft/execution/executor.hpp"
#include "weft/state/memory_state.hpp"
#include "weft/trie/state_trie.hpp"

// What stands behind the handles of weft.h. C knows these names without a namespace.

struct weft_error {
    weft_code code = WEFT_ERROR_INTERNAL;
    std::string message = {};
    std::string_view reason = {};  ///< a literal
    size_t transaction = WEFT_NO_TRANSACTION;
};

struct weft_config {
    weft::ChainConfig config;
};

struct weft_state {
    std::unique_ptr<weft::StateReader> reader;
    weft::MemoryState* memory = nullptr;  ///< the same, where it is a state in memory
    /// Its commitment, from the first time that the root is asked for to the next change that is no block's.
    mutable std::unique_ptr<weft::StateTrie> trie = nullptr;
    mutable std::mutex mutex{};  ///< for `trie`, which a reader may make
};

struct weft_context {
    std::shared_ptr<weft::base::ThreadPool> pool;
    weft::ExecutionContext context;
    std::atomic<bool> executes = false;  ///< a block: one at a time
};

struct weft_block {
    explicit weft_block(weft::Block made) : block(std::move(made)) {}
    weft::Block block;
    std::vector<size_t> unsigned_transactions;  ///< those whose signature is none, ascending
    mutable std::once_flag is_encoded;
    mutable weft::Bytes encoded;
};

struct weft_stop {
    std::stop_source source;
};

struct weft_buffer {
    weft::Bytes bytes;
};

struct weft_result {
    weft::BlockResult result;
    mutable std::once_flag access_list_encoded;
    mutable weft::Bytes access_list;
    mutable std::once_flag receipts_encoded;
    mutable std::vector<weft::Bytes> receipts;
};

namespace weft::capi {

/// What a function of the interface returns in the end.
using Outcome = std::optional<weft_error>;

[[nodiscard]] inline Outcome failed(weft_code code, std::string message) {
    return weft_error{.code = code, .message = std::move(message)};
}
[[nodiscard]] inline Outcome bad_argument(std::string message) {
    return failed(WEFT_ERROR_ARGUMENT, std::move(message));
}
[[nodiscard]] Outcome from(const execution::ExecutionError& error);
[[nodiscard]] inline Outcome from(const StateError& error) { return from(execution::ExecutionError(error)); }

/// Hands an outcome to the caller.
[[nodiscard]] weft_code report(Outcome outcome, weft_error** error) noexcept;
/// Memory has run out.
[[nodiscard]] weft_code report_no_memory(weft_error** error) noexcept;
/// An exception that nobody expected.
[[nodiscard]] weft_code report_exception(const char* what, weft_error** error) noexcept;

/// The frame of every function that can fail: `body` returns an Outcome; nothing it throws gets out. The
/// pointers are those that must not be NULL.
template <class Body, class... Pointers>
[[nodiscard]] weft_code guarded(weft_error** error, Body&& body, const Pointers*... pointers) noexcept {
    try {
        if (!(pointers && ...)) return report(bad_argument("an argument is NULL"), error);
        return report(body(), error);
    } catch (const std::bad_alloc&) {
        return report_no_memory(error);
    } catch (const std::length_error&) {  // a size that no memory has
        return report_no_memory(error);
    } catch (const std::exception& e) {
        return report_exception(e.what(), error);
    } catch (...) {
        return report_exception("unknown exception", error);
    }
}

/// The caller's options, or the defaults; nullopt where the size is not that of any version of the struct.
/// first_size: that of its first version, which takes what it lacks from the defaults.
template <class Options>
[[nodiscard]] std::optional<Options> read_options(const Options* given, const Options& defaults,
                                                  size_t first_size = sizeof(Options)) noexcept {
    Options out = defaults;
    if (given == nullptr) return out;
    const size_t size = given->struct_size;
    if (size != sizeof(Options) && size != first_size) return std::nullopt;
    std::memcpy(&out, given, size);
    return out;
}

// Values, there and back.

inline weft_hash to_c(const Hash& hash) noexcept { return std::bit_cast<weft_hash>(hash); }
inline weft_address to_c(const Address& address) noexcept { return std::bit_cast<weft_address>(address); }
inline weft_uint256 to_c(const uint256& value) noexcept {
    return std::bit_cast<weft_uint256>(base::to_hash(value));
}
inline weft_bytes to_c(BytesView bytes) noexcept { return {bytes.data(), bytes.size()}; }
inline weft_account to_c(const Account& account) noexcept {
    return {account.nonce, to_c(account.balance), to_c(account.code_hash)};
}
inline Hash from_c(const weft_hash& hash) noexcept { return std::bit_cast<Hash>(hash); }
inline Address from_c(const weft_address& address) noexcept { return std::bit_cast<Address>(address); }
inline uint256 from_c(const weft_uint256& value) noexcept { return base::load_be(value.bytes); }
inline Account from_c(const weft_account& account) noexcept {
    const Hash code_hash = from_c(account.code_hash);
    return {.nonce = account.nonce,
            .balance = from_c(account.balance),
            .code_hash = code_hash.is_zero() ? crypto::empty_code_hash : code_hash};
}

}  // namespace weft::capi
