#include "weft/capi/handles.hpp"
#include "weft/trie/roots.hpp"

namespace weft::capi {
namespace {

// Views of the C++ values as the C structs of the same bytes.
static_assert(sizeof(weft_hash) == sizeof(Hash) && alignof(weft_hash) == alignof(Hash));
static_assert(sizeof(weft_bloom) == sizeof(Bloom) && alignof(weft_bloom) == alignof(Bloom));

/// Looks an item up and has `fill` write what the caller asked of it.
template <class Items, class Fill>
Outcome with_item(const Items& items, size_t index, Fill&& fill) {
    if (index >= items.size())
        return bad_argument("index " + std::to_string(index) + " of " + std::to_string(items.size()));
    fill(items[index]);
    return std::nullopt;
}

const std::vector<Bytes>& encoded_receipts(const weft_result& result) {
    std::call_once(result.receipts_encoded, [&] {
        result.receipts.reserve(result.result.receipts.size());
        for (const Receipt& receipt : result.result.receipts)
            result.receipts.push_back(primitives::encode(receipt));
    });
    return result.receipts;
}

weft_receipt to_c(const Receipt& receipt) noexcept {
    return {.type = static_cast<uint8_t>(receipt.type),
            .success = receipt.success,
            .has_contract = receipt.contract_address.has_value(),
            .contract = capi::to_c(receipt.contract_address.value_or(Address{})),
            .gas_used = receipt.gas_used,
            .cumulative_gas_used = receipt.cumulative_gas_used,
            .logs_bloom = reinterpret_cast<const weft_bloom*>(&receipt.logs_bloom),
            .log_count = receipt.logs.size()};
}

weft_log to_c(const Log& log) noexcept {
    return {.address = capi::to_c(log.address),
            .topics = reinterpret_cast<const weft_hash*>(log.topics.data()),
            .topic_count = log.topics.size(),
            .data = capi::to_c(BytesView(log.data))};
}

weft_account_diff to_c(const state::AccountDiff& diff) noexcept {
    const auto account = [](const std::optional<Account>& a) { return a ? capi::to_c(*a) : weft_account{}; };
    return {.address = capi::to_c(diff.address),
            .existed = diff.before.has_value(),
            .exists = diff.after.has_value(),
            .storage_wiped = diff.storage_wiped,
            .before = account(diff.before),
            .after = account(diff.after),
            .slot_count = diff.slots.size()};
}

weft_slot_diff to_c(const state::SlotDiff& slot) noexcept {
    return {capi::to_c(slot.key), capi::to_c(slot.before), capi::to_c(slot.after)};
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

void weft_result_free(weft_result* result) { delete result; }

uint64_t weft_result_gas_used(const weft_result* result) {
    return result == nullptr ? 0 : result->result.gas_used;
}
uint64_t weft_result_blob_gas_used(const weft_result* result) {
    return result == nullptr ? 0 : result->result.blob_gas_used;
}
size_t weft_result_request_count(const weft_result* result) {
    return result == nullptr ? 0 : result->result.requests.size();
}
size_t weft_result_receipt_count(const weft_result* result) {
    return result == nullptr ? 0 : result->result.receipts.size();
}
size_t weft_result_account_count(const weft_result* result) {
    return result == nullptr ? 0 : result->result.diff.accounts.size();
}
size_t weft_result_code_count(const weft_result* result) {
    return result == nullptr ? 0 : result->result.diff.codes.size();
}

weft_code weft_result_logs_bloom(const weft_result* result, weft_bloom* bloom, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *bloom = std::bit_cast<weft_bloom>(result->result.logs_bloom);
        return std::nullopt;
    };
    return guarded(error, body, result, bloom);
}

weft_code weft_result_receipts_root(const weft_result* result, weft_hash* root, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *root = capi::to_c(trie::receipts_root(result->result.receipts));
        return std::nullopt;
    };
    return guarded(error, body, result, root);
}

weft_code weft_result_requests_hash(const weft_result* result, weft_hash* hash, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *hash = capi::to_c(primitives::requests_hash(result->result.requests));
        return std::nullopt;
    };
    return guarded(error, body, result, hash);
}

weft_code weft_result_request(const weft_result* result, size_t index, weft_bytes* request,
                              weft_error** error) {
    const auto body = [&] {
        return with_item(result->result.requests, index,
                         [&](const Bytes& found) { *request = capi::to_c(BytesView(found)); });
    };
    return guarded(error, body, result, request);
}

weft_code weft_result_access_list(const weft_result* result, weft_bytes* rlp, weft_error** error) {
    const auto body = [&]() -> Outcome {
        std::call_once(result->access_list_encoded, [&] {
            if (result->result.access_list)
                result->access_list = primitives::encode(*result->result.access_list);
        });
        *rlp = capi::to_c(BytesView(result->access_list));
        return std::nullopt;
    };
    return guarded(error, body, result, rlp);
}

weft_code weft_result_receipt(const weft_result* result, size_t index, weft_receipt* receipt,
                              weft_error** error) {
    const auto body = [&] {
        return with_item(result->result.receipts, index,
                         [&](const Receipt& found) { *receipt = to_c(found); });
    };
    return guarded(error, body, result, receipt);
}

weft_code weft_result_log(const weft_result* result, size_t receipt, size_t index, weft_log* log,
                          weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto& receipts = result->result.receipts;
        if (receipt >= receipts.size()) return bad_argument("no such receipt");
        return with_item(receipts[receipt].logs, index, [&](const Log& found) { *log = to_c(found); });
    };
    return guarded(error, body, result, log);
}

weft_code weft_result_receipt_rlp(const weft_result* result, size_t index, weft_bytes* rlp,
                                  weft_error** error) {
    const auto body = [&] {
        return with_item(encoded_receipts(*result), index,
                         [&](const Bytes& found) { *rlp = capi::to_c(BytesView(found)); });
    };
    return guarded(error, body, result, rlp);
}

weft_code weft_result_account(const weft_result* result, size_t index, weft_account_diff* diff,
                              weft_error** error) {
    const auto body = [&] {
        return with_item(result->result.diff.accounts, index,
                         [&](const state::AccountDiff& found) { *diff = to_c(found); });
    };
    return guarded(error, body, result, diff);
}

weft_code weft_result_slot(const weft_result* result, size_t account, size_t index, weft_slot_diff* diff,
                           weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto& accounts = result->result.diff.accounts;
        if (account >= accounts.size()) return bad_argument("no such account");
        return with_item(accounts[account].slots, index,
                         [&](const state::SlotDiff& found) { *diff = to_c(found); });
    };
    return guarded(error, body, result, diff);
}

weft_code weft_result_code(const weft_result* result, size_t index, weft_code_diff* diff,
                           weft_error** error) {
    const auto body = [&] {
        return with_item(result->result.diff.codes, index, [&](const state::CodeDiff& found) {
            *diff = {capi::to_c(found.hash), capi::to_c(BytesView(found.code))};
        });
    };
    return guarded(error, body, result, diff);
}

}  // extern "C"
