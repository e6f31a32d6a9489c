#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/evm/inspector.hpp"

namespace weft::evm {

/// Makes of what a machine does what go-ethereum tells its tracers (core/tracing of its version 1.17), for
/// those that write what its tools write: an instruction when its cost is known, and once more where it fails
/// while it executes.
class GethTracer : public Inspector {
public:
    void step(const Step& step) override;
    void step_end(const StepEnd& end) override;
    void enter(const Entry& entry) override;
    void exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) override;
    void created(const Address& address, BytesView code) override;

protected:
    /// What is kept of each step beside its stack.
    struct Kept {
        bool memory = false;
        bool return_data = false;
    };
    explicit GethTracer(Kept kept) : kept_(kept) {}

    /// The step that on_opcode() and on_fault() are about.
    struct Pending {
        uint32_t pc = 0;
        uint32_t depth = 0;
        uint8_t opcode = 0;
        const char* name = nullptr;
        Revision revision{};
        Address address;  ///< whose storage the code works on
        uint64_t gas = 0;
        uint64_t memory_size = 0;
        std::vector<uint256> stack;  ///< the top last
        Bytes memory, return_data;   ///< where they are kept
        /// As geth names it.
        [[nodiscard]] std::string op_name() const;
    };
    [[nodiscard]] const Pending& pending() const noexcept { return step_; }

    /// The pending step is about to be executed, or cannot be: then with the error's words.
    virtual void on_opcode(uint64_t cost, int64_t refund, std::string_view error) = 0;
    /// It was, and failed: pending() is without the operands that it had taken.
    virtual void on_fault(uint64_t cost, int64_t refund, std::string_view error) = 0;
    virtual void on_enter(const Entry& /*entry*/) {}
    /// depth: 1 for the outermost call. output: of a creation the code. error: empty for success.
    virtual void on_exit(uint32_t depth, BytesView output, uint64_t gas_used, std::string_view error) = 0;

private:
    struct Call {
        uint64_t gas;
        bool creates;
    };
    void keep_code(const Step& step);

    Kept kept_;
    Pending step_;             ///< kept until its cost is known
    std::vector<Call> calls_;  ///< those that run, the outermost first
    /// How the step before the exits that follow failed; said again by the exit of its frame.
    Status failed_ = Status::success;
    std::string words_;
    Bytes code_;            ///< what the step, a RETURN, gives as a new contract's code
    bool created_ = false;  ///< it is kept
};

}  // namespace weft::evm
