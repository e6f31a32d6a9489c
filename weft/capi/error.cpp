#include "weft/capi/handles.hpp"

#include <algorithm>

namespace weft::capi {
namespace {

/// What is handed out when there is no memory for an error; never freed.
weft_error no_memory{.code = WEFT_ERROR_RESOURCE, .message = "out of memory"};

}  // namespace

Outcome from(const execution::ExecutionError& error) {
    struct Visitor {
        weft_error out;
        void operator()(const execution::InvalidBlock& e) {
            out.code = WEFT_ERROR_INVALID_BLOCK;
            out.reason = execution::to_string(e.reason);
            out.transaction = e.transaction.value_or(WEFT_NO_TRANSACTION);
        }
        void operator()(const StateError&) { out.code = WEFT_ERROR_STATE; }
        void operator()(const execution::Cancelled&) { out.code = WEFT_ERROR_CANCELLED; }
        void operator()(const execution::ResourceLimit&) { out.code = WEFT_ERROR_RESOURCE; }
    };
    Visitor visitor{{.message = execution::to_string(error)}};
    std::visit(visitor, error);
    return std::move(visitor.out);
}

weft_code report(Outcome outcome, weft_error** error) noexcept {
    if (error != nullptr) *error = nullptr;
    if (!outcome) return WEFT_OK;
    const weft_code code = outcome->code;
    // JSON's keys and a callback's words may hold anything; a message is one line.
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    std::ranges::replace_if(outcome->message, is_control, '?');
    if (error != nullptr) {
        *error = new (std::nothrow) weft_error(std::move(*outcome));
        if (*error == nullptr) *error = &no_memory;
    }
    return code;
}

weft_code report_no_memory(weft_error** error) noexcept {
    if (error != nullptr) *error = &no_memory;
    return WEFT_ERROR_RESOURCE;
}

weft_code report_exception(const char* what, weft_error** error) noexcept {
    try {
        return report(failed(WEFT_ERROR_INTERNAL, what), error);
    } catch (...) {
        return report_no_memory(error);
    }
}

}  // namespace weft::capi

extern "C" {

uint32_t weft_abi_version(void) { return WEFT_ABI_VERSION; }
const char* weft_version(void) { return WEFT_VERSION; }

weft_code weft_error_code(const weft_error* error) { return error == nullptr ? WEFT_OK : error->code; }
const char* weft_error_message(const weft_error* error) {
    return error == nullptr ? "" : error->message.c_str();
}
const char* weft_error_reason(const weft_error* error) {
    return error == nullptr || error->reason.empty() ? "" : error->reason.data();
}
size_t weft_error_transaction(const weft_error* error) {
    return error == nullptr ? WEFT_NO_TRANSACTION : error->transaction;
}
void weft_error_free(weft_error* error) {
    if (error != &weft::capi::no_memory) delete error;
}

}  // extern "C"
