#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

using enum Revision;

constexpr std::array<const char*, 32> push_names{
    "PUSH1",  "PUSH2",  "PUSH3",  "PUSH4",  "PUSH5",  "PUSH6",  "PUSH7",  "PUSH8",
    "PUSH9",  "PUSH10", "PUSH11", "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16",
    "PUSH17", "PUSH18", "PUSH19", "PUSH20", "PUSH21", "PUSH22", "PUSH23", "PUSH24",
    "PUSH25", "PUSH26", "PUSH27", "PUSH28", "PUSH29", "PUSH30", "PUSH31", "PUSH32"};
constexpr std::array<const char*, 16> dup_names{"DUP1",  "DUP2",  "DUP3",  "DUP4",  "DUP5",  "DUP6",
                                                "DUP7",  "DUP8",  "DUP9",  "DUP10", "DUP11", "DUP12",
                                                "DUP13", "DUP14", "DUP15", "DUP16"};
constexpr std::array<const char*, 16> swap_names{"SWAP1",  "SWAP2",  "SWAP3",  "SWAP4",  "SWAP5",  "SWAP6",
                                                 "SWAP7",  "SWAP8",  "SWAP9",  "SWAP10", "SWAP11", "SWAP12",
                                                 "SWAP13", "SWAP14", "SWAP15", "SWAP16"};

/// An opcode with its first gas price and the revision that introduced it.
struct Row {
    uint8_t opcode;
    const char* name;
    uint16_t gas;
    uint8_t inputs, outputs;
    Revision since;
};

// Yellow paper, appendices G and H.2, and the EIP that introduced each later opcode.
constexpr Row rows[] = {
    {OP_STOP, "STOP", 0, 0, 0, frontier},
    {OP_ADD, "ADD", 3, 2, 1, frontier},
    {OP_MUL, "MUL", 5, 2, 1, frontier},
    {OP_SUB, "SUB", 3, 2, 1, frontier},
    {OP_DIV, "DIV", 5, 2, 1, frontier},
    {OP_SDIV, "SDIV", 5, 2, 1, frontier},
    {OP_MOD, "MOD", 5, 2, 1, frontier},
    {OP_SMOD, "SMOD", 5, 2, 1, frontier},
    {OP_ADDMOD, "ADDMOD", 8, 3, 1, frontier},
    {OP_MULMOD, "MULMOD", 8, 3, 1, frontier},
    {OP_EXP, "EXP", 10, 2, 1, frontier},
    {OP_SIGNEXTEND, "SIGNEXTEND", 5, 2, 1, frontier},
    {OP_LT, "LT", 3, 2, 1, frontier},
    {OP_GT, "GT", 3, 2, 1, frontier},
    {OP_SLT, "SLT", 3, 2, 1, frontier},
    {OP_SGT, "SGT", 3, 2, 1, frontier},
    {OP_EQ, "EQ", 3, 2, 1, frontier},
    {OP_ISZERO, "ISZERO", 3, 1, 1, frontier},
    {OP_AND, "AND", 3, 2, 1, frontier},
    {OP_OR, "OR", 3, 2, 1, frontier},
    {OP_XOR, "XOR", 3, 2, 1, frontier},
    {OP_NOT, "NOT", 3, 1, 1, frontier},
    {OP_BYTE, "BYTE", 3, 2, 1, frontier},
    {OP_SHL, "SHL", 3, 2, 1, constantinople},  // EIP-145
    {OP_SHR, "SHR", 3, 2, 1, constantinople},
    {OP_SAR, "SAR", 3, 2, 1, constantinople},
    {OP_CLZ, "CLZ", 5, 1, 1, osaka},  // EIP-7939
    {OP_KECCAK256, "KECCAK256", 30, 2, 1, frontier},
    {OP_ADDRESS, "ADDRESS", 2, 0, 1, frontier},
    {OP_BALANCE, "BALANCE", 20, 1, 1, frontier},
    {OP_ORIGIN, "ORIGIN", 2, 0, 1, frontier},
    {OP_CALLER, "CALLER", 2, 0, 1, frontier},
    {OP_CALLVALUE, "CALLVALUE", 2, 0, 1, frontier},
    {OP_CALLDATALOAD, "CALLDATALOAD", 3, 1, 1, frontier},
    {OP_CALLDATASIZE, "CALLDATASIZE", 2, 0, 1, frontier},
    {OP_CALLDATACOPY, "CALLDATACOPY", 3, 3, 0, frontier},
    {OP_CODESIZE, "CODESIZE", 2, 0, 1, frontier},
    {OP_CODECOPY, "CODECOPY", 3, 3, 0, frontier},
    {OP_GASPRICE, "GASPRICE", 2, 0, 1, frontier},
    {OP_EXTCODESIZE, "EXTCODESIZE", 20, 1, 1, frontier},
    {OP_EXTCODECOPY, "EXTCODECOPY", 20, 4, 0, frontier},
    {OP_RETURNDATASIZE, "RETURNDATASIZE", 2, 0, 1, byzantium},  // EIP-211
    {OP_RETURNDATACOPY, "RETURNDATACOPY", 3, 3, 0, byzantium},
    {OP_EXTCODEHASH, "EXTCODEHASH", 400, 1, 1, constantinople},  // EIP-1052
    {OP_BLOCKHASH, "BLOCKHASH", 20, 1, 1, frontier},
    {OP_COINBASE, "COINBASE", 2, 0, 1, frontier},
    {OP_TIMESTAMP, "TIMESTAMP", 2, 0, 1, frontier},
    {OP_NUMBER, "NUMBER", 2, 0, 1, frontier},
    {OP_PREVRANDAO, "DIFFICULTY", 2, 0, 1, frontier},
    {OP_GASLIMIT, "GASLIMIT", 2, 0, 1, frontier},
    {OP_CHAINID, "CHAINID", 2, 0, 1, istanbul},          // EIP-1344
    {OP_SELFBALANCE, "SELFBALANCE", 5, 0, 1, istanbul},  // EIP-1884
    {OP_BASEFEE, "BASEFEE", 2, 0, 1, london},            // EIP-3198
    {OP_BLOBHASH, "BLOBHASH", 3, 1, 1, cancun},          // EIP-4844
    {OP_BLOBBASEFEE, "BLOBBASEFEE", 2, 0, 1, cancun},    // EIP-7516
    {OP_POP, "POP", 2, 1, 0, frontier},
    {OP_MLOAD, "MLOAD", 3, 1, 1, frontier},
    {OP_MSTORE, "MSTORE", 3, 2, 0, frontier},
    {OP_MSTORE8, "MSTORE8", 3, 2, 0, frontier},
    {OP_SLOAD, "SLOAD", 50, 1, 1, frontier},
    {OP_SSTORE, "SSTORE", 0, 2, 0, frontier},
    {OP_JUMP, "JUMP", 8, 1, 0, frontier},
    {OP_JUMPI, "JUMPI", 10, 2, 0, frontier},
    {OP_PC, "PC", 2, 0, 1, frontier},
    {OP_MSIZE, "MSIZE", 2, 0, 1, frontier},
    {OP_GAS, "GAS", 2, 0, 1, frontier},
    {OP_JUMPDEST, "JUMPDEST", 1, 0, 0, frontier},
    {OP_TLOAD, "TLOAD", 100, 1, 1, cancun},  // EIP-1153
    {OP_TSTORE, "TSTORE", 100, 2, 0, cancun},
    {OP_MCOPY, "MCOPY", 3, 3, 0, cancun},    // EIP-5656
    {OP_PUSH0, "PUSH0", 2, 0, 1, shanghai},  // EIP-3855
    {OP_LOG0, "LOG0", 375, 2, 0, frontier},
    {OP_LOG1, "LOG1", 750, 3, 0, frontier},
    {OP_LOG2, "LOG2", 1125, 4, 0, frontier},
    {OP_LOG3, "LOG3", 1500, 5, 0, frontier},
    {OP_LOG4, "LOG4", 1875, 6, 0, frontier},
    {OP_CREATE, "CREATE", 32000, 3, 1, frontier},
    {OP_CALL, "CALL", 40, 7, 1, frontier},
    {OP_CALLCODE, "CALLCODE", 40, 7, 1, frontier},
    {OP_RETURN, "RETURN", 0, 2, 0, frontier},
    {OP_DELEGATECALL, "DELEGATECALL", 40, 6, 1, homestead},  // EIP-7
    {OP_CREATE2, "CREATE2", 32000, 4, 1, constantinople},    // EIP-1014
    {OP_STATICCALL, "STATICCALL", 700, 6, 1, byzantium},     // EIP-214
    {OP_REVERT, "REVERT", 0, 2, 0, byzantium},               // EIP-140
    {OP_INVALID, "INVALID", 0, 0, 0, frontier},
    {OP_SELFDESTRUCT, "SELFDESTRUCT", 0, 1, 0, frontier},
};

constexpr uint8_t block_enders[] = {
    OP_STOP,         OP_JUMP,         OP_JUMPI,   OP_RETURN,      OP_REVERT,      OP_INVALID,
    OP_SELFDESTRUCT, OP_SLOAD,        OP_SSTORE,  OP_BALANCE,     OP_SELFBALANCE, OP_BLOCKHASH,
    OP_EXTCODESIZE,  OP_EXTCODECOPY,  OP_GAS,     OP_EXTCODEHASH, OP_CALL,        OP_CALLCODE,
    OP_CREATE,       OP_DELEGATECALL, OP_CREATE2, OP_STATICCALL};
constexpr uint8_t terminators[] = {OP_STOP, OP_JUMP, OP_RETURN, OP_REVERT, OP_INVALID, OP_SELFDESTRUCT};

/// From Berlin on the static part is the warm price; a cold access adds the difference (EIP-2929).
constexpr void reprice(OpcodeTable& table, Revision revision) {
    if (revision >= tangerine_whistle) {  // EIP-150
        table[OP_SLOAD].gas = 200;
        table[OP_BALANCE].gas = 400;
        for (const uint8_t opcode : {OP_EXTCODESIZE, OP_EXTCODECOPY, OP_CALL, OP_CALLCODE, OP_DELEGATECALL})
            table[opcode].gas = 700;
        table[OP_SELFDESTRUCT].gas = 5000;
    }
    if (revision >= istanbul) {  // EIP-1884
        table[OP_SLOAD].gas = 800;
        table[OP_BALANCE].gas = table[OP_EXTCODEHASH].gas = 700;
    }
    if (revision >= berlin) {  // EIP-2929
        for (const uint8_t opcode : {OP_SLOAD, OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODECOPY, OP_EXTCODEHASH,
                                     OP_CALL, OP_CALLCODE, OP_DELEGATECALL, OP_STATICCALL})
            table[opcode].gas = 100;
    }
}

constexpr OpcodeTable make_table(Revision revision) {
    OpcodeTable table{};
    for (const Row& row : rows)
        table[row.opcode] = {row.name, row.gas, row.inputs, row.outputs, false, false, revision >= row.since};
    for (unsigned n = 0; n < 32; ++n) table[OP_PUSH1 + n] = {push_names[n], 3, 0, 1, false, false, true};
    for (uint8_t n = 0; n < 16; ++n) {
        const auto arity = static_cast<uint8_t>(n + 1), above = static_cast<uint8_t>(n + 2);
        table[OP_DUP1 + n] = {dup_names[n], 3, arity, above, false, false, true};
        table[OP_SWAP1 + n] = {swap_names[n], 3, above, above, false, false, true};
    }
    for (const uint8_t opcode : block_enders) table[opcode].ends_block = true;
    for (const uint8_t opcode : terminators) table[opcode].terminates = true;
    table[OP_INVALID].defined = false;  // it is the opcode that never will be (EIP-141)
    if (revision >= paris) table[OP_PREVRANDAO].name = "PREVRANDAO";
    reprice(table, revision);
    return table;
}

using std::size_t;
constexpr size_t revision_count = static_cast<size_t>(primitives::newest_revision) + 1;
constexpr std::array<OpcodeTable, revision_count> tables = [] {
    std::array<OpcodeTable, revision_count> out{};
    for (size_t i = 0; i < revision_count; ++i) out[i] = make_table(static_cast<Revision>(i));
    return out;
}();

}  // namespace

const OpcodeTable& opcode_table(Revision revision) noexcept { return tables[static_cast<size_t>(revision)]; }

}  // namespace weft::evm
