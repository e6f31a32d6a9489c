#include "tests/differential/random_code.hpp"

namespace weft::differential {

using namespace evm;  // the opcodes' names

Bytes CodeMaker::runtime(size_t steps) {
    Assembler code;
    for (size_t i = 0; i < steps; ++i) step(code);
    return code.code();
}

uint256 CodeMaker::amount() {
    switch (random_.below(6)) {
        case 0:
        case 1:
            return 0;
        case 2:
            return uint256::max() - uint256{random_.below(3)};
        default:
            return random_.below(50);
    }
}

void CodeMaker::step(Assembler& code, unsigned depth) {
    switch (random_.below(16)) {
        case 0:
        case 1:
            code.add_to(slot(), 1 + random_.below(3));
            break;
        case 2:
            code.push(random_.below(2)).store_at(slot());
            break;
        case 3:
            code.push(slot()).op({OP_SLOAD}).push(1).op({OP_ADD}).store_at(slot());
            break;
        case 4:
        case 5:
            read_something(code);
            code.store_at(slot());
            break;
        case 6:
        case 7:
        case 8:
            call_something(code);
            if (random_.chance(50)) {
                code.op({OP_POP});
            } else {
                code.store_at(slot());
            }
            break;
        case 9:
            create_something(code);
            break;
        case 10:
            log(code);
            break;
        case 11:
            send_half(code);
            break;
        case 12:
            condition(code);
            code.when([&](Assembler& inner) { end_early(inner); });
            break;
        case 13:
        case 14:
            condition(code);
            code.when([&](Assembler& inner) {
                if (depth < 3) step(inner, depth + 1);
            });
            break;
        default:
            code.repeat(1 + random_.below(6), [&](Assembler& inner) {
                if (depth < 2) step(inner, depth + 2);
            });
    }
}

/// Leaves a word that depends on the state, or on the run.
void CodeMaker::read_something(Assembler& code) {
    switch (random_.below(10)) {
        case 0:
            code.op({OP_GAS});
            break;
        case 1:
            code.op({OP_CALLVALUE});
            break;
        case 2:
            code.op({OP_CALLER});
            break;
        case 3:
            code.push(990 + random_.below(12)).op({OP_BLOCKHASH});
            break;
        case 4:
            if (has(Revision::cancun)) {
                const uint256 key = slot();
                code.push(key).op({OP_TLOAD}).push(1).op({OP_ADD, OP_DUP1}).push(key).op({OP_TSTORE});
            } else {
                code.argument(1);
            }
            break;
        default:
            read_account(code);
    }
}

/// Leaves something about an account.
void CodeMaker::read_account(Assembler& code) {
    if (has(Revision::istanbul) && random_.chance(25)) {
        code.op({OP_SELFBALANCE});
        return;
    }
    if (random_.chance(20)) {
        code.argument(0);
    } else {
        code.push(random_.pick(words_.addresses));
    }
    switch (random_.below(4)) {
        case 0:
            code.op({OP_EXTCODESIZE});
            break;
        case 1:
            code.op({has(Revision::constantinople) ? OP_EXTCODEHASH : OP_BALANCE});
            break;
        case 2:
            code.push(random_.below(40))
                .push(random_.below(8))
                .push(32)
                .op({OP_DUP1 + 3, OP_EXTCODECOPY, OP_POP});
            code.push(32).op({OP_MLOAD});
            break;
        default:
            code.op({OP_BALANCE});
    }
}

/// Leaves a success flag.
void CodeMaker::call_something(Assembler& code) {
    const uint64_t gas = random_.chance(20) ? random_.below(3000) : 30000 + random_.below(200000);
    const uint64_t data = 32 * random_.below(3), returned = 32 * random_.below(2);
    if (random_.chance(50)) code.argument(1).push(0).op({OP_MSTORE});
    code.push(returned).push(64).push(data).push(0);
    const unsigned kind = static_cast<unsigned>(random_.below(8));
    const bool has_value = kind < 6;
    if (has_value) code.push(amount());
    if (random_.chance(25)) {
        code.argument(0);
    } else if (random_.chance(10)) {
        code.op({OP_COINBASE});
    } else {
        code.push(random_.pick(words_.addresses));
    }
    code.push(gas);
    if (kind == 5) {
        code.op({OP_CALLCODE});
    } else if (has_value) {
        code.op({OP_CALL});
    } else if (kind == 6 && has(Revision::byzantium)) {
        code.op({OP_STATICCALL});
    } else {
        code.op({OP_DELEGATECALL});
    }
}

void CodeMaker::create_something(Assembler& code) {
    if (words_.init_codes.empty()) return;
    const Bytes& init_code = random_.pick(words_.init_codes);
    const uint256 value = random_.chance(50) ? uint256{} : amount();
    if (has(Revision::constantinople) && random_.chance(75)) {
        code.create2(init_code, value, random_.below(2));
    } else {
        code.create(init_code, value);
    }
    if (random_.chance(50)) {
        // Call what has come into being: it may destroy itself in the transaction that made it.
        code.push(0).push(0).push(0).push(0).push(0).op({OP_DUP1 + 5, OP_GAS, OP_CALL, OP_POP});
    }
    code.store_at(slot());
}

/// Leaves a flag that depends on the state or the call data.
void CodeMaker::condition(Assembler& code) {
    switch (random_.below(4)) {
        case 0:
            code.argument(1);
            break;
        case 1:
            code.push(slot()).op({OP_SLOAD}).push(1).op({OP_AND});
            break;
        case 2:
            code.push(random_.below(1000)).push(random_.pick(words_.addresses)).op({OP_BALANCE, OP_GT});
            break;
        default:
            code.push(random_.pick(words_.addresses)).op({OP_EXTCODESIZE});
            break;
    }
}

void CodeMaker::log(Assembler& code) {
    const auto topics = static_cast<uint8_t>(random_.below(3));
    code.push(slot()).op({OP_SLOAD}).push(0).op({OP_MSTORE});
    for (unsigned i = 0; i < topics; ++i) read_something(code);
    code.push(32).push(0).op({static_cast<uint8_t>(OP_LOG0 + topics)});
}

void CodeMaker::send_half(Assembler& code) {
    code.push(0).push(0).push(0).push(0).push(2);
    code.op({OP_ADDRESS, OP_BALANCE, OP_DIV})
        .push(random_.pick(words_.addresses))
        .push(50000)
        .op({OP_CALL, OP_POP});
}

void CodeMaker::end_early(Assembler& code) {
    switch (random_.below(5)) {
        case 0:
            code.op({OP_STOP});
            break;
        case 1:
            code.op({OP_INVALID});
            break;
        case 2:
            if (has(Revision::byzantium)) {
                code.revert();
                break;
            }
            [[fallthrough]];
        default:
            code.destroy(random_.pick(words_.addresses));
    }
}

}  // namespace weft::differential
