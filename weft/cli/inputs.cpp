#include "weft/cli/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/execution/executor.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

bool is_block_folder(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_regular_file(folder / "block.json", ignored);
}

/// Numbers before other names, by value; names by letters.
bool comes_first(const std::string& a, const std::string& b) {
    const auto is_number = [](const std::string& text) {
        return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (is_number(a) != is_number(b)) return is_number(a);
    if (is_number(a) && a.size() != b.size()) return a.size() < b.size();
    return a < b;
}

std::expected<void, std::string> find_blocks(const std::string& word, std::vector<Source>& out) {
    const fs::path folder = word;
    if (is_block_folder(folder)) {
        out.push_back({folder.string(), {}});
        return {};
    }
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (is_block_folder(entry->path())) names.push_back(entry->path().filename().string());
    if (error) return std::unexpected(fmt::format("{}: {}", word, error.message()));
    if (names.empty())
        return std::unexpected(fmt::format("{}: no block.json in it, nor in a folder in it", word));
    std::ranges::sort(names, comes_first);
    for (const std::string& name : names) out.push_back({(folder / name).string(), {}});
    return {};
}

bool is_workload(std::string_view word) {
    const auto named = [&](const auto& known) { return known.name == word; };
    return std::ranges::any_of(workload::workload_names(), named) ||
           std::ranges::any_of(workload::fetched_workload_names(), named);
}

std::expected<Input, std::string> load_folder(const fs::path& folder) {
    Input input;
    auto block = primitives::json::read_block((folder / "block.json").string());
    if (!block) return std::unexpected(std::move(block.error()));
    auto state = state::json::read_state((folder / "prestate.json").string());
    if (!state) return std::unexpected(std::move(state.error()));
    input.name = std::to_string(block->header.number);
    input.block = std::move(*block);
    input.state = std::move(*state);

    std::error_code ignored;
    if (const fs::path file = folder / "genesis.json"; fs::is_regular_file(file, ignored)) {
        auto rules = load_chain(file.string());
        if (!rules) return std::unexpected(std::move(rules.error()));
        input.rules = std::move(*rules);
    }
    if (const fs::path file = folder / "access_list.json"; fs::is_regular_file(file, ignored)) {
        auto list = primitives::json::read_access_list(file.string());
        if (!list) return std::unexpected(std::move(list.error()));
        input.access_list = std::move(*list);
    }
    for (const fs::path& file : {folder / "block_hashes.json",
                                 fs::absolute(folder).lexically_normal() / ".." / "block_hashes.json"}) {
        if (!fs::is_regular_file(file, ignored)) continue;
        if (auto read = state::json::read_block_hashes(file.lexically_normal().string(), input.state); !read)
            return std::unexpected(std::move(read.error()));
        break;
    }
    return input;
}

}  // namespace

std::expected<ChainConfig, std::string> load_chain(const std::string& chain) {
    if (chain == "mainnet") return primitives::mainnet();
    auto genesis = state::json::read_genesis(chain);
    if (!genesis) return std::unexpected(std::move(genesis.error()));
    return genesis->genesis.config;
}

std::expected<std::vector<Source>, std::string> find_sources(const std::vector<std::string>& words) {
    std::vector<Source> sources;
    for (const std::string& word : words) {
        std::error_code ignored;
        if (fs::is_directory(word, ignored)) {
            if (auto found = find_blocks(word, sources); !found)
                return std::unexpected(std::move(found.error()));
        } else if (is_workload(word)) {
            sources.push_back({{}, word});
        } else {
            std::string known;
            for (const auto names : {workload::workload_names(), workload::fetched_workload_names()})
                for (const auto& workload : names) known += fmt::format(" {}", workload.name);
            return std::unexpected(fmt::format("{}: no folder, and no workload (known:{})", word, known));
        }
    }
    return sources;
}

std::expected<Input, std::string> complete_workload(workload::Workload workload, const ChainConfig& config) {
    Input input{std::move(workload.name), std::move(workload.block), workload::make_state(workload.prestate)};
    execution::ExecutionContext context({.executor = execution::ExecutorKind::sequential, .threads = 1});
    const auto result = execution::execute_block(input.block, config, input.state, context);
    if (!result)
        return std::unexpected(fmt::format("{}: {}", input.name, execution::to_string(result.error())));
    const auto failed = static_cast<uint64_t>(std::ranges::count(result->receipts, false, &Receipt::success));
    if (failed != workload.expected_failures)
        return std::unexpected(fmt::format("{}: {} transactions failed, {} were meant to", input.name, failed,
                                           workload.expected_failures));
    Header& header = input.block.header;
    header.gas_used = result->gas_used;
    header.logs_bloom = result->logs_bloom;
    header.transactions_root = trie::transactions_root(input.block.transactions);
    header.receipts_root = trie::receipts_root(result->receipts);
    if (header.blob_gas_used) header.blob_gas_used = result->blob_gas_used;
    if (header.block_access_list_hash) header.block_access_list_hash = primitives::hash(*result->access_list);
    if (header.requests_hash) header.requests_hash = primitives::requests_hash(result->requests);
    return input;
}

std::expected<Input, std::string> load(const Source& source, const workload::Options& options,
                                       const ChainConfig& config) {
    if (source.workload.empty()) return load_folder(source.folder);
    auto workload = workload::make_workload(source.workload, options);
    if (!workload) return std::unexpected(std::move(workload.error()));
    return complete_workload(std::move(*workload), config);
}

}  // namespace weft::cli
