#include "weft/evm/trace.hpp"

#include "weft/evm/opcodes.hpp"

namespace weft::evm {

void trace_step(Frame* f, const Instruction* ip, const uint256* sp, Gas gas) {
    Core& core = *f->core;
    if (core.step_pending) trace_step_end(core, gas, Status::success);
    if (f->code_size == 0) return;  // no code, no step: an empty init code
    BlockShape shape;
    std::memcpy(&shape, ip + 1, sizeof shape);
    const uint8_t opcode = shape.pc < f->code_size ? f->code[shape.pc] : static_cast<uint8_t>(OP_STOP);
    core.step_pending = true;
    core.step_gas = gas;
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
    core.inspector->step_end(
        {.cost = core.step_gas - gas, .refund = core.journal.refund(), .status = status});
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
