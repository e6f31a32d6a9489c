#include "weft/execution/validation/body.hpp"

#include <algorithm>
#include <map>

#include "weft/execution/block_env.hpp"
#include "weft/execution/validation/header.hpp"
#include "weft/trie/roots.hpp"

namespace weft::execution {
namespace {

constexpr size_t most_ommers = 2;
constexpr size_t generations = 7;  ///< the parent and the six before it, whose children ommers can be

std::optional<Reason> validate_withdrawals(const Block& block) {
    if (!block.header.withdrawals_root)
        return block.withdrawals ? std::optional(Reason::unexpected_withdrawals) : std::nullopt;
    if (!block.withdrawals) return Reason::missing_withdrawals;
    if (trie::withdrawals_root(*block.withdrawals) != *block.header.withdrawals_root)
        return Reason::wrong_withdrawals_root;
    return std::nullopt;
}

/// No less than the block's RLP: what has a variable size, and for the rest more than the largest there is.
size_t size_bound(const Block& block) noexcept {
    constexpr size_t header = 1024, transaction = 512, tuple = 64, key = 33, hash = 33, authorization = 192,
                     withdrawal = 64;
    size_t size = (1 + block.ommers.size()) * header + block.header.extra_data.size();
    for (const Header& ommer : block.ommers) size += ommer.extra_data.size();
    for (const Transaction& tx : block.transactions) {
        size += transaction + tx.data.size() + tx.blob_versioned_hashes.size() * hash +
                tx.authorization_list.size() * authorization;
        for (const primitives::AccessTuple& entry : tx.access_list)
            size += tuple + entry.storage_keys.size() * key;
    }
    if (block.withdrawals) size += block.withdrawals->size() * withdrawal;
    return size;
}

uint64_t blob_gas(const Block& block) noexcept {
    uint64_t blobs = 0;
    for (const Transaction& tx : block.transactions) blobs += tx.blob_versioned_hashes.size();
    return gas_per_blob * blobs;
}

/// The generations before a block, and whom they have included.
struct Family {
    std::map<Hash, Header> ancestors;
    std::vector<Hash> included;
};

state::ReadResult<Family> find_family(const Header& header, const Ancestors& chain) {
    Family family;
    Hash hash = header.parent_hash;
    for (size_t i = 0; i < generations; ++i) {
        auto ancestor = chain.header(hash);
        if (!ancestor) return std::unexpected(std::move(ancestor.error()));
        if (!*ancestor) break;
        auto ommers = chain.ommers(hash);
        if (!ommers) return std::unexpected(std::move(ommers.error()));
        std::ranges::transform(*ommers, std::back_inserter(family.included), primitives::header_hash);
        const bool is_first = (*ancestor)->number == 0;
        const Hash parent = (*ancestor)->parent_hash;
        family.ancestors.emplace(hash, std::move(**ancestor));
        if (is_first) break;
        hash = parent;
    }
    return family;
}

/// Adds the ommer to those included, or says what is wrong with it.
std::optional<Reason> validate_ommer(const Header& ommer, const Header& nephew, const ChainConfig& config,
                                     Family& family) {
    const Hash hash = primitives::header_hash(ommer);
    if (std::ranges::find(family.included, hash) != family.included.end()) return Reason::duplicate_ommer;
    if (family.ancestors.contains(hash)) return Reason::ommer_is_ancestor;
    const auto parent = family.ancestors.find(ommer.parent_hash);
    if (parent == family.ancestors.end() || ommer.parent_hash == nephew.parent_hash)
        return Reason::ommer_not_related;
    family.included.push_back(hash);
    return validate_header(ommer, parent->second, config, /*merged=*/false);
}

}  // namespace

std::optional<Reason> validate_body(const Block& block, Revision revision) {
    const Header& header = block.header;
    if (revision >= Revision::osaka && size_bound(block) > largest_block &&
        primitives::encode(block).size() > largest_block)
        return Reason::block_too_large;
    if (trie::transactions_root(block.transactions) != header.transactions_root)
        return Reason::wrong_transactions_root;
    if (primitives::ommers_hash(block.ommers) != header.ommers_hash) return Reason::wrong_ommers_hash;
    if (const auto reason = validate_withdrawals(block)) return reason;
    // Before Cancun there is no such field, and a blob transaction is none of the fork's types.
    if (header.blob_gas_used && *header.blob_gas_used != blob_gas(block)) return Reason::wrong_blob_gas_used;
    return std::nullopt;
}

std::optional<ExecutionError> validate_ommers(const Block& block, const ChainConfig& config,
                                              const Ancestors& ancestors, const SealVerifier* seals) {
    if (block.ommers.empty()) return std::nullopt;
    if (block.ommers.size() > most_ommers) return InvalidBlock{std::nullopt, Reason::too_many_ommers};
    auto family = find_family(block.header, ancestors);
    if (!family) return std::move(family.error());
    for (size_t i = 0; i < block.ommers.size(); ++i) {
        const Header& ommer = block.ommers[i];
        if (const auto reason = validate_ommer(ommer, block.header, config, *family))
            return InvalidBlock{std::nullopt, *reason, i};
        if (seals != nullptr && !seals->verify(ommer))
            return InvalidBlock{std::nullopt, Reason::invalid_seal, i};
    }
    return std::nullopt;
}

}  // namespace weft::execution
