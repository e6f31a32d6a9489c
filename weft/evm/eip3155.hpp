#pragma once

#include <iosfwd>
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
    };
    /// `out` must outlive the tracer.
    explicit Eip3155Tracer(std::ostream& out);
    Eip3155Tracer(std::ostream& out, Options options);

    void step(const Step& step) override;
    void step_end(int64_t cost, Status status) override;
    /// The outermost call's end gives the summary line: output, gasUsed and the error if there is one.
    void enter(const Entry& entry) override;
    void exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) override;

private:
    std::ostream& out_;
    Options options_;
    std::string line_;  ///< the step's, until its cost is known
    std::string rest_;  ///< what follows the cost
    uint64_t gas_at_start_ = 0;
};

}  // namespace weft::evm
