#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"
#include "weft/workload/tokens.hpp"

namespace weft::workload {

namespace {

using artifacts::lending;
using artifacts::oracle;

constexpr uint64_t first_token = 1'000;
constexpr uint64_t most_markets = 64;
/// Shares that stand for one unit of a young market, as the contract's first supplier gets them.
constexpr uint64_t shares_per_unit = 1'000'000;
/// What is supplied to a market before the block, in units: so much that no block moves its utilisation by a
/// percent.
constexpr uint64_t market_size = 100'000'000'000;
constexpr uint64_t base_ratio = 13'000;  ///< 130 %
/// Collateral of the accounts' loans, in percent: far above any ratio that the contract can ask for.
constexpr uint64_t safe_cover = 300;
/// Collateral of the loans that are there to be liquidated: below any ratio that the contract can ask for.
constexpr uint64_t unsafe_cover = 115;
constexpr uint64_t gas = 120'000;
constexpr uint64_t priced_gas = 160'000;  ///< of calls that ask the oracle

constexpr Field supply_shares_field = lending.field("Position.supplyShares");
constexpr Field borrow_shares_field = lending.field("Position.borrowShares");
constexpr Field collateral_field = lending.field("Position.collateral");

/// One market: its two tokens, its price, and the totals of all positions before the block.
struct MarketState {
    TokenState asset, collateral;
    Hash feed;
    uint64_t reporter = 0;  ///< account
    uint256 price;          ///< asset units for 10^18 collateral units
    uint256 supplied, borrowed, collateral_held;
};

class Lending final : public Generator {
public:
    explicit Lending(Builder& builder)
        : builder_(builder), oracle_(builder.deploy(oracle)), lending_(builder.deploy(lending)) {
        oracle_.set(oracle.field("owner"), base::to_uint256(labelled_address("oracle owner")));
        lending_.set(lending.field("oracle"), base::to_uint256(oracle_.address()));
        const uint64_t count = builder.places(most_markets);
        lending_.set(lending.field("marketCount"), count);
        for (uint64_t id = 0; id < count; ++id) add_market(id);
    }

    void emit(bool hot) override {
        const uint64_t id = hot ? 0 : builder_.random().between(1, markets_.size() - 1);
        const uint64_t kind = builder_.random().below(100);
        if (kind < 5) return post(id);
        const uint64_t sender = builder_.next_account();
        if (kind < 30) return supply(id, sender);
        if (kind < 40) return withdraw(id, sender);
        if (kind < 55) return deposit(id, sender);
        if (kind < 60) return release(id, sender);
        if (kind < 80) return borrow(id, sender);
        if (kind < 95) return repay(id, sender);
        liquidate(id, sender);
    }

    void finish() override {
        for (uint64_t id = 0; id < markets_.size(); ++id) write_market(id);
    }

private:
    void add_market(uint64_t id) {
        Random& random = builder_.random();
        MarketState& market = markets_.emplace_back(TokenState(builder_, first_token + 2 * id),
                                                    TokenState(builder_, first_token + 2 * id + 1));
        market.feed = labelled_hash("feed", id);
        market.reporter = random.below(builder_.account_count());
        market.price = uint256{random.between(500, 5'000)} * ether;
        add_supply(id, labelled_address("first supplier", id), uint256{market_size} * ether);
        const uint256 lent_out = uint256{market_size / 100 * random.between(60, 87)} * ether;
        add_loan(id, labelled_address("first borrower", id), lent_out, 2 * safe_cover);
        add_feed(market);
    }

    void add_feed(const MarketState& market) {
        Random& random = builder_.random();
        const uint256 slot = Contract::at(oracle.field("feeds"), base::to_uint256(market.feed));
        oracle_.set(slot, oracle.field("Feed.price"), market.price);
        oracle_.set(slot, oracle.field("Feed.volatility"), random.between(20, 150));
        oracle_.set(slot, oracle.field("Feed.updatedAt"), block_timestamp - random.between(12, 1'200));
        oracle_.set(slot, oracle.field("Feed.round"), random.between(1'000, 100'000));
        oracle_.word(Contract::at(oracle.field("reporterOf"), base::to_uint256(market.feed))) =
            base::to_uint256(builder_.account(market.reporter));
    }

    void write_market(uint64_t id) {
        const MarketState& market = markets_[id];
        const uint256 slot = Contract::at(lending.field("markets"), uint256{id});
        lending_.set(slot, lending.field("Market.asset"), base::to_uint256(market.asset.address()));
        lending_.set(slot, lending.field("Market.accruedAt"), block_timestamp - 12);
        lending_.set(slot, lending.field("Market.baseRatio"), base_ratio);
        lending_.set(slot, lending.field("Market.collateral"), base::to_uint256(market.collateral.address()));
        lending_.set(slot, lending.field("Market.collateralHeld"), market.collateral_held);
        lending_.set(slot, lending.field("Market.supplied"), market.supplied);
        lending_.set(slot, lending.field("Market.supplyShares"), market.supplied * shares_per_unit);
        lending_.set(slot, lending.field("Market.borrowed"), market.borrowed);
        lending_.set(slot, lending.field("Market.borrowShares"), market.borrowed * shares_per_unit);
        lending_.set(slot, lending.field("Market.feed"), base::to_uint256(market.feed));
    }

    void add_to_position(uint64_t id, const Address& holder, const Field& field, const uint256& amount) {
        const uint256 slot = Contract::at(lending.field("positions"), uint256{id}, holder);
        lending_.set(slot, field, lending_.get(slot, field) + amount);
    }

    /// What the holder lent before the block; it lies in the contract.
    void add_supply(uint64_t id, const Address& holder, const uint256& amount) {
        add_to_position(id, holder, supply_shares_field, amount * shares_per_unit);
        markets_[id].supplied += amount;
        markets_[id].asset.credit(lending_.address(), amount);
    }
    void add_collateral(uint64_t id, const Address& holder, const uint256& amount) {
        add_to_position(id, holder, collateral_field, amount);
        markets_[id].collateral_held += amount;
        markets_[id].collateral.credit(lending_.address(), amount);
    }
    /// A loan with collateral worth `cover` percent of it. The borrower still has what was lent.
    void add_loan(uint64_t id, const Address& holder, const uint256& amount, uint64_t cover) {
        add_to_position(id, holder, borrow_shares_field, amount * shares_per_unit);
        markets_[id].borrowed += amount;
        markets_[id].asset.move(lending_.address(), holder, amount);
        add_collateral(id, holder, collateral_worth(id, amount, cover));
    }
    [[nodiscard]] uint256 collateral_worth(uint64_t id, const uint256& amount, uint64_t percent) const {
        return base::divide(amount * percent * ether, markets_[id].price * 100).quotient;
    }

    uint256 random_amount() { return uint256{builder_.random().between(100, 500'000)} * (ether / 100); }

    void pay_with(TokenState& token, uint64_t sender, const uint256& amount) {
        token.credit(builder_.account(sender), amount * 2);
        token.allow_all(builder_.account(sender), lending_.address());
    }

    void call(uint64_t sender, CallData& data, uint64_t gas_limit = gas) {
        builder_.send(
            {.sender = sender, .to = lending_.address(), .gas_limit = gas_limit, .data = data.take()});
    }

    /// A price at most 2 % away from the one before the block.
    void post(uint64_t id) {
        const MarketState& market = markets_[id];
        const uint256 price =
            base::divide(market.price * builder_.random().between(980, 1'020), 1'000).quotient;
        CallData data(oracle.selector("post(bytes32,uint128)"));
        data.add(market.feed).add(price);
        builder_.send(
            {.sender = market.reporter, .to = oracle_.address(), .gas_limit = 60'000, .data = data.take()});
    }

    void supply(uint64_t id, uint64_t sender) {
        const uint256 amount = random_amount();
        pay_with(markets_[id].asset, sender, amount);
        call(sender, CallData(lending.selector("supply(uint256,uint128)")).add(id).add(amount));
    }

    void withdraw(uint64_t id, uint64_t sender) {
        const uint256 amount = random_amount();
        add_supply(id, builder_.account(sender), amount * 2);
        call(sender, CallData(lending.selector("withdraw(uint256,uint128)")).add(id).add(amount));
    }

    void deposit(uint64_t id, uint64_t sender) {
        const uint256 amount = collateral_worth(id, random_amount(), 100);
        pay_with(markets_[id].collateral, sender, amount);
        call(sender, CallData(lending.selector("deposit(uint256,uint96)")).add(id).add(amount));
    }

    void release(uint64_t id, uint64_t sender) {
        const uint256 amount = collateral_worth(id, random_amount(), 100);
        add_collateral(id, builder_.account(sender), amount * 2);
        call(sender, CallData(lending.selector("release(uint256,uint96)")).add(id).add(amount), priced_gas);
    }

    void borrow(uint64_t id, uint64_t sender) {
        const uint256 amount = random_amount();
        add_collateral(id, builder_.account(sender), collateral_worth(id, amount, safe_cover));
        call(sender, CallData(lending.selector("borrow(uint256,uint128)")).add(id).add(amount), priced_gas);
    }

    void repay(uint64_t id, uint64_t sender) {
        const uint256 amount = random_amount();
        const Address& account = builder_.account(sender);
        add_loan(id, account, amount * 2, safe_cover);
        pay_with(markets_[id].asset, sender, amount);
        call(sender,
             CallData(lending.selector("repay(uint256,uint128,address)")).add(id).add(amount).add(account));
    }

    /// Every such loan is another borrower's, who does nothing else.
    void liquidate(uint64_t id, uint64_t sender) {
        const uint256 amount = random_amount();
        const Address borrower = labelled_address("careless borrower", careless_borrowers_++);
        add_loan(id, borrower, amount, unsafe_cover);
        pay_with(markets_[id].asset, sender, amount);
        call(sender,
             CallData(lending.selector("liquidate(uint256,address,uint128)"))
                 .add(id)
                 .add(borrower)
                 .add(amount),
             priced_gas);
    }

    Builder& builder_;
    Contract oracle_, lending_;
    std::vector<MarketState> markets_;
    uint64_t careless_borrowers_ = 0;
};

}  // namespace

std::unique_ptr<Generator> make_lending(Builder& builder) { return std::make_unique<Lending>(builder); }

}  // namespace weft::workload
