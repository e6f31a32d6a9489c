#include "weft/cli/pre_alloc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using primitives::json::Document;
using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Result;
using primitives::json::Value;

/// The folder of groups for a test file; empty: none.
fs::path folder_for(const fs::path& test_file) {
    std::error_code error;
    fs::path place = fs::absolute(test_file, error).lexically_normal().parent_path();
    for (;; place = place.parent_path()) {
        if (fs::is_directory(place / pre_alloc_folder, error)) return place / pre_alloc_folder;
        if (place == place.parent_path()) return {};
    }
}

/// The first block's header, from the environment that it was made in; the rest follows from rules and state.
/// EEST leaves the extra data out, which is always one zero byte.
Result<Header> read_environment(Value value) {
    Header header;
    header.ommers_hash = primitives::empty_ommers_hash;
    header.extra_data = {0};
    Fields fields(value);
    uint256 random;
    fields.required("currentCoinbase", header.coinbase);
    fields.required("currentGasLimit", header.gas_limit);
    fields.required("currentNumber", header.number);
    fields.required("currentTimestamp", header.timestamp);
    fields.optional("currentDifficulty", header.difficulty);
    if (fields.optional("currentRandom", random)) header.mix_hash = base::to_hash(random);
    fields.optional("currentBaseFee", header.base_fee_per_gas);
    fields.optional("currentBlobGasUsed", header.blob_gas_used);
    fields.optional("currentExcessBlobGas", header.excess_blob_gas);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return header;
}

Result<PreAllocGroup> parse_group(Value value) {
    PreAllocGroup group;
    Fields fields(value);
    std::string_view network;
    fields.required("network", network);
    const bool has_pre =
        fields.with("pre", [&](Value pre) { return state::json::read_alloc(pre, group.pre); });
    if (!has_pre) fields.fail("pre", "missing");
    fields.require("environment");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    group.network = network;
    auto config = primitives::named_chain(network);
    if (!config) return std::unexpected(Error{"network", std::move(config.error())});
    fields.with("environment", [&](Value environment) -> Result<void> {
        auto header = read_environment(environment);
        if (!header) return std::unexpected(std::move(header.error()));
        group.genesis =
            trie::genesis_header({.config = std::move(*config), .header = std::move(*header)}, group.pre);
        return {};
    });
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return group;
}

}  // namespace

Result<PreAllocGroups::Group> PreAllocGroups::find(const std::string& test_file, std::string_view hash) {
    const auto fail = [](std::string why) { return std::unexpected(Error{"preHash", std::move(why)}); };
    const auto is_plain = [](char c) { return std::string_view("0123456789abcdefABCDEFxX").contains(c); };
    if (hash.empty() || !std::ranges::all_of(hash, is_plain)) return fail("not a hash");
    const fs::path folder = folder_for(test_file);
    if (folder.empty()) return fail(fmt::format("no folder {} beside or above the file", pre_alloc_folder));
    const std::string path = (folder / fmt::format("{}.json", hash)).string();
    const std::scoped_lock lock(mutex_);
    if (const auto known = groups_.find(path); known != groups_.end()) return known->second;
    std::error_code error;
    if (!fs::exists(path, error)) return fail(path + ": no such file");
    const auto document = Document::load(path);
    if (!document) return fail(document.error());
    auto group = document->read(parse_group);
    if (!group) return fail(std::move(group.error()));
    return groups_[path] = std::make_shared<const PreAllocGroup>(std::move(*group));
}

}  // namespace weft::cli
