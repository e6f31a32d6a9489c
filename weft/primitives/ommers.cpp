#include "weft/primitives/ommers.hpp"

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::primitives {

Bytes encode_ommers(std::span<const Header> ommers) {
    Bytes out;
    for (const Header& ommer : ommers) encode(out, ommer);
    rlp::wrap_list(out, 0);
    return out;
}

DecodeResult<std::vector<Header>> decode_ommers(BytesView encoded) {
    rlp::Decoder decoder(encoded);
    std::vector<Header> ommers;
    const auto list = decoder.begin_list("uncles");
    while (decoder.more()) ommers.push_back(decode_header(decoder));
    decoder.end_list(list, "uncles");
    if (auto finished = decoder.finish(); !finished) return std::unexpected(finished.error());
    return ommers;
}

Hash ommers_hash(std::span<const Header> ommers) { return crypto::keccak256(encode_ommers(ommers)); }

}  // namespace weft::primitives
