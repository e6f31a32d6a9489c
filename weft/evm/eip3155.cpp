#include "weft/evm/eip3155.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "weft/base/hex.hpp"
#include "weft/evm/geth_fault.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

constexpr uint64_t most_code_kept = uint64_t{1} << 26;

std::string call_line(const char* type, const Address& from, const Address& to, BytesView input, uint64_t gas,
                      const uint256& value) {
    return fmt::format(R"({{"from":"{}","to":"{}"{},"gas":"{:#x}","value":"{}","type":"{}"}})",
                       base::to_hex(from), base::to_hex(to),
                       input.empty() ? std::string() : fmt::format(R"(,"input":"{}")", base::to_hex(input)),
                       gas, base::to_quantity(value), type) +
           '\n';
}

}  // namespace

Eip3155Tracer::Eip3155Tracer(std::ostream& out) : Eip3155Tracer(out, Options{}) {}
Eip3155Tracer::Eip3155Tracer(std::ostream& out, Options options) : out_(out), options_(options) {}

void Eip3155Tracer::step(const Step& step) {
    step_.pc = step.pc;
    step_.depth = step.depth;
    step_.opcode = step.opcode;
    step_.name = geth_name(step.opcode, step.name);
    step_.revision = step.revision;
    step_.gas = step.gas;
    step_.memory_size = step.memory.size();
    step_.stack.assign(step.stack.begin(), step.stack.end());
    if (step.opcode == OP_RETURN && calls_[step.depth - 1].creates && step.stack.size() >= 2) keep_code(step);
    if (options_.memory) step_.memory.assign(step.memory.begin(), step.memory.end());
    if (options_.return_data) step_.return_data.assign(step.return_data.begin(), step.return_data.end());
}

void Eip3155Tracer::keep_code(const Step& step) {
    const uint64_t offset = step.stack.back().saturate(), size = step.stack[step.stack.size() - 2].saturate();
    code_.clear();
    if (size > most_code_kept) return;  // it can't be paid for
    code_.resize(size);
    if (offset < step.memory.size())
        std::ranges::copy(step.memory.subspan(offset, std::min<uint64_t>(size, step.memory.size() - offset)),
                          code_.begin());
}

void Eip3155Tracer::write_step(uint64_t cost, int64_t refund, std::string_view error) {
    std::string line = fmt::format(R"({{"pc":{},"op":{},"gas":"{:#x}","gasCost":"{:#x}","memSize":{})",
                                   step_.pc, step_.opcode, step_.gas, cost, step_.memory_size);
    if (!step_.memory.empty()) line += fmt::format(R"(,"memory":"{}")", base::to_hex(step_.memory));
    if (options_.stack) {
        line += R"(,"stack":[)";
        for (size_t i = 0; i < step_.stack.size(); ++i)
            line += fmt::format(R"({}"{}")", i == 0 ? "" : ",", base::to_quantity(step_.stack[i]));
        line += "]";
    }
    if (!step_.return_data.empty())
        line += fmt::format(R"(,"returnData":"{}")", base::to_hex(step_.return_data));
    line += fmt::format(R"(,"depth":{},"refund":{},"opName":")", step_.depth, refund);
    line += step_.name != nullptr ? std::string(step_.name)
                                  : fmt::format("opcode {:#x} not defined", step_.opcode);
    line += '"';
    if (!error.empty()) line += fmt::format(R"(,"error":"{}")", error);
    out_ << line << "}\n";
}

void Eip3155Tracer::step_end(const StepEnd& end) {
    failed_ = end.status;
    if (end.status == Status::success) {
        write_step(static_cast<uint64_t>(end.cost), end.refund, {});
        out_ << std::exchange(destruction_, {});
        return;
    }
    GethFault fault = geth_fault({.opcode = step_.opcode,
                                  .name = step_.name,
                                  .revision = step_.revision,
                                  .gas = step_.gas,
                                  .memory_size = step_.memory_size,
                                  .stack = step_.stack},
                                 end);
    words_ = std::move(fault.words);
    if (fault.executed) {
        write_step(fault.cost, end.refund, {});
        step_.stack.resize(step_.stack.size() - fault.popped);
        step_.memory_size = fault.memory_size;
        if (options_.memory) step_.memory.resize(fault.memory_size);
        step_.return_data.clear();
    }
    write_step(fault.cost, end.refund, words_);
}

void Eip3155Tracer::enter(const Entry& entry) {
    calls_.resize(entry.depth);
    calls_.back() = {entry.gas, is_creation(entry.kind)};
    failed_ = Status::success;
    created_ = false;
    code_.clear();
    if (!options_.call_frames) return;
    static constexpr const char* types[] = {"CALL",       "CALLCODE", "DELEGATECALL",
                                            "STATICCALL", "CREATE",   "CREATE2"};
    out_ << call_line(types[static_cast<size_t>(entry.kind)], entry.sender,
                      is_creation(entry.kind) ? entry.recipient : entry.code_address,
                      options_.memory ? entry.input : BytesView{}, entry.gas, entry.value);
}

void Eip3155Tracer::created(const Address& /*address*/, BytesView /*code*/) { created_ = true; }

void Eip3155Tracer::selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) {
    if (!inner_exits()) return;
    if (options_.call_frames) destruction_ = call_line("SELFDESTRUCT", address, beneficiary, {}, 0, balance);
    destruction_ += exit_line({}, 0, {});
}

void Eip3155Tracer::exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) {
    const bool created = std::exchange(created_, false);
    const Bytes code = std::exchange(code_, {});
    const Status failed = std::exchange(failed_, Status::success);
    if (depth != 1 && !inner_exits()) return;
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
    out_ << exit_line(output, call.gas - gas_left, words);
}

std::string Eip3155Tracer::exit_line(BytesView output, uint64_t gas_used, std::string_view error) {
    std::string line =
        fmt::format(R"({{"output":"{}","gasUsed":"{:#x}")", base::to_hex(output).substr(2), gas_used);
    if (!error.empty()) line += fmt::format(R"(,"error":"{}")", error);
    return line + "}\n";
}

}  // namespace weft::evm
