// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Pool} from "./Pool.sol";

/// @title Makes the pools and knows which pool trades two tokens.
contract Factory {
    /// @notice The pool of two tokens, given in any order; zero if there is none.
    mapping(address tokenA => mapping(address tokenB => address)) public getPool;
    address[] public allPools;

    event PoolCreated(address indexed token0, address indexed token1, address pool, uint256 count);

    error InvalidPair(address tokenA, address tokenB);
    error PoolExists(address pool);

    function poolCount() external view returns (uint256) {
        return allPools.length;
    }

    /// @notice Makes the pool of two tokens, at an address that follows from them alone.
    function createPool(address tokenA, address tokenB) external returns (address pool) {
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        if (token0 == address(0) || token0 == token1) revert InvalidPair(tokenA, tokenB);
        if (getPool[token0][token1] != address(0)) revert PoolExists(getPool[token0][token1]);
        pool = address(new Pool{salt: keccak256(abi.encodePacked(token0, token1))}());
        Pool(pool).initialize(token0, token1);
        getPool[token0][token1] = pool;
        getPool[token1][token0] = pool;
        allPools.push(pool);
        emit PoolCreated(token0, token1, pool, allPools.length);
    }
}
