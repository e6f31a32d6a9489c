// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ERC20, IERC20} from "./ERC20.sol";
import {SafeTransfer} from "./SafeTransfer.sol";

/// @title Who takes tokens out of a pool first and pays afterwards, in the same call.
interface IFlashBorrower {
    function onFlashSwap(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

/// @title A market of two tokens with reserves x and y that keeps x * y from falling.
/// @notice A swap pays 0.3 % of what comes in to those who provide liquidity. A provider's share is an ERC-20 token:
/// the pool itself. The low-level functions expect that tokens were sent before the call; people call the router.
contract Pool is ERC20 {
    using SafeTransfer for address;

    string public constant name = "Weft liquidity";
    string public constant symbol = "WLP";
    uint8 public constant decimals = 18;

    /// @dev Shares that the first provider loses for good, so that one share can't be made to cost a fortune.
    uint256 private constant LOCKED_SHARES = 1000;

    address public factory;
    address public token0;
    address public token1;
    /// @dev One slot: both reserves and when they were last written.
    uint112 private reserve0;
    uint112 private reserve1;
    uint32 private updatedAt;
    /// @notice The sums over time of the price of one token in the other, as fixed-point numbers with 112 binary
    /// places: two readings give the average price between them.
    uint256 public price0Cumulative;
    uint256 public price1Cumulative;
    bool private transient entered;

    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
    event Swap(
        address indexed sender, uint256 in0, uint256 in1, uint256 out0, uint256 out1, address indexed to
    );
    event Sync(uint112 reserve0, uint112 reserve1);

    error AlreadyInitialized();
    error Reentered();
    error Overflow();
    error NothingIn();
    error NothingOut();
    error InsufficientLiquidity();
    error ProductFell();

    modifier once() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    constructor() {
        factory = msg.sender;
    }

    /// @notice Called by the factory, once, right after it has made the pool.
    function initialize(address token0_, address token1_) external {
        if (msg.sender != factory || token0 != address(0)) revert AlreadyInitialized();
        token0 = token0_;
        token1 = token1_;
    }

    /// @notice What the pool trades against, and when that last changed.
    function getReserves() public view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, updatedAt);
    }

    /// @notice Gives `to` shares for the tokens that came in since the last call.
    function mint(address to) external once returns (uint256 shares) {
        (uint112 before0, uint112 before1,) = getReserves();
        uint256 balance0 = IERC20(token0).balanceOf(address(this));
        uint256 balance1 = IERC20(token1).balanceOf(address(this));
        uint256 amount0 = balance0 - before0;
        uint256 amount1 = balance1 - before1;
        uint256 supply = totalSupply;
        if (supply == 0) {
            shares = _root(amount0 * amount1) - LOCKED_SHARES;
            _mint(address(0), LOCKED_SHARES);
        } else {
            uint256 by0 = amount0 * supply / before0;
            uint256 by1 = amount1 * supply / before1;
            shares = by0 < by1 ? by0 : by1;
        }
        if (shares == 0) revert InsufficientLiquidity();
        _mint(to, shares);
        _update(balance0, balance1, before0, before1);
        emit Mint(msg.sender, amount0, amount1);
    }

    /// @notice Pays out to `to` what the shares sent to the pool are worth, and destroys them.
    function burn(address to) external once returns (uint256 amount0, uint256 amount1) {
        (uint112 before0, uint112 before1,) = getReserves();
        (address asset0, address asset1) = (token0, token1);
        uint256 shares = balanceOf[address(this)];
        uint256 supply = totalSupply;
        amount0 = shares * IERC20(asset0).balanceOf(address(this)) / supply;
        amount1 = shares * IERC20(asset1).balanceOf(address(this)) / supply;
        if (amount0 == 0 || amount1 == 0) revert InsufficientLiquidity();
        _burn(address(this), shares);
        asset0.send(to, amount0);
        asset1.send(to, amount1);
        _update(
            IERC20(asset0).balanceOf(address(this)), IERC20(asset1).balanceOf(address(this)), before0, before1
        );
        emit Burn(msg.sender, amount0, amount1, to);
    }

    /// @notice Sends `out0` and `out1` to `to`, then checks that enough came in: before the call, or from `to` while
    /// it is called back (`data` not empty).
    function swap(uint256 out0, uint256 out1, address to, bytes calldata data) external once {
        if (out0 == 0 && out1 == 0) revert NothingOut();
        (uint112 before0, uint112 before1,) = getReserves();
        if (out0 >= before0 || out1 >= before1) revert InsufficientLiquidity();
        (uint256 balance0, uint256 balance1) = _payOut(out0, out1, to, data);
        (uint256 in0, uint256 in1) = (_paidIn(balance0, before0, out0), _paidIn(balance1, before1, out1));
        if (in0 == 0 && in1 == 0) revert NothingIn();
        _checkProduct(balance0 * 1000 - in0 * 3, balance1 * 1000 - in1 * 3, uint256(before0) * before1);
        _update(balance0, balance1, before0, before1);
        emit Swap(msg.sender, in0, in1, out0, out1, to);
    }

    /// @notice Sends to `to` what the pool holds beyond its reserves.
    function skim(address to) external once {
        (address asset0, address asset1) = (token0, token1);
        asset0.send(to, IERC20(asset0).balanceOf(address(this)) - reserve0);
        asset1.send(to, IERC20(asset1).balanceOf(address(this)) - reserve1);
    }

    /// @notice Makes the reserves what the pool holds.
    function sync() external once {
        _update(
            IERC20(token0).balanceOf(address(this)), IERC20(token1).balanceOf(address(this)), reserve0, reserve1
        );
    }

    /// @dev What came in of one token, given what the pool held before, sent out and holds now.
    function _paidIn(uint256 balance, uint256 held, uint256 out) private pure returns (uint256) {
        return balance + out > held ? balance + out - held : 0;
    }

    /// @dev Balances in thousandths, of which 0.3 % of what came in doesn't count: so the product grows with every swap.
    function _checkProduct(uint256 scaled0, uint256 scaled1, uint256 product) private pure {
        if (scaled0 * scaled1 < product * 1_000_000) revert ProductFell();
    }

    function _payOut(uint256 out0, uint256 out1, address to, bytes calldata data)
        private
        returns (uint256 balance0, uint256 balance1)
    {
        (address asset0, address asset1) = (token0, token1);
        if (to == asset0 || to == asset1) revert InvalidRecipient(to);
        if (out0 != 0) asset0.send(to, out0);
        if (out1 != 0) asset1.send(to, out1);
        if (data.length != 0) IFlashBorrower(to).onFlashSwap(msg.sender, out0, out1, data);
        balance0 = IERC20(asset0).balanceOf(address(this));
        balance1 = IERC20(asset1).balanceOf(address(this));
    }

    /// @dev Writes the reserves and, once per block, adds the price that held until now to the sums.
    function _update(uint256 balance0, uint256 balance1, uint112 before0, uint112 before1) private {
        if (balance0 > type(uint112).max || balance1 > type(uint112).max) revert Overflow();
        uint32 time = uint32(block.timestamp);
        unchecked {
            uint32 elapsed = time - updatedAt; // wraps by intention, as the sums do
            if (elapsed != 0 && before0 != 0 && before1 != 0) {
                price0Cumulative += ((uint256(before1) << 112) / before0) * elapsed;
                price1Cumulative += ((uint256(before0) << 112) / before1) * elapsed;
            }
        }
        reserve0 = uint112(balance0);
        reserve1 = uint112(balance1);
        updatedAt = time;
        emit Sync(uint112(balance0), uint112(balance1));
    }

    /// @dev The integer square root, by Newton's iteration from above.
    function _root(uint256 n) private pure returns (uint256 root) {
        if (n < 4) return n == 0 ? 0 : 1;
        root = n;
        uint256 next = n / 2 + 1;
        while (next < root) {
            root = next;
            next = (n / next + next) / 2;
        }
    }
}
