#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/primitives/block.hpp"
#include "weft/primitives/revision.hpp"
#include "weft/state/memory_state.hpp"

/// Blocks made to measure: what people do on chain (payments, tokens, exchanges, loans, games, collectibles,
/// goods on their way), written as a state before and a block of transactions. Same options, same workload,
/// on every machine.
namespace weft::workload {

/// Whom payments (`transfers`) and tokens (`erc20`) go to that don't go to the hot key. Where it is said,
/// erc20 is nothing but transfers of one token; as usual it is a mixture.
enum class Recipients : uint8_t { usual, self, random };

struct Options {
    /// Transactions in the block, 1 to max_transactions, and accounts that send them, 2 to max_accounts;
    /// where absent, the workload's default.
    std::optional<uint64_t> transactions{};
    std::optional<uint64_t> accounts{};
    /// How many transactions of a hundred (0 to 100; exact over the block, rounded down) go to the workload's
    /// one hot key; the others are spread.
    uint64_t conflict_percent = 10;
    uint64_t seed = 1;
    /// Whom transfers and tokens go to; see there.
    Recipients recipients = Recipients::usual;
    /// Where npm put the packages that `uniswap` takes its bytecode from; absent: fetched_packages.
    std::optional<std::string> packages{};
};

/// bench/uniswap/fetch puts them there, seen from the repository's root.
inline constexpr std::string_view fetched_packages = "build/uniswap/node_modules";
inline constexpr uint64_t max_transactions = 1'000'000;
inline constexpr uint64_t max_accounts = 1'000'000;

/// The chain and block that workloads play on: mainnet's chain id and a number and time in its Osaka era, so
/// that any engine with mainnet's schedule runs the files without further settings.
inline constexpr uint64_t chain_id = 1;
inline constexpr Revision revision = Revision::osaka;
inline constexpr uint64_t block_number = 24'200'000;
inline constexpr uint64_t block_timestamp = 1'768'000'000;

/// EIP-7934: the largest RLP of a block.
inline constexpr uint64_t max_block_rlp_size = 8'388'608;
/// EIP-7825: the highest gas limit of a transaction.
inline constexpr uint64_t max_transaction_gas = 1 << 24;

struct PrestateAccount {
    Address address;
    Account account;
    Bytes code;
    std::vector<std::pair<uint256, uint256>> storage;  ///< (key, value), keys ascending, values not zero
    friend bool operator==(const PrestateAccount&, const PrestateAccount&) = default;
};

/// A block with the state before it.
struct Workload {
    std::string name;
    /// Type 2 transactions with sender and without signature. The header lacks what only execution gives:
    /// gas_used, logs_bloom, receipts_root, state_root are zero, as is transactions_root. requests_hash is
    /// that of no requests. Its gas_limit is the sum of the transactions' limits (at least mainnet's 60M),
    /// hence usually far above mainnet's: a block has room for as many transactions as were asked for.
    Block block;
    std::vector<PrestateAccount> prestate;  ///< by address, ascending
    /// How many transactions go to the hot key, and how many fail by intention (they revert; all others
    /// succeed).
    uint64_t hot_transactions = 0;
    uint64_t expected_failures = 0;
    /// The block's RLP with signatures of full size, in bytes. Only large blocks on request exceed
    /// max_block_rlp_size.
    uint64_t rlp_size = 0;
};

/// A workload's name and one line on what it does.
struct Description {
    std::string_view name;
    std::string_view text;
    std::string_view hot_key;  ///< what --conflict is the share of
    uint64_t transactions;     ///< defaults
    uint64_t accounts;
};

/// The workloads that need nothing from outside, in the order in which they are run.
[[nodiscard]] std::span<const Description> workload_names() noexcept;
/// Those that take bytecode from packages that npm fetches (Options::packages): `uniswap`.
[[nodiscard]] std::span<const Description> fetched_workload_names() noexcept;

/// Makes a workload. The error is one line: an unknown name (with those known), an option out of range, or a
/// package that is not there.
[[nodiscard]] std::expected<Workload, std::string> make_workload(std::string_view name,
                                                                 const Options& options);

/// The prestate as a state that executors read and that state/json.hpp writes.
[[nodiscard]] MemoryState make_state(std::span<const PrestateAccount> prestate);

}  // namespace weft::workload
