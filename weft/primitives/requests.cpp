#include "weft/crypto/hashes.hpp"
#include "weft/primitives/block.hpp"

namespace weft::primitives {

Hash requests_hash(std::span<const Bytes> requests) {
    Bytes digests;
    for (const Bytes& request : requests) {
        if (request.size() <= 1) continue;
        const auto digest = crypto::sha256(request);
        digests.insert(digests.end(), digest.begin(), digest.end());
    }
    return crypto::sha256(digests);
}

}  // namespace weft::primitives
