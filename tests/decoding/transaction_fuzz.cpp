#include <algorithm>
#include <cstdlib>

#include "weft/primitives/transaction.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const weft::BytesView input{data, size};
    const auto transaction = weft::primitives::decode_transaction(input);
    if (transaction && !std::ranges::equal(encode(*transaction), input))
        std::abort();  // RLP has one form for each value
    if (transaction) {
        weft::Bytes encoded_anew, cut;
        weft::primitives::append_signing_message(encoded_anew, *transaction);
        weft::primitives::append_signing_message(cut, *transaction, input);
        if (cut != encoded_anew) std::abort();
    }
    if (transaction) (void)weft::primitives::recover_sender(*transaction);
    if (transaction && transaction->type == weft::TxType::legacy && !weft::rlp::validate(input)) std::abort();
    (void)weft::rlp::validate(input);
    return 0;
}
