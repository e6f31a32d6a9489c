#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/primitives/json_value.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::trie {

/// The RLP of the nodes on a key's way, the root first; those that are part of their parent's RLP are not
/// among them. Empty for the empty trie. It shows the key's value, or that there is none.
using Proof = std::vector<Bytes>;

/// Why a proof does not show what it should.
enum class ProofFault : uint8_t {
    missing_node,    ///< the key's way goes on where the proof ends
    wrong_node,      ///< a node's hash is not the one that the root, or the node before, names
    malformed_node,  ///< what has the right hash is no node of such a trie
    extra_node,      ///< nodes follow the end of the key's way
    other_value,     ///< it shows another value than the one claimed
};
[[nodiscard]] const char* to_string(ProofFault fault) noexcept;

struct ProofError {
    ProofFault fault{};
    size_t node = 0;                ///< where in the proof
    std::optional<uint256> slot{};  ///< in which storage proof; absent: in the account's
    friend bool operator==(const ProofError&, const ProofError&) = default;
};
/// One line: "storage proof of slot 0x2, node 3: wrong node".
[[nodiscard]] std::string to_string(const ProofError& error);

/// What a proof shows of a key in the trie with this root: its value, a view of the proof, or nullopt: it has
/// none. Every byte of the proof is checked. place: what is known of the trie's nodes beyond that.
[[nodiscard]] std::expected<std::optional<BytesView>, ProofError> verify_proof(const Hash& root,
                                                                               BytesView key,
                                                                               std::span<const Bytes> proof,
                                                                               Place place = {});

/// A slot of an account's storage, and the proof in the account's storage trie. Zero: there is none.
struct StorageProof {
    uint256 key;
    uint256 value;
    Proof proof;
    friend bool operator==(const StorageProof&, const StorageProof&) = default;
};

/// An account, or that there is none, and some of its slots, with proofs: the answer of eth_getProof
/// (EIP-1186).
struct AccountProof {
    Address address;
    std::optional<TrieAccount> account;
    Proof proof;
    std::vector<StorageProof> storage;
    friend bool operator==(const AccountProof&, const AccountProof&) = default;
};

/// Proves an account and these slots in the state of the trie's last root.
[[nodiscard]] ReadResult<AccountProof> prove(const StateTrie& trie, const Address& address,
                                             std::span<const uint256> keys);

/// Whether all that `proof` claims holds in the state with this root.
[[nodiscard]] std::expected<void, ProofError> verify(const AccountProof& proof, const Hash& state_root);

/// Appends the answer of eth_getProof (EIP-1186).
void write(primitives::json::Writer& out, const AccountProof& proof);
/// Reads it. An account without nonce, balance, code and storage is taken as one that doesn't exist: since
/// EIP-161 there are no others.
[[nodiscard]] primitives::json::Result<AccountProof> parse_account_proof(primitives::json::Value value);

}  // namespace weft::trie
