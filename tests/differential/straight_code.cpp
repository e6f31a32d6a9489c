#include "tests/differential/straight_code.hpp"

#include "weft/crypto/keccak.hpp"

namespace weft::differential {

using namespace evm;  // the opcodes' names

Bytes StraightCodeMaker::runtime(bool dies) {
    Assembler code;
    if (dies)
        code.op({OP_CALLDATASIZE}).push(1).op({OP_EQ}).when([](Assembler& inner) {
            inner.op({OP_CALLER, OP_SELFDESTRUCT});
        });
    const auto function = [&](Assembler& body) {
        takes_slots_ = random_.chance(40);
        for (uint64_t i = 1 + random_.below(3); i > 0; --i) statement(body, 0);
    };
    if (random_.chance(60)) {
        code.push(uint256{1} << 224).push(0).op({OP_CALLDATALOAD, OP_DIV}).push(selectors[1]).op({OP_EQ});
        code.when([&](Assembler& inner) {
            function(inner);
            inner.op({OP_STOP});
        });
    }
    function(code);
    if (random_.chance(30)) code.push(32).push(0).op({OP_RETURN});
    return code.code();
}

Bytes StraightCodeMaker::proxy(const uint256& slot, bool fails) {
    Assembler code;
    code.op({OP_CALLDATASIZE}).push(0).push(0).op({OP_CALLDATACOPY});
    code.push(0).push(0).op({OP_CALLDATASIZE}).push(0).push(slot).op({OP_SLOAD, OP_GAS, OP_DELEGATECALL});
    code.op({OP_RETURNDATASIZE}).push(0).push(0).op({OP_RETURNDATACOPY});
    code.op({OP_ISZERO}).when([](Assembler& failed) {
        failed.op({OP_RETURNDATASIZE}).push(0).op({OP_REVERT});
    });
    if (fails) return code.op({OP_INVALID}).code();
    return code.op({OP_RETURNDATASIZE}).push(0).op({OP_RETURN}).code();
}

uint256 StraightCodeMaker::key(Random& random, std::span<const Address> callers) {
    const uint256 caller = base::to_uint256(random.pick(callers));
    if (random.chance(60)) return random.below(4);
    if (random.chance(50)) return caller;
    uint8_t message[64]{};
    base::store_be(message, random.chance(50) ? caller : uint256{random.below(4)});
    base::store_be(message + 32, random.below(2));
    return base::to_uint256(crypto::keccak256(message));
}

void StraightCodeMaker::statement(Assembler& code, unsigned depth) {
    switch (random_.below(20)) {
        default:
            store(code);
            break;
        case 0:
        case 1:
        case 2:
            require(code);
            break;
        case 3:
        case 4:
            log(code);
            break;
        case 5:
        case 6:
            if (random_.chance(50)) {
                word(code);
            } else {
                key(code);
                code.op({OP_SLOAD}).push(random_.below(4)).op({OP_GT});
            }
            code.when([&](Assembler& inner) {
                if (depth < 2) statement(inner, depth + 1);
            });
            break;
        case 7:  // what it was, in the end
            key(code);
            code.op({OP_DUP1, OP_SLOAD, OP_SWAP1});
            small_word(code);
            code.op({OP_DUP1 + 1, OP_SSTORE, OP_SSTORE});
            break;
        case 8:  // memory of the code, of the input, in parts
            memory(code);
            break;
        case 9:  // what no summary says, seldom
            if (random_.chance(70)) break;
            code.op({random_.chance(50) ? OP_GAS : OP_GASPRICE}).store_at(2);
            break;
    }
}

void StraightCodeMaker::store(Assembler& code) {
    key(code);
    if (random_.chance(60)) {
        code.op({OP_DUP1, OP_SLOAD});
        if (random_.chance(90)) combine(code);
    } else if (random_.chance(40)) {
        code.push(random_.below(2));
    } else {
        word(code);
    }
    code.op({OP_SWAP1, OP_SSTORE});
}

/// Ends the call unless one word is less than another, of the input or a slot.
void StraightCodeMaker::require(Assembler& code) {
    small_word(code);
    if (random_.chance(50)) {
        key(code);
        code.op({OP_SLOAD});
        if (random_.chance(20)) hash(code);
        if (random_.chance(20)) code.push(3).op({OP_AND});
    } else {
        code.push(random_.below(5));
    }
    constexpr uint8_t comparisons[] = {OP_LT, OP_GT, OP_EQ, OP_SLT, OP_SUB, OP_EQ, OP_XOR};
    code.op({random_.pick(comparisons)});
    code.when([&](Assembler& inner) {
        if (has(Revision::byzantium) && random_.chance(60)) {
            inner.revert();
        } else {
            inner.op({random_.chance(50) ? OP_STOP : OP_INVALID});
        }
    });
}

void StraightCodeMaker::memory(Assembler& code) {
    const auto place = [&] { code.push(16 * random_.below(3)); };
    word(code);
    place();
    code.op({OP_MSTORE});
    if (random_.chance(30)) {
        code.push(random_.below(70)).push(random_.below(70));
        place();
        code.op({random_.chance(50) ? OP_CALLDATACOPY : OP_CODECOPY});
    }
    if (random_.chance(20)) {
        word(code);
        code.push(random_.below(64)).op({OP_MSTORE8});
    }
    if (random_.chance(40)) return;
    place();
    code.op({OP_MLOAD});
    key(code);
    code.op({OP_SSTORE});
}

/// Of the word on the stack, which is replaced.
void StraightCodeMaker::hash(Assembler& code) {
    code.push(0).op({OP_MSTORE}).push(32).push(0).op({OP_KECCAK256});
}

void StraightCodeMaker::log(Assembler& code) {
    const uint64_t words = random_.below(3);
    for (uint64_t i = 0; i < words; ++i) {
        word(code);
        code.push(32 * i).op({OP_MSTORE});
    }
    const auto topics = static_cast<uint8_t>(random_.below(4));
    for (unsigned i = 0; i < topics; ++i) word(code);
    code.push(32 * words).push(0).op({static_cast<uint8_t>(OP_LOG0 + topics)});
}

void StraightCodeMaker::small_word(Assembler& code) {
    switch (random_.below(takes_slots_ ? 7 : 5)) {
        case 0:
            code.push(random_.below(4));
            break;
        case 1:
            code.op({OP_CALLER});
            if (!takes_slots_ || random_.chance(50)) code.push(3).op({OP_AND});
            break;
        case 5:  // what another slot holds, mostly one that is there for all
            if (random_.chance(70)) {
                code.push(random_.below(4)).op({OP_SLOAD});
            } else {
                takes_slots_ = false;
                key(code);
                takes_slots_ = true;
                code.op({OP_SLOAD});
            }
            break;
        default:
            code.push(4 + 32 * random_.below(most_arguments)).op({OP_CALLDATALOAD});
    }
}

void StraightCodeMaker::word(Assembler& code, unsigned depth) {
    constexpr uint8_t environment[] = {OP_NUMBER,  OP_TIMESTAMP,    OP_COINBASE, OP_CALLER,   OP_ORIGIN,
                                       OP_ADDRESS, OP_CALLDATASIZE, OP_GASLIMIT, OP_CALLVALUE};
    switch (random_.below(10)) {
        case 0:
        case 1:
            code.op({random_.pick(environment)});
            break;
        case 2:  // beyond the input, or across its words
            code.push(random_.below(80)).op({OP_CALLDATALOAD});
            break;
        case 3:
        case 4:
            small_word(code);
            if (depth < 2) combine(code);
            break;
        case 5:
            small_word(code);
            code.op({OP_ISZERO});
            break;
        default:
            small_word(code);
    }
}

void StraightCodeMaker::key(Assembler& code) {
    switch (random_.below(8)) {
        case 0:
            code.op({OP_CALLER});
            break;
        case 1:
        case 2:
            code.push(random_.below(4));
            break;
        case 3:
        case 4:
            if (random_.chance(50)) {
                code.op({OP_CALLER});
            } else {
                small_word(code);
                code.push(3).op({OP_AND});
            }
            code.push(0).op({OP_MSTORE}).push(random_.below(2)).push(32).op({OP_MSTORE});
            code.push(64).push(0).op({OP_KECCAK256});
            break;
        default:
            small_word(code);
            code.push(random_.chance(50) ? 3 : 1).op({OP_AND});
    }
}

void StraightCodeMaker::combine(Assembler& code) {
    word(code, 2);
    combine_two(code);
}

void StraightCodeMaker::combine_two(Assembler& code) {
    constexpr uint8_t functions[] = {OP_ADD, OP_ADD, OP_SUB,  OP_SUB,        OP_MUL,  OP_DIV,
                                     OP_MOD, OP_AND, OP_OR,   OP_XOR,        OP_LT,   OP_EQ,
                                     OP_GT,  OP_SLT, OP_BYTE, OP_SIGNEXTEND, OP_SDIV, OP_SMOD};
    constexpr uint8_t shifts[] = {OP_SHL, OP_SHR, OP_SAR};
    if (random_.chance(50)) code.op({OP_SWAP1});
    if (random_.chance(8)) {
        code.push(0).op({OP_MSTORE}).push(32).op({OP_MSTORE}).push(64).push(0).op({OP_KECCAK256});
    } else if (random_.chance(8)) {
        code.push(random_.below(4)).op({random_.chance(50) ? OP_ADDMOD : OP_MULMOD});
    } else if (has(Revision::constantinople) && random_.chance(15)) {
        code.op({random_.pick(shifts)});
    } else {
        code.op({random_.pick(functions)});
    }
    if (random_.chance(10)) code.op({random_.chance(50) ? OP_NOT : OP_ISZERO});
}

}  // namespace weft::differential
