#include "weft/primitives/chain_config.hpp"

#include <charconv>

namespace weft::primitives {

namespace {

bool reached(const std::optional<uint64_t>& fork, uint64_t at) noexcept { return fork && *fork <= at; }

}  // namespace

Revision ChainConfig::revision(uint64_t number, uint64_t timestamp, bool merged) const noexcept {
    if (reached(london_block, number)) {
        if (reached(amsterdam_time, timestamp)) return Revision::amsterdam;
        if (reached(osaka_time, timestamp)) return Revision::osaka;
        if (reached(prague_time, timestamp)) return Revision::prague;
        if (reached(cancun_time, timestamp)) return Revision::cancun;
        if (reached(shanghai_time, timestamp)) return Revision::shanghai;
        return merged && terminal_total_difficulty ? Revision::paris : Revision::london;
    }
    if (reached(berlin_block, number)) return Revision::berlin;
    if (reached(istanbul_block, number)) return Revision::istanbul;
    if (reached(petersburg_block ? petersburg_block : constantinople_block, number))
        return Revision::petersburg;
    if (reached(constantinople_block, number)) return Revision::constantinople;
    if (reached(byzantium_block, number)) return Revision::byzantium;
    if (reached(eip158_block, number)) return Revision::spurious_dragon;
    if (reached(eip150_block, number)) return Revision::tangerine_whistle;
    if (reached(homestead_block, number)) return Revision::homestead;
    return Revision::frontier;
}

Revision ChainConfig::revision(uint64_t number, uint64_t timestamp,
                               const uint256& parent_total_difficulty) const noexcept {
    return revision(number, timestamp, is_merged(parent_total_difficulty));
}

std::optional<uint64_t> ChainConfig::time_of(BlobFork fork) const noexcept {
    switch (fork) {
        case BlobFork::cancun:
            return cancun_time;
        case BlobFork::prague:
            return prague_time;
        case BlobFork::osaka:
            return osaka_time;
        case BlobFork::amsterdam:
            return amsterdam_time;
        default:
            return bpo_time[static_cast<size_t>(fork) - static_cast<size_t>(BlobFork::bpo1)];
    }
}

std::optional<BlobParams> ChainConfig::blob_params(uint64_t timestamp) const noexcept {
    // A blob-parameter-only fork may come after any named one.
    std::optional<BlobParams> newest;
    uint64_t since = 0;
    for (size_t i = 0; i < blob_fork_count; ++i) {
        const auto time = time_of(static_cast<BlobFork>(i));
        if (!blob_schedule[i] || !reached(time, timestamp) || *time < since) continue;
        newest = blob_schedule[i];
        since = *time;
    }
    return newest;
}

uint64_t ChainConfig::bomb_delay(uint64_t number) const noexcept {
    if (reached(gray_glacier_block, number)) return 11'400'000;
    if (reached(arrow_glacier_block, number)) return 10'700'000;
    if (reached(london_block, number)) return 9'700'000;
    if (reached(muir_glacier_block, number)) return 9'000'000;
    if (reached(constantinople_block, number)) return 5'000'000;
    if (reached(byzantium_block, number)) return 3'000'000;
    return 0;
}

const ChainConfig& mainnet() {
    static const ChainConfig config = [] {
        ChainConfig c;
        c.homestead_block = 1'150'000;
        c.dao_fork_block = 1'920'000;
        c.dao_fork_support = true;
        c.eip150_block = 2'463'000;
        c.eip155_block = c.eip158_block = 2'675'000;
        c.byzantium_block = 4'370'000;
        c.constantinople_block = c.petersburg_block = 7'280'000;
        c.istanbul_block = 9'069'000;
        c.muir_glacier_block = 9'200'000;
        c.berlin_block = 12'244'000;
        c.london_block = 12'965'000;
        c.arrow_glacier_block = 13'773'000;
        c.gray_glacier_block = 15'050'000;
        c.terminal_total_difficulty = uint256{58'750} * uint256{1'000'000'000'000'000'000};
        c.shanghai_time = 1681338455;
        c.cancun_time = 1710338135;
        c.prague_time = 1746612311;
        c.osaka_time = 1764798551;
        c.bpo_time[0] = 1765290071;
        c.bpo_time[1] = 1767747671;
        c.blob_schedule = {cancun_blobs, prague_blobs, std::nullopt, bpo1_blobs, bpo2_blobs};
        return c;
    }();
    return config;
}

namespace {

enum class ForkKind : uint8_t { block, merge, time };

/// One step of the protocol as the tests name it: what it sets in a ChainConfig.
struct Fork {
    std::string_view name;
    std::string_view other_name;
    ForkKind kind;
    std::optional<uint64_t> ChainConfig::* member;
    std::optional<BlobFork> blob_fork;
    BlobParams blobs;
};

constexpr Fork forks[] = {
    {"Frontier", "", ForkKind::block, nullptr, {}, {}},
    {"Homestead", "", ForkKind::block, &ChainConfig::homestead_block, {}, {}},
    {"EIP150", "TangerineWhistle", ForkKind::block, &ChainConfig::eip150_block, {}, {}},
    {"EIP158", "SpuriousDragon", ForkKind::block, &ChainConfig::eip158_block, {}, {}},
    {"Byzantium", "", ForkKind::block, &ChainConfig::byzantium_block, {}, {}},
    {"Constantinople", "", ForkKind::block, &ChainConfig::constantinople_block, {}, {}},
    {"ConstantinopleFix", "Petersburg", ForkKind::block, &ChainConfig::petersburg_block, {}, {}},
    {"Istanbul", "", ForkKind::block, &ChainConfig::istanbul_block, {}, {}},
    {"MuirGlacier", "", ForkKind::block, &ChainConfig::muir_glacier_block, {}, {}},
    {"Berlin", "", ForkKind::block, &ChainConfig::berlin_block, {}, {}},
    {"London", "", ForkKind::block, &ChainConfig::london_block, {}, {}},
    {"ArrowGlacier", "", ForkKind::block, &ChainConfig::arrow_glacier_block, {}, {}},
    {"GrayGlacier", "", ForkKind::block, &ChainConfig::gray_glacier_block, {}, {}},
    {"Paris", "Merge", ForkKind::merge, nullptr, {}, {}},
    {"Shanghai", "", ForkKind::time, &ChainConfig::shanghai_time, {}, {}},
    {"Cancun", "", ForkKind::time, &ChainConfig::cancun_time, BlobFork::cancun, cancun_blobs},
    {"Prague", "", ForkKind::time, &ChainConfig::prague_time, BlobFork::prague, prague_blobs},
    {"Osaka", "", ForkKind::time, &ChainConfig::osaka_time, BlobFork::osaka, prague_blobs},
    {"BPO1", "", ForkKind::time, nullptr, BlobFork::bpo1, bpo1_blobs},
    {"BPO2", "", ForkKind::time, nullptr, BlobFork::bpo2, bpo2_blobs},
    {"BPO3", "", ForkKind::time, nullptr, BlobFork::bpo3, bpo3_blobs},
    {"BPO4", "", ForkKind::time, nullptr, BlobFork::bpo4, bpo4_blobs},
    {"Amsterdam", "", ForkKind::time, &ChainConfig::amsterdam_time, BlobFork::amsterdam, bpo2_blobs},
};

std::optional<size_t> find_fork(std::string_view name) noexcept {
    for (size_t i = 0; i < std::size(forks); ++i)
        if (name == forks[i].name || (name == forks[i].other_name && !name.empty())) return i;
    return std::nullopt;
}

/// Switches a fork on from `at`: a block number, a total difficulty or a time, as its kind wants it.
void activate(ChainConfig& config, const Fork& fork, uint64_t at) {
    if (fork.kind == ForkKind::merge) config.terminal_total_difficulty = at;
    if (fork.member != nullptr) config.*fork.member = at;
    if (fork.member == &ChainConfig::eip158_block) config.eip155_block = at;
    if (!fork.blob_fork) return;
    config.blob_schedule[static_cast<size_t>(*fork.blob_fork)] = fork.blobs;
    if (fork.member == nullptr)
        config.bpo_time[static_cast<size_t>(*fork.blob_fork) - static_cast<size_t>(BlobFork::bpo1)] = at;
}

struct Point {
    ForkKind kind;
    uint64_t at;
};

/// "5": a block, "Time15k": seconds, "DiffC0000": a total difficulty in hex.
std::optional<Point> parse_point(std::string_view text) noexcept {
    Point point{ForkKind::block, 0};
    int base = 10;
    uint64_t factor = 1;
    if (text.starts_with("Time")) {
        point.kind = ForkKind::time;
        text.remove_prefix(4);
        if (text.ends_with('k')) {
            factor = 1000;
            text.remove_suffix(1);
        }
    } else if (text.starts_with("Diff")) {
        point.kind = ForkKind::merge;
        base = 16;
        text.remove_prefix(4);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), point.at, base);
    if (error != std::errc{} || end != text.data() + text.size() || point.at > 1'000'000'000'000)
        return std::nullopt;
    point.at *= factor;
    return point;
}

ChainConfig config_up_to(size_t fork) {
    ChainConfig config;
    config.petersburg_block = ChainConfig::never_block;  // else Constantinople would mean Petersburg
    for (size_t i = 0; i <= fork; ++i) activate(config, forks[i], 0);
    return config;
}

/// "AToBAtX", split into its parts; nullopt if the name is none.
std::optional<ChainConfig> transition(std::string_view name) {
    const size_t at = name.rfind("At");
    if (at == std::string_view::npos) return std::nullopt;
    const auto point = parse_point(name.substr(at + 2));
    const std::string_view names = name.substr(0, at);
    const size_t to = names.find("To");
    if (!point || to == std::string_view::npos) return std::nullopt;
    const auto before = find_fork(names.substr(0, to));
    if (!before) return std::nullopt;
    ChainConfig config = config_up_to(*before);
    const std::string_view target = names.substr(to + 2);
    if (target == "Dao" && point->kind == ForkKind::block) {
        config.dao_fork_block = point->at;
        config.dao_fork_support = true;
        return config;
    }
    const auto after = find_fork(target);
    if (!after || *after <= *before || forks[*after].kind != point->kind) return std::nullopt;
    for (size_t i = *before + 1; i <= *after; ++i)
        if (forks[i].kind == point->kind) activate(config, forks[i], point->at);
    return config;
}

}  // namespace

std::expected<ChainConfig, std::string> named_chain(std::string_view name) {
    if (const auto fork = find_fork(name)) return config_up_to(*fork);
    if (auto config = transition(name)) return std::move(*config);
    return std::unexpected("unknown fork \"" + std::string(name) + "\"");
}

std::vector<std::string_view> fork_names() {
    std::vector<std::string_view> names;
    for (const Fork& fork : forks) {
        names.push_back(fork.name);
        if (!fork.other_name.empty()) names.push_back(fork.other_name);
    }
    return names;
}

std::string_view name_of(Revision revision) noexcept {
    switch (revision) {
        case Revision::frontier:
            return "Frontier";
        case Revision::homestead:
            return "Homestead";
        case Revision::tangerine_whistle:
            return "Tangerine Whistle";
        case Revision::spurious_dragon:
            return "Spurious Dragon";
        case Revision::byzantium:
            return "Byzantium";
        case Revision::constantinople:
            return "Constantinople";
        case Revision::petersburg:
            return "Petersburg";
        case Revision::istanbul:
            return "Istanbul";
        case Revision::berlin:
            return "Berlin";
        case Revision::london:
            return "London";
        case Revision::paris:
            return "Paris";
        case Revision::shanghai:
            return "Shanghai";
        case Revision::cancun:
            return "Cancun";
        case Revision::prague:
            return "Prague";
        case Revision::osaka:
            return "Osaka";
        case Revision::amsterdam:
            return "Amsterdam";
    }
    return "";
}

}  // namespace weft::primitives
