#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/revision.hpp"

namespace weft::primitives {

/// EIP-4844's parameters, as EIP-7691 and blob-parameter-only forks (EIP-7892) change them.
struct BlobParams {
    uint64_t target = 0;  ///< blobs a block
    uint64_t max = 0;     ///< blobs a block
    uint64_t base_fee_update_fraction = 1;
    friend bool operator==(const BlobParams&, const BlobParams&) = default;
};

inline constexpr BlobParams cancun_blobs{3, 6, 3338477};
inline constexpr BlobParams prague_blobs{6, 9, 5007716};
inline constexpr BlobParams bpo1_blobs{10, 15, 8346193};
inline constexpr BlobParams bpo2_blobs{14, 21, 11684671};
/// Used by tests only.
inline constexpr BlobParams bpo3_blobs{21, 32, 20609697};
inline constexpr BlobParams bpo4_blobs{14, 21, 13739630};

/// The forks that may set blob parameters. Those that come at the same time, in order.
enum class BlobFork : uint8_t { cancun, prague, osaka, bpo1, bpo2, bpo3, bpo4, bpo5, amsterdam };
inline constexpr size_t blob_fork_count = 9;
/// "cancun" … "amsterdam", as geth's blobSchedule names them.
inline constexpr std::array<std::string_view, blob_fork_count> blob_fork_names{
    "cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5", "amsterdam"};

/// Which rules hold at which block: the "config" object of geth's genesis.json. An absent fork never comes.
struct ChainConfig {
    uint64_t chain_id = 1;

    std::optional<uint64_t> homestead_block;
    std::optional<uint64_t> dao_fork_block;
    /// Whether the chain makes the DAO fork's irregular state change.
    bool dao_fork_support = false;
    std::optional<uint64_t> eip150_block;
    std::optional<uint64_t> eip155_block;
    std::optional<uint64_t> eip158_block;
    std::optional<uint64_t> byzantium_block;
    std::optional<uint64_t> constantinople_block;
    /// Absent: Petersburg came with Constantinople, as geth reads it (named configs set never_block to keep
    /// them apart).
    std::optional<uint64_t> petersburg_block;
    std::optional<uint64_t> istanbul_block;
    std::optional<uint64_t> muir_glacier_block;  ///< EIP-2384: difficulty only
    std::optional<uint64_t> berlin_block;
    std::optional<uint64_t> london_block;
    std::optional<uint64_t> arrow_glacier_block;  ///< EIP-4345: difficulty only
    std::optional<uint64_t> gray_glacier_block;   ///< EIP-5133: difficulty only
    std::optional<uint64_t> merge_netsplit_block;

    /// EIP-3675: a block whose parent's total difficulty reaches this is a proof-of-stake block.
    std::optional<uint256> terminal_total_difficulty;
    std::optional<uint64_t> shanghai_time;
    std::optional<uint64_t> cancun_time;
    std::optional<uint64_t> prague_time;
    std::optional<uint64_t> osaka_time;
    std::array<std::optional<uint64_t>, 5> bpo_time;  ///< EIP-7892: bpo1Time to bpo5Time
    std::optional<uint64_t> amsterdam_time;
    /// By BlobFork. A fork without parameters keeps those before it.
    std::array<std::optional<BlobParams>, blob_fork_count> blob_schedule;

    /// EIP-6110: whose logs are deposits.
    Address deposit_contract{{{0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
                               0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}}};

    /// A block number that never comes.
    static constexpr uint64_t never_block = ~0ULL;

    /// The rules of a block. `merged` says whether it is a proof-of-stake block: from a header, difficulty
    /// zero; or see is_merged. A block after Shanghai's time is one in any case.
    [[nodiscard]] Revision revision(uint64_t number, uint64_t timestamp, bool merged) const noexcept;
    /// The same, from the total difficulty of the block's parent.
    [[nodiscard]] Revision revision(uint64_t number, uint64_t timestamp,
                                    const uint256& parent_total_difficulty) const noexcept;
    /// EIP-3675's transition: the parent's total difficulty reached the terminal one.
    [[nodiscard]] bool is_merged(const uint256& parent_total_difficulty) const noexcept {
        return terminal_total_difficulty && parent_total_difficulty >= *terminal_total_difficulty;
    }
    /// When a fork that may set blob parameters comes.
    [[nodiscard]] std::optional<uint64_t> time_of(BlobFork fork) const noexcept;
    /// True if EIP-155's replay-protected transactions are valid at this block.
    [[nodiscard]] bool is_eip155(uint64_t number) const noexcept {
        return eip155_block && number >= *eip155_block;
    }
    /// The blob parameters at a time: those of the fork that came last (EIP-7892). Before Cancun there are
    /// none.
    [[nodiscard]] std::optional<BlobParams> blob_params(uint64_t timestamp) const noexcept;
    /// True at the one block that makes the DAO fork's irregular state change.
    [[nodiscard]] bool is_dao_fork(uint64_t number) const noexcept {
        return dao_fork_support && dao_fork_block == number;
    }
    /// The blocks by which the difficulty bomb is delayed there (EIP-649, 1234, 2384, 3554, 4345, 5133).
    [[nodiscard]] uint64_t bomb_delay(uint64_t number) const noexcept;

    friend bool operator==(const ChainConfig&, const ChainConfig&) = default;
};

/// Ethereum's main network, Frontier to the second blob-parameter-only fork.
[[nodiscard]] const ChainConfig& mainnet();

/// The configurations that the official tests name: a fork ("Cancun", and the older names "EIP150",
/// "Merge"…), or a transition ("FrontierToHomesteadAt5", "CancunToPragueAtTime15k",
/// "ArrowGlacierToParisAtDiffC0000"). Chain id 1. Error: one line that names the unknown fork.
[[nodiscard]] std::expected<ChainConfig, std::string> named_chain(std::string_view name);

/// The forks that named_chain knows, oldest first, each under its older names too. Transitions are not among
/// them.
[[nodiscard]] std::vector<std::string_view> fork_names();

/// "Cancun" for Revision::cancun.
[[nodiscard]] std::string_view name_of(Revision revision) noexcept;

}  // namespace weft::primitives

namespace weft {
using primitives::BlobParams;
using primitives::ChainConfig;
}  // namespace weft
