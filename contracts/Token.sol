// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ERC20} from "./ERC20.sol";

/// @title An ERC-20 token with a name and an owner who issues it.
/// @notice Used by the workloads erc20, dex and lending.
contract Token is ERC20 {
    string public name;
    string public symbol;
    address public owner;
    uint8 public constant decimals = 18;

    /// @dev Only the owner may do this.
    error NotOwner(address caller);

    /// @param name_ the token's name
    /// @param symbol_ its ticker
    /// @param supply what the deployer owns at first, in 10^-18 tokens
    constructor(string memory name_, string memory symbol_, uint256 supply) {
        name = name_;
        symbol = symbol_;
        owner = msg.sender;
        _mint(msg.sender, supply);
    }

    /// @notice Issues `amount` new tokens to `to`.
    function mint(address to, uint256 amount) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        if (to == address(0)) revert InvalidRecipient(to);
        _mint(to, amount);
    }

    /// @notice Destroys `amount` of the caller's tokens.
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }
}
