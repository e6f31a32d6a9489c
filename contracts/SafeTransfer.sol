// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IERC20} from "./ERC20.sol";

/// @title Token transfers that revert where the token only says no.
/// @notice A token that returns nothing (as some old ones do) is taken to have succeeded; one that returns false, or
/// an address without code, is not.
library SafeTransfer {
    error TransferFailed(address token);

    function send(address token, address to, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    function pull(address token, address from, address to, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transferFrom, (from, to, amount)));
    }

    function _call(address token, bytes memory data) private {
        (bool success, bytes memory answer) = token.call(data);
        if (!success) revert TransferFailed(token);
        if (answer.length == 0 ? token.code.length == 0 : !abi.decode(answer, (bool))) revert TransferFailed(token);
    }
}
