#include "weft/evm/eip3155.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "weft/base/hex.hpp"

namespace weft::evm {
namespace {

std::string call_line(const char* type, const Address& from, const Address& to, BytesView input, uint64_t gas,
                      const uint256& value) {
    return fmt::format(R"({{"from":"{}","to":"{}"{},"gas":"{:#x}","value":"{}","type":"{}"}})",
                       base::to_hex(from), base::to_hex(to),
                       input.empty() ? std::string() : fmt::format(R"(,"input":"{}")", base::to_hex(input)),
                       gas, base::to_quantity(value), type) +
           '\n';
}

/// A member with an error's words, as Go writes JSON: without < and >.
std::string error_member(std::string_view words) {
    std::string out = R"(,"error":")";
    for (const char c : words) {
        if (c == '<' || c == '>')
            out += c == '<' ? "\\u003c" : "\\u003e";
        else
            out += c;
    }
    return out + '"';
}

}  // namespace

Eip3155Tracer::Eip3155Tracer(std::ostream& out) : Eip3155Tracer(out, Options{}) {}
Eip3155Tracer::Eip3155Tracer(std::ostream& out, Options options)
    : GethTracer({.memory = options.memory, .return_data = options.return_data}),
      out_(out),
      options_(options) {}

void Eip3155Tracer::write_step(uint64_t cost, int64_t refund, std::string_view error) {
    const Pending& step = pending();
    std::string line = fmt::format(R"({{"pc":{},"op":{},"gas":"{:#x}","gasCost":"{:#x}")", step.pc,
                                   step.opcode, step.gas, cost);
    if (!step.memory.empty()) line += fmt::format(R"(,"memory":"{}")", base::to_hex(step.memory));
    line += fmt::format(R"(,"memSize":{},"stack":)", step.memory_size);
    if (options_.stack) {
        line += '[';
        for (size_t i = 0; i < step.stack.size(); ++i)
            line += fmt::format(R"({}"{}")", i == 0 ? "" : ",", base::to_quantity(step.stack[i]));
        line += ']';
    } else {
        line += "null";
    }
    if (!step.return_data.empty())
        line += fmt::format(R"(,"returnData":"{}")", base::to_hex(step.return_data));
    line += fmt::format(R"(,"depth":{},"refund":{},"opName":")", step.depth, refund);
    line += step.op_name();
    line += '"';
    if (!error.empty()) line += error_member(error);
    out_ << line << "}\n";
}

void Eip3155Tracer::on_opcode(uint64_t cost, int64_t refund, std::string_view error) {
    write_step(cost, refund, error);
    out_ << std::exchange(destruction_, {});
}

void Eip3155Tracer::on_fault(uint64_t cost, int64_t refund, std::string_view error) {
    write_step(cost, refund, error);
}

void Eip3155Tracer::on_enter(const Entry& entry) {
    if (!options_.call_frames) return;
    static constexpr const char* types[] = {"CALL",       "CALLCODE", "DELEGATECALL",
                                            "STATICCALL", "CREATE",   "CREATE2"};
    out_ << call_line(types[static_cast<size_t>(entry.kind)], entry.sender,
                      is_creation(entry.kind) ? entry.recipient : entry.code_address,
                      options_.memory ? entry.input : BytesView{}, entry.gas, entry.value);
}

void Eip3155Tracer::selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) {
    if (!inner_exits()) return;
    if (options_.call_frames) destruction_ = call_line("SELFDESTRUCT", address, beneficiary, {}, 0, balance);
    destruction_ += exit_line({}, 0, {});
}

void Eip3155Tracer::on_exit(uint32_t depth, BytesView output, uint64_t gas_used, std::string_view error) {
    if (depth == 1 || inner_exits()) out_ << exit_line(output, gas_used, error);
}

std::string Eip3155Tracer::exit_line(BytesView output, uint64_t gas_used, std::string_view error) {
    std::string line =
        fmt::format(R"({{"output":"{}","gasUsed":"{:#x}")", base::to_hex(output).substr(2), gas_used);
    if (!error.empty()) line += error_member(error);
    return line + "}\n";
}

}  // namespace weft::evm
