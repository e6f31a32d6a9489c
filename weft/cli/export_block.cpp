#include "weft/cli/export_block.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "weft/cli/test_chain.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

/// EIP-210's number: BLOCKHASH sees that many ancestors.
constexpr uint64_t visible_ancestors = 256;
constexpr size_t longest_name = 200;

/// A part of a test's name as a folder's.
std::string folder_name(std::string_view part) {
    std::string name(part.substr(0, longest_name));
    for (char& c : name)
        if (std::string_view("/\\ :*?\"<>|&;'").contains(c)) c = '_';
    return name;
}

/// "tests/a/test_b.py::test_c[fork_Osaka-blockchain_test-d-e]" -> "b.c/d-e".
fs::path folder_of(std::string_view test) {
    const auto drop = [](std::string_view text, std::string_view prefix) {
        return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
    };
    const size_t colons = test.find("::"), bracket = test.find('[');
    if (colons == test.npos || bracket == test.npos || bracket < colons) return folder_name(test);
    std::string_view module = test.substr(0, colons);
    module = drop(module.substr(module.find_last_of('/') + 1), "test_");
    const std::string_view function = drop(test.substr(colons + 2, bracket - colons - 2), "test_");
    std::string_view parameters = test.substr(bracket + 1, test.size() - bracket - 2);
    if (const size_t form = parameters.find("blockchain_test-"); form != parameters.npos)
        parameters = parameters.substr(form + std::string_view("blockchain_test-").size());
    module = module.substr(0, module.find('.'));
    return fs::path(folder_name(fmt::format("{}.{}", module, function))) / folder_name(parameters);
}

/// The first thing that went wrong, in one line; empty: nothing.
std::string write_folder(const fs::path& folder, const Block& block, const MemoryState& before,
                         const ChainConfig& config) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fmt::format("{}: {}", folder.string(), error.message());
    primitives::json::Writer genesis;
    genesis.begin_object().key("config");
    primitives::json::write(genesis, config);
    genesis.key("gasLimit").quantity(block.header.gas_limit).end_object().newline();
    const std::pair<const char*, std::string> files[] = {
        {"block.json", primitives::json::to_json(block)},
        {"prestate.json", state::json::to_json(before)},
        {"block_hashes.json", state::json::block_hashes_to_json(before)},
        {"genesis.json", genesis.take()}};
    for (const auto& [name, text] : files)
        if (auto written = primitives::json::write_file((folder / name).string(), text); !written)
            return written.error();
    return {};
}

/// Gives the state the hashes that the block after `head` sees.
void add_block_hashes(const TestChain& chain, Hash head, MemoryState& state) {
    for (uint64_t i = 0; i < visible_ancestors; ++i) {
        const auto header = chain.header(head);
        if (!header || !*header) return;
        state.set_block_hash((*header)->number, head);
        head = (*header)->parent_hash;
    }
}

std::string export_last_block(const BlockTest& test, execution::ExecutionContext& context,
                              const fs::path& folder) {
    TestChain chain(test, nullptr);
    for (size_t i = 0; i < test.blocks.size(); ++i) {
        auto block = primitives::decode_block(test.blocks[i].rlp);
        const bool is_last = i + 1 == test.blocks.size();
        if (!block || test.blocks[i].must_fail) {
            if (is_last) return "the last block is invalid";
            continue;
        }
        std::optional<MemoryState> before;
        if (is_last) {
            if (chain.head() != block->header.parent_hash) return "the last block is on a side chain";
            before = chain.head_state();
            add_block_hashes(chain, chain.head(), *before);
        }
        if (auto imported = chain.import(*block, context); !imported) return to_string(imported.error());
        if (is_last) return write_folder(folder, *block, *before, test.config);
    }
    return "no block";
}

}  // namespace

RunTest export_block_to(std::string root, PreAllocGroups& groups) {
    return [root = fs::path(std::move(root)), &groups](const NamedTest& named, const TestFilter& filter,
                                                       TestBench& bench, std::vector<CaseResult>& out) {
        return with_block_test(named, groups, filter, out, [&](const BlockTest& test, CaseResult& result) {
            bench.for_each_mode([&](const TestBench::Mode& mode) {
                result.error = export_last_block(test, *mode.context, root / folder_of(named.name));
            });
        });
    };
}

}  // namespace weft::cli
