#include "tests/fuzz/code.hpp"

#include <vector>

namespace weft::fuzz {
namespace {

using namespace evm;

class CodeMaker {
public:
    CodeMaker(Input& in, Revision revision, std::span<const Address> actors)
        : in_(in), table_(opcode_table(revision)), actors_(actors) {}

    Bytes make(size_t pieces) {
        while (pieces-- > 0 && !in_.empty()) piece();
        if (!in_.one_in(8)) give_back();
        patch_jumps();
        return std::move(code_);
    }

private:
    void op(uint8_t opcode) {
        code_.push_back(opcode);
        height_ = height_ - std::min<size_t>(height_, table_[opcode].inputs) + table_[opcode].outputs;
    }
    /// What the stack holds at the end becomes the output: else little of what was computed would be seen.
    void give_back() {
        const size_t words = std::min<size_t>(height_, 16);
        for (size_t i = 0; i < words; ++i) {
            push(uint256{32 * i});
            op(OP_MSTORE);
        }
        push(uint256{32 * words});
        push(uint256{});
        op(OP_RETURN);
    }
    void push(const uint256& value) {
        uint8_t word[32];
        base::store_be(word, value);
        const unsigned size = std::max(1U, base::byte_length(value));
        op(static_cast<uint8_t>(OP_PUSH1 + size - 1));
        code_.insert(code_.end(), word + 32 - size, word + 32);
    }
    /// A number that the translation knows, or one that it doesn't.
    void value() {
        if (in_.one_in(4)) {
            push(uint256{in_.below(4) * 32});
            op(OP_CALLDATALOAD);
        } else {
            push(in_.number());
        }
    }
    void small() { in_.one_in(16) ? value() : push(uint256{in_.byte()}); }
    void target() {
        const size_t kind = in_.below(8);
        if (kind == 7) return value();
        if (kind == 6) return push(uint256{in_.below(18)});  // a precompile
        push(base::to_uint256(actors_[in_.byte() % actors_.size()]));
    }
    void jump(uint8_t opcode) {
        op(OP_PUSH2);
        jumps_.push_back({code_.size(), in_.byte()});
        code_.resize(code_.size() + 2);
        if (in_.one_in(8)) {  // the constant waits on the stack, or passes through arithmetic
            push(uint256{});
            op(in_.one_in(2) ? OP_CALLVALUE : OP_CALLDATASIZE);
            op(OP_MUL);
            op(OP_ADD);
        }
        op(opcode);
    }
    /// Operands of an opcode, the last one first.
    void operands(uint8_t opcode, unsigned count) {
        const bool call = opcode == OP_CALL || opcode == OP_CALLCODE || opcode == OP_DELEGATECALL ||
                          opcode == OP_STATICCALL;
        if (call) {
            for (unsigned i = 2; i < count; ++i) small();
            target();
            return in_.one_in(2) ? push(uint256{in_.word16()}) : op(OP_GAS);
        }
        if (opcode == OP_BALANCE || opcode == OP_EXTCODESIZE || opcode == OP_EXTCODEHASH ||
            opcode == OP_SELFDESTRUCT)
            return target();
        if (opcode == OP_EXTCODECOPY) {
            for (unsigned i = 1; i < count; ++i) small();
            return target();
        }
        if (opcode == OP_SLOAD || opcode == OP_TLOAD) return push(uint256{in_.below(4)});
        if (opcode == OP_SSTORE || opcode == OP_TSTORE) {
            value();
            return push(uint256{in_.below(4)});
        }
        const bool places = (opcode >= OP_CALLDATACOPY && opcode <= OP_CODECOPY) || opcode == OP_KECCAK256 ||
                            (opcode >= OP_MLOAD && opcode <= OP_MSTORE8) || opcode == OP_MCOPY ||
                            opcode >= OP_LOG0 || opcode == OP_RETURNDATACOPY;
        // Some lie there already, results of what came before.
        const size_t there = places ? 0 : in_.below(std::min<size_t>(height_, count) + 1);
        for (size_t i = there; i < count; ++i) places ? small() : value();
    }
    void piece() {
        const uint8_t opcode = in_.byte();
        const OpcodeInfo& info = table_[opcode];
        if (opcode == OP_JUMPI) {
            if (height_ == 0 || !in_.one_in(4)) value();
            if (in_.one_in(4)) op(OP_ISZERO);
            return jump(opcode);
        }
        if (opcode == OP_JUMP && in_.one_in(4)) return jump(opcode);
        if (immediate_size(opcode) != 0) return value();
        // Mostly what stops is left out, and nothing finds too few operands, or little would follow it.
        if (!info.defined && !in_.one_in(128)) return op(OP_JUMPDEST);
        if (info.terminates && !in_.one_in(16)) return op(OP_JUMPDEST);
        const bool shuffles = opcode >= OP_DUP1 && opcode <= OP_SWAP16;
        if (!shuffles && info.inputs > 0) operands(opcode, info.inputs);
        while (height_ < info.inputs && !in_.one_in(128)) value();
        op(opcode);
    }
    void patch_jumps() {
        std::vector<size_t> targets;
        for (size_t pc = 0; pc < code_.size(); pc += 1 + immediate_size(code_[pc]))
            if (code_[pc] == OP_JUMPDEST) targets.push_back(pc);
        for (const auto& [at, choice] : jumps_) {
            const size_t to = targets.empty() || choice > 240 ? choice : targets[choice % targets.size()];
            code_[at] = static_cast<uint8_t>(to >> 8);
            code_[at + 1] = static_cast<uint8_t>(to);
        }
    }

    struct Jump {
        size_t at;
        uint8_t choice;
    };
    Input& in_;
    const OpcodeTable& table_;
    std::span<const Address> actors_;
    Bytes code_;
    std::vector<Jump> jumps_;
    size_t height_ = 0;  ///< of the stack, were nothing jumped over
};

}  // namespace

Bytes make_code(Input& in, size_t most, Revision revision, std::span<const Address> actors) {
    if (in.one_in(8)) {
        const BytesView raw = in.bytes(most);
        return {raw.begin(), raw.end()};
    }
    return CodeMaker(in, revision, actors).make(most);
}

}  // namespace weft::fuzz
