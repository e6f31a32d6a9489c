// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Factory} from "./Factory.sol";
import {IERC20} from "./ERC20.sol";
import {Pool} from "./Pool.sol";
import {SafeTransfer} from "./SafeTransfer.sol";

/// @title What traders and liquidity providers call: swaps along a path of pools, liquidity in and out, with the
/// caller's own limits checked.
contract Router {
    using SafeTransfer for address;

    Factory public factory;

    error Expired(uint256 deadline);
    error InvalidPath();
    error NoPool(address tokenA, address tokenB);
    error TooLittleOut(uint256 amount, uint256 least);
    error TooMuchIn(uint256 amount, uint256 most);

    modifier before(uint256 deadline) {
        if (block.timestamp > deadline) revert Expired(deadline);
        _;
    }

    constructor(Factory factory_) {
        factory = factory_;
    }

    /// @notice Swaps exactly `amountIn` of path[0] into the last token of the path, pool by pool.
    /// @return amounts what went in, and what came out of each pool
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256[] memory amounts) {
        Pool[] memory pools;
        (amounts, pools) = _quoteOut(amountIn, path);
        uint256 last = amounts[amounts.length - 1];
        if (last < amountOutMin) revert TooLittleOut(last, amountOutMin);
        _swap(amounts, pools, path, to);
    }

    /// @notice Swaps as little as possible of path[0] into exactly `amountOut` of the last token of the path.
    function swapTokensForExactTokens(
        uint256 amountOut,
        uint256 amountInMax,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256[] memory amounts) {
        Pool[] memory pools;
        (amounts, pools) = _quoteIn(amountOut, path);
        if (amounts[0] > amountInMax) revert TooMuchIn(amounts[0], amountInMax);
        _swap(amounts, pools, path, to);
    }

    /// @notice Puts both tokens into their pool in its present ratio, at most the amounts wanted, at least the minima.
    function addLiquidity(
        address tokenA,
        address tokenB,
        uint256 wantedA,
        uint256 wantedB,
        uint256 minA,
        uint256 minB,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256 amountA, uint256 amountB, uint256 shares) {
        Pool pool = _pool(factory, tokenA, tokenB);
        (uint256 reserveA, uint256 reserveB) = _reserves(pool, tokenA, tokenB);
        (amountA, amountB) = (wantedA, wantedB);
        if (reserveA != 0) {
            uint256 fittingB = wantedA * reserveB / reserveA;
            if (fittingB <= wantedB) amountB = fittingB;
            else amountA = wantedB * reserveA / reserveB;
        }
        if (amountA < minA) revert TooLittleOut(amountA, minA);
        if (amountB < minB) revert TooLittleOut(amountB, minB);
        tokenA.pull(msg.sender, address(pool), amountA);
        tokenB.pull(msg.sender, address(pool), amountB);
        shares = pool.mint(to);
    }

    /// @notice Takes both tokens out of their pool for `shares` of it, at least the minima.
    function removeLiquidity(
        address tokenA,
        address tokenB,
        uint256 shares,
        uint256 minA,
        uint256 minB,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256 amountA, uint256 amountB) {
        Pool pool = _pool(factory, tokenA, tokenB);
        address(pool).pull(msg.sender, address(pool), shares);
        (uint256 amount0, uint256 amount1) = pool.burn(to);
        (amountA, amountB) = tokenA < tokenB ? (amount0, amount1) : (amount1, amount0);
        if (amountA < minA) revert TooLittleOut(amountA, minA);
        if (amountB < minB) revert TooLittleOut(amountB, minB);
    }

    /// @notice What `amountIn` of path[0] would give in each pool of the path.
    function getAmountsOut(uint256 amountIn, address[] calldata path) external view returns (uint256[] memory amounts) {
        (amounts,) = _quoteOut(amountIn, path);
    }

    function _quoteOut(uint256 amountIn, address[] calldata path)
        private
        view
        returns (uint256[] memory amounts, Pool[] memory pools)
    {
        if (path.length < 2) revert InvalidPath();
        amounts = new uint256[](path.length);
        pools = new Pool[](path.length - 1);
        amounts[0] = amountIn;
        Factory book = factory;
        for (uint256 i = 0; i + 1 < path.length; ++i) {
            pools[i] = _pool(book, path[i], path[i + 1]);
            (uint256 reserveIn, uint256 reserveOut) = _reserves(pools[i], path[i], path[i + 1]);
            uint256 paid = amounts[i] * 997;
            amounts[i + 1] = paid * reserveOut / (reserveIn * 1000 + paid);
        }
    }

    function _quoteIn(uint256 amountOut, address[] calldata path)
        private
        view
        returns (uint256[] memory amounts, Pool[] memory pools)
    {
        if (path.length < 2) revert InvalidPath();
        amounts = new uint256[](path.length);
        pools = new Pool[](path.length - 1);
        amounts[path.length - 1] = amountOut;
        Factory book = factory;
        for (uint256 i = path.length - 1; i > 0; --i) {
            pools[i - 1] = _pool(book, path[i - 1], path[i]);
            (uint256 reserveIn, uint256 reserveOut) = _reserves(pools[i - 1], path[i - 1], path[i]);
            amounts[i - 1] = reserveIn * amounts[i] * 1000 / ((reserveOut - amounts[i]) * 997) + 1;
        }
    }

    /// @dev Pays the first pool; each pool pays the next, the last one pays `to`.
    function _swap(uint256[] memory amounts, Pool[] memory pools, address[] calldata path, address to) private {
        path[0].pull(msg.sender, address(pools[0]), amounts[0]);
        for (uint256 i = 0; i < pools.length; ++i) {
            address receiver = i + 1 < pools.length ? address(pools[i + 1]) : to;
            uint256 out = amounts[i + 1];
            (uint256 out0, uint256 out1) = path[i] < path[i + 1] ? (uint256(0), out) : (out, uint256(0));
            pools[i].swap(out0, out1, receiver, "");
        }
    }

    function _pool(Factory book, address tokenA, address tokenB) private view returns (Pool) {
        address pool = book.getPool(tokenA, tokenB);
        if (pool == address(0)) revert NoPool(tokenA, tokenB);
        return Pool(pool);
    }

    function _reserves(Pool pool, address tokenA, address tokenB) private view returns (uint256, uint256) {
        (uint112 reserve0, uint112 reserve1,) = pool.getReserves();
        return tokenA < tokenB ? (uint256(reserve0), uint256(reserve1)) : (uint256(reserve1), uint256(reserve0));
    }
}
