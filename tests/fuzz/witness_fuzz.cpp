// Witnesses and proofs from strangers: what was altered in any way is refused, unless all that is needed is
// still there; never another result, never a crash.
#include <map>
#include <optional>
#include <vector>

#include "tests/fuzz/input.hpp"
#include "weft/base/hex.hpp"
#include "weft/execution/stateless/stateless.hpp"
#include "weft/execution/validation/formulas.hpp"
#include "weft/trie/proof.hpp"
#include "weft/trie/roots.hpp"

namespace weft {
namespace {

using execution::BlockResult;
using primitives::json::Document;

constexpr Address beacon_roots = "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address;  // EIP-4788
constexpr Address other_code = "0x00000000000000000000000000000000000c0de2"_address;

/// At a block's start (in the place of EIP-4788's contract): clears slots 1 to 3, whose siblings the new root
/// needs; sets slots 4 and 99; reads slot 77, which isn't there; asks for the hash of block 2, a balance, a
/// code's size.
Bytes code_at_start() {
    return *from_hex(
        "0x5f6001555f6002555f60035560076004556009606355604d54506002406005556103e83150620c0de23b5000");
}

/// A chain of five headers and a valid Cancun block on top of it: no transactions, a contract at its start,
/// withdrawals.
struct World final : execution::Ancestors, execution::CodeSource {
    ChainConfig config = *primitives::named_chain("Cancun");
    MemoryState before;
    trie::NodeMap nodes;
    std::map<Hash, Header> headers;
    Block block;
    Hash root;  ///< before the block
    Witness witness;
    BlockResult result;

    World() {
        fill_state();
        trie::StateTrie trie(before, {.writer = &nodes});
        root = *trie.root();
        make_block();
        auto made = make_witness(block, config, {nodes, *this, *this});
        fuzz::require(made.has_value(), "the block is valid");
        witness = std::move(*made);
        const auto verified = verify(witness);
        fuzz::require(verified.has_value(), "its witness is enough");
        result = *verified;
        fuzz::require(witness.headers.size() == 3 && witness.codes.size() == 2,
                      "headers and codes are in it");
    }

    [[nodiscard]] std::expected<BlockResult, execution::ExecutionError> verify(const Witness& given) const {
        Block again = block;
        execution::ExecutionContext context({.executor = execution::ExecutorKind::sequential,
                                             .threads = 1,
                                             .memory_budget = size_t{1} << 20});
        return verify_from_witness(again, given, config, context);
    }

    [[nodiscard]] state::ReadResult<std::optional<Header>> header(const Hash& hash) const override {
        const auto found = headers.find(hash);
        return found == headers.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] state::ReadResult<uint256> total_difficulty(const Hash&) const override {
        return uint256{};
    }
    [[nodiscard]] state::ReadResult<std::vector<Header>> ommers(const Hash&) const override {
        return std::vector<Header>{};
    }
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& hash) const override { return before.code(hash); }

private:
    void fill_state() {
        for (uint64_t i = 0; i < 200; ++i) {
            Address address;
            address[18] = static_cast<uint8_t>(i >> 4);
            address[19] = static_cast<uint8_t>(i << 4);
            before.set_account(address, {.nonce = i, .balance = i * 1000 + 1});
        }
        before.set_account(beacon_roots,
                           {.nonce = 1, .balance = 0, .code_hash = before.set_code(code_at_start())});
        before.set_account(other_code,
                           {.nonce = 1, .balance = 0, .code_hash = before.set_code(Bytes{0x5b, 0x00})});
        for (uint64_t slot = 1; slot < 40; ++slot) before.set_storage(beacon_roots, slot, slot * slot);
    }

    void make_block() {
        Header parent;
        parent.gas_limit = 30'000'000;
        parent.base_fee_per_gas = 1'000'000'000;
        parent.withdrawals_root = parent.transactions_root = parent.receipts_root = trie::empty_root;
        parent.ommers_hash = primitives::empty_ommers_hash;
        parent.blob_gas_used = parent.excess_blob_gas = 0;
        parent.parent_beacon_block_root = Hash{};
        parent.state_root = root;
        for (uint64_t number = 0; number < 5; ++number) {
            parent.number = number;
            parent.timestamp = 12 * number;
            const Hash hash = primitives::header_hash(parent);
            headers[hash] = parent;
            before.set_block_hash(number, hash);
            if (number < 4) parent.parent_hash = hash;
        }
        block.header = parent;
        block.header.parent_hash = primitives::header_hash(parent);
        block.header.number = 5;
        block.header.timestamp = 60;
        block.header.base_fee_per_gas = execution::next_base_fee(parent);
        block.withdrawals = {{0, 1, "0x0000000000000000000000000000000000000550"_address, 5},
                             {1, 2, "0x00000000000000000000000000000000000ff00d"_address, 7}};
        block.header.withdrawals_root = trie::withdrawals_root(*block.withdrawals);
        execution::ExecutionContext context({.executor = execution::ExecutorKind::sequential, .threads = 1});
        const auto done = execute_block(block, config, before, context);
        fuzz::require(done.has_value(), "the block executes");
        MemoryState after = before;
        after.apply(done->diff);
        block.header.state_root = trie::state_root(after);
    }
};

const World& world() {
    static const World made;
    return made;
}

bool has_all(const std::vector<Bytes>& given, const std::vector<Bytes>& needed) {
    return std::ranges::all_of(
        needed, [&](const Bytes& one) { return std::ranges::find(given, one) != given.end(); });
}

/// The one thing that must hold, whatever was done to a witness.
void check(const Witness& altered) {
    const World& all = world();
    const bool is_enough = has_all(altered.state, all.witness.state) &&
                           has_all(altered.codes, all.witness.codes) &&
                           altered.headers == all.witness.headers;
    const auto result = all.verify(altered);
    fuzz::require(result.has_value() == is_enough,
                  "a witness is accepted where it has all that is needed, and only there");
    if (result) {
        fuzz::require(*result == all.result, "the result is the block's");
    } else {
        fuzz::require(std::holds_alternative<StateError>(result.error()),
                      "a bad witness is no invalid block");
    }
}

void alter(Bytes& bytes, fuzz::Input& in) {
    const size_t at = bytes.empty() ? 0 : in.word16() % bytes.size();
    switch (in.below(4)) {
        case 0:
            bytes.resize(at);
            break;
        case 1:
            bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), in.byte());
            break;
        case 2:
            if (!bytes.empty()) bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at));
            break;
        default:
            if (!bytes.empty()) bytes[at] ^= in.byte();
    }
}

void alter(std::vector<Bytes>& list, fuzz::Input& in) {
    if (list.empty()) return list.emplace_back(Bytes{in.byte()}), void();
    const size_t at = in.byte() % list.size();
    switch (in.below(4)) {
        case 0:
            list.erase(list.begin() + static_cast<ptrdiff_t>(at));
            break;
        case 1:
            std::swap(list[at], list[in.byte() % list.size()]);
            break;
        case 2:
            list[at] = list[in.byte() % list.size()];
            break;
        default:
            alter(list[at], in);
    }
}

void alter(std::vector<Header>& headers, fuzz::Input& in) {
    if (headers.empty()) return;
    const size_t at = in.below(headers.size());
    switch (in.below(3)) {
        case 0:
            headers.erase(headers.begin() + static_cast<ptrdiff_t>(at));
            break;
        case 1:
            headers.push_back(headers[at]);
            break;
        default: {
            Bytes rlp = primitives::encode(headers[at]);
            alter(rlp, in);
            if (auto header = primitives::decode_header(rlp)) headers[at] = std::move(*header);
        }
    }
}

void check_parts(fuzz::Input& in) {
    Witness altered = world().witness;
    for (size_t changes = 1 + in.below(4); changes > 0; --changes) {
        switch (in.below(8)) {
            case 0:
                alter(altered.headers, in);
                break;
            case 1:
                alter(altered.codes, in);
                break;
            case 2:
                alter(altered.keys, in);
                break;
            default:
                alter(altered.state, in);
        }
    }
    check(altered);
}

void check_rlp(fuzz::Input& in) {
    Bytes encoded = encode(world().witness);
    for (size_t changes = in.below(4); changes > 0; --changes) alter(encoded, in);
    const auto decoded = trie::decode_witness(encoded);
    if (!decoded) return;
    fuzz::require(!decoded->keys.empty() ? encode(*decoded) == encoded : true,
                  "what decodes encodes to the same");
    check(*decoded);
}

void check_json(fuzz::Input& in) {
    primitives::json::Writer out;
    write(out, world().witness);
    std::string text = out.take();
    for (size_t changes = in.below(4); changes > 0; --changes)
        text[in.word16() % text.size()] = static_cast<char>(in.byte());
    const auto document = Document::parse(std::move(text), "witness");
    if (!document) return;
    if (const auto parsed = document->read(trie::parse_witness)) check(*parsed);
}

/// An account's proof, of one that is there or not, altered.
void check_proof(fuzz::Input& in) {
    const World& all = world();
    static const trie::StateTrie trie(all.before);
    Address address = beacon_roots;
    if (in.one_in(2)) address[19] ^= in.byte();
    const auto proof = trie::prove(trie, address, std::vector<uint256>{in.byte(), 3});
    fuzz::require(proof && trie::verify(*proof, all.root), "a proof is accepted");
    trie::AccountProof altered = *proof;
    switch (in.below(5)) {
        case 0:
            alter(altered.storage[in.below(2)].proof, in);
            break;
        case 1:
            altered.storage[in.below(2)].value += in.number();
            break;
        case 2:
            if (altered.account) altered.account->account.balance += in.number();
            break;
        case 3:
            if (altered.account) altered.account->storage_root[in.below(32)] ^= in.byte();
            break;
        default:
            alter(altered.proof, in);
    }
    fuzz::require(trie::verify(altered, all.root).has_value() == (altered == *proof),
                  "an altered proof is refused");
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return weft::fuzz::check_one_of(data, size, weft::check_rlp, weft::check_json, weft::check_proof,
                                    weft::check_parts);
}
