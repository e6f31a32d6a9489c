#pragma once

#include <map>

#include "weft/execution/validation/ancestors.hpp"
#include "weft/trie/witness.hpp"

namespace weft::execution {

/// The chain before a block as far as a witness holds it. What it lacks is a StateError.
class WitnessAncestors final : public Ancestors {
public:
    /// The witness must outlive this. is_merged: whether the total difficulty, which no witness holds, has
    /// reached the terminal one.
    WitnessAncestors(const trie::Witness& witness, bool is_merged);

    [[nodiscard]] state::ReadResult<std::optional<Header>> header(const Hash& block) const override;
    [[nodiscard]] state::ReadResult<uint256> total_difficulty(const Hash& block) const override;
    [[nodiscard]] state::ReadResult<std::vector<Header>> ommers(const Hash& block) const override;

private:
    [[nodiscard]] state::ReadResult<const Header*> find(const Hash& block) const;

    std::map<Hash, const Header*> headers_;
    trie::ByHash ommers_;
    bool is_merged_;
};

/// What a witness, or something that its user believes, does not hold.
[[nodiscard]] StateError missing(const char* what, const Hash& hash);

}  // namespace weft::execution
