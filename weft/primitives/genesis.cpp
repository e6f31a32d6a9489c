#include <fmt/format.h>

#include <algorithm>

#include "weft/primitives/json.hpp"

namespace weft::primitives::json {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Cancun's and Prague's parameters are the specification's where the file has none; a blob-parameter-only
/// fork has no meaning without.
Result<void> complete_blob_schedule(ChainConfig& config) {
    const auto params = [&](BlobFork fork) -> auto& {
        return config.blob_schedule[static_cast<size_t>(fork)];
    };
    if (!params(BlobFork::cancun)) params(BlobFork::cancun) = cancun_blobs;
    if (!params(BlobFork::prague)) params(BlobFork::prague) = prague_blobs;
    for (size_t i = 0; i < config.bpo_time.size(); ++i) {
        const size_t fork = static_cast<size_t>(BlobFork::bpo1) + i;
        if (config.bpo_time[i] && !config.blob_schedule[fork])
            return std::unexpected(Error{fmt::format("blobSchedule.{}", blob_fork_names[fork]), "missing"});
    }
    return {};
}

Result<void> read_blob_params(Value value, BlobParams& out) {
    Fields fields(value);
    fields.required("target", out.target);
    fields.required("max", out.max);
    fields.required("baseFeeUpdateFraction", out.base_fee_update_fraction);
    if (out.base_fee_update_fraction == 0) fields.fail("baseFeeUpdateFraction", "zero");
    return fields.status();
}

}  // namespace

Result<void> read_blob_schedule(Value value, ChainConfig& config) {
    Object schedule;
    if (auto status = read(value, schedule); !status) return status;
    for (const auto [name, entry] : schedule) {
        const auto known =
            std::ranges::find_if(blob_fork_names, [&](auto n) { return equal_ignoring_case(n, name); });
        if (known == blob_fork_names.end())
            return std::unexpected(Error{std::string(name), "an unknown fork"});
        BlobParams params;
        if (auto status = read_blob_params(entry, params); !status)
            return std::unexpected(std::move(status.error()).within(name));
        config.blob_schedule[static_cast<size_t>(known - blob_fork_names.begin())] = params;
    }
    return {};
}

Result<ChainConfig> parse_chain_config(Value value) {
    Fields fields(value);
    ChainConfig config;
    fields.required("chainId", "chainID", config.chain_id);
    fields.optional("homesteadBlock", config.homestead_block);
    fields.optional("daoForkBlock", config.dao_fork_block);
    fields.optional("daoForkSupport", config.dao_fork_support);
    fields.optional("eip150Block", config.eip150_block);
    fields.optional("eip155Block", config.eip155_block);
    fields.optional("eip158Block", config.eip158_block);
    fields.optional("byzantiumBlock", config.byzantium_block);
    fields.optional("constantinopleBlock", config.constantinople_block);
    fields.optional("petersburgBlock", config.petersburg_block);
    fields.optional("istanbulBlock", config.istanbul_block);
    fields.optional("muirGlacierBlock", config.muir_glacier_block);
    fields.optional("berlinBlock", config.berlin_block);
    fields.optional("londonBlock", config.london_block);
    fields.optional("arrowGlacierBlock", config.arrow_glacier_block);
    fields.optional("grayGlacierBlock", config.gray_glacier_block);
    fields.optional("mergeNetsplitBlock", config.merge_netsplit_block);
    fields.optional("terminalTotalDifficulty", config.terminal_total_difficulty);
    bool merged_from_start = false;
    fields.optional("terminalTotalDifficultyPassed", merged_from_start);
    if (merged_from_start && !config.terminal_total_difficulty) config.terminal_total_difficulty = uint256{};
    fields.optional("shanghaiTime", config.shanghai_time);
    fields.optional("cancunTime", config.cancun_time);
    fields.optional("pragueTime", config.prague_time);
    fields.optional("osakaTime", config.osaka_time);
    for (size_t i = 0; i < config.bpo_time.size(); ++i)
        fields.optional(fmt::format("bpo{}Time", i + 1), config.bpo_time[i]);
    fields.optional("amsterdamTime", config.amsterdam_time);
    for (const char* later : {"bogotaTime", "verkleTime", "ubtTime"})
        if (fields.has(later)) fields.fail(later, "a fork that is not known");
    fields.optional("depositContractAddress", config.deposit_contract);
    fields.with("blobSchedule", [&](Value schedule) { return read_blob_schedule(schedule, config); });
    auto status = fields.status();
    if (status) status = complete_blob_schedule(config);
    if (!status) return std::unexpected(std::move(status.error()));
    return config;
}

void write(Writer& out, const ChainConfig& config) {
    const auto number = [&](std::string_view key, const std::optional<uint64_t>& fork) {
        if (fork) out.key(key).number(*fork);
    };
    out.begin_object().key("chainId").number(config.chain_id);
    number("homesteadBlock", config.homestead_block);
    number("daoForkBlock", config.dao_fork_block);
    out.key("daoForkSupport").boolean(config.dao_fork_support);
    number("eip150Block", config.eip150_block);
    number("eip155Block", config.eip155_block);
    number("eip158Block", config.eip158_block);
    number("byzantiumBlock", config.byzantium_block);
    number("constantinopleBlock", config.constantinople_block);
    number("petersburgBlock", config.petersburg_block);
    number("istanbulBlock", config.istanbul_block);
    number("muirGlacierBlock", config.muir_glacier_block);
    number("berlinBlock", config.berlin_block);
    number("londonBlock", config.london_block);
    number("arrowGlacierBlock", config.arrow_glacier_block);
    number("grayGlacierBlock", config.gray_glacier_block);
    number("mergeNetsplitBlock", config.merge_netsplit_block);
    if (config.terminal_total_difficulty)
        out.key("terminalTotalDifficulty").quantity(*config.terminal_total_difficulty);
    number("shanghaiTime", config.shanghai_time);
    number("cancunTime", config.cancun_time);
    number("pragueTime", config.prague_time);
    number("osakaTime", config.osaka_time);
    for (size_t i = 0; i < config.bpo_time.size(); ++i)
        number(fmt::format("bpo{}Time", i + 1), config.bpo_time[i]);
    number("amsterdamTime", config.amsterdam_time);
    out.key("depositContractAddress").bytes(config.deposit_contract.view());
    out.key("blobSchedule").begin_object();
    for (size_t i = 0; i < blob_fork_count; ++i) {
        const auto& params = config.blob_schedule[i];
        if (!params) continue;
        out.key(blob_fork_names[i]).begin_object();
        out.key("target").number(params->target).key("max").number(params->max);
        out.key("baseFeeUpdateFraction").number(params->base_fee_update_fraction).end_object();
    }
    out.end_object().end_object();
}

Result<Genesis> parse_genesis(Value value) {
    Fields fields(value);
    Genesis genesis;
    fields.with("config", [&](Value config) -> Result<void> {
        auto parsed = parse_chain_config(config);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        genesis.config = *parsed;
        return {};
    });
    if (!fields.has("config")) fields.fail("config", "missing");
    Header& header = genesis.header;
    header.ommers_hash = empty_ommers_hash;
    fields.optional("parentHash", header.parent_hash);
    fields.optional("coinbase", header.coinbase);
    fields.optional("difficulty", header.difficulty);
    fields.optional("number", header.number);
    fields.required("gasLimit", header.gas_limit);
    fields.optional("gasUsed", header.gas_used);
    fields.optional("timestamp", header.timestamp);
    fields.optional("extraData", header.extra_data);
    fields.optional("mixHash", header.mix_hash);
    uint64_t nonce = 0;
    fields.optional("nonce", nonce);
    for (size_t i = 0; i < 8; ++i) header.nonce[i] = static_cast<uint8_t>(nonce >> (56 - 8 * i));
    fields.optional("baseFeePerGas", header.base_fee_per_gas);
    fields.optional("blobGasUsed", header.blob_gas_used);
    fields.optional("excessBlobGas", header.excess_blob_gas);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return genesis;
}

}  // namespace weft::primitives::json
