#include "weft/evm/eip3155.hpp"

#include <fmt/format.h>

#include <ostream>

#include "weft/base/hex.hpp"

namespace weft::evm {

Eip3155Tracer::Eip3155Tracer(std::ostream& out) : Eip3155Tracer(out, Options{}) {}
Eip3155Tracer::Eip3155Tracer(std::ostream& out, Options options) : out_(out), options_(options) {}

void Eip3155Tracer::step(const Step& step) {
    line_ = fmt::format(R"({{"pc":{},"op":{},"gas":"{:#x}")", step.pc, step.opcode, step.gas);
    rest_ = fmt::format(R"(,"memSize":{})", step.memory.size());
    if (options_.memory && !step.memory.empty())
        rest_ += fmt::format(R"(,"memory":"{}")", base::to_hex(step.memory));
    if (options_.stack) {
        rest_ += R"(,"stack":[)";
        for (size_t i = 0; i < step.stack.size(); ++i)
            rest_ += fmt::format(R"({}"{}")", i == 0 ? "" : ",", base::to_quantity(step.stack[i]));
        rest_ += "]";
    }
    if (options_.return_data && !step.return_data.empty())
        rest_ += fmt::format(R"(,"returnData":"{}")", base::to_hex(step.return_data));
    rest_ += fmt::format(R"(,"depth":{},"refund":{},"opName":")", step.depth, step.refund);
    rest_ +=
        step.name != nullptr ? std::string(step.name) : fmt::format("opcode {:#x} not defined", step.opcode);
    rest_ += '"';
}

void Eip3155Tracer::step_end(int64_t cost, Status status) {
    out_ << line_ << fmt::format(R"(,"gasCost":"{:#x}")", static_cast<uint64_t>(cost)) << rest_;
    if (status != Status::success) out_ << R"(,"error":")" << to_string(status) << '"';
    out_ << "}\n";
}

void Eip3155Tracer::enter(const Entry& entry) {
    if (entry.depth == 1) gas_at_start_ = entry.gas;
}

void Eip3155Tracer::exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) {
    if (depth != 1) return;
    out_ << fmt::format(R"({{"output":"{}","gasUsed":"{:#x}")", base::to_hex(output).substr(2),
                        gas_at_start_ - gas_left);
    if (status != Status::success) out_ << R"(,"error":")" << to_string(status) << '"';
    out_ << "}\n";
}

}  // namespace weft::evm
