#pragma once

#include "tests/differential/random_code.hpp"
#include "weft/primitives/access_list.hpp"

namespace weft::differential {

/// Changes something in a block's access list at random; what comes out is another list, still in order.
void mutate(BlockAccessList& list, Random& random);

/// Makes something of it that is no list of any block: accounts, slots and steps out of order or twice, steps
/// that no block has, values at the ends of their ranges.
void disorder(BlockAccessList& list, Random& random);

}  // namespace weft::differential
