#pragma once

#include <algorithm>
#include <initializer_list>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::differential {

/// Puts bytecode together, for every revision (no PUSH0). Each call appends and returns the assembler.
class Assembler {
public:
    Assembler& op(std::initializer_list<uint8_t> opcodes) {
        code_.insert(code_.end(), opcodes);
        return *this;
    }
    /// The shortest PUSHn, n >= 1.
    Assembler& push(const uint256& value) {
        uint8_t word[32];
        base::store_be(word, value);
        const unsigned size = std::max(1U, base::byte_length(value));
        code_.push_back(static_cast<uint8_t>(evm::OP_PUSH1 + size - 1));
        code_.insert(code_.end(), word + 32 - size, word + 32);
        return *this;
    }
    Assembler& push(const Address& address) { return push(base::to_uint256(address)); }
    /// The word of the call data at this index.
    Assembler& argument(unsigned index) { return push(32 * index).op({evm::OP_CALLDATALOAD}); }
    /// Takes a condition from the stack; runs what `body` appends unless it is zero.
    template <class Body>
    Assembler& when(Body&& body) {
        op({evm::OP_ISZERO, evm::OP_PUSH2, 0, 0, evm::OP_JUMPI});
        const size_t target = code_.size() - 3;
        body(*this);
        const size_t here = code_.size();
        code_[target] = static_cast<uint8_t>(here >> 8);
        code_[target + 1] = static_cast<uint8_t>(here);
        return op({evm::OP_JUMPDEST});
    }
    /// Runs what `body` appends this many times (at least once); the counter lies on the stack meanwhile.
    template <class Body>
    Assembler& repeat(const uint256& times, Body&& body) {
        push(times);
        const size_t start = code_.size();
        op({evm::OP_JUMPDEST});
        body(*this);
        push(1).op({evm::OP_SWAP1, evm::OP_SUB, evm::OP_DUP1, evm::OP_PUSH2});
        return op(
            {static_cast<uint8_t>(start >> 8), static_cast<uint8_t>(start), evm::OP_JUMPI, evm::OP_POP});
    }
    /// storage[key] = the word on the stack
    Assembler& store_at(const uint256& key) { return push(key).op({evm::OP_SSTORE}); }
    /// storage[key] += amount
    Assembler& add_to(const uint256& key, const uint256& amount) {
        return push(key).op({evm::OP_SLOAD}).push(amount).op({evm::OP_ADD}).store_at(key);
    }
    /// Calls without data; leaves the success flag. `value` may be zero.
    Assembler& call(const Address& to, const uint256& value, const uint256& gas = 0xffffff) {
        return push(0).push(0).push(0).push(0).push(value).push(to).push(gas).op({evm::OP_CALL});
    }
    /// Puts these bytes into memory at 0.
    Assembler& memory(BytesView bytes) {
        for (size_t at = 0; at < bytes.size(); at += 32) {
            uint8_t word[32]{};
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                        std::min<size_t>(32, bytes.size() - at), word);
            push(base::load_be(word)).push(at).op({evm::OP_MSTORE});
        }
        return *this;
    }
    /// Creates a contract from this init code; leaves its address, or zero.
    Assembler& create(BytesView init_code, const uint256& value) {
        return memory(init_code).push(init_code.size()).push(0).push(value).op({evm::OP_CREATE});
    }
    Assembler& create2(BytesView init_code, const uint256& value, const uint256& salt) {
        return memory(init_code).push(salt).push(init_code.size()).push(0).push(value).op({evm::OP_CREATE2});
    }
    Assembler& destroy(const Address& beneficiary) { return push(beneficiary).op({evm::OP_SELFDESTRUCT}); }
    Assembler& revert() { return push(0).push(0).op({evm::OP_REVERT}); }

    [[nodiscard]] const Bytes& code() const noexcept { return code_; }

private:
    Bytes code_;
};

/// Init code that runs `prelude` and deploys `runtime`.
[[nodiscard]] inline Bytes init_code_for(BytesView runtime, const Assembler& prelude = {}) {
    Assembler tail;
    const auto assemble = [&](size_t offset) {
        tail = {};
        tail.push(runtime.size())
            .push(offset)
            .push(0)
            .op({evm::OP_CODECOPY})
            .push(runtime.size())
            .push(0)
            .op({evm::OP_RETURN});
    };
    const size_t before = prelude.code().size();
    assemble(before);
    // The offset's own length counts: at most one more round settles it.
    for (int round = 0; round < 2; ++round) assemble(before + tail.code().size());
    Bytes out = prelude.code();
    out.insert(out.end(), tail.code().begin(), tail.code().end());
    out.insert(out.end(), runtime.begin(), runtime.end());
    return out;
}

}  // namespace weft::differential
