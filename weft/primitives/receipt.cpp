#include "weft/primitives/receipt.hpp"

#include "weft/primitives/rlp.hpp"

namespace weft::primitives {

size_t enough_for(const Receipt& receipt) noexcept {
    size_t size = 320;
    for (const Log& log : receipt.logs) size += 64 + 33 * log.topics.size() + log.data.size();
    return size;
}

void encode(Bytes& out, const Receipt& receipt) {
    if (receipt.type != TxType::legacy) out.push_back(static_cast<uint8_t>(receipt.type));
    const size_t start = out.size();
    if (receipt.state_root)
        rlp::append(out, *receipt.state_root);
    else
        rlp::append(out, uint64_t{receipt.success});
    rlp::append(out, receipt.cumulative_gas_used);
    rlp::append(out, receipt.logs_bloom);
    const size_t logs = out.size();
    for (const Log& log : receipt.logs) {
        const size_t entry = out.size();
        rlp::append(out, log.address);
        const size_t topics = out.size();
        for (const Hash& topic : log.topics) rlp::append(out, topic);
        rlp::wrap_list(out, topics);
        rlp::append(out, BytesView{log.data});
        rlp::wrap_list(out, entry);
    }
    rlp::wrap_list(out, logs);
    rlp::wrap_list(out, start);
}

Bytes encode(const Receipt& receipt) {
    Bytes out;
    out.reserve(enough_for(receipt));
    encode(out, receipt);
    return out;
}

}  // namespace weft::primitives
