#include <algorithm>

#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"
#include "weft/workload/tokens.hpp"

namespace weft::workload {

namespace {

using artifacts::factory;
using artifacts::pool;
using artifacts::router;

constexpr uint64_t first_token = 100;
constexpr uint64_t most_pools = 128;
constexpr uint64_t longest_path = 3;
/// Of a hundred swaps, how many ask for more than they can get.
constexpr uint64_t failing_percent = 2;
/// What traders accept below (or above) the quote at the block's start, in percent. Trades are so small
/// beside the reserves, and go both ways, that a block moves no price as far.
constexpr uint64_t tolerance_percent = 10;

/// A pool of the ring: pool i trades token i against token i + 1 (the last one against token 0).
struct PoolState {
    Contract contract;
    uint256 reserve_low, reserve_high;  ///< of token i, of token i + 1
};

/// A walk along the ring, pool by pool.
struct Route {
    std::vector<uint64_t> tokens;
    uint256 amount_in, amount_out;  ///< at the reserves before the block
};

class Dex final : public Generator {
public:
    explicit Dex(Builder& builder)
        : builder_(builder), factory_(builder.deploy(factory)), router_(builder.deploy(router)) {
        router_.set(router.field("factory"), base::to_uint256(factory_.address()));
        const uint64_t count = builder.places(most_pools);
        for (uint64_t i = 0; i < count; ++i) {
            tokens_.emplace_back(builder, first_token + i);
            prices_.push_back(builder.random().between(1, 2'000));
        }
        for (uint64_t i = 0; i < count; ++i) add_pool(i);
        factory_.set(factory.field("allPools"), count);
    }

    void emit(bool hot) override {
        const uint64_t sender = builder_.next_account();
        if (hot) return swap(sender, walk(0, 1));
        const uint64_t kind = builder_.random().below(100);
        const uint64_t roll = builder_.random().below(10);
        const uint64_t hops = roll < 6 ? 1 : roll < 9 ? 2 : longest_path;
        const uint64_t start = builder_.random().between(1, pools_.size() - hops);
        if (kind < 84) return swap(sender, walk(start, hops));
        if (kind < 92) return swap_for_exact(sender, walk(start, 1));
        if (kind < 97) return add_liquidity(sender, start);
        remove_liquidity(sender, start);
    }

private:
    [[nodiscard]] uint64_t high_token(uint64_t pool_number) const {
        return pool_number + 1 == tokens_.size() ? 0 : pool_number + 1;
    }
    [[nodiscard]] bool low_is_token0(uint64_t number) const {
        return tokens_[number].address() < tokens_[high_token(number)].address();
    }

    /// The amount of a token that is worth so much, in 10^-18 of the unit of prices.
    [[nodiscard]] uint256 tokens_for(uint64_t number, const uint256& worth) const {
        return base::divide(worth, prices_[number]).quotient;
    }
    uint256 random_worth() { return uint256{builder_.random().between(10, 10'000)} * (ether / 100); }

    void add_pool(uint64_t number) {
        Random& random = builder_.random();
        const uint256 worth = uint256{random.between(5, 50)} * 1'000'000 * ether;
        PoolState added{builder_.deploy(pool, number), tokens_for(number, worth),
                        tokens_for(high_token(number), worth)};
        Contract& state = added.contract;
        TokenState& low = tokens_[number];
        TokenState& high = tokens_[high_token(number)];
        low.credit(state.address(), added.reserve_low);
        high.credit(state.address(), added.reserve_high);
        const bool sorted = low_is_token0(number);
        const uint256 low_word = base::to_uint256(low.address()),
                      high_word = base::to_uint256(high.address());
        state.set(pool.field("factory"), base::to_uint256(factory_.address()));
        state.set(pool.field("token0"), sorted ? low_word : high_word);
        state.set(pool.field("token1"), sorted ? high_word : low_word);
        state.set(pool.field("reserve0"), sorted ? added.reserve_low : added.reserve_high);
        state.set(pool.field("reserve1"), sorted ? added.reserve_high : added.reserve_low);
        state.set(pool.field("updatedAt"), block_timestamp - 12 * random.between(1, 50));
        state.set(pool.field("price0Cumulative"), uint256{random.next()} << 112);
        state.set(pool.field("price1Cumulative"), uint256{random.next()} << 112);
        credit_shares(state, labelled_address("liquidity provider"), uint256{1'000'000} * ether);
        const uint256 pool_word = base::to_uint256(state.address());
        factory_.word(Contract::at(factory.field("getPool"), low.address(), high.address())) = pool_word;
        factory_.word(Contract::at(factory.field("getPool"), high.address(), low.address())) = pool_word;
        factory_.word(array_items_slot(factory.field("allPools").slot) + number) = pool_word;
        pools_.push_back(std::move(added));
    }

    static void credit_shares(Contract& state, const Address& holder, const uint256& shares) {
        state.word(Contract::at(pool.field("balanceOf"), holder)) += shares;
        state.word(pool.field("totalSupply").slot) += shares;
    }

    /// A path through pools start to start + hops - 1, up or down the ring, with a random amount and its
    /// quote.
    Route walk(uint64_t start, uint64_t hops) {
        Route route;
        for (uint64_t i = 0; i <= hops; ++i) route.tokens.push_back((start + i) % tokens_.size());
        const bool down = builder_.random().chance(50);
        if (down) std::ranges::reverse(route.tokens);
        route.amount_in = tokens_for(route.tokens.front(), random_worth());
        route.amount_out = route.amount_in;
        for (uint64_t i = 0; i < hops; ++i) {
            const PoolState& state = pools_[down ? start + hops - 1 - i : start + i];
            const uint256& reserve_in = down ? state.reserve_high : state.reserve_low;
            const uint256& reserve_out = down ? state.reserve_low : state.reserve_high;
            const uint256 paid = route.amount_out * 997;
            route.amount_out = base::divide(paid * reserve_out, reserve_in * 1000 + paid).quotient;
        }
        return route;
    }

    static uint256 percent(const uint256& amount, uint64_t part) {
        return base::divide(amount * part, 100).quotient;
    }

    void fund_sender(TokenState& chosen, uint64_t sender, const uint256& amount) {
        chosen.credit(builder_.account(sender), amount * 2);
        chosen.allow_all(builder_.account(sender), router_.address());
    }

    void swap(uint64_t sender, const Route& route) {
        const bool fails = builder_.random().chance(failing_percent);
        const uint256 least =
            percent(route.amount_out, fails ? 100 + tolerance_percent : 100 - tolerance_percent);
        fund_sender(tokens_[route.tokens.front()], sender, route.amount_in);
        send_swap(sender,
                  router.selector("swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"),
                  route.amount_in, least, route);
        if (fails) builder_.expect_failure();
    }

    void swap_for_exact(uint64_t sender, const Route& route) {
        const uint256 most = percent(route.amount_in, 100 + tolerance_percent);
        fund_sender(tokens_[route.tokens.front()], sender, most);
        send_swap(sender,
                  router.selector("swapTokensForExactTokens(uint256,uint256,address[],address,uint256)"),
                  route.amount_out, most, route);
    }

    void send_swap(uint64_t sender, uint32_t selector, const uint256& amount, const uint256& limit,
                   const Route& route) {
        constexpr uint64_t path_offset = 5 * 32;  // after the five words of the arguments' heads
        CallData data(selector);
        data.add(amount).add(limit).add(path_offset).add(builder_.account(sender)).add(deadline());
        data.add(route.tokens.size());
        for (const uint64_t token_number : route.tokens) data.add(tokens_[token_number].address());
        const uint64_t gas = 70'000 + 80'000 * (route.tokens.size() - 1);
        builder_.send({.sender = sender, .to = router_.address(), .gas_limit = gas, .data = data.take()});
    }

    void add_liquidity(uint64_t sender, uint64_t number) {
        const uint256 worth = random_worth();
        const uint256 low = tokens_for(number, worth), high = tokens_for(high_token(number), worth);
        fund_sender(tokens_[number], sender, low);
        fund_sender(tokens_[high_token(number)], sender, high);
        CallData data(
            router.selector("addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"));
        data.add(tokens_[number].address()).add(tokens_[high_token(number)].address()).add(low).add(high);
        data.add(percent(low, 100 - tolerance_percent)).add(percent(high, 100 - tolerance_percent));
        data.add(builder_.account(sender)).add(deadline());
        builder_.send({.sender = sender, .to = router_.address(), .gas_limit = 180'000, .data = data.take()});
    }

    void remove_liquidity(uint64_t sender, uint64_t number) {
        PoolState& state = pools_[number];
        const uint256 shares = uint256{builder_.random().between(100, 10'000)} * (ether / 100);
        credit_shares(state.contract, builder_.account(sender), shares);
        state.contract.word(Contract::at(pool.field("allowance"), builder_.account(sender),
                                         router_.address())) = uint256::max();
        CallData data(
            router.selector("removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)"));
        data.add(tokens_[number].address())
            .add(tokens_[high_token(number)].address())
            .add(shares)
            .add(1)
            .add(1);
        data.add(builder_.account(sender)).add(deadline());
        builder_.send({.sender = sender, .to = router_.address(), .gas_limit = 180'000, .data = data.take()});
    }

    static uint64_t deadline() { return block_timestamp + 600; }

    Builder& builder_;
    Contract factory_, router_;
    std::vector<TokenState> tokens_;
    std::vector<uint64_t> prices_;  ///< of the tokens; all pools agree on them, so trades both ways balance
    std::vector<PoolState> pools_;
};

}  // namespace

std::unique_ptr<Generator> make_dex(Builder& builder) { return std::make_unique<Dex>(builder); }

}  // namespace weft::workload
