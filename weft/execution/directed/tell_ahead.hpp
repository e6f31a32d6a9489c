#pragma once

#include <vector>

#include "weft/primitives/access_list.hpp"
#include "weft/state/commit.hpp"

namespace weft::execution::directed {

/// Every account and slot of the list, for StateReader::prefetch.
[[nodiscard]] std::vector<state::Location> locations_of(const primitives::BlockAccessList& list);

/// Tells `sink` in one commit what the list says that the block leaves, so that a root is known before the
/// block is executed. The state before the block has what the list doesn't say of a changed account. False:
/// that could not be read, or leaves open what becomes of an empty account; the sink has heard nothing.
/// Precondition: a fork in which no storage is destroyed as a whole (EIP-6780).
[[nodiscard]] bool tell_ahead(const primitives::BlockAccessList& list, const StateReader& before,
                              state::CommitSink& sink);

}  // namespace weft::execution::directed
