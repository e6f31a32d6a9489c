// DifficultyTests, and those of BasicTests: a block's difficulty from its parent's.
#include <fmt/format.h>

#include "vectors.hpp"
#include "weft/execution/validation/formulas.hpp"

namespace weft::conformance {
namespace {

/// "parentUncles" is the hash of the parent's ommers, or 0 or 1: whether it had any.
json::Result<Hash> read_ommers_hash(json::Value value) {
    uint64_t flag = 0;
    if (json::read(value, flag)) return flag == 0 ? primitives::empty_ommers_hash : Hash{};
    return json::as<Hash>(value);
}

json::Result<void> run_cases(json::Object cases, const ChainConfig& config, std::string_view test,
                             Tally& tally) {
    size_t impossible = 0;
    for (const auto& [name, one] : cases) {
        json::Fields fields(one);
        Header parent;
        parent.ommers_hash = primitives::empty_ommers_hash;
        uint64_t number = 0, timestamp = 0;
        uint256 expected;
        fields.required("parentTimestamp", parent.timestamp);
        fields.required("parentDifficulty", parent.difficulty);
        fields.required("currentTimestamp", timestamp);
        fields.required("currentBlockNumber", number);
        fields.required("currentDifficulty", expected);
        fields.with("parentUncles", [&](json::Value value) -> json::Result<void> {
            auto hash = read_ommers_hash(value);
            if (!hash) return std::unexpected(std::move(hash.error()));
            parent.ommers_hash = *hash;
            return {};
        });
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(name));
        if (parent.difficulty < uint256{execution::least_difficulty}) {
            ++impossible;
            continue;
        }
        parent.number = number - 1;
        const uint256 got = execution::next_difficulty(parent, timestamp, config);
        tally.add(fmt::format("{}: {}", test, name),
                  got == expected ? "" : fmt::format("got {:#x}, want {:#x}", got.low(), expected.low()));
    }
    if (impossible != 0)
        tally.skip(test, "the parent's difficulty is below the least, which no block's is", impossible);
    return {};
}

/// The chains that BasicTests' files are about.
ChainConfig chain_of(std::string_view file) {
    const auto named = [](const char* fork) { return primitives::named_chain(fork).value(); };
    if (file == "difficultyCustomHomestead.json") return named("Homestead");
    if (file == "difficultyRopsten.json") {
        ChainConfig ropsten = named("EIP158");
        ropsten.byzantium_block = 1'700'000;
        ropsten.constantinople_block = 4'230'000;
        return ropsten;
    }
    return primitives::mainnet();
}

}  // namespace

json::Result<void> run_difficulty_tests(json::Value root, std::string_view file, Tally& tally) {
    json::Object tests;
    if (auto read = json::read(root, tests); !read) return read;
    for (const auto& [name, test] : tests) {
        json::Object forks;
        if (auto read = json::read(test, forks); !read) return read;
        if (json::find(forks, "currentDifficulty")) return run_cases(tests, chain_of(file), file, tally);
        for (const auto& [fork, value] : forks) {
            if (fork == "_info") continue;
            const auto config = primitives::named_chain(fork);
            if (!config) return std::unexpected(json::Error{std::string(name), config.error()});
            json::Object cases;
            if (auto read = json::read(value, cases); !read) return read;
            if (auto run = run_cases(cases, *config, name, tally); !run) return run;
        }
    }
    return {};
}

}  // namespace weft::conformance
