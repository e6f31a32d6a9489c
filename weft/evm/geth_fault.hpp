#pragma once

#include <span>
#include <string>

#include "weft/evm/inspector.hpp"

/// How go-ethereum's tools name instructions and report those that fail (core/vm of its version 1.17): its
/// tracers show the order in which it charges and checks. Internal to this room.
namespace weft::evm {

/// An instruction as it began.
struct BegunStep {
    uint8_t opcode = 0;
    const char* name = nullptr;
    Revision revision{};
    uint64_t gas = 0;
    uint64_t memory_size = 0;
    std::span<const uint256> stack;  ///< the top last
};

struct GethFault {
    std::string words;
    /// It had been paid for and failed while it executed: it is traced once as it began, and once more with
    /// the error, without its first `popped` operands and with the memory that it asked for.
    bool executed = false;
    size_t popped = 0;
    uint64_t memory_size = 0;
    uint64_t cost = 0;
};

/// Precondition: end.status is a failure.
[[nodiscard]] GethFault geth_fault(const BegunStep& step, const StepEnd& end);

/// The words for a creation whose code, `size` bytes, is not kept; "" for success.
[[nodiscard]] std::string geth_deposit_error(uint64_t size, Status status);

/// An opcode's name, where geth's is another than `name`: 0x44 keeps its first one, and what was once
/// reserved has one.
[[nodiscard]] const char* geth_name(uint8_t opcode, const char* name) noexcept;

}  // namespace weft::evm
