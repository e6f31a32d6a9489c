#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

constexpr uint64_t transfer_gas = 21'000;

class Transfers final : public Generator {
public:
    explicit Transfers(Builder& builder) : builder_(builder), hot_wallet_(labelled_address("exchange")) {
        builder_.fund(hot_wallet_, uint256{250'000} * ether);
    }

    void emit(bool hot) override {
        const uint64_t sender = builder_.next_account();
        const Address to = hot ? hot_wallet_ : builder_.account(recipient_of(sender));
        const uint64_t value = builder_.random().between(1, ether / 100);
        builder_.send({.sender = sender, .to = to, .gas_limit = transfer_gas, .data = {}, .value = value});
    }

private:
    uint64_t recipient_of(uint64_t sender) {
        return builder_.options().recipients == Recipients::self ? sender : builder_.another_account(sender);
    }

    Builder& builder_;
    Address hot_wallet_;
};

}  // namespace

std::unique_ptr<Generator> make_transfers(Builder& builder) { return std::make_unique<Transfers>(builder); }

}  // namespace weft::workload
