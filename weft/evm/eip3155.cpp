#include "weft/evm/eip3155.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "weft/base/hex.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

/// As geth words errors that say more than their kind.
std::string describe(Status status, uint8_t opcode, const char* name, size_t stack_size) {
    constexpr size_t most_words = 1024;
    // The table says what an opcode takes and gives in the newest revision, which all others agree with.
    const OpcodeInfo& info = opcode_table(primitives::newest_revision)[opcode];
    switch (status) {
        case Status::invalid_instruction:
            return name != nullptr ? fmt::format("invalid opcode: {}", name)
                                   : fmt::format("invalid opcode: opcode {:#x} not defined", opcode);
        case Status::stack_underflow:
            // "<=>" as Go writes it into JSON.
            return fmt::format(R"(stack underflow ({} \u003c=\u003e {}))", stack_size, info.inputs);
        case Status::stack_overflow:
            return fmt::format("stack limit reached {} ({})", stack_size,
                               most_words + info.inputs - info.outputs);
        default:
            return to_string(status);
    }
}

}  // namespace

Eip3155Tracer::Eip3155Tracer(std::ostream& out) : Eip3155Tracer(out, Options{}) {}
Eip3155Tracer::Eip3155Tracer(std::ostream& out, Options options) : out_(out), options_(options) {}

void Eip3155Tracer::step(const Step& step) {
    opcode_ = step.opcode;
    name_ = step.name;
    stack_size_ = step.stack.size();
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
    failed_ = status;
    if (status != Status::success) {
        words_ = describe(status, opcode_, name_, stack_size_);
        out_ << R"(,"error":")" << words_ << '"';
    }
    out_ << "}\n";
}

void Eip3155Tracer::enter(const Entry& entry) {
    gas_at_start_.resize(entry.depth);
    gas_at_start_.back() = entry.gas;
    failed_ = Status::success;
    created_.reset();
    if (!options_.call_frames) return;
    static constexpr const char* types[] = {"CALL",       "CALLCODE", "DELEGATECALL",
                                            "STATICCALL", "CREATE",   "CREATE2"};
    out_ << fmt::format(R"({{"from":"{}","to":"{}")", base::to_hex(entry.sender),
                        base::to_hex(is_creation(entry.kind) ? entry.recipient : entry.code_address));
    if (options_.memory && !entry.input.empty())
        out_ << fmt::format(R"(,"input":"{}")", base::to_hex(entry.input));
    out_ << fmt::format(R"(,"gas":"{:#x}","value":"{}","type":"{}"}})", entry.gas,
                        base::to_quantity(entry.value), types[static_cast<size_t>(entry.kind)])
         << '\n';
}

void Eip3155Tracer::created(const Address& /*address*/, BytesView code) {
    created_.emplace(code.begin(), code.end());
}

void Eip3155Tracer::exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) {
    const std::optional<Bytes> created = std::exchange(created_, std::nullopt);
    if (depth != 1 && !options_.call_frames) return;
    out_ << fmt::format(R"({{"output":"{}","gasUsed":"{:#x}")",
                        base::to_hex(created && status == Status::success ? *created : output).substr(2),
                        gas_at_start_[depth - 1] - gas_left);
    if (status != Status::success)
        out_ << R"(,"error":")" << (status == failed_ ? words_ : std::string(to_string(status))) << '"';
    failed_ = Status::success;
    out_ << "}\n";
}

}  // namespace weft::evm
