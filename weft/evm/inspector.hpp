#pragma once

#include <span>

#include "weft/evm/machine.hpp"
#include "weft/primitives/receipt.hpp"

namespace weft::evm {

/// An instruction about to be executed.
struct Step {
    uint32_t pc;
    uint8_t opcode;  ///< STOP beyond the code's end
    const char* name;
    Revision revision;
    uint64_t gas;  ///< before the instruction
    int64_t refund;
    uint32_t depth;                  ///< 1 for the outermost call
    Address address;                 ///< whose storage the code works on
    std::span<const uint256> stack;  ///< the top last
    BytesView memory;
    BytesView return_data;
};

/// How an instruction ended.
struct StepEnd {
    /// What it took, for calls and creations the gas that they pass on included; where it failed for want of
    /// gas, at least what was wanting.
    int64_t cost;
    int64_t refund;  ///< after it
    Status status;   ///< success, or why the frame failed
    bool cold;       ///< the account or slot that it names was cold before it (EIP-2929)
};

/// A call or a creation about to begin, also one whose target has no code or is a precompile.
struct Entry {
    CallKind kind;
    uint32_t depth;  ///< 1 for the outermost call
    bool is_static;
    uint64_t gas;
    Address sender;
    Address recipient;     ///< whose storage the code works on; the new contract's address
    Address code_address;  ///< whose code it is
    uint256 value;
    BytesView input;  ///< call data or init code
};

/// Is told what a machine does, in the order in which it happens. Everything has an empty default. What is
/// told of a frame that ends with a failure has been undone after its exit().
///
/// An executor of blocks calls it from one thread at a time, in the order of the transactions, however many
/// threads it has; views and references are valid during the call only. It must not throw.
class Inspector {
public:
    virtual ~Inspector() = default;
    /// Transaction `index` of the block begins. What comes between transactions belongs to the block itself
    /// (its system calls). Told by executors of blocks, not by the machine.
    virtual void transaction_begin(size_t /*index*/) {}
    /// It has ended. receipt: with cumulative gas, without bloom; nullptr: it is invalid and changed nothing.
    virtual void transaction_end(size_t /*index*/, const primitives::Receipt* /*receipt*/) {}
    virtual void step(const Step& /*step*/) {}
    /// The instruction last stepped into has been executed, or its call begins.
    virtual void step_end(const StepEnd& /*end*/) {}
    virtual void enter(const Entry& /*entry*/) {}
    virtual void exit(uint32_t /*depth*/, Status /*status*/, uint64_t /*gas_left*/, BytesView /*output*/) {}
    virtual void created(const Address& /*address*/, BytesView /*code*/) {}
    virtual void log(const primitives::Log& /*log*/) {}
    virtual void selfdestruct(const Address& /*address*/, const Address& /*beneficiary*/,
                              const uint256& /*balance*/) {}
    virtual void storage_read(const Address& /*address*/, const uint256& /*key*/, const uint256& /*value*/) {}
    virtual void storage_written(const Address& /*address*/, const uint256& /*key*/,
                                 const uint256& /*before*/, const uint256& /*after*/) {}
    virtual void account_read(const Address& /*address*/) {}
    /// `amount` went from one account to another; the recipient of a burnt balance is the sender.
    virtual void balance_moved(const Address& /*from*/, const Address& /*to*/, const uint256& /*amount*/) {}
    virtual void preimage(const Hash& /*hash*/, BytesView /*message*/) {}
};

}  // namespace weft::evm
