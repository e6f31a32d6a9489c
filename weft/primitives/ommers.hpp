#pragma once

#include <span>
#include <vector>

#include "weft/primitives/block.hpp"

namespace weft::primitives {

/// The headers of a block's ommers as one RLP list: what ommers_hash() is the hash of.
[[nodiscard]] Bytes encode_ommers(std::span<const Header> ommers);
[[nodiscard]] DecodeResult<std::vector<Header>> decode_ommers(BytesView encoded);

}  // namespace weft::primitives
