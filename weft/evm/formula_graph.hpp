#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "weft/base/uint256.hpp"
#include "weft/evm/opcodes.hpp"

namespace weft::evm {

/// A word of a run and how it came about. Internal to this room.
struct Formula {
    /// Of what it is the result: a function of words, CALLER, CALLDATALOAD, SLOAD (the slot's value before
    /// the call), KECCAK256, GAS, or PUSH32: a constant.
    uint8_t opcode = OP_STOP;
    uint8_t count = 0;               ///< operands
    uint16_t width = 256;            ///< bits that it never exceeds
    uint16_t places = 0;             ///< a bit for each place whose slot it depends on
    uint32_t of = 0;                 ///< CALLDATALOAD: the offset; SLOAD: the place; GAS: which
    std::array<uint16_t, 4> from{};  ///< operands
    uint256 value;                   ///< in the run
    [[nodiscard]] bool is_constant() const noexcept { return opcode == OP_PUSH32; }
};

/// The words of a run as formulas, each only once, its operands before it.
class FormulaGraph {
public:
    using Index = uint16_t;

    [[nodiscard]] const Formula& operator[](Index i) const noexcept { return formulas_[i]; }
    [[nodiscard]] Index size() const noexcept { return static_cast<Index>(formulas_.size()); }
    /// It holds as many as it may, and what it gives means nothing any more.
    [[nodiscard]] bool full() const noexcept { return formulas_.size() > most; }

    Index constant(const uint256& value);
    Index caller(const uint256& value);
    /// The word of the input at the offset.
    Index input(uint32_t offset, const uint256& value);
    /// What GAS gave. No two are the same.
    Index gas(const uint256& value);
    /// What the place's slot holds before the call. Precondition: place < 16.
    Index slot(uint32_t place, const uint256& value);
    /// KECCAK256 of words one after the other. Precondition: at most 4.
    Index hash(std::span<const Index> words);
    /// A function of words (words::visit_function) in a simple form: a constant if its operands are, greater
    /// as less, operands that may be exchanged in their order with a constant last, no masks that take
    /// nothing.
    Index apply(uint8_t opcode, Index a, Index b = 0, Index c = 0);
    /// The formula, of another graph, with operands of this one.
    Index like(const Formula& formula, const std::array<Index, 4>& from);

private:
    static constexpr size_t most = 2048;

    Index add(Formula formula);
    /// apply() of two words, if it is one of them or a constant.
    std::optional<Index> simplified(uint8_t opcode, Index a, Index b);
    [[nodiscard]] bool is(Index i, const uint256& value) const noexcept {
        return formulas_[i].is_constant() && formulas_[i].value == value;
    }
    [[nodiscard]] uint16_t width_of(uint8_t opcode, Index a, Index b) const noexcept;

    std::vector<Formula> formulas_;
};

}  // namespace weft::evm
