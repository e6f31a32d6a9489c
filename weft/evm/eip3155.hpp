#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "weft/evm/inspector.hpp"

namespace weft::evm {

/// Writes one JSON line for each instruction (EIP-3155), with the field names and the form of `geth evm
/// --json`.
class Eip3155Tracer final : public Inspector {
public:
    struct Options {
        bool memory = false;
        bool stack = true;
        bool return_data = false;
        /// A line for each call and creation as it begins ("from", "to", "gas", "value", "type", and with
        /// `memory` "input"), and a summary line as it ends.
        bool call_frames = false;
    };
    /// `out` must outlive the tracer.
    explicit Eip3155Tracer(std::ostream& out);
    Eip3155Tracer(std::ostream& out, Options options);

    void step(const Step& step) override;
    void step_end(int64_t cost, Status status) override;
    /// The outermost call's end gives the summary line: output (of a creation the code), gasUsed and the
    /// error if there is one.
    void enter(const Entry& entry) override;
    void exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) override;
    void created(const Address& address, BytesView code) override;

private:
    std::ostream& out_;
    Options options_;
    std::string line_;                    ///< the step's, until its cost is known
    std::string rest_;                    ///< what follows the cost
    std::vector<uint64_t> gas_at_start_;  ///< of the calls that run, the outermost first
    // Of the step, for the words of its error.
    uint8_t opcode_ = 0;
    size_t stack_size_ = 0;
    const char* name_ = nullptr;
    /// How the step before the exits that follow failed; said again by the exit of its frame.
    Status failed_ = Status::success;
    std::string words_;
    std::optional<Bytes> created_;  ///< the code of the creation that ends next
};

}  // namespace weft::evm
