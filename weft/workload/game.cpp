#include <set>

#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

using artifacts::game;

constexpr uint64_t map_size = 4'096;
/// Every player has a cell of the map: two rows to walk in, a row below where bandits stand, and an empty
/// one.
constexpr uint64_t cell_width = 8;
constexpr uint64_t cell_height = 4;
constexpr uint64_t cells_in_row = map_size / cell_width;
constexpr uint64_t most_players = cells_in_row * (map_size / cell_height);
constexpr uint64_t board_size = 10;
constexpr uint64_t lowest_ranked = 900'000;  ///< points on the board's last place
constexpr uint64_t full_health = 100;
constexpr uint64_t full_energy = 10'000'000;
/// Of a hundred players who begin with the boss, how many are about to enter the board.
constexpr uint64_t contender_percent = 10;
/// Most calls need 60 thousand; who climbs the board from end to end needs twice as much.
constexpr uint64_t gas = 160'000;

/// Where a player stands, inside the cell, once all calls so far have run.
struct PlayerState {
    bool joined = false;
    uint64_t x = 0, y = 0;
};

class Game final : public Generator {
public:
    explicit Game(Builder& builder)
        : builder_(builder),
          game_(builder.deploy(game)),
          players_(std::min(builder.account_count(), most_players)) {
        game_.set(game.field("boss").slot, game.field("Boss.health"), 1'000'000);
        game_.set(game.field("boss").slot, game.field("Boss.defeats"), 41);
        game_.set(game.field("boss").slot, game.field("Boss.defeatedAt"), block_timestamp - 86'400);
        for (uint64_t place = 0; place < board_size; ++place) {
            const uint256 slot = game.field("board").slot + place;
            game_.set(slot, game.field("Entry.player"),
                      base::to_uint256(labelled_address("champion", place)));
            game_.set(slot, game.field("Entry.score"), lowest_ranked + 10'000 * (board_size - 1 - place));
        }
    }

    void emit(bool hot) override {
        const uint64_t number = builder_.next_account() % players_.size();
        if (!players_[number].joined) join(number, hot && builder_.random().chance(contender_percent));
        if (hot) return call(number, CallData(game.selector("strikeBoss()")));
        const uint64_t kind = builder_.random().below(100);
        if (kind < 15 && take(number)) return;
        if (kind >= 15 && kind < 25) return craft(number);
        if (kind >= 25 && kind < 40 && players_[number].y == 1) return strike(number);
        move(number);
    }

private:
    /// The tile at (x, y) of a player's cell.
    [[nodiscard]] static uint64_t tile(uint64_t number, uint64_t x, uint64_t y) {
        return map_y(number, y) * map_size + map_x(number, x);
    }
    [[nodiscard]] static uint64_t map_x(uint64_t number, uint64_t x) {
        return number % cells_in_row * cell_width + x;
    }
    [[nodiscard]] static uint64_t map_y(uint64_t number, uint64_t y) {
        return number / cells_in_row * cell_height + y;
    }

    /// Writes a player into the state before the block.
    void place(const Address& player, uint64_t number, uint64_t x, uint64_t y, uint64_t score) {
        const uint256 slot = Contract::at(game.field("players"), player);
        game_.set(slot, game.field("Player.x"), map_x(number, x));
        game_.set(slot, game.field("Player.y"), map_y(number, y));
        game_.set(slot, game.field("Player.health"), full_health);
        game_.set(slot, game.field("Player.energy"), full_energy);
        game_.set(slot, game.field("Player.restedAt"),
                  block_timestamp - 12 * builder_.random().between(1, 1'000));
        game_.set(slot, game.field("Player.score"), score);
        game_.set(slot, game.field("Player.moves"), builder_.random().below(10'000));
        game_.word(Contract::at(game.field("occupant"), uint256{tile(number, x, y)})) =
            base::to_uint256(player);
    }

    void join(uint64_t number, bool contender) {
        PlayerState& player = players_[number];
        player = {.joined = true, .x = builder_.random().below(cell_width), .y = builder_.random().below(2)};
        const uint64_t score = contender ? lowest_ranked : builder_.random().below(lowest_ranked / 2);
        place(builder_.account(number), number, player.x, player.y, score);
    }

    void call(uint64_t number, CallData data) {
        builder_.send({.sender = number, .to = game_.address(), .gas_limit = gas, .data = data.take()});
    }

    /// One step in a random direction, or in the opposite one at the edge of the player's walk.
    void move(uint64_t number) {
        enum : uint64_t { north, east, south, west };
        PlayerState& player = players_[number];
        uint64_t direction = builder_.random().below(4);
        if (direction == north && player.y == 0)
            direction = south;
        else if (direction == south && player.y == 1)
            direction = north;
        else if (direction == west && player.x == 0)
            direction = east;
        else if (direction == east && player.x == cell_width - 1)
            direction = west;
        if (direction == north) --player.y;
        if (direction == south) ++player.y;
        if (direction == west) --player.x;
        if (direction == east) ++player.x;
        call(number, CallData(game.selector("move(uint8)")).add(direction));
    }

    /// Picks up an item; false if the player's tile has lost its item in this block.
    bool take(uint64_t number) {
        const uint64_t here = tile(number, players_[number].x, players_[number].y);
        if (!taken_.insert(here).second) return false;
        game_.word(Contract::at(game.field("itemAt"), uint256{here})) = builder_.random().between(1, 7);
        call(number, CallData(game.selector("take()")));
        return true;
    }

    void craft(uint64_t number) {
        const uint64_t kind = builder_.random().between(1, 7);
        game_.word(Contract::at(game.field("inventory"), builder_.account(number), uint256{kind})) += 3;
        call(number, CallData(game.selector("craft(uint8)")).add(kind));
    }

    /// Hits the bandit on the tile to the south. Precondition: the player is in the lower row.
    void strike(uint64_t number) {
        const uint64_t x = players_[number].x;
        const uint64_t there = tile(number, x, 2);
        const Address bandit = labelled_address("bandit", there);
        if (bandits_.insert(there).second) place(bandit, number, x, 2, builder_.random().below(1'000));
        call(number, CallData(game.selector("strike(address)")).add(bandit));
    }

    Builder& builder_;
    Contract game_;
    std::vector<PlayerState> players_;
    std::set<uint64_t> taken_;    ///< tiles whose item is picked up in this block
    std::set<uint64_t> bandits_;  ///< tiles with one
};

}  // namespace

std::unique_ptr<Generator> make_game(Builder& builder) { return std::make_unique<Game>(builder); }

}  // namespace weft::workload
