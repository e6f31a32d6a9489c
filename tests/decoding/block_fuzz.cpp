#include <algorithm>
#include <cstdlib>

#include "weft/primitives/block.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const weft::BytesView input{data, size};
    const auto block = weft::primitives::decode_block(input);
    if (block && !std::ranges::equal(encode(*block), input)) std::abort();  // RLP has one form for each value
    const auto header = weft::primitives::decode_header(input);
    if (header && !std::ranges::equal(encode(*header), input)) std::abort();
    return 0;
}
