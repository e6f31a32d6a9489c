#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"
#include "weft/workload/tokens.hpp"

namespace weft::workload {

namespace {

using artifacts::token;

constexpr uint64_t token_count = 8;
constexpr uint64_t gas = 70'000;

class Erc20 final : public Generator {
public:
    explicit Erc20(Builder& builder) : builder_(builder), exchange_(labelled_address("exchange")) {
        for (uint64_t i = 0; i < token_count; ++i) tokens_.emplace_back(builder, i);
        tokens_[0].credit(exchange_, uint256{1'000'000} * ether);
    }

    void emit(bool hot) override {
        const uint64_t sender = builder_.next_account();
        if (hot) return transfer(tokens_[0], sender, exchange_);
        if (builder_.options().recipients == Recipients::self)
            return transfer(tokens_[0], sender, builder_.account(sender));
        if (builder_.options().recipients == Recipients::random)
            return transfer(tokens_[0], sender, builder_.account(builder_.another_account(sender)));
        TokenState& chosen = tokens_[builder_.random().below(token_count)];
        const uint64_t kind = builder_.random().below(100);
        if (kind < 75) return transfer(chosen, sender, builder_.account(builder_.another_account(sender)));
        if (kind < 90) return transfer_from(chosen, sender);
        approve(chosen, sender);
    }

private:
    uint256 random_amount() { return uint256{builder_.random().between(1, 5'000)} * (ether / 100); }

    void transfer(TokenState& chosen, uint64_t sender, const Address& to) {
        const uint256 amount = random_amount();
        chosen.credit(builder_.account(sender), amount * 3);
        call(chosen, sender, CallData(token.selector("transfer(address,uint256)")).add(to).add(amount));
    }

    /// Moves another account's tokens; every second account allows everything, the others what is moved.
    void transfer_from(TokenState& chosen, uint64_t spender) {
        const uint64_t holder = builder_.another_account(spender);
        const Address& from = builder_.account(holder);
        const uint256 amount = random_amount();
        chosen.credit(from, amount * 3);
        if (holder % 2 == 0)
            chosen.allow_all(from, builder_.account(spender));
        else
            chosen.allow(from, builder_.account(spender), amount);
        const Address& to = builder_.account(builder_.another_account(holder));
        call(chosen, spender,
             CallData(token.selector("transferFrom(address,address,uint256)")).add(from).add(to).add(amount));
    }

    /// To one of a few applications: never to an account, whose allowance a later transfer_from could need.
    void approve(TokenState& chosen, uint64_t sender) {
        const Address spender = labelled_address("application", builder_.random().below(16));
        call(chosen, sender,
             CallData(token.selector("approve(address,uint256)")).add(spender).add(random_amount()));
    }

    void call(const TokenState& chosen, uint64_t sender, CallData& data) {
        builder_.send({.sender = sender, .to = chosen.address(), .gas_limit = gas, .data = data.take()});
    }

    Builder& builder_;
    Address exchange_;
    std::vector<TokenState> tokens_;
};

}  // namespace

std::unique_ptr<Generator> make_erc20(Builder& builder) { return std::make_unique<Erc20>(builder); }

}  // namespace weft::workload
