// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Nft} from "./Nft.sol";

/// @title Where holders list tokens of any collection and others buy them for ether.
/// @notice Tokens stay with their holders until they are sold; the marketplace must be approved. Of each price 2.5 %
/// are the marketplace's fee, kept per collection until its owner collects them; sellers are paid at once.
contract Marketplace {
    struct Listing {
        address seller;
        uint96 price;
    }

    uint256 private constant FEE = 250;
    uint256 private constant BASIS_POINTS = 10_000;

    address public owner;
    mapping(Nft collection => mapping(uint256 id => Listing)) public listings;
    mapping(Nft collection => uint256) public fees;
    mapping(Nft collection => uint256) public volume;
    bool private transient entered;

    event Listed(Nft indexed collection, uint256 indexed id, address indexed seller, uint96 price);
    event Cancelled(Nft indexed collection, uint256 indexed id);
    event Sold(Nft indexed collection, uint256 indexed id, address seller, address indexed buyer, uint96 price);

    error NotOwner(address caller);
    error NotHolder(address caller);
    error NotApproved(Nft collection, uint256 id);
    error NotListed(Nft collection, uint256 id);
    error WrongPayment(uint256 paid, uint256 price);
    error PaymentFailed(address to);
    error Reentered();

    modifier once() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    constructor() {
        owner = msg.sender;
    }

    /// @notice Offers a token of the caller at a price in wei; replaces an earlier offer.
    function list(Nft collection, uint256 id, uint96 price) external {
        if (collection.ownerOf(id) != msg.sender) revert NotHolder(msg.sender);
        if (
            !collection.isApprovedForAll(msg.sender, address(this))
                && collection.getApproved(id) != address(this)
        ) revert NotApproved(collection, id);
        listings[collection][id] = Listing(msg.sender, price);
        emit Listed(collection, id, msg.sender, price);
    }

    /// @notice Takes an offer of the caller back.
    function cancel(Nft collection, uint256 id) external {
        if (listings[collection][id].seller != msg.sender) revert NotHolder(msg.sender);
        delete listings[collection][id];
        emit Cancelled(collection, id);
    }

    /// @notice Buys a listed token for exactly its price.
    function buy(Nft collection, uint256 id) external payable once {
        Listing memory listing = listings[collection][id];
        if (listing.seller == address(0)) revert NotListed(collection, id);
        if (msg.value != listing.price) revert WrongPayment(msg.value, listing.price);
        delete listings[collection][id];
        uint256 fee = msg.value * FEE / BASIS_POINTS;
        fees[collection] += fee;
        volume[collection] += msg.value;
        collection.transferFrom(listing.seller, msg.sender, id);
        _pay(listing.seller, msg.value - fee);
        emit Sold(collection, id, listing.seller, msg.sender, listing.price);
    }

    /// @notice Sends the fees of a collection's sales to the owner.
    function collect(Nft collection) external once {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        uint256 amount = fees[collection];
        delete fees[collection];
        _pay(msg.sender, amount);
    }

    function _pay(address to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert PaymentFailed(to);
    }
}
