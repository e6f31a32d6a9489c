#pragma once

#include <optional>
#include <vector>

#include "weft/primitives/block.hpp"
#include "weft/state/reader.hpp"

namespace weft::execution {

/// The valid blocks that validation looks up: a block's parent, and what its ommers are measured by.
/// A failed read is never an unknown block.
class Ancestors {
public:
    virtual ~Ancestors() = default;
    /// nullopt: no such block is known.
    [[nodiscard]] virtual state::ReadResult<std::optional<Header>> header(const Hash& block) const = 0;
    /// The sum of all difficulties up to and including the block's. Precondition: the block is known.
    [[nodiscard]] virtual state::ReadResult<uint256> total_difficulty(const Hash& block) const = 0;
    /// The headers of the ommers that the block includes. Precondition: the block is known.
    [[nodiscard]] virtual state::ReadResult<std::vector<Header>> ommers(const Hash& block) const = 0;
};

}  // namespace weft::execution
