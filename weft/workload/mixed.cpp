#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

/// A part of the mix; the weights are percent of the transactions.
struct Part {
    std::unique_ptr<Generator> (*make)(Builder&);
    uint64_t weight;
};
constexpr Part parts[] = {
    {make_transfers, 36}, {make_erc20, 28}, {make_dex, 14},         {make_nft, 7},
    {make_lending, 6},    {make_game, 5},   {make_supply_chain, 4},
};

class Mixed final : public Generator {
public:
    explicit Mixed(Builder& builder) : builder_(builder) {
        for (const Part& part : parts) generators_.push_back(part.make(builder));
    }

    void emit(bool hot) override {
        uint64_t roll = builder_.random().below(100);
        size_t index = 0;
        while (roll >= parts[index].weight) roll -= parts[index++].weight;
        generators_[index]->emit(hot);
    }

    void finish() override {
        for (const std::unique_ptr<Generator>& generator : generators_) generator->finish();
    }

private:
    Builder& builder_;
    std::vector<std::unique_ptr<Generator>> generators_;
};

consteval uint64_t sum_of_weights() {
    uint64_t sum = 0;
    for (const Part& part : parts) sum += part.weight;
    return sum;
}
static_assert(sum_of_weights() == 100);

}  // namespace

std::unique_ptr<Generator> make_mixed(Builder& builder) { return std::make_unique<Mixed>(builder); }

}  // namespace weft::workload
