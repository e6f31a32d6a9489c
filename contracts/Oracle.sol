// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title Prices, each posted by one reporter, and how much they have moved lately.
contract Oracle {
    struct Feed {
        uint128 price; // 10^18 = 1
        uint32 volatility; // moving average of the steps between two posts, in basis points
        uint64 updatedAt;
        uint32 round;
    }

    /// @dev A post that moves the price by more than this is taken for an error: 20 %.
    uint256 private constant LARGEST_STEP = 2000;
    uint256 private constant BASIS_POINTS = 10_000;

    address public owner;
    mapping(bytes32 feed => Feed) public feeds;
    mapping(bytes32 feed => address) public reporterOf;

    event Posted(bytes32 indexed feed, uint256 price, uint256 volatility, uint32 round);
    event ReporterSet(bytes32 indexed feed, address reporter);

    error NotOwner(address caller);
    error NotReporter(bytes32 feed, address caller);
    error StepTooLarge(bytes32 feed, uint256 step);
    error NoPrice(bytes32 feed);
    error Stale(bytes32 feed, uint64 updatedAt);

    constructor() {
        owner = msg.sender;
    }

    /// @notice Names who may post to a feed.
    function setReporter(bytes32 feed, address reporter) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        reporterOf[feed] = reporter;
        emit ReporterSet(feed, reporter);
    }

    /// @notice Posts a price. The volatility moves an eighth of the way towards the size of the step.
    function post(bytes32 feed, uint128 price) external {
        if (msg.sender != reporterOf[feed]) revert NotReporter(feed, msg.sender);
        if (price == 0) revert NoPrice(feed);
        Feed memory last = feeds[feed];
        uint256 volatility = last.volatility;
        if (last.price != 0) {
            uint256 difference = price > last.price ? price - last.price : last.price - price;
            uint256 step = difference * BASIS_POINTS / last.price;
            if (step > LARGEST_STEP) revert StepTooLarge(feed, step);
            volatility = (volatility * 7 + step) / 8;
        }
        feeds[feed] = Feed(price, uint32(volatility), uint64(block.timestamp), last.round + 1);
        emit Posted(feed, price, volatility, last.round + 1);
    }

    /// @notice The price and volatility of a feed that was written within `maxAge` seconds.
    function read(bytes32 feed, uint256 maxAge) external view returns (uint256 price, uint256 volatility) {
        Feed memory last = feeds[feed];
        if (last.price == 0) revert NoPrice(feed);
        if (last.updatedAt + maxAge < block.timestamp) revert Stale(feed, last.updatedAt);
        return (last.price, last.volatility);
    }
}
