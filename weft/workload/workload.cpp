#include "weft/workload/workload.hpp"

#include <fmt/format.h>

#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

using MakeGenerator = std::unique_ptr<Generator> (*)(Builder&);

constexpr Description descriptions[] = {
    {"transfers", "payments in ether", "one exchange's wallet", 10'000, 10'000},
    {"erc20", "transfers, approvals and transfers by others of eight ERC-20 tokens",
     "one exchange's balance of one token", 5'000, 5'000},
    {"dex", "swaps along one to three constant-product pools, liquidity in and out; 2 % fail by slippage",
     "one pool", 2'000, 2'000},
    {"lending",
     "supplying, borrowing, repaying, liquidating and price updates in markets with dynamic collateral "
     "ratios",
     "one market", 2'000, 2'000},
    {"game", "moves on a map, items, crafting, fights and a leaderboard", "the boss that all players strike",
     5'000, 5'000},
    {"nft", "a mint rush, and a marketplace where collectibles are listed and bought",
     "the collection that is minted", 4'000, 4'000},
    {"supplychain", "batches of goods: hand-overs, readings of sensors, certificates", "one batch's trail",
     4'000, 4'000},
    {"mixed", "all of the above, payments and tokens most", "the hot key of each", 5'000, 5'000},
    {"uniswap", "swaps through Uniswap v3's router, each sender on a pool of its own", "one pool", 1'000,
     200},
};
constexpr size_t fetched = 1;  // at the end

constexpr MakeGenerator generators[] = {
    make_transfers, make_erc20,        make_dex,   make_lending, make_game,
    make_nft,       make_supply_chain, make_mixed, make_uniswap,
};
static_assert(std::size(generators) == std::size(descriptions));

std::string known_names() {
    std::string names;
    for (const Description& description : descriptions) {
        if (!names.empty()) names += ", ";
        names += description.name;
    }
    return names;
}

/// Sends the transactions; exactly `hot_left` of them, at random places, on the hot key (Knuth, TAOCP 3.4.2,
/// algorithm S).
void emit_all(Generator& generator, Builder& builder, uint64_t hot_left) {
    for (uint64_t left = builder.transaction_count(); left > 0; --left) {
        const bool hot = builder.random().below(left) < hot_left;
        if (hot) --hot_left;
        generator.emit(hot);
    }
    generator.finish();
}

}  // namespace

std::span<const Description> workload_names() noexcept {
    return std::span(descriptions).first(std::size(descriptions) - fetched);
}
std::span<const Description> fetched_workload_names() noexcept {
    return std::span(descriptions).last(fetched);
}

std::expected<Workload, std::string> make_workload(std::string_view name, const Options& options) {
    size_t index = 0;
    while (index < std::size(descriptions) && descriptions[index].name != name) ++index;
    if (index == std::size(descriptions))
        return std::unexpected(fmt::format("no workload {}; there are {}", name, known_names()));
    const uint64_t transactions = options.transactions.value_or(descriptions[index].transactions);
    const uint64_t accounts = options.accounts.value_or(descriptions[index].accounts);
    if (transactions < 1 || transactions > max_transactions)
        return std::unexpected(
            fmt::format("{} transactions: must be 1 to {}", transactions, max_transactions));
    if (accounts < 2 || accounts > max_accounts)
        return std::unexpected(fmt::format("{} accounts: must be 2 to {}", accounts, max_accounts));
    if (options.conflict_percent > 100)
        return std::unexpected(
            fmt::format("{} percent of conflict: must be 0 to 100", options.conflict_percent));

    Builder builder(transactions, accounts, options);
    const std::unique_ptr<Generator> generator = generators[index](builder);
    if (auto prepared = generator->prepare(); !prepared)
        return std::unexpected(fmt::format("{}: {}", name, prepared.error()));
    const uint64_t hot = transactions * options.conflict_percent / 100;
    emit_all(*generator, builder, hot);
    Workload workload = std::move(builder).finish();
    workload.name = name;
    workload.hot_transactions = hot;
    return workload;
}

MemoryState make_state(std::span<const PrestateAccount> prestate) {
    MemoryState state;
    size_t slots = 0;
    for (const PrestateAccount& account : prestate) slots += account.storage.size();
    state.reserve(prestate.size(), slots);
    for (const PrestateAccount& account : prestate) {
        state.set_account(account.address, account.account);
        if (!account.code.empty()) state.set_code(account.account.code_hash, account.code);
        for (const auto& [key, value] : account.storage) state.set_storage(account.address, key, value);
    }
    return state;
}

}  // namespace weft::workload
