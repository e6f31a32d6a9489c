// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Oracle} from "./Oracle.sol";
import {SafeTransfer} from "./SafeTransfer.sol";

/// @title Isolated lending markets: each lends one asset against one collateral.
/// @notice How much collateral a loan needs isn't fixed: the ratio rises with the collateral's volatility and with how
/// much of the market is lent out. Suppliers and borrowers hold shares of the market's totals, so interest is added to
/// everyone by changing two numbers.
contract Lending {
    using SafeTransfer for address;

    struct Market {
        address asset;
        uint64 accruedAt;
        uint16 baseRatio; // collateral per loan at rest, in basis points: 13000 = 130 %
        address collateral;
        uint96 collateralHeld;
        uint128 supplied; // asset units, lent out or not
        uint128 supplyShares;
        uint128 borrowed;
        uint128 borrowShares;
        bytes32 feed; // price of one collateral unit in asset units
    }

    struct Position {
        uint128 supplyShares;
        uint128 borrowShares;
        uint128 collateral;
    }

    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant WAD = 1e18;
    /// @dev One basis point of volatility asks for this many more of collateral.
    uint256 private constant VOLATILITY_WEIGHT = 3;
    /// @dev Above this part of the market lent out, interest rises steeply and loans need more collateral.
    uint256 private constant KINK = 8000;
    uint256 private constant LIQUIDATION_BONUS = 500;
    /// @dev At most this part of a loan is liquidated at once.
    uint256 private constant CLOSE_FACTOR = 5000;
    uint256 private constant MAX_PRICE_AGE = 1 hours;
    /// @dev Interest per second, as parts of 10^18: 2 % a year when nothing is lent, 10 % at the kink, 100 % at the end.
    uint256 private constant RATE_BASE = 634_195_839;
    uint256 private constant RATE_TO_KINK = 2_536_783_358;
    uint256 private constant RATE_BEYOND = 28_538_812_785;

    Oracle public oracle;
    uint256 public marketCount;
    mapping(uint256 id => Market) public markets;
    mapping(uint256 id => mapping(address account => Position)) public positions;

    event MarketCreated(uint256 indexed id, address asset, address collateral, bytes32 feed, uint16 baseRatio);
    event Accrued(uint256 indexed id, uint256 interest, uint256 borrowed);
    event Supplied(uint256 indexed id, address indexed account, uint256 amount, uint256 shares);
    event Withdrawn(uint256 indexed id, address indexed account, uint256 amount, uint256 shares);
    event Deposited(uint256 indexed id, address indexed account, uint256 amount);
    event Released(uint256 indexed id, address indexed account, uint256 amount);
    event Borrowed(uint256 indexed id, address indexed account, uint256 amount, uint256 shares);
    event Repaid(uint256 indexed id, address indexed payer, address indexed account, uint256 amount, uint256 shares);
    event Liquidated(
        uint256 indexed id, address indexed liquidator, address indexed account, uint256 repaid, uint256 seized
    );

    error NoMarket(uint256 id);
    error NothingToDo();
    error NotEnoughLiquidity(uint256 id, uint256 available, uint256 wanted);
    error Undercollateralized(uint256 id, address account, uint256 have, uint256 need);
    error Healthy(uint256 id, address account, uint256 have, uint256 need);

    constructor(Oracle oracle_) {
        oracle = oracle_;
    }

    /// @notice Opens a market; anyone may, as it concerns only those who use it.
    function createMarket(address asset, address collateral, bytes32 feed, uint16 baseRatio)
        external
        returns (uint256 id)
    {
        if (baseRatio <= BASIS_POINTS + LIQUIDATION_BONUS) revert NothingToDo();
        id = marketCount++;
        Market storage market = markets[id];
        market.asset = asset;
        market.collateral = collateral;
        market.feed = feed;
        market.baseRatio = baseRatio;
        market.accruedAt = uint64(block.timestamp);
        emit MarketCreated(id, asset, collateral, feed, baseRatio);
    }

    /// @notice Lends `amount` of the market's asset to whoever borrows.
    function supply(uint256 id, uint128 amount) external returns (uint256 shares) {
        Market storage market = _accrue(id);
        if (amount == 0) revert NothingToDo();
        shares = _sharesDown(amount, market.supplied, market.supplyShares);
        market.supplied += amount;
        market.supplyShares += uint128(shares);
        positions[id][msg.sender].supplyShares += uint128(shares);
        market.asset.pull(msg.sender, address(this), amount);
        emit Supplied(id, msg.sender, amount, shares);
    }

    /// @notice Takes back what was lent, as far as it isn't lent out.
    function withdraw(uint256 id, uint128 amount) external returns (uint256 shares) {
        Market storage market = _accrue(id);
        if (amount == 0) revert NothingToDo();
        shares = _sharesUp(amount, market.supplied, market.supplyShares);
        positions[id][msg.sender].supplyShares -= uint128(shares);
        market.supplyShares -= uint128(shares);
        market.supplied -= amount;
        _checkLiquidity(id, market);
        market.asset.send(msg.sender, amount);
        emit Withdrawn(id, msg.sender, amount, shares);
    }

    /// @notice Puts up collateral.
    function deposit(uint256 id, uint96 amount) external {
        Market storage market = _market(id);
        if (amount == 0) revert NothingToDo();
        market.collateralHeld += amount;
        positions[id][msg.sender].collateral += amount;
        market.collateral.pull(msg.sender, address(this), amount);
        emit Deposited(id, msg.sender, amount);
    }

    /// @notice Takes collateral back, as long as the caller's loan stays covered.
    function release(uint256 id, uint96 amount) external {
        Market storage market = _accrue(id);
        Position storage position = positions[id][msg.sender];
        position.collateral -= amount;
        market.collateralHeld -= amount;
        _checkCovered(id, market, position);
        market.collateral.send(msg.sender, amount);
        emit Released(id, msg.sender, amount);
    }

    /// @notice Borrows against the caller's collateral.
    function borrow(uint256 id, uint128 amount) external returns (uint256 shares) {
        Market storage market = _accrue(id);
        if (amount == 0) revert NothingToDo();
        shares = _sharesUp(amount, market.borrowed, market.borrowShares);
        Position storage position = positions[id][msg.sender];
        position.borrowShares += uint128(shares);
        market.borrowShares += uint128(shares);
        market.borrowed += amount;
        _checkLiquidity(id, market);
        _checkCovered(id, market, position);
        market.asset.send(msg.sender, amount);
        emit Borrowed(id, msg.sender, amount, shares);
    }

    /// @notice Pays back up to `amount` of `account`'s loan.
    function repay(uint256 id, uint128 amount, address account) external returns (uint256 paid) {
        Market storage market = _accrue(id);
        Position storage position = positions[id][account];
        uint256 debt = _assetsUp(position.borrowShares, market.borrowed, market.borrowShares);
        paid = amount < debt ? amount : debt;
        if (paid == 0) revert NothingToDo();
        uint256 shares = _reduceLoan(market, position, paid, debt);
        market.asset.pull(msg.sender, address(this), paid);
        emit Repaid(id, msg.sender, account, paid, shares);
    }

    /// @notice Pays back part of a loan that isn't covered any more, for its collateral and a bonus of 5 %.
    function liquidate(uint256 id, address account, uint128 amount) external returns (uint256 paid, uint256 seized) {
        Market storage market = _accrue(id);
        Position storage position = positions[id][account];
        (uint256 price, uint256 ratio) = _terms(market);
        uint256 debt = _assetsUp(position.borrowShares, market.borrowed, market.borrowShares);
        uint256 need = debt * ratio / BASIS_POINTS;
        uint256 have = position.collateral * price / WAD;
        if (have >= need) revert Healthy(id, account, have, need);
        paid = debt * CLOSE_FACTOR / BASIS_POINTS;
        if (amount < paid) paid = amount;
        seized = paid * (BASIS_POINTS + LIQUIDATION_BONUS) * WAD / (price * BASIS_POINTS);
        if (seized > position.collateral) seized = position.collateral;
        if (paid == 0 || seized == 0) revert NothingToDo();
        _reduceLoan(market, position, paid, debt);
        position.collateral -= uint128(seized);
        market.collateralHeld -= uint96(seized);
        market.asset.pull(msg.sender, address(this), paid);
        market.collateral.send(msg.sender, seized);
        emit Liquidated(id, msg.sender, account, paid, seized);
    }

    /// @notice The collateral that loans of a market need now, in basis points of the loan.
    function collateralRatio(uint256 id) external view returns (uint256 ratio) {
        (, ratio) = _terms(_market(id));
    }

    function _market(uint256 id) private view returns (Market storage market) {
        market = markets[id];
        if (market.asset == address(0)) revert NoMarket(id);
    }

    /// @dev Adds the interest since the last time to what is borrowed and to what suppliers own.
    function _accrue(uint256 id) private returns (Market storage market) {
        market = _market(id);
        uint256 elapsed = block.timestamp - market.accruedAt;
        if (elapsed == 0) return market;
        market.accruedAt = uint64(block.timestamp);
        uint256 borrowed = market.borrowed;
        if (borrowed == 0) return market;
        uint256 used = _utilisation(market);
        uint256 rate = RATE_BASE;
        if (used <= KINK) rate += RATE_TO_KINK * used / KINK;
        else rate += RATE_TO_KINK + RATE_BEYOND * (used - KINK) / (BASIS_POINTS - KINK);
        uint256 interest = borrowed * rate * elapsed / WAD;
        market.borrowed = uint128(borrowed + interest);
        market.supplied += uint128(interest);
        emit Accrued(id, interest, borrowed + interest);
    }

    /// @dev The collateral's price, and the ratio: at rest, plus volatility, plus half of what is lent beyond the kink.
    function _terms(Market storage market) private view returns (uint256 price, uint256 ratio) {
        uint256 volatility;
        (price, volatility) = oracle.read(market.feed, MAX_PRICE_AGE);
        uint256 used = _utilisation(market);
        ratio = market.baseRatio + volatility * VOLATILITY_WEIGHT;
        if (used > KINK) ratio += (used - KINK) / 2;
    }

    function _checkCovered(uint256 id, Market storage market, Position storage position) private view {
        uint256 shares = position.borrowShares;
        if (shares == 0) return;
        (uint256 price, uint256 ratio) = _terms(market);
        uint256 need = _assetsUp(shares, market.borrowed, market.borrowShares) * ratio / BASIS_POINTS;
        uint256 have = position.collateral * price / WAD;
        if (have < need) revert Undercollateralized(id, msg.sender, have, need);
    }

    function _checkLiquidity(uint256 id, Market storage market) private view {
        if (market.borrowed > market.supplied) revert NotEnoughLiquidity(id, market.supplied, market.borrowed);
    }

    /// @dev Takes `paid` off the market's and the position's debt; returns the shares that stood for it.
    function _reduceLoan(Market storage market, Position storage position, uint256 paid, uint256 debt)
        private
        returns (uint256 shares)
    {
        shares = paid == debt
            ? position.borrowShares
            : _sharesDown(paid, market.borrowed, market.borrowShares);
        position.borrowShares -= uint128(shares);
        market.borrowShares -= uint128(shares);
        market.borrowed = uint128(market.borrowed > paid ? market.borrowed - paid : 0);
    }

    /// @dev The part of the market that is lent out, in basis points.
    function _utilisation(Market storage market) private view returns (uint256) {
        uint256 supplied = market.supplied;
        return supplied == 0 ? 0 : uint256(market.borrowed) * BASIS_POINTS / supplied;
    }

    /// @dev Amounts and shares, rounded in the market's favour. The added ones make the first shares worth what they
    /// cost and their price hard to push.
    function _sharesDown(uint256 amount, uint256 total, uint256 shares) private pure returns (uint256) {
        return amount * (shares + 1e6) / (total + 1);
    }

    function _sharesUp(uint256 amount, uint256 total, uint256 shares) private pure returns (uint256) {
        return (amount * (shares + 1e6) + total) / (total + 1);
    }

    function _assetsUp(uint256 part, uint256 total, uint256 shares) private pure returns (uint256) {
        return (part * (total + 1) + shares + 1e6 - 1) / (shares + 1e6);
    }
}
