#include "weft/execution/stateless/witness_ancestors.hpp"

#include "weft/base/hex.hpp"
#include "weft/primitives/ommers.hpp"

namespace weft::execution {

StateError missing(const char* what, const Hash& hash) {
    return {std::string(what) + " " + to_hex(hash) + " is missing", {}};
}

WitnessAncestors::WitnessAncestors(const trie::Witness& witness, bool is_merged)
    : ommers_(witness.ommers), is_merged_(is_merged) {
    for (const Header& header : witness.headers) headers_.emplace(primitives::header_hash(header), &header);
}

state::ReadResult<const Header*> WitnessAncestors::find(const Hash& block) const {
    const auto found = headers_.find(block);
    if (found == headers_.end()) return std::unexpected(missing("header of the ancestor", block));
    return found->second;
}

state::ReadResult<std::optional<Header>> WitnessAncestors::header(const Hash& block) const {
    const auto found = find(block);
    if (!found) return std::unexpected(found.error());
    return **found;
}

state::ReadResult<uint256> WitnessAncestors::total_difficulty(const Hash& /*block*/) const {
    return is_merged_ ? uint256::max() : uint256{};
}

state::ReadResult<std::vector<Header>> WitnessAncestors::ommers(const Hash& block) const {
    const auto ancestor = find(block);
    if (!ancestor) return std::unexpected(ancestor.error());
    const Hash& hash = (*ancestor)->ommers_hash;
    if (hash == primitives::empty_ommers_hash) return std::vector<Header>{};
    const Bytes* const list = ommers_.find(hash);
    if (list == nullptr) return std::unexpected(missing("list of ommers", hash));
    auto ommers = primitives::decode_ommers(*list);
    if (!ommers)
        return std::unexpected(
            StateError{"list of ommers " + to_hex(hash) + ": " + to_string(ommers.error()), {}});
    return std::move(*ommers);
}

}  // namespace weft::execution
