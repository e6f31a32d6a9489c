#include "weft/evm/geth_tracer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "weft/evm/geth_fault.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

constexpr uint64_t most_code_kept = uint64_t{1} << 26;

}  // namespace

std::string GethTracer::Pending::op_name() const {
    return name != nullptr ? std::string(name) : fmt::format("opcode {:#x} not defined", opcode);
}

void GethTracer::step(const Step& step) {
    step_.pc = step.pc;
    step_.depth = step.depth;
    step_.opcode = step.opcode;
    step_.name = geth_name(step.opcode, step.name);
    step_.revision = step.revision;
    step_.address = step.address;
    step_.gas = step.gas;
    step_.memory_size = step.memory.size();
    step_.stack.assign(step.stack.begin(), step.stack.end());
    if (step.opcode == OP_RETURN && calls_[step.depth - 1].creates && step.stack.size() >= 2) keep_code(step);
    if (kept_.memory) step_.memory.assign(step.memory.begin(), step.memory.end());
    if (kept_.return_data) step_.return_data.assign(step.return_data.begin(), step.return_data.end());
}

void GethTracer::keep_code(const Step& step) {
    const uint64_t offset = step.stack.back().saturate(), size = step.stack[step.stack.size() - 2].saturate();
    code_.clear();
    if (size > most_code_kept) return;  // it can't be paid for
    code_.resize(size);
    if (offset < step.memory.size())
        std::ranges::copy(step.memory.subspan(offset, std::min<uint64_t>(size, step.memory.size() - offset)),
                          code_.begin());
}

void GethTracer::step_end(const StepEnd& end) {
    failed_ = end.status;
    if (end.status == Status::success) return on_opcode(static_cast<uint64_t>(end.cost), end.refund, {});
    GethFault fault = geth_fault({.opcode = step_.opcode,
                                  .name = step_.name,
                                  .revision = step_.revision,
                                  .gas = step_.gas,
                                  .memory_size = step_.memory_size,
                                  .stack = step_.stack},
                                 end);
    words_ = std::move(fault.words);
    if (!fault.executed) return on_opcode(fault.cost, end.refund, words_);
    on_opcode(fault.cost, end.refund, {});
    step_.stack.resize(step_.stack.size() - fault.popped);
    step_.memory_size = fault.memory_size;
    if (kept_.memory) step_.memory.resize(fault.memory_size);
    step_.return_data.clear();
    on_fault(fault.cost, end.refund, words_);
}

void GethTracer::enter(const Entry& entry) {
    calls_.resize(entry.depth);
    calls_.back() = {entry.gas, is_creation(entry.kind)};
    failed_ = Status::success;
    created_ = false;
    code_.clear();
    on_enter(entry);
}

void GethTracer::created(const Address& /*address*/, BytesView /*code*/) { created_ = true; }

void GethTracer::exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) {
    const bool created = std::exchange(created_, false);
    const Bytes code = std::exchange(code_, {});
    const Status failed = std::exchange(failed_, Status::success);
    const Call& call = calls_[depth - 1];
    std::string words;
    if (status != Status::success && status == failed) {
        words = words_;
    } else if (call.creates) {
        output = code;
        // In Frontier the contract then stays, without code (EIP-2).
        const bool not_kept = status == Status::success && !created && !code.empty();
        words = geth_deposit_error(code.size(), not_kept ? Status::out_of_gas : status);
    } else {
        words = to_string(status);
    }
    on_exit(depth, output, call.gas - gas_left, words);
}

}  // namespace weft::evm
