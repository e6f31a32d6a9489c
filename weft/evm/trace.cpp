#include "weft/evm/trace.hpp"

#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

/// Whether the account or slot that an instruction names is cold. An instruction that fails for want of gas
/// may not have come so far as to warm it, a trace shows what it would have cost.
bool names_cold(Frame* f, uint8_t opcode, const uint256* sp) noexcept {
    Core& core = *f->core;
    if (!core.rules->eip2929 || sp - f->stack_base < opcode_table(core.rules->revision)[opcode].inputs)
        return false;
    switch (opcode) {
        case OP_SLOAD:
        case OP_SSTORE:
            return core.journal.is_cold(core.journal.entry_of(*f->account, sp[0]));
        case OP_BALANCE:
        case OP_EXTCODESIZE:
        case OP_EXTCODECOPY:
        case OP_EXTCODEHASH:
        case OP_SELFDESTRUCT:
            return core.journal.is_cold(core.journal.entry_of(address_of(sp[0])));
        case OP_CALL:
        case OP_CALLCODE:
        case OP_DELEGATECALL:
        case OP_STATICCALL:
            return core.journal.is_cold(core.journal.entry_of(address_of(sp[-1])));
        default:
            return false;
    }
}

}  // namespace

void trace_step(Frame* f, const Instruction* ip, const uint256* sp, Gas gas) {
    Core& core = *f->core;
    if (core.step_pending) trace_step_end(core, gas, Status::success);
    if (f->code_size == 0) return;  // no code, no step: an empty init code
    BlockShape shape;
    std::memcpy(&shape, ip + 1, sizeof shape);
    const uint8_t opcode = shape.pc < f->code_size ? f->code[shape.pc] : static_cast<uint8_t>(OP_STOP);
    core.step_pending = true;
    core.step_gas = gas;
    core.step_cold = names_cold(f, opcode, sp);
    core.inspector->step({.pc = shape.pc,
                          .opcode = opcode,
                          .name = opcode_table(core.rules->revision)[opcode].name,
                          .revision = core.rules->revision,
                          .gas = static_cast<uint64_t>(gas),
                          .refund = core.journal.refund(),
                          .depth = f->depth + 1,
                          .address = f->account->address,
                          .stack = {f->stack_base + 1, sp + 1},
                          .memory = {f->memory, f->memory_size},
                          .return_data = core.return_data});
}

void trace_step_end(Core& core, Gas gas, Status status) {
    core.step_pending = false;
    core.inspector->step_end({.cost = core.step_gas - gas,
                              .refund = core.journal.refund(),
                              .status = status,
                              .cold = core.step_cold});
}

void Core::inspect_entry(const Frame* caller, const PendingCall& call) {
    inspector->enter({.kind = call.kind,
                      .depth = caller == nullptr ? 1 : caller->depth + 2,
                      .is_static = call.is_static,
                      .gas = static_cast<uint64_t>(call.gas),
                      .sender = call.sender,
                      .recipient = call.to->address,
                      .code_address = call.code_address,
                      .value = call.value,
                      .input = call.input});
}

void Core::inspect_exit(uint32_t depth, Status status, Gas gas, BytesView output) {
    inspector->exit(depth + 1, status, static_cast<uint64_t>(gas), output);
}

}  // namespace weft::evm
