#pragma once

#include "weft/evm/core.hpp"
#include "weft/evm/inspector.hpp"

/// What traced handlers and calls tell the inspector. Internal to this room.
namespace weft::evm {

/// Before the block (of one opcode) whose head lies at ip.
void trace_step(Frame* f, const Instruction* ip, const uint256* sp, Gas gas);
/// The opcode stepped into last has been paid for; `gas` is left.
void trace_step_end(Core& core, Gas gas, Status status);

}  // namespace weft::evm
