#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weft/primitives/block.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::cli {

/// The folder beside EEST's blockchain_tests_engine_x that holds groups, not tests.
inline constexpr std::string_view pre_alloc_folder = "pre_alloc";

/// What the tests of a group share (EEST's format blockchain_test_engine_x): the chain's first block and the
/// state there.
struct PreAllocGroup {
    std::string network;
    Header genesis;
    MemoryState pre;
};

/// The groups that tests name, each file read once, by any number of threads.
class PreAllocGroups {
public:
    using Group = std::shared_ptr<const PreAllocGroup>;

    /// The group HASH of a test in `test_file`: pre_alloc/HASH.json beside that file or beside one of the
    /// folders that it lies in. Error: which is not there, or what is wrong in it.
    [[nodiscard]] primitives::json::Result<Group> find(const std::string& test_file, std::string_view hash);

private:
    std::mutex mutex_;
    std::map<std::string, Group> groups_;  ///< by path
};

}  // namespace weft::cli
