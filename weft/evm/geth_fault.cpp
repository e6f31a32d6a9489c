#include "weft/evm/geth_fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "weft/evm/gas.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::evm {
namespace {

constexpr uint64_t no_such_size = std::numeric_limits<uint64_t>::max();
/// Beyond it geth does not compute what memory costs.
constexpr uint64_t largest_memory = 0x1FFFFFFFE0;
constexpr uint64_t call_value_gas = gas::call_value, new_account_gas = gas::new_account;

class Fault {
public:
    Fault(const BegunStep& step, const StepEnd& end)
        : step_(step),
          end_(end),
          info_(opcode_table(step.revision)[step.opcode]),
          constant_(constant_gas()),
          memory_end_(memory_end()) {}

    [[nodiscard]] GethFault report() const {
        switch (end_.status) {
            case Status::invalid_instruction:
                return undefined(step_.name != nullptr
                                     ? fmt::format("invalid opcode: {}", step_.name)
                                     : fmt::format("invalid opcode: opcode {:#x} not defined", step_.opcode));
            case Status::revert:
            case Status::bad_jump_destination:
            case Status::return_data_out_of_bounds:
                return executed(to_string(end_.status), info_.inputs);
            case Status::stack_underflow:
                // "<=>" as Go writes it into JSON.
                return refused(fmt::format("stack underflow ({} <=> {})", step_.stack.size(), info_.inputs));
            case Status::stack_overflow:
                return refused(fmt::format("stack limit reached {} ({})", step_.stack.size(),
                                           1024 + info_.inputs - info_.outputs));
            default:
                return unpaid();
        }
    }

private:
    [[nodiscard]] const uint256& operand(size_t i) const { return step_.stack[step_.stack.size() - 1 - i]; }
    [[nodiscard]] bool is_log() const noexcept { return step_.opcode >= OP_LOG0 && step_.opcode <= OP_LOG4; }
    [[nodiscard]] bool is_call() const noexcept {
        return step_.opcode == OP_CALL || step_.opcode == OP_CALLCODE || step_.opcode == OP_DELEGATECALL ||
               step_.opcode == OP_STATICCALL;
    }
    [[nodiscard]] bool has_value() const noexcept {
        return step_.opcode == OP_CALL || step_.opcode == OP_CALLCODE;
    }

    /// What geth charges before it looks at the operands.
    [[nodiscard]] uint64_t constant_gas() const noexcept {
        const bool all_dynamic = is_log() || step_.opcode == OP_EXP ||
                                 (step_.opcode == OP_SLOAD && step_.revision >= Revision::berlin) ||
                                 (step_.opcode == OP_SELFDESTRUCT && step_.revision < Revision::berlin);
        return all_dynamic ? 0 : info_.gas;
    }

    /// The end of the bytes that operands i (offset) and `size` name; 0: none; no_such_size: beyond 64 bits.
    [[nodiscard]] uint64_t range_end(size_t i, const uint256& size) const {
        if (size.is_zero()) return 0;
        const uint256& offset = operand(i);
        if (!offset.is_u64() || !size.is_u64()) return no_such_size;
        const uint64_t end = offset.low() + size.low();
        return end < offset.low() || end > no_such_size - 31 ? no_such_size : end;
    }
    /// How far the instruction needs memory.
    [[nodiscard]] uint64_t memory_end() const {
        if (step_.stack.size() < info_.inputs) return 0;
        if (is_log()) return range_end(0, operand(1));
        switch (step_.opcode) {
            case OP_MLOAD:
            case OP_MSTORE:
                return range_end(0, uint256{32});
            case OP_MSTORE8:
                return range_end(0, uint256{1});
            case OP_KECCAK256:
            case OP_RETURN:
            case OP_REVERT:
                return range_end(0, operand(1));
            case OP_CALLDATACOPY:
            case OP_CODECOPY:
            case OP_RETURNDATACOPY:
                return range_end(0, operand(2));
            case OP_MCOPY:
                return std::max(range_end(0, operand(2)), range_end(1, operand(2)));
            case OP_EXTCODECOPY:
                return range_end(1, operand(3));
            case OP_CREATE:
            case OP_CREATE2:
                return range_end(1, operand(2));
            case OP_CALL:
            case OP_CALLCODE:
                return std::max(range_end(3, operand(4)), range_end(5, operand(6)));
            case OP_DELEGATECALL:
            case OP_STATICCALL:
                return std::max(range_end(2, operand(3)), range_end(4, operand(5)));
            default:
                return 0;
        }
    }

    [[nodiscard]] static uint64_t memory_gas(uint64_t bytes) noexcept {
        const uint64_t words = word_count(bytes);
        return 3 * words + words * words / 512;
    }
    [[nodiscard]] uint64_t expansion_gas(uint64_t end) const noexcept {
        return end > step_.memory_size ? memory_gas(end) - memory_gas(step_.memory_size) : 0;
    }
    [[nodiscard]] uint64_t expansion_gas() const noexcept { return expansion_gas(memory_end_); }
    /// What depends on how much is copied, hashed, logged or raised to; without memory.
    [[nodiscard]] uint64_t size_gas() const {
        const auto words = [&](size_t i) { return word_count(operand(i).saturate()); };
        if (is_log()) return info_.gas + gas::log_byte * operand(1).saturate();
        switch (step_.opcode) {
            case OP_KECCAK256:
                return gas::keccak_word * words(1);
            case OP_CALLDATACOPY:
            case OP_CODECOPY:
            case OP_RETURNDATACOPY:
            case OP_MCOPY:
                return gas::copy_word * words(2);
            case OP_EXTCODECOPY:
                return gas::copy_word * words(3);
            case OP_CREATE:
            case OP_CREATE2:
                return words(2) * ((rules_of(step_.revision).eip3860 ? gas::init_code_word : 0) +
                                   (step_.opcode == OP_CREATE2 ? gas::keccak_word : 0));
            case OP_EXP:
                return info_.gas + static_cast<uint64_t>(rules_of(step_.revision).exp_byte) *
                                       base::byte_length(operand(1));
            default:
                return 0;
        }
    }

    [[nodiscard]] GethFault refused(std::string words) const { return refused(std::move(words), constant_); }
    [[nodiscard]] static GethFault refused(std::string words, uint64_t cost) {
        return {.words = std::move(words), .cost = cost};
    }
    [[nodiscard]] GethFault executed(std::string words, size_t popped) const {
        return {.words = std::move(words),
                .executed = true,
                .popped = popped,
                .memory_size = std::max(step_.memory_size, word_count(memory_end_) * 32),
                .cost = static_cast<uint64_t>(end_.cost)};
    }

    [[nodiscard]] GethFault undefined(std::string words) const {
        return {.words = std::move(words),
                .executed = true,
                .memory_size = step_.memory_size,
                .cost = static_cast<uint64_t>(end_.cost)};
    }

    /// What a cold account or slot takes beside the constant gas; calls, SSTORE and SELFDESTRUCT reckon it
    /// in their own ways.
    [[nodiscard]] uint64_t cold_gas() const noexcept {
        if (!end_.cold || step_.opcode == OP_SSTORE || step_.opcode == OP_SELFDESTRUCT) return 0;
        return step_.opcode == OP_SLOAD ? info_.gas + gas::cold_slot_extra : gas::cold_account_extra;
    }

    /// It fails where its gas is reckoned.
    [[nodiscard]] GethFault unpaid() const {
        if (step_.gas < constant_) return refused("out of gas");
        if (memory_end_ == no_such_size) return refused("gas uint64 overflow");
        if (is_call()) return unpaid_call();
        if (end_.status == Status::static_state_change) {
            if (is_log() || step_.opcode == OP_TSTORE) return executed(to_string(end_.status), 0);
            return refused("out of gas: write protection");
        }
        if (end_.status != Status::out_of_gas && end_.status != Status::init_code_too_large)
            return refused(to_string(end_.status));
        if (memory_end_ > largest_memory) return refused("out of gas: gas uint64 overflow");
        if (end_.status == Status::init_code_too_large)
            return refused(fmt::format("out of gas: max initcode size exceeded: code size {} limit {}",
                                       operand(2).saturate(), max_init_code_size));
        if (step_.opcode == OP_SSTORE && rules_of(step_.revision).eip2200 && step_.gas <= gas::sstore_sentry)
            return refused("out of gas: not enough gas for reentrancy sentry");
        if (step_.opcode == OP_SELFDESTRUCT && end_.cold && step_.gas - constant_ < gas::cold_account)
            return refused("out of gas: out of gas");
        const auto cost = static_cast<uint64_t>(end_.cost);
        return refused("out of gas", std::max(cost, constant_ + expansion_gas() + size_gas() + cold_gas()));
    }

    [[nodiscard]] GethFault unpaid_call() const {
        // What is looked at in the call itself has its words twice.
        GethFault early = refused("out of gas: out of gas");
        GethFault overflow = refused("out of gas: gas uint64 overflow");
        const uint64_t cold = cold_gas();
        const bool is_unpaid = step_.gas - constant_ < cold;
        const bool is_static = end_.status == Status::static_state_change;  // EIP-7702's calls look first
        if (is_static && (!is_unpaid || step_.revision >= Revision::prague))
            return refused("out of gas: write protection");
        if (is_unpaid) return early;
        if (end_.status != Status::out_of_gas) return refused(to_string(end_.status));
        if (memory_end_ > largest_memory) return overflow;
        const uint64_t there = step_.gas - constant_ - cold;
        const uint64_t value = has_value() && !operand(2).is_zero() ? call_value_gas : 0;
        const uint64_t stateless = expansion_gas() + value;
        if (step_.revision >= Revision::prague || (step_.opcode == OP_CALL && there < stateless))
            return early;
        // As far as Weft reckoned: all of it, if the memory could be paid for.
        const uint64_t paid = static_cast<uint64_t>(end_.cost) - constant_ - cold;
        const uint256& requested = operand(0);
        if (!rules_of(step_.revision).eip150) {
            if (!requested.is_u64()) return overflow;
            const uint64_t counted = std::min(requested.low(), gas::most_counted);
            const bool creates = step_.opcode == OP_CALL && paid == stateless + new_account_gas + counted;
            const uint64_t intrinsic = stateless + (creates ? new_account_gas : 0);
            if (requested.low() > no_such_size - intrinsic) return overflow;
            return refused("out of gas", constant_ + intrinsic + requested.low());
        }
        const uint64_t intrinsic = std::max(paid, stateless);
        // geth subtracts without a look, and takes what is requested of what then seems to be there.
        const uint64_t seems = there - intrinsic, all_but_a_64th = seems - seems / 64;
        const uint64_t passed =
            !requested.is_u64() || all_but_a_64th < requested.low() ? all_but_a_64th : requested.low();
        if (passed > no_such_size - intrinsic) return overflow;
        return refused("out of gas", constant_ + cold + intrinsic + passed);
    }

    const BegunStep& step_;
    const StepEnd& end_;
    const OpcodeInfo& info_;
    uint64_t constant_;
    uint64_t memory_end_;
};

}  // namespace

GethFault geth_fault(const BegunStep& step, const StepEnd& end) { return Fault(step, end).report(); }

std::string geth_deposit_error(uint64_t size, Status status) {
    if (status == Status::out_of_gas) return "contract creation code storage out of gas";
    if (status == Status::code_too_large)
        return fmt::format("max code size exceeded: code size {} limit {}", size, max_code_size);
    return to_string(status);
}

const char* geth_name(uint8_t opcode, const char* name) noexcept {
    struct Named {
        uint8_t opcode;
        const char* name;
    };
    static constexpr Named names[] = {{OP_PREVRANDAO, "DIFFICULTY"},
                                      {0x4b, "SLOTNUM"},
                                      {0xd0, "DATALOAD"},
                                      {0xd1, "DATALOADN"},
                                      {0xd2, "DATASIZE"},
                                      {0xd3, "DATACOPY"},
                                      {0xe0, "RJUMP"},
                                      {0xe1, "RJUMPI"},
                                      {0xe2, "RJUMPV"},
                                      {0xe3, "CALLF"},
                                      {0xe4, "RETF"},
                                      {0xe5, "JUMPF"},
                                      {0xe6, "DUPN"},
                                      {0xe7, "SWAPN"},
                                      {0xe8, "EXCHANGE"},
                                      {0xec, "EOFCREATE"},
                                      {0xee, "RETURNCONTRACT"},
                                      {0xf7, "RETURNDATALOAD"},
                                      {0xf8, "EXTCALL"},
                                      {0xf9, "EXTDELEGATECALL"},
                                      {0xfb, "EXTSTATICCALL"}};
    const auto* const found = std::ranges::find(names, opcode, &Named::opcode);
    return found != std::ranges::end(names) ? found->name : name;
}

}  // namespace weft::evm
