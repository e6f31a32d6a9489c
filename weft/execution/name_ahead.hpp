#pragma once

#include <span>
#include <vector>

#include "weft/state/reader.hpp"

namespace weft::execution {

/// Names to a reader whose reads wait (StateReader::read_time) what these transactions touch for certain, in
/// their order: senders, where they are known, recipients, and their access lists (EIP-2930).
template <class Tx>
void name_ahead(const StateReader& reader, std::span<const Tx> transactions, bool has_senders) {
    if (reader.read_time() == 0) return;
    std::vector<state::Location> named;
    for (const Tx& tx : transactions) {
        if (has_senders) named.push_back({tx.sender, std::nullopt});
        if (tx.to) named.push_back({*tx.to, std::nullopt});
        for (const auto& [address, keys] : tx.access_list) {
            named.push_back({address, std::nullopt});
            for (const uint256& key : keys) named.push_back({address, key});
        }
    }
    reader.prefetch(named);
}

}  // namespace weft::execution
