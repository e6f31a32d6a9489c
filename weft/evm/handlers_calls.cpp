// Calls, creations and the ends of frames: the work is Core's (calls.cpp), which says which frame goes on.
#include "weft/evm/interpreter.hpp"

namespace weft::evm {
namespace {

template <CallKind kind>
WEFT_HANDLER void call(WEFT_STATE) {
    if constexpr (is_creation(kind)) {
        f = f->core->create(f, kind, ip, sp, gas);
    } else {
        f = f->core->call(f, kind, ip, sp, gas);
    }
    WEFT_TAIL resume(ip, sp, gas, f);
}

/// RETURN, REVERT.
template <Status status>
WEFT_HANDLER void finish(WEFT_STATE) {
    gas = reach(f, sp[0], sp[-1], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    const uint64_t size = sp[-1].limb[0];
    f = f->core->leave(f, status, gas, {f->memory + (size == 0 ? 0 : sp[0].limb[0]), size});
    WEFT_TAIL resume(ip, sp, gas, f);
}

WEFT_HANDLER void selfdestruct(WEFT_STATE) {
    f = f->core->selfdestruct(f, sp, gas);
    WEFT_TAIL resume(ip, sp, gas, f);
}

}  // namespace

void add_call_handlers(HandlerTable& table, bool /*traced*/) {
    table[OP_CALL] = call<CallKind::call>;
    table[OP_CALLCODE] = call<CallKind::call_code>;
    table[OP_DELEGATECALL] = call<CallKind::delegate_call>;
    table[OP_STATICCALL] = call<CallKind::static_call>;
    table[OP_CREATE] = call<CallKind::create>;
    table[OP_CREATE2] = call<CallKind::create2>;
    table[OP_RETURN] = finish<Status::success>;
    table[OP_REVERT] = finish<Status::revert>;
    table[OP_SELFDESTRUCT] = selfdestruct;
}

}  // namespace weft::evm
