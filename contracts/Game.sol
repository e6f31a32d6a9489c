// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title A game on a map: players walk, pick up items, craft and fight; the ten best stand on a board.
contract Game {
    struct Player {
        uint16 x;
        uint16 y;
        uint32 health;
        uint32 energy;
        uint64 restedAt; // when energy was last reckoned
        uint64 score;
        uint32 moves;
    }

    struct Boss {
        uint128 health;
        uint64 defeats;
        uint64 defeatedAt;
    }

    struct Entry {
        address player;
        uint64 score;
    }

    uint256 public constant MAP_SIZE = 4096;
    uint256 private constant BOARD_SIZE = 10;
    uint32 private constant FULL_HEALTH = 100;
    uint32 private constant FULL_ENERGY = 10_000_000;
    uint32 private constant STRIKE_ENERGY = 5;
    uint128 private constant BOSS_HEALTH = 1_000_000;
    uint256 private constant ITEM_KINDS = 8;

    mapping(address account => Player) public players;
    /// @notice Who stands on a tile; tiles are counted row by row.
    mapping(uint256 tile => address) public occupant;
    /// @notice The kind of item that lies on a tile; 0 is none.
    mapping(uint256 tile => uint8) public itemAt;
    mapping(address account => mapping(uint8 kind => uint256)) public inventory;
    mapping(address account => uint256) public damageDone;
    Boss public boss;
    Entry[10] public board;

    event Joined(address indexed player, uint16 x, uint16 y);
    event Moved(address indexed player, uint16 x, uint16 y, uint32 energy);
    event Taken(address indexed player, uint256 tile, uint8 kind);
    event Crafted(address indexed player, uint8 kind);
    event Struck(address indexed player, address indexed target, uint32 damage, uint32 health);
    event BossStruck(address indexed player, uint128 damage, uint128 health);
    event BossDefeated(address indexed player, uint64 defeats);
    event Ranked(address indexed player, uint256 place, uint64 score);

    error AlreadyJoined(address player);
    error NotPlaying(address player);
    error OffMap(uint256 x, uint256 y);
    error Occupied(uint256 tile, address by);
    error NoSuchDirection(uint8 direction);
    error Tired(uint32 energy, uint256 needed);
    error NothingHere(uint256 tile);
    error NotEnoughItems(uint8 kind);
    error OutOfReach(address target);

    constructor() {
        boss.health = BOSS_HEALTH;
    }

    /// @notice Enters the game on a free tile.
    function join(uint16 x, uint16 y) external {
        if (players[msg.sender].health != 0) revert AlreadyJoined(msg.sender);
        if (x >= MAP_SIZE || y >= MAP_SIZE) revert OffMap(x, y);
        _enter(_tile(x, y));
        players[msg.sender] = Player(x, y, FULL_HEALTH, FULL_ENERGY, uint64(block.timestamp), 0, 0);
        emit Joined(msg.sender, x, y);
    }

    /// @notice Takes one step: 0 north, 1 east, 2 south, 3 west. How tiring it is depends on the ground.
    function move(uint8 direction) external {
        Player memory player = _player(msg.sender);
        uint256 from = _tile(player.x, player.y);
        unchecked {
            if (direction == 0) --player.y;
            else if (direction == 1) ++player.x;
            else if (direction == 2) ++player.y;
            else if (direction == 3) --player.x;
            else revert NoSuchDirection(direction);
        }
        if (player.x >= MAP_SIZE || player.y >= MAP_SIZE) revert OffMap(player.x, player.y);
        uint256 to = _tile(player.x, player.y);
        _spend(player, 1 + ground(to));
        _enter(to);
        delete occupant[from];
        ++player.moves;
        _credit(player, 1);
        emit Moved(msg.sender, player.x, player.y, player.energy);
    }

    /// @notice Picks up what lies on the caller's tile.
    function take() external {
        Player memory player = _player(msg.sender);
        uint256 tile = _tile(player.x, player.y);
        uint8 kind = itemAt[tile];
        if (kind == 0) revert NothingHere(tile);
        delete itemAt[tile];
        ++inventory[msg.sender][kind];
        _credit(player, 10 * kind);
        emit Taken(msg.sender, tile, kind);
    }

    /// @notice Turns three items of a kind into one of the next.
    function craft(uint8 kind) external {
        if (kind == 0 || kind >= ITEM_KINDS) revert NotEnoughItems(kind);
        Player memory player = _player(msg.sender);
        uint256 have = inventory[msg.sender][kind];
        if (have < 3) revert NotEnoughItems(kind);
        inventory[msg.sender][kind] = have - 3;
        ++inventory[msg.sender][kind + 1];
        _credit(player, 25 * kind);
        emit Crafted(msg.sender, kind + 1);
    }

    /// @notice Hits a player on a neighbouring tile; one who falls loses a tenth of the score and gets up again.
    function strike(address target) external {
        Player memory player = _player(msg.sender);
        Player memory other = _player(target);
        if (_distance(player.x, other.x) + _distance(player.y, other.y) != 1) revert OutOfReach(target);
        _spend(player, STRIKE_ENERGY);
        uint32 damage = uint32(_roll(player.moves, 20)) + 1;
        bool falls = damage >= other.health;
        other.health = falls ? FULL_HEALTH : other.health - damage;
        uint64 loot = falls ? other.score / 10 : 0;
        other.score -= loot;
        players[target] = other;
        _credit(player, damage + loot);
        emit Struck(msg.sender, target, damage, other.health);
    }

    /// @notice Hits the boss, whom all players fight together. Who strikes it down is rewarded.
    function strikeBoss() external {
        Player memory player = _player(msg.sender);
        _spend(player, STRIKE_ENERGY);
        Boss memory enemy = boss;
        uint128 damage = uint128(_roll(player.moves + player.score, 50)) + 1;
        uint64 points = uint64(damage);
        if (damage >= enemy.health) {
            enemy = Boss(BOSS_HEALTH, enemy.defeats + 1, uint64(block.timestamp));
            points += 1000;
            emit BossDefeated(msg.sender, enemy.defeats);
        } else {
            enemy.health -= damage;
        }
        boss = enemy;
        damageDone[msg.sender] += damage;
        _credit(player, points);
        emit BossStruck(msg.sender, damage, enemy.health);
    }

    /// @notice How much more than one a step onto a tile costs: 0 to 3, by the lie of the land.
    function ground(uint256 tile) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("ground", tile))) % 4;
    }

    function _player(address account) private view returns (Player memory player) {
        player = players[account];
        if (player.health == 0) revert NotPlaying(account);
    }

    function _tile(uint256 x, uint256 y) private pure returns (uint256) {
        return y * MAP_SIZE + x;
    }

    function _distance(uint16 a, uint16 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    function _enter(uint256 tile) private {
        address by = occupant[tile];
        if (by != address(0)) revert Occupied(tile, by);
        occupant[tile] = msg.sender;
    }

    /// @dev Reckons one energy per second of rest, then takes `needed`.
    function _spend(Player memory player, uint256 needed) private view {
        uint256 energy = player.energy + (block.timestamp - player.restedAt);
        if (energy > FULL_ENERGY) energy = FULL_ENERGY;
        if (energy < needed) revert Tired(uint32(energy), needed);
        player.energy = uint32(energy - needed);
        player.restedAt = uint64(block.timestamp);
    }

    /// @dev Adds points, writes the caller's state back and looks whether the board changes.
    function _credit(Player memory player, uint64 points) private {
        player.score += points;
        players[msg.sender] = player;
        uint64 score = player.score;
        if (score <= board[BOARD_SIZE - 1].score) return;
        uint256 place = BOARD_SIZE - 1;
        for (uint256 i = 0; i < BOARD_SIZE; ++i) {
            if (board[i].player == msg.sender) {
                place = i;
                break;
            }
        }
        while (place != 0 && board[place - 1].score < score) {
            board[place] = board[place - 1];
            --place;
        }
        board[place] = Entry(msg.sender, score);
        emit Ranked(msg.sender, place, score);
    }

    /// @dev A number below `sides`, from the block's randomness and the player's own state.
    function _roll(uint256 salt, uint256 sides) private view returns (uint256) {
        return uint256(keccak256(abi.encode(block.prevrandao, msg.sender, salt))) % sides;
    }
}
