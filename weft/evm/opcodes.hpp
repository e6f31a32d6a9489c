#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "weft/primitives/revision.hpp"

namespace weft::evm {

// clang-format off
/// The opcodes, by the names that the yellow paper (appendix H.2) and the EIPs give them.
enum Opcode : uint8_t {
    OP_STOP = 0x00, OP_ADD, OP_MUL, OP_SUB, OP_DIV, OP_SDIV, OP_MOD, OP_SMOD, OP_ADDMOD, OP_MULMOD, OP_EXP, OP_SIGNEXTEND,
    OP_LT = 0x10, OP_GT, OP_SLT, OP_SGT, OP_EQ, OP_ISZERO, OP_AND, OP_OR, OP_XOR, OP_NOT, OP_BYTE, OP_SHL, OP_SHR, OP_SAR, OP_CLZ,
    OP_KECCAK256 = 0x20,
    OP_ADDRESS = 0x30, OP_BALANCE, OP_ORIGIN, OP_CALLER, OP_CALLVALUE, OP_CALLDATALOAD, OP_CALLDATASIZE, OP_CALLDATACOPY,
    OP_CODESIZE, OP_CODECOPY, OP_GASPRICE, OP_EXTCODESIZE, OP_EXTCODECOPY, OP_RETURNDATASIZE, OP_RETURNDATACOPY, OP_EXTCODEHASH,
    OP_BLOCKHASH = 0x40, OP_COINBASE, OP_TIMESTAMP, OP_NUMBER, OP_PREVRANDAO, OP_GASLIMIT, OP_CHAINID, OP_SELFBALANCE,
    OP_BASEFEE, OP_BLOBHASH, OP_BLOBBASEFEE,
    OP_POP = 0x50, OP_MLOAD, OP_MSTORE, OP_MSTORE8, OP_SLOAD, OP_SSTORE, OP_JUMP, OP_JUMPI, OP_PC, OP_MSIZE, OP_GAS, OP_JUMPDEST,
    OP_TLOAD, OP_TSTORE, OP_MCOPY, OP_PUSH0,
    OP_PUSH1 = 0x60, OP_PUSH2, OP_PUSH3, OP_PUSH4, OP_PUSH20 = 0x73, OP_PUSH32 = 0x7f,
    OP_DUP1 = 0x80, OP_DUP2, OP_DUP3, OP_DUP16 = 0x8f,
    OP_SWAP1 = 0x90, OP_SWAP2, OP_SWAP3, OP_SWAP16 = 0x9f,
    OP_LOG0 = 0xa0, OP_LOG1, OP_LOG2, OP_LOG3, OP_LOG4,
    OP_CREATE = 0xf0, OP_CALL, OP_CALLCODE, OP_RETURN, OP_DELEGATECALL, OP_CREATE2,
    OP_STATICCALL = 0xfa, OP_REVERT = 0xfd, OP_INVALID = 0xfe, OP_SELFDESTRUCT = 0xff,
};
// clang-format on

/// What the translation and the tracers know about an opcode in one revision.
struct OpcodeInfo {
    const char* name = nullptr;  ///< nullptr: undefined
    /// The gas that is always charged; the dynamic part is the handler's.
    uint16_t gas = 0;
    uint8_t inputs = 0;   ///< words taken from the stack
    uint8_t outputs = 0;  ///< words put on the stack; DUPn: n + 1, SWAPn: n + 1
    /// The gas-block ends after it, because it touches state, observes gas or transfers control (see
    /// program.hpp).
    bool ends_block = false;
    /// Nothing follows it in sequence: STOP, JUMP, RETURN, REVERT, INVALID, SELFDESTRUCT.
    bool terminates = false;
    bool defined = false;
};

using OpcodeTable = std::array<OpcodeInfo, 256>;

/// The opcodes as `revision` defines them. An opcode that the revision lacks has its later name, but isn't
/// defined.
[[nodiscard]] const OpcodeTable& opcode_table(Revision revision) noexcept;

/// The number of immediate bytes after an opcode: 1 to 32 for PUSH1 to PUSH32, else 0.
[[nodiscard]] constexpr unsigned immediate_size(uint8_t opcode) noexcept {
    return opcode >= OP_PUSH1 && opcode <= OP_PUSH32 ? opcode - OP_PUSH1 + 1u : 0;
}

}  // namespace weft::evm
