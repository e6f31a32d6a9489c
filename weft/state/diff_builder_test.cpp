#include "weft/state/diff_builder.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace weft::state {
namespace {

/// Changes as an executor holds them, and the diff that they must make, put together from maps.
struct Scene {
    struct Place {
        Address address;
        std::optional<Account> before, after;
        bool wiped = false;
        uint32_t number = 0;
        std::map<uint256, std::pair<uint256, uint256>> slots;
    };
    std::deque<Place> places;
    std::vector<Changes> parts;
    StateDiff expected;
};

/// spread: how many leading bytes of addresses and slot numbers differ; the rest is equal.
Scene make_scene(uint64_t seed, size_t accounts, size_t slots_of_one, size_t part_count, unsigned spread) {
    std::mt19937_64 random(seed);
    const auto some_bytes = [&](auto& bytes) {
        for (size_t i = 0; i < spread; ++i) bytes[i] = static_cast<uint8_t>(random());
        const uint64_t tail = random();
        std::memcpy(&bytes[bytes.size() - 8], &tail, 8);
    };
    Scene scene;
    std::map<Address, Scene::Place*> by_address;
    for (size_t i = 0; i < accounts; ++i) {
        Scene::Place& place = scene.places.emplace_back();
        some_bytes(place.address);
        by_address[place.address] = &place;
        if (i % 3 != 0) place.before = Account{.nonce = i, .balance = uint256{random()}};
        if (i % 5 != 0 || i % 3 == 0) place.after = Account{.nonce = i + 1, .balance = uint256{random()}};
        place.wiped = i % 7 == 0;
        const size_t slots = i == accounts / 2 ? slots_of_one : i % 4 == 0 ? i % 19 : 0;
        for (size_t j = 0; j < slots; ++j) {
            Hash key;
            some_bytes(key);
            place.slots[base::to_uint256(key)] = {uint256{random()}, uint256{random() | 1}};
        }
    }
    scene.parts.resize(part_count);
    for (size_t i = 0; i < part_count; ++i) scene.parts[i].first_number = static_cast<uint32_t>(i * accounts);
    for (Scene::Place& place : scene.places) {
        scene.parts[random() % part_count].add({&place.address, place.before ? &*place.before : nullptr,
                                                place.after ? &*place.after : nullptr, place.wiped},
                                               place.slots.empty() ? nullptr : &place.number,
                                               []() -> const Code* { return nullptr; });
        for (const auto& [key, values] : place.slots)
            scene.parts[random() % part_count].add(place.number, key, values.first, values.second);
    }
    for (Changes& part : scene.parts) std::ranges::shuffle(part.slots, random);
    for (const auto& [address, place] : by_address) {
        AccountDiff& out = scene.expected.accounts.emplace_back();
        out.address = address;
        out.before = place->before;
        out.after = place->after;
        out.storage_wiped = place->wiped && place->before;
        for (const auto& [key, values] : place->slots)
            out.slots.push_back({key, place->wiped ? uint256{} : values.first, values.second});
    }
    return scene;
}

TEST(DiffBuilder, SortsWhateverThePartsAndThePrefixes) {
    base::ThreadPool pool(3);
    for (const unsigned spread : {0U, 1U, 8U})
        for (const size_t accounts : {0U, 1U, 63U, 65U, 3000U})
            for (const size_t part_count : {1U, 3U}) {
                const Scene scene = make_scene(accounts + spread, accounts, 5000, part_count, spread);
                EXPECT_EQ(build_diff(scene.parts, nullptr), scene.expected) << accounts << ' ' << spread;
                EXPECT_EQ(build_diff(scene.parts, &pool), scene.expected) << accounts << ' ' << spread;
            }
}

}  // namespace
}  // namespace weft::state
