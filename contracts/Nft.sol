// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title A contract that takes ERC-721 tokens sent to it.
interface IERC721Receiver {
    function onERC721Received(address operator, address from, uint256 id, bytes calldata data)
        external
        returns (bytes4);
}

/// @title A collection of unique tokens (ERC-721) that anyone can mint for a price until it is sold out.
contract Nft {
    string public name;
    string public symbol;
    string public baseURI;
    address public owner;
    uint96 public price;
    uint32 public supplyLimit;
    uint32 public walletLimit;
    uint32 public totalSupply;
    mapping(uint256 id => address) private holders;
    mapping(address account => uint256) private balances;
    mapping(uint256 id => address) private approvals;
    mapping(address account => mapping(address operator => bool)) public isApprovedForAll;
    mapping(address account => uint256) public minted;

    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed holder, address indexed approved, uint256 indexed id);
    event ApprovalForAll(address indexed holder, address indexed operator, bool approved);

    error NotOwner(address caller);
    error SoldOut(uint256 limit);
    error WalletLimit(address account, uint256 limit);
    error WrongPayment(uint256 paid, uint256 due);
    error NoToken(uint256 id);
    error NotHolder(address account, uint256 id);
    error NotAllowed(address caller, uint256 id);
    error InvalidRecipient(address to);
    error PaymentFailed(address to);

    /// @param price_ wei for one token
    /// @param supplyLimit_ how many there will ever be
    /// @param walletLimit_ how many one account can mint
    constructor(
        string memory name_,
        string memory symbol_,
        string memory baseURI_,
        uint96 price_,
        uint32 supplyLimit_,
        uint32 walletLimit_
    ) {
        (name, symbol, baseURI) = (name_, symbol_, baseURI_);
        (owner, price, supplyLimit, walletLimit) = (msg.sender, price_, supplyLimit_, walletLimit_);
    }

    /// @notice Buys `quantity` new tokens; their numbers follow one another.
    function mint(uint32 quantity) external payable {
        uint256 due = uint256(price) * quantity;
        if (msg.value != due) revert WrongPayment(msg.value, due);
        uint256 first = totalSupply;
        if (first + quantity > supplyLimit) revert SoldOut(supplyLimit);
        uint256 had = minted[msg.sender];
        if (had + quantity > walletLimit) revert WalletLimit(msg.sender, walletLimit);
        minted[msg.sender] = had + quantity;
        totalSupply = uint32(first + quantity);
        unchecked {
            balances[msg.sender] += quantity;
            for (uint256 id = first; id < first + quantity; ++id) {
                holders[id] = msg.sender;
                emit Transfer(address(0), msg.sender, id);
            }
        }
    }

    /// @notice Sends what minting brought in to the owner.
    function collect() external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        (bool success,) = msg.sender.call{value: address(this).balance}("");
        if (!success) revert PaymentFailed(msg.sender);
    }

    function balanceOf(address account) external view returns (uint256) {
        return balances[account];
    }

    function ownerOf(uint256 id) public view returns (address holder) {
        holder = holders[id];
        if (holder == address(0)) revert NoToken(id);
    }

    function getApproved(uint256 id) external view returns (address) {
        ownerOf(id);
        return approvals[id];
    }

    /// @notice Where a token's description lies: the collection's base and the token's number.
    function tokenURI(uint256 id) external view returns (string memory) {
        ownerOf(id);
        return string.concat(baseURI, _decimal(id));
    }

    /// @notice Lets `to` move one token of the caller.
    function approve(address to, uint256 id) external {
        address holder = ownerOf(id);
        if (msg.sender != holder && !isApprovedForAll[holder][msg.sender]) revert NotAllowed(msg.sender, id);
        approvals[id] = to;
        emit Approval(holder, to, id);
    }

    /// @notice Lets `operator` move all tokens of the caller, or no longer.
    function setApprovalForAll(address operator, bool approved) external {
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @notice Moves a token, as its holder or whom the holder allowed to.
    function transferFrom(address from, address to, uint256 id) public {
        if (to == address(0)) revert InvalidRecipient(to);
        if (holders[id] != from || from == address(0)) revert NotHolder(from, id);
        address approved = approvals[id];
        if (msg.sender != from && msg.sender != approved && !isApprovedForAll[from][msg.sender]) {
            revert NotAllowed(msg.sender, id);
        }
        if (approved != address(0)) delete approvals[id];
        unchecked {
            --balances[from];
            ++balances[to];
        }
        holders[id] = to;
        emit Transfer(from, to, id);
    }

    function safeTransferFrom(address from, address to, uint256 id) external {
        safeTransferFrom(from, to, id, "");
    }

    /// @notice Moves a token; a contract that gets it must say that it wants it.
    function safeTransferFrom(address from, address to, uint256 id, bytes memory data) public {
        transferFrom(from, to, id);
        if (to.code.length == 0) return;
        bytes4 answer = IERC721Receiver(to).onERC721Received(msg.sender, from, id, data);
        if (answer != IERC721Receiver.onERC721Received.selector) revert InvalidRecipient(to);
    }

    /// @notice ERC-165: this contract speaks ERC-165, ERC-721 and its metadata extension.
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd || id == 0x5b5e139f;
    }

    function _decimal(uint256 number) private pure returns (string memory) {
        uint256 length = 1;
        for (uint256 rest = number / 10; rest != 0; rest /= 10) ++length;
        bytes memory digits = new bytes(length);
        while (length != 0) {
            digits[--length] = bytes1(uint8(48 + number % 10));
            number /= 10;
        }
        return string(digits);
    }
}
