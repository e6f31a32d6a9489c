// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title Batches of goods on their way from producer to shop: hand-overs, readings of sensors, certificates.
/// @notice A batch changes hands in two steps, so that nobody is made to answer for goods that never came. Everything
/// that happens to a batch is chained into its trail, a hash from which the history kept off chain can be proved.
contract SupplyChain {
    enum Role {
        None,
        Producer,
        Carrier,
        Certifier,
        Retailer
    }

    enum Stage {
        None,
        Held,
        Offered,
        Consumed
    }

    struct Batch {
        address holder;
        Stage stage;
        uint64 changedAt;
        address offeredTo;
        uint64 quantity;
        bytes32 product;
        bytes32 trail;
    }

    struct Certificate {
        address certifier;
        uint64 validUntil;
        bool revoked;
        bytes32 document;
    }

    address public registrar;
    mapping(address account => Role) public roles;
    /// @notice How many batches a producer has registered; the next batch's number follows from it.
    mapping(address producer => uint256) public registered;
    mapping(bytes32 batch => Batch) public batches;
    mapping(bytes32 batch => uint256) public readings;
    mapping(bytes32 batch => mapping(bytes32 standard => Certificate)) public certificates;
    mapping(address certifier => uint256) public issued;

    event RoleSet(address indexed account, Role role);
    event Registered(bytes32 indexed batch, address indexed producer, bytes32 product, uint64 quantity);
    event Offered(bytes32 indexed batch, address indexed from, address indexed to);
    event Accepted(bytes32 indexed batch, address indexed holder);
    event Recorded(bytes32 indexed batch, address indexed by, int32 reading, bytes32 trail);
    event Certified(bytes32 indexed batch, bytes32 indexed standard, address indexed certifier, bytes32 document);
    event Revoked(bytes32 indexed batch, bytes32 indexed standard);
    event Split(bytes32 indexed batch, bytes32 indexed part, uint64 quantity);

    error NotRegistrar(address caller);
    error WrongRole(address account, Role role);
    error NotHolder(bytes32 batch, address caller);
    error NotOffered(bytes32 batch, address caller);
    error WrongStage(bytes32 batch, Stage stage);
    error WrongQuantity(uint64 quantity);
    error NotCertifier(bytes32 batch, bytes32 standard);

    modifier only(Role role) {
        if (roles[msg.sender] != role) revert WrongRole(msg.sender, roles[msg.sender]);
        _;
    }

    constructor() {
        registrar = msg.sender;
    }

    function setRole(address account, Role role) external {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender);
        roles[account] = role;
        emit RoleSet(account, role);
    }

    /// @notice The number of a producer's batch.
    function batchId(address producer, uint256 serial) public pure returns (bytes32) {
        return keccak256(abi.encode(producer, serial));
    }

    /// @notice Enters a new batch, held by its producer.
    function register(bytes32 product, uint64 quantity) external only(Role.Producer) returns (bytes32 id) {
        if (quantity == 0) revert WrongQuantity(quantity);
        id = batchId(msg.sender, registered[msg.sender]++);
        batches[id] = Batch({
            holder: msg.sender,
            stage: Stage.Held,
            changedAt: uint64(block.timestamp),
            offeredTo: address(0),
            quantity: quantity,
            product: product,
            trail: keccak256(abi.encode(id, product, quantity))
        });
        emit Registered(id, msg.sender, product, quantity);
    }

    /// @notice Offers a batch to the next holder.
    function offer(bytes32 id, address to) external {
        Batch storage batch = _held(id);
        if (roles[to] == Role.None || roles[to] == Role.Certifier) revert WrongRole(to, roles[to]);
        batch.stage = Stage.Offered;
        batch.offeredTo = to;
        batch.changedAt = uint64(block.timestamp);
        emit Offered(id, msg.sender, to);
    }

    /// @notice Takes a batch over that was offered to the caller.
    function accept(bytes32 id) external {
        Batch storage batch = batches[id];
        if (batch.stage != Stage.Offered || batch.offeredTo != msg.sender) revert NotOffered(id, msg.sender);
        batch.trail = keccak256(abi.encode(batch.trail, batch.holder, msg.sender, block.timestamp));
        batch.holder = msg.sender;
        batch.stage = Stage.Held;
        batch.changedAt = uint64(block.timestamp);
        batch.offeredTo = address(0);
        emit Accepted(id, msg.sender);
    }

    /// @notice Notes a sensor's reading (a temperature, say) of a batch on its way; carriers only.
    function record(bytes32 id, int32 reading) external only(Role.Carrier) {
        Batch storage batch = batches[id];
        if (batch.stage == Stage.None || batch.stage == Stage.Consumed) revert WrongStage(id, batch.stage);
        uint256 count = readings[id]++;
        bytes32 trail = keccak256(abi.encode(batch.trail, msg.sender, count, reading, block.timestamp));
        batch.trail = trail;
        emit Recorded(id, msg.sender, reading, trail);
    }

    /// @notice Certifies that a batch meets a standard, by the hash of a document kept elsewhere.
    function certify(bytes32 id, bytes32 standard, bytes32 document, uint64 validUntil)
        external
        only(Role.Certifier)
    {
        if (batches[id].stage == Stage.None) revert WrongStage(id, Stage.None);
        certificates[id][standard] = Certificate(msg.sender, validUntil, false, document);
        ++issued[msg.sender];
        emit Certified(id, standard, msg.sender, document);
    }

    /// @notice Takes back a certificate of the caller.
    function revoke(bytes32 id, bytes32 standard) external {
        Certificate storage certificate = certificates[id][standard];
        if (certificate.certifier != msg.sender) revert NotCertifier(id, standard);
        certificate.revoked = true;
        emit Revoked(id, standard);
    }

    /// @notice Whether a certificate stands now.
    function isCertified(bytes32 id, bytes32 standard) external view returns (bool) {
        Certificate storage certificate = certificates[id][standard];
        return certificate.certifier != address(0) && !certificate.revoked
            && certificate.validUntil >= block.timestamp;
    }

    /// @notice Makes a new batch out of part of one; its trail begins with the old one's.
    function split(bytes32 id, uint64 quantity) external returns (bytes32 part) {
        Batch storage batch = _held(id);
        uint64 rest = batch.quantity;
        if (quantity == 0 || quantity >= rest) revert WrongQuantity(quantity);
        batch.quantity = rest - quantity;
        part = keccak256(abi.encode(id, batch.trail, quantity));
        bytes32 trail = keccak256(abi.encode(batch.trail, part));
        batch.trail = trail;
        batch.changedAt = uint64(block.timestamp);
        batches[part] = Batch({
            holder: msg.sender,
            stage: Stage.Held,
            changedAt: uint64(block.timestamp),
            offeredTo: address(0),
            quantity: quantity,
            product: batch.product,
            trail: trail
        });
        emit Split(id, part, quantity);
    }

    /// @notice Ends a batch's way: it was sold.
    function consume(bytes32 id) external only(Role.Retailer) {
        Batch storage batch = _held(id);
        batch.stage = Stage.Consumed;
        batch.changedAt = uint64(block.timestamp);
        emit Accepted(id, address(0));
    }

    function _held(bytes32 id) private view returns (Batch storage batch) {
        batch = batches[id];
        if (batch.holder != msg.sender) revert NotHolder(id, msg.sender);
        if (batch.stage != Stage.Held) revert WrongStage(id, batch.stage);
    }
}
