#pragma once

#include <iosfwd>
#include <map>
#include <memory>

#include "weft/cli/evm.hpp"
#include "weft/evm/geth_tracer.hpp"

namespace weft::cli::evm_tool {

/// Hex digits behind 0x; of what is empty nothing, as Go's %#x has it.
[[nodiscard]] std::string hex_or_nothing(BytesView bytes);
/// Sixteen bytes a line: where they are, in hex, as text; as `hexdump -C` has them.
[[nodiscard]] std::string hex_dump(BytesView bytes);

/// `--trace.format struct`: each instruction as geth's StructLogger writes it, with its stack, memory, return
/// data, and after SLOAD and SSTORE the slots of the contract that such instructions named (in the order of
/// their numbers; geth's order is any).
class StructTracer final : public evm::GethTracer {
public:
    /// `out` must outlive the tracer.
    StructTracer(std::ostream& out, const TraceOptions& options);
    void storage_read(const Address& address, const uint256& key, const uint256& value) override;

private:
    using Storage = std::map<uint256, uint256>;
    void on_opcode(uint64_t cost, int64_t refund, std::string_view error) override;
    void on_fault(uint64_t, int64_t, std::string_view) override {}  // geth's logger hears nothing of it
    void on_exit(uint32_t, BytesView, uint64_t, std::string_view) override {}
    /// Of the contract whose SLOAD or SSTORE the step is; nullptr: it is another step, or not to be shown.
    [[nodiscard]] const Storage* take_storage();

    std::ostream& out_;
    bool stack_, storage_;
    uint256 read_;  ///< what storage was last found to hold
    std::map<Address, Storage> slots_;
};

/// `--trace.format md`: a table in Markdown, a row for each instruction.
class MarkdownTracer final : public evm::GethTracer {
public:
    MarkdownTracer(std::ostream& out, const TraceOptions& options);

private:
    void on_opcode(uint64_t cost, int64_t refund, std::string_view error) override;
    void on_fault(uint64_t cost, int64_t refund, std::string_view error) override;
    void on_enter(const evm::Entry& entry) override;
    void on_exit(uint32_t depth, BytesView output, uint64_t gas_used, std::string_view error) override;

    std::ostream& out_;
    bool stack_;
};

/// The tracer that options.format asks for: json, struct, md or markdown (is_trace_format()).
[[nodiscard]] std::unique_ptr<evm::Inspector> make_tracer(std::ostream& out, const TraceOptions& options);
[[nodiscard]] bool is_trace_format(std::string_view format) noexcept;

}  // namespace weft::cli::evm_tool
