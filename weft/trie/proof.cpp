#include "weft/trie/proof.hpp"

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::trie {
namespace {

/// Where a key's way leads out of a node: to another node, or to its end.
struct Exit {
    bool is_end = false;
    std::optional<BytesView> value;  ///< at the end
    Hash next;
    uint32_t depth = 0;
};

/// Follows a key through a node and those embedded in it. Precondition: check_node has accepted it.
Exit follow(const uint8_t* node, BytesView key, uint32_t depth) {
    for (;;) {
        const Path rest = path_of(key, depth);
        const uint8_t* item = nullptr;
        if (is_branch(node)) {
            item = node + list_header_size(node);
            const uint32_t digit = rest.empty() ? 16 : rest[0];
            for (uint32_t i = 0; i < digit; ++i) item += item_size(item);
            if (*item == empty_item) return {.is_end = true, .value = {}, .next = {}};
            if (rest.empty()) return {.is_end = true, .value = payload(item), .next = {}};
            ++depth;
        } else {
            const ShortNode parsed = read_short(node);
            if (parsed.is_leaf) {
                if (!(parsed.path == rest)) return {.is_end = true, .value = {}, .next = {}};
                return {.is_end = true, .value = payload(parsed.second), .next = {}};
            }
            if (common_nibbles(parsed.path, rest) != parsed.path.size())
                return {.is_end = true, .value = {}, .next = {}};
            item = parsed.second;
            depth += parsed.path.size();
        }
        if (item[0] < 0xc0) {
            Exit exit{.value = {}, .next = {}, .depth = depth};
            std::memcpy(exit.next.data(), item + 1, exit.next.size());
            return exit;
        }
        node = item;
    }
}

Bytes encode(const TrieAccount& account) {
    Bytes out;
    primitives::rlp::append(out, account.account.nonce);
    primitives::rlp::append(out, account.account.balance);
    primitives::rlp::append(out, account.storage_root);
    primitives::rlp::append(out, account.account.code_hash);
    primitives::rlp::wrap_list(out, 0);
    return out;
}

/// A proof held against what it should show; nullopt: that there is nothing.
std::expected<void, ProofError> expect(const Hash& root, BytesView key, const Proof& proof, Place place,
                                       const std::optional<Bytes>& claimed) {
    const auto shown = verify_proof(root, key, proof, place);
    if (!shown) return std::unexpected(shown.error());
    if (shown->has_value() == claimed.has_value() && (!claimed || std::ranges::equal(**shown, *claimed)))
        return {};
    return std::unexpected(ProofError{ProofFault::other_value, proof.empty() ? 0 : proof.size() - 1});
}

void write(primitives::json::Writer& out, const Proof& proof) {
    out.begin_array();
    for (const Bytes& node : proof) out.bytes(node);
    out.end_array();
}

primitives::json::Result<void> read_slots(primitives::json::Value value, std::vector<StorageProof>& out) {
    primitives::json::Array array;
    if (auto read = primitives::json::read(value, array); !read) return read;
    for (const primitives::json::Value item : array) {
        StorageProof& slot = out.emplace_back();
        primitives::json::Fields fields(item);
        fields.required("key", slot.key);
        fields.required("value", slot.value);
        fields.required("proof", slot.proof);
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(out.size() - 1));
    }
    return {};
}

}  // namespace

const char* to_string(ProofFault fault) noexcept {
    switch (fault) {
        case ProofFault::missing_node:
            return "missing node";
        case ProofFault::wrong_node:
            return "wrong node";
        case ProofFault::malformed_node:
            return "malformed node";
        case ProofFault::extra_node:
            return "extra node";
        case ProofFault::other_value:
            return "another value than claimed";
    }
    return "";
}

std::string to_string(const ProofError& error) {
    std::string out = error.slot ? "storage proof of slot " + base::to_quantity(*error.slot) : "proof";
    return out + ", node " + std::to_string(error.node) + ": " + to_string(error.fault);
}

std::expected<std::optional<BytesView>, ProofError> verify_proof(const Hash& root, BytesView key,
                                                                 std::span<const Bytes> proof, Place place) {
    size_t node = 0;
    const auto fault = [&](ProofFault what) { return std::unexpected(ProofError{what, node}); };
    Exit at{.value = {}, .next = root};
    at.is_end = root == empty_root;
    for (; !at.is_end; ++node) {
        if (node == proof.size()) return fault(ProofFault::missing_node);
        if (crypto::keccak256(proof[node]) != at.next) return fault(ProofFault::wrong_node);
        Place here = place;
        if (here.left != Place::any) here.left -= at.depth;
        if (!check_node(proof[node], here)) return fault(ProofFault::malformed_node);
        at = follow(proof[node].data(), key, at.depth);
    }
    if (node != proof.size()) return fault(ProofFault::extra_node);
    return at.value;
}

ReadResult<AccountProof> prove(const StateTrie& trie, const Address& address, std::span<const uint256> keys) {
    AccountProof out{.address = address, .account = {}, .proof = {}, .storage = {}};
    const auto into = [](Proof& proof) {
        return [&proof](const PathNode& node) {
            if (!node.is_embedded) proof.emplace_back(node.rlp.begin(), node.rlp.end());
        };
    };
    auto account = trie.account(address, into(out.proof));
    if (!account) return std::unexpected(std::move(account.error()));
    out.account = *account;
    for (const uint256& key : keys) {
        StorageProof& slot = out.storage.emplace_back();
        slot.key = key;
        auto value = trie.storage(address, key, into(slot.proof));
        if (!value) return std::unexpected(std::move(value.error()));
        slot.value = *value;
    }
    return out;
}

std::expected<void, ProofError> verify(const AccountProof& proof, const Hash& state_root) {
    constexpr uint32_t key_nibbles = 2 * Hash::size();
    std::optional<Bytes> claimed;
    if (proof.account) claimed = encode(*proof.account);
    const Hash owner = crypto::keccak256(proof.address.view());
    if (auto held =
            expect(state_root, owner.view(), proof.proof, {.accounts = true, .left = key_nibbles}, claimed);
        !held)
        return held;
    const Hash storage_root = proof.account ? proof.account->storage_root : empty_root;
    for (const StorageProof& slot : proof.storage) {
        claimed.reset();
        if (slot.value) primitives::rlp::append(claimed.emplace(), slot.value);
        const Hash key = crypto::keccak256(base::to_hash(slot.key).view());
        if (auto held = expect(storage_root, key.view(), slot.proof, {.left = key_nibbles}, claimed); !held) {
            held.error().slot = slot.key;
            return held;
        }
    }
    return {};
}

void write(primitives::json::Writer& out, const AccountProof& proof) {
    const TrieAccount account = proof.account.value_or(TrieAccount{});
    out.begin_object();
    out.key("address").bytes(proof.address.view());
    write(out.key("accountProof"), proof.proof);
    out.key("balance").quantity(account.account.balance);
    out.key("codeHash").bytes(account.account.code_hash.view());
    out.key("nonce").quantity(account.account.nonce);
    out.key("storageHash").bytes(account.storage_root.view());
    out.key("storageProof").begin_array();
    for (const StorageProof& slot : proof.storage) {
        out.begin_object().key("key").quantity(slot.key).key("value").quantity(slot.value);
        write(out.key("proof"), slot.proof);
        out.end_object();
    }
    out.end_array().end_object();
}

primitives::json::Result<AccountProof> parse_account_proof(primitives::json::Value value) {
    AccountProof out;
    TrieAccount account;
    primitives::json::Fields fields(value);
    fields.required("address", out.address);
    fields.required("accountProof", out.proof);
    fields.required("balance", account.account.balance);
    fields.required("codeHash", account.account.code_hash);
    fields.required("nonce", account.account.nonce);
    fields.required("storageHash", account.storage_root);
    if (!fields.with("storageProof", [&](auto slots) { return read_slots(slots, out.storage); }))
        fields.fail("storageProof", "missing");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    // Some clients write zeros for the hashes of an account that isn't there.
    if (account.account.code_hash.is_zero()) account.account.code_hash = crypto::empty_code_hash;
    if (account.storage_root.is_zero()) account.storage_root = empty_root;
    if (account != TrieAccount{}) out.account = account;
    return out;
}

}  // namespace weft::trie
