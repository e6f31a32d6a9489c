#pragma once

#include <span>

#include "tests/fuzz/input.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::fuzz {

/// Bytecode from a fuzzer's input: as it is, or built so that it gets somewhere (operands are there, sizes
/// and offsets mostly small, jumps mostly meet a JUMPDEST, calls mostly reach one of `actors`). Ends with the
/// input, or after `most` bytes of it.
[[nodiscard]] Bytes make_code(Input& in, size_t most, Revision revision, std::span<const Address> actors);

}  // namespace weft::fuzz
