#include "weft/evm/summary.hpp"

#include <algorithm>

#include "weft/crypto/keccak.hpp"
#include "weft/evm/word_functions.hpp"

namespace weft::evm {
namespace {

/// The word of the input at the offset, with zeros beyond its end.
uint256 input_word(BytesView input, size_t offset) noexcept {
    if (offset + 32 <= input.size()) [[likely]]
        return base::load_be(input.data() + offset);
    uint8_t padded[32]{};
    if (offset < input.size()) std::memcpy(padded, input.data() + offset, input.size() - offset);
    return base::load_be(padded);
}

}  // namespace

bool Summary::apply(size_t place, const uint256* needs, uint256& value,
                    StorageCharge& charge) const noexcept {
    const PlaceFormulas& formulas = formulas_[place];
    // Not made zero first: most of it is never used.
    alignas(uint256) std::byte room[(most_place_steps + 1) * sizeof(uint256)];
    auto* const results = reinterpret_cast<uint256*>(room);
    results[0] = value;
    const uint256* const words[] = {constants_.data(), needs, results};
    const auto word = [&](const Operand& from) -> const uint256& { return words[from.where][from.index]; };
    uint256* next = results + 1;
    for (const PlaceStep& step : formulas.steps) {
        const uint256 &a = word(step.from[0]), &b = word(step.from[1]), &c = word(step.from[2]);
        words::visit_function(step.opcode, [&](auto function) { *next = function(a, b, c); });
        ++next;
    }
    bool holds = true;
    for (const PlaceCondition& condition : formulas.conditions)
        holds &= word(condition.formula).is_zero() != condition.truth;
    charge = {};
    const uint256* now = results;
    for (const Operand& store : formulas.stores) {
        const uint256& stored = word(store);
        charge += storage_charge(*rules_, results[0], *now, stored);
        now = &stored;
    }
    if (ending_ == Ending::success)
        value = *now;
    else
        charge.refund = 0;
    return holds;
}

void SummaryValues::hash(const Summary::Step& step, Lanes& out, size_t calls) {
    std::array<std::array<uint8_t, 32 * std::tuple_size_v<decltype(step.from)>>, lanes> messages;
    std::array<crypto::KeccakJob, lanes> jobs;
    std::array<Hash, lanes> hashes;
    for (size_t i = 0; i < calls; ++i)
        jobs[i] = {messages[i].data(), size_t{32} * step.count, hashes[i].data()};
    for (size_t word = 0; word < step.count; ++word) {
        const Lanes& from = words_[step.from[word]];
        for (size_t i = 0; i < calls; ++i) base::store_be(messages[i].data() + 32 * word, from[i]);
    }
    crypto::keccak256_batch(std::span{jobs}.first(calls));
    for (size_t i = 0; i < calls; ++i) out[i] = base::to_uint256(hashes[i]);
}

uint32_t SummaryValues::evaluate(const Summary& summary, std::span<const Call> calls) {
    if (summary_ != summary.identity_) {
        summary_ = summary.identity_;
        words_.resize(std::max(words_.size(), summary.constants_.size() + summary.steps_.size()));
        for (size_t i = 0; i < summary.constants_.size(); ++i) words_[i].fill(summary.constants_[i]);
    }
    Lanes* out = words_.data() + summary.constants_.size();
    for (const Summary::Step& step : summary.steps_) {
        switch (step.opcode) {
            case OP_CALLER:
                for (size_t i = 0; i < calls.size(); ++i) (*out)[i] = base::to_uint256(calls[i].sender);
                break;
            case OP_CALLDATALOAD:
                for (size_t i = 0; i < calls.size(); ++i) (*out)[i] = input_word(calls[i].input, step.offset);
                break;
            case OP_KECCAK256:
                hash(step, *out, calls.size());
                break;
            default: {
                const Lanes &a = words_[step.from[0]], &b = words_[step.from[1]], &c = words_[step.from[2]];
                words::visit_function(step.opcode, [&](auto function) {
                    for (size_t i = 0; i < calls.size(); ++i) (*out)[i] = function(a[i], b[i], c[i]);
                });
            }
        }
        ++out;
    }
    uint32_t holds = 0;
    for (size_t i = 0; i < calls.size(); ++i)
        holds |= uint32_t{calls[i].input.size() == summary.input_size_} << i;
    for (const Summary::Condition& condition : summary.conditions_) {
        const Lanes& formula = words_[condition.formula];
        for (size_t i = 0; i < calls.size(); ++i)
            holds &= ~(uint32_t{formula[i].is_zero() == condition.truth} << i);
    }
    return holds;
}

}  // namespace weft::evm
