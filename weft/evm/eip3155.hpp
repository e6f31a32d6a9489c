#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "weft/evm/geth_tracer.hpp"

namespace weft::evm {

/// Writes one JSON line for each instruction (EIP-3155), with the field names and in the form of
/// `geth evm --json`: an instruction that fails while it executes stands there twice, the second time with
/// "error", without its operands; 0x44 is always DIFFICULTY.
class Eip3155Tracer final : public GethTracer {
public:
    struct Options {
        bool memory = false;
        bool stack = true;
        bool return_data = false;
        /// A line for each call and creation as it begins ("from", "to", "gas", "value", "type", and with
        /// `memory` "input").
        bool call_frames = false;
        /// A summary line as each inner call ends, and not only the outermost; also where call_frames is set.
        bool inner_exits = false;
    };
    /// `out` must outlive the tracer.
    explicit Eip3155Tracer(std::ostream& out);
    Eip3155Tracer(std::ostream& out, Options options);

    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override;

private:
    [[nodiscard]] bool inner_exits() const noexcept { return options_.inner_exits || options_.call_frames; }
    void on_opcode(uint64_t cost, int64_t refund, std::string_view error) override;
    void on_fault(uint64_t cost, int64_t refund, std::string_view error) override;
    void on_enter(const Entry& entry) override;
    /// A call's end gives its summary line: output (of a creation the code), gasUsed and the error if there
    /// is one.
    void on_exit(uint32_t depth, BytesView output, uint64_t gas_used, std::string_view error) override;
    void write_step(uint64_t cost, int64_t refund, std::string_view error);
    [[nodiscard]] static std::string exit_line(BytesView output, uint64_t gas_used, std::string_view error);

    std::ostream& out_;
    Options options_;
    std::string destruction_;  ///< of a SELFDESTRUCT, which geth tells as a call: what follows its step
};

}  // namespace weft::evm
