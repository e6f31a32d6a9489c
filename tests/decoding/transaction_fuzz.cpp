#include <algorithm>
#include <cstdlib>

#include "weft/primitives/transaction.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const weft::BytesView input{data, size};
    const auto transaction = weft::primitives::decode_transaction(input);
    if (transaction && !std::ranges::equal(encode(*transaction), input))
        std::abort();  // RLP has one form for each value
    if (transaction) (void)weft::primitives::recover_sender(*transaction);
    if (transaction && transaction->type == weft::TxType::legacy && !weft::rlp::validate(input)) std::abort();
    (void)weft::rlp::validate(input);
    return 0;
}
