#include "weft/capi/handles.hpp"
#include "weft/primitives/json.hpp"

namespace weft::capi {
namespace {

/// Signatures recovered at once: from here on a signature costs hardly less (docs/measurements/senders.md).
constexpr size_t batch = 64;

/// Fills in the senders; the transactions whose signature is none, ascending.
std::vector<size_t> recover_senders(std::span<Transaction> transactions, const weft_context* context) {
    std::vector<std::optional<Address>> senders(transactions.size());
    const auto recover = [&](size_t begin, size_t end) {
        primitives::recover_senders(transactions.subspan(begin, end - begin),
                                    std::span(senders).subspan(begin, end - begin));
    };
    base::parallel_for(context != nullptr ? context->pool.get() : nullptr, transactions.size(), batch,
                       recover);
    std::vector<size_t> refused;
    for (size_t i = 0; i < transactions.size(); ++i) {
        if (senders[i]) {
            transactions[i].sender = *senders[i];
        } else {
            refused.push_back(i);
        }
    }
    return refused;
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

weft_code weft_block_from_rlp(const weft_context* context, const uint8_t* rlp, size_t size,
                              weft_block** block, weft_error** error) {
    const auto body = [&]() -> Outcome {
        auto decoded = primitives::decode_block({rlp, size});
        if (!decoded) return failed(WEFT_ERROR_DECODE, "block: " + to_string(decoded.error()));
        auto made = std::make_unique<weft_block>(std::move(*decoded));
        made->unsigned_transactions = recover_senders(made->block.transactions, context);
        *block = made.release();
        return std::nullopt;
    };
    return guarded(error, body, rlp, block);
}

weft_code weft_block_from_json(const char* json, size_t size, weft_block** block, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto document = primitives::json::Document::parse(std::string(json, size), "block");
        if (!document) return failed(WEFT_ERROR_DECODE, document.error());
        auto parsed = document->read(primitives::json::parse_block);
        if (!parsed) return failed(WEFT_ERROR_DECODE, std::move(parsed.error()));
        *block = new weft_block(std::move(*parsed));
        return std::nullopt;
    };
    return guarded(error, body, json, block);
}

uint64_t weft_block_number(const weft_block* block) {
    return block == nullptr ? 0 : block->block.header.number;
}
size_t weft_block_transaction_count(const weft_block* block) {
    return block == nullptr ? 0 : block->block.transactions.size();
}

weft_code weft_block_hash(const weft_block* block, weft_hash* hash, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *hash = to_c(primitives::header_hash(block->block.header));
        return std::nullopt;
    };
    return guarded(error, body, block, hash);
}

weft_code weft_block_rlp(const weft_block* block, weft_bytes* rlp, weft_error** error) {
    const auto body = [&]() -> Outcome {
        std::call_once(block->is_encoded, [&] { block->encoded = primitives::encode(block->block); });
        *rlp = to_c(BytesView(block->encoded));
        return std::nullopt;
    };
    return guarded(error, body, block, rlp);
}

weft_code weft_block_state_root(const weft_block* block, weft_hash* root, weft_error** error) {
    const auto body = [&]() -> Outcome {
        *root = to_c(block->block.header.state_root);
        return std::nullopt;
    };
    return guarded(error, body, block, root);
}

void weft_block_free(weft_block* block) { delete block; }

}  // extern "C"
