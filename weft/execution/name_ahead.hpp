#pragma once

#include <span>

#include "weft/execution/predictor.hpp"

namespace weft::execution {

/// Names to a reader whose reads wait (StateReader::read_time) what these transactions touch for certain, in
/// their order: senders, where they are known, recipients, and their access lists (EIP-2930); and where
/// `footprints` know the function that is called, its slots.
template <class Tx>
void name_ahead(const StateReader& reader, std::span<const Tx> transactions, bool has_senders,
                const Footprints& footprints) {
    if (reader.read_time() == 0) return;
    Predictor predictor(footprints);
    predictor.set_reader_waits(true);
    for (const Tx& tx : transactions) {
        if (has_senders) predictor.add({tx.sender, std::nullopt});
        if (tx.to) predictor.add({*tx.to, std::nullopt});
        for (const auto& [address, keys] : tx.access_list) {
            predictor.add({address, std::nullopt});
            for (const uint256& key : keys) predictor.add({address, key});
        }
        if (!has_senders) continue;
        if (const auto call = call_of(tx)) predictor.add(*call, &tx);
    }
    reader.prefetch(predictor.locations());
}

}  // namespace weft::execution
