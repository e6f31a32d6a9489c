#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "weft/evm/inspector.hpp"

namespace weft::evm {

/// Writes one JSON line for each instruction (EIP-3155), with the field names and in the form of
/// `geth evm --json`: an instruction that fails while it executes stands there twice, the second time with
/// "error", without its operands; 0x44 is always DIFFICULTY.
class Eip3155Tracer final : public Inspector {
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

    void step(const Step& step) override;
    void step_end(const StepEnd& end) override;
    /// A call's end gives its summary line: output (of a creation the code), gasUsed and the error if there
    /// is one.
    void enter(const Entry& entry) override;
    void exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) override;
    void created(const Address& address, BytesView code) override;
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override;

private:
    struct Call {
        uint64_t gas;
        bool creates;
    };
    /// The step's, kept until its cost is known.
    struct Pending {
        uint32_t pc = 0;
        uint32_t depth = 0;
        uint8_t opcode = 0;
        const char* name = nullptr;
        Revision revision{};
        uint64_t gas = 0;
        uint64_t memory_size = 0;
        std::vector<uint256> stack;
        Bytes memory, return_data;  ///< where they are asked for
    };
    [[nodiscard]] bool inner_exits() const noexcept { return options_.inner_exits || options_.call_frames; }
    void keep_code(const Step& step);
    void write_step(uint64_t cost, int64_t refund, std::string_view error);
    [[nodiscard]] static std::string exit_line(BytesView output, uint64_t gas_used, std::string_view error);

    std::ostream& out_;
    Options options_;
    Pending step_;
    std::vector<Call> calls_;  ///< those that run, the outermost first
    /// How the step before the exits that follow failed; said again by the exit of its frame.
    Status failed_ = Status::success;
    std::string words_;
    Bytes code_;               ///< what the step, a RETURN, gives as a new contract's code
    bool created_ = false;     ///< it is kept
    std::string destruction_;  ///< of a SELFDESTRUCT, which geth tells as a call: what follows its step
};

}  // namespace weft::evm
