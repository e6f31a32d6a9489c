#include "weft/cli/logs_hash.hpp"

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::cli {

Hash logs_hash(std::span<const Receipt> receipts) {
    Bytes out;
    for (const Receipt& receipt : receipts)
        for (const Log& log : receipt.logs) {
            const size_t start = out.size();
            rlp::append(out, log.address);
            const size_t topics = out.size();
            for (const Hash& topic : log.topics) rlp::append(out, topic);
            rlp::wrap_list(out, topics);
            rlp::append(out, BytesView(log.data));
            rlp::wrap_list(out, start);
        }
    rlp::wrap_list(out, 0);
    return crypto::keccak256(out);
}

}  // namespace weft::cli
