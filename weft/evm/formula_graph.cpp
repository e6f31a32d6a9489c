#include "weft/evm/formula_graph.hpp"

#include <algorithm>
#include <span>

#include "weft/crypto/keccak.hpp"
#include "weft/evm/word_functions.hpp"

namespace weft::evm {
namespace {

constexpr bool commutes(uint8_t opcode) noexcept {
    return opcode == OP_ADD || opcode == OP_MUL || opcode == OP_AND || opcode == OP_OR || opcode == OP_XOR ||
           opcode == OP_EQ;
}

uint16_t bits_of(const uint256& value) noexcept {
    return static_cast<uint16_t>(256 - base::count_leading_zeros(value));
}

}  // namespace

FormulaGraph::Index FormulaGraph::add(Formula formula) {
    const auto same = [&](const Formula& other) {
        return other.opcode == formula.opcode && other.of == formula.of && other.count == formula.count &&
               other.from == formula.from && (!formula.is_constant() || other.value == formula.value);
    };
    const auto found = std::ranges::find_if(formulas_, same);
    if (found != formulas_.end()) return static_cast<Index>(found - formulas_.begin());
    if (full()) return 0;
    for (size_t i = 0; i < formula.count; ++i) formula.places |= formulas_[formula.from[i]].places;
    formulas_.push_back(formula);
    return static_cast<Index>(formulas_.size() - 1);
}

FormulaGraph::Index FormulaGraph::constant(const uint256& value) {
    return add({.opcode = OP_PUSH32, .width = bits_of(value), .value = value});
}
FormulaGraph::Index FormulaGraph::caller(const uint256& value) {
    return add({.opcode = OP_CALLER, .width = 160, .value = value});
}
FormulaGraph::Index FormulaGraph::input(uint32_t offset, const uint256& value) {
    return add({.opcode = OP_CALLDATALOAD, .of = offset, .value = value});
}
FormulaGraph::Index FormulaGraph::gas(const uint256& value) {
    return add({.opcode = OP_GAS, .of = size(), .value = value});
}
FormulaGraph::Index FormulaGraph::slot(uint32_t place, const uint256& value) {
    return add(
        {.opcode = OP_SLOAD, .places = static_cast<uint16_t>(1u << place), .of = place, .value = value});
}

FormulaGraph::Index FormulaGraph::hash(std::span<const Index> words) {
    Formula out;
    out.opcode = OP_KECCAK256;
    out.count = static_cast<uint8_t>(words.size());
    uint8_t message[32 * std::tuple_size_v<decltype(out.from)>];
    bool constant_words = true;
    for (size_t i = 0; i < words.size(); ++i) {
        out.from[i] = words[i];
        base::store_be(message + 32 * i, formulas_[words[i]].value);
        constant_words &= formulas_[words[i]].is_constant();
    }
    out.value = base::to_uint256(crypto::keccak256({message, 32 * words.size()}));
    return constant_words ? constant(out.value) : add(out);
}

FormulaGraph::Index FormulaGraph::apply(uint8_t opcode, Index a, Index b, Index c) {
    const uint8_t count = opcode_table(primitives::newest_revision)[opcode].inputs;
    if (opcode == OP_GT || opcode == OP_SGT) {
        opcode = opcode == OP_GT ? OP_LT : OP_SLT;
        std::swap(a, b);
    }
    const bool constant_b = count < 2 || formulas_[b].is_constant();
    const bool constant_c = count < 3 || formulas_[c].is_constant();
    if (commutes(opcode) && (formulas_[a].is_constant() || (!constant_b && a > b))) std::swap(a, b);
    uint256 value;
    words::visit_function(opcode, [&](auto function) {
        value = function(formulas_[a].value, formulas_[b].value, formulas_[c].value);
    });
    if (constant_c && constant_b && formulas_[a].is_constant()) return constant(value);
    if (count == 2) {
        if (const auto simple = simplified(opcode, a, b)) return *simple;
    }
    if (opcode == OP_ISZERO && formulas_[a].opcode == OP_ISZERO && formulas_[formulas_[a].from[0]].width <= 1)
        return formulas_[a].from[0];
    return add({.opcode = opcode,
                .count = count,
                .width = width_of(opcode, a, b),
                .from = {a, count < 2 ? Index{0} : b, count < 3 ? Index{0} : c, 0},
                .value = value});
}

FormulaGraph::Index FormulaGraph::like(const Formula& formula, const std::array<Index, 4>& from) {
    switch (formula.opcode) {
        case OP_PUSH32:
            return constant(formula.value);
        case OP_CALLER:
            return caller(formula.value);
        case OP_CALLDATALOAD:
            return input(formula.of, formula.value);
        case OP_SLOAD:
            return slot(formula.of, formula.value);
        case OP_GAS:
            return gas(formula.value);
        case OP_KECCAK256:
            return hash(std::span(from).first(formula.count));
        default:
            return apply(formula.opcode, from[0], from[1], from[2]);
    }
}

std::optional<FormulaGraph::Index> FormulaGraph::simplified(uint8_t opcode, Index a, Index b) {
    switch (opcode) {
        case OP_ADD:
        case OP_OR:
            if (is(b, 0)) return a;
            break;
        case OP_SUB:
        case OP_XOR:
            if (is(b, 0)) return a;
            if (a == b) return constant(0);
            break;
        case OP_MUL:
            if (is(b, 1)) return a;
            if (is(b, 0)) return b;
            break;
        case OP_LT:
            if (is(b, 0)) return b;
            break;
        case OP_DIV:
            if (is(b, 1)) return a;
            if (is(a, 0)) return a;
            // By a power of two.
            if (formulas_[b].is_constant() && !formulas_[b].value.is_zero() &&
                (formulas_[b].value & (formulas_[b].value - 1)).is_zero())
                return apply(OP_SHR, constant(formulas_[b].width - 1u), a);
            break;
        case OP_EQ:
            if (a == b) return constant(1);
            break;
        case OP_AND:
            if (a == b) return a;
            if (is(b, 0)) return b;
            // A mask of low bits.
            if (formulas_[b].is_constant() && (formulas_[b].value & (formulas_[b].value + 1)).is_zero() &&
                formulas_[a].width <= formulas_[b].width)
                return a;
            // Masks one after the other are one.
            if (const Formula inner = formulas_[a]; inner.opcode == OP_AND && formulas_[b].is_constant() &&
                                                    formulas_[inner.from[1]].is_constant())
                return apply(OP_AND, inner.from[0],
                             constant(formulas_[inner.from[1]].value & formulas_[b].value));
            break;
        case OP_SHL:
        case OP_SHR:
        case OP_SAR:
            if (is(a, 0)) return b;
            break;
        default:
            break;
    }
    return std::nullopt;
}

uint16_t FormulaGraph::width_of(uint8_t opcode, Index a, Index b) const noexcept {
    const uint16_t width_a = formulas_[a].width, width_b = formulas_[b].width;
    switch (opcode) {
        case OP_LT:
        case OP_SLT:
        case OP_EQ:
        case OP_ISZERO:
            return 1;
        case OP_AND:
            return std::min(width_a, width_b);
        case OP_OR:
        case OP_XOR:
            return std::max(width_a, width_b);
        case OP_BYTE:
            return 8;
        case OP_CLZ:
            return 9;
        case OP_DIV:
            return width_a;
        case OP_SHR: {
            const uint64_t shift = formulas_[a].is_constant() ? formulas_[a].value.saturate() : 0;
            return shift >= width_b ? uint16_t{0} : static_cast<uint16_t>(width_b - shift);
        }
        default:
            return 256;
    }
}

}  // namespace weft::evm
