#pragma once

#include "tests/differential/random_code.hpp"
#include "weft/primitives/access_list.hpp"

namespace weft::differential {

/// Changes something in a block's access list at random; what comes out is another list, still in order.
void mutate(BlockAccessList& list, Random& random);

}  // namespace weft::differential
