#include "weft/cli/evm_text_tracers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "weft/base/hex.hpp"
#include "weft/evm/eip3155.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::cli::evm_tool {
namespace {

std::string digits(const uint256& word) { return to_hex(base::to_hash(word)).substr(2); }

}  // namespace

std::string hex_or_nothing(BytesView bytes) { return bytes.empty() ? std::string() : to_hex(bytes); }

std::string hex_dump(BytesView bytes) {
    constexpr size_t width = 16;
    std::string out;
    for (size_t start = 0; start < bytes.size(); start += width) {
        const BytesView line = bytes.subspan(start, std::min(width, bytes.size() - start));
        out += fmt::format("{:08x}", start);
        for (size_t i = 0; i < width; ++i) {
            if (i % 8 == 0) out += ' ';
            out += i < line.size() ? fmt::format(" {:02x}", line[i]) : "   ";
        }
        out += "  |";
        for (const uint8_t byte : line) out += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
        out += "|\n";
    }
    return out;
}

StructTracer::StructTracer(std::ostream& out, const TraceOptions& options)
    : GethTracer({.memory = options.memory, .return_data = options.return_data}),
      out_(out),
      stack_(options.stack),
      storage_(options.storage) {}

void StructTracer::storage_read(const Address& /*address*/, const uint256& /*key*/, const uint256& value) {
    read_ = value;
}

const StructTracer::Storage* StructTracer::take_storage() {
    const Pending& step = pending();
    const size_t size = step.stack.size();
    const bool reads = step.opcode == evm::OP_SLOAD && size >= 1;
    const bool writes = step.opcode == evm::OP_SSTORE && size >= 2;
    if (!storage_ || (!reads && !writes)) return nullptr;
    Storage& slots = slots_[step.address];
    slots[step.stack[size - 1]] = reads ? read_ : step.stack[size - 2];
    return &slots;
}

void StructTracer::on_opcode(uint64_t cost, int64_t /*refund*/, std::string_view error) {
    const Pending& step = pending();
    out_ << fmt::format("{:<16}pc={:08} gas={} cost={}", step.op_name(), step.pc, step.gas, cost);
    if (!error.empty()) out_ << " ERROR: " << error;
    out_ << '\n';
    if (stack_ && !step.stack.empty()) {
        out_ << "Stack:\n";
        for (size_t i = 0; i < step.stack.size(); ++i)
            out_ << fmt::format("{:08}  {}\n", i, base::to_quantity(step.stack[step.stack.size() - 1 - i]));
    }
    if (!step.memory.empty()) out_ << "Memory:\n" << hex_dump(step.memory);
    if (const Storage* const slots = error.empty() ? take_storage() : nullptr; slots != nullptr) {
        out_ << "Storage:\n";
        for (const auto& [key, value] : *slots) out_ << digits(key) << ": " << digits(value) << '\n';
    }
    if (!step.return_data.empty()) out_ << "ReturnData:\n" << hex_dump(step.return_data);
    out_ << '\n';
}

MarkdownTracer::MarkdownTracer(std::ostream& out, const TraceOptions& options)
    : GethTracer({}), out_(out), stack_(options.stack) {}

void MarkdownTracer::on_enter(const evm::Entry& entry) {
    if (entry.depth != 1) return;
    out_ << fmt::format(
        "Pre-execution info:\n  - from: `{}`\n  - {}: `{}`\n  - data: `{}`\n  - gas: `{}`\n"
        "  - value: `{}` wei\n"
        "\n|  Pc   |      Op     | Cost |   Refund  |   Stack   |\n"
        "|-------|-------------|------|-----------|-----------|\n",
        checksummed(entry.sender), entry.kind == evm::CallKind::create ? "create" : "to",
        checksummed(is_creation(entry.kind) ? entry.recipient : entry.code_address),
        hex_or_nothing(entry.input), entry.gas, base::to_string(entry.value));
}

void MarkdownTracer::on_opcode(uint64_t cost, int64_t refund, std::string_view error) {
    const Pending& step = pending();
    out_ << fmt::format("| {:>4}  | {:>10}  |  {:>3} |{:>10} |", step.pc, step.op_name(), cost, refund);
    if (stack_) {
        std::string words = "[";
        for (size_t i = 0; i < step.stack.size(); ++i)
            words += (i == 0 ? "" : ",") + base::to_quantity(step.stack[i]);
        out_ << fmt::format("{:>10} |", words + "]");
    }
    out_ << '\n';
    if (!error.empty()) out_ << "Error: " << error << '\n';
}

void MarkdownTracer::on_fault(uint64_t /*cost*/, int64_t /*refund*/, std::string_view error) {
    out_ << fmt::format("\nError: at pc={}, op={}: {}\n", pending().pc, pending().opcode, error);
}

void MarkdownTracer::on_exit(uint32_t depth, BytesView output, uint64_t gas_used, std::string_view error) {
    if (depth != 1) return;
    out_ << fmt::format("\nPost-execution info:\n  - output: `{}`\n  - consumed gas: `{}`\n  - error: `{}`\n",
                        hex_or_nothing(output), gas_used, error.empty() ? "<nil>" : error);
}

bool is_trace_format(std::string_view format) noexcept {
    return format == "json" || format == "struct" || format == "md" || format == "markdown";
}

std::unique_ptr<evm::Inspector> make_tracer(std::ostream& out, const TraceOptions& options) {
    if (options.format == "struct") return std::make_unique<StructTracer>(out, options);
    if (options.format != "json") return std::make_unique<MarkdownTracer>(out, options);
    return std::make_unique<evm::Eip3155Tracer>(
        out, evm::Eip3155Tracer::Options{.memory = options.memory,
                                         .stack = options.stack,
                                         .return_data = options.return_data,
                                         .call_frames = false,
                                         .inner_exits = true});
}

}  // namespace weft::cli::evm_tool
