#pragma once

#include <optional>
#include <span>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::primitives {

/// EIP-2718 transaction types.
enum class TxType : uint8_t {
    legacy = 0,
    access_list = 1,  ///< EIP-2930
    dynamic_fee = 2,  ///< EIP-1559
    blob = 3,         ///< EIP-4844
    set_code = 4,     ///< EIP-7702
};

/// One entry of an EIP-2930 access list.
struct AccessTuple {
    Address address;
    std::vector<uint256> storage_keys;
    friend bool operator==(const AccessTuple&, const AccessTuple&) = default;
};

/// An EIP-7702 authorization. Values are as signed; whether they are valid is decided when the transaction
/// executes.
struct Authorization {
    uint256 chain_id;
    Address address;
    uint64_t nonce = 0;
    uint256 y_parity;
    uint256 r, s;
    /// Who signed, once recovered; absent where the signature is none. `authority_recovered` says whether it
    /// was tried.
    std::optional<Address> authority;
    bool authority_recovered = false;
    friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// A transaction of any type; fields that its type lacks have their default value.
struct Transaction {
    TxType type = TxType::legacy;
    /// Absent in a legacy transaction without EIP-155 replay protection.
    std::optional<uint64_t> chain_id;
    uint64_t nonce = 0;
    uint64_t gas_limit = 0;
    /// maxFeePerGas; the gas price in types 0 and 1.
    uint256 max_fee_per_gas;
    /// maxPriorityFeePerGas; the gas price in types 0 and 1.
    uint256 max_priority_fee_per_gas;
    /// Absent: the transaction creates a contract.
    std::optional<Address> to;
    uint256 value;
    Bytes data;
    std::vector<AccessTuple> access_list;
    uint256 max_fee_per_blob_gas;
    std::vector<Hash> blob_versioned_hashes;
    std::vector<Authorization> authorization_list;

    /// Signature: y parity (0 or 1; any value a decoder met is kept: a legacy v that EIP-155 doesn't know is
    /// v - 27 modulo 2^256), r, s.
    uint256 y_parity, r, s;
    /// Who signed. Recovered from the signature, or given (RPC form, eth_call).
    Address sender;

    friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// Decodes one transaction in the form that hashes, roots and `eth_sendRawTransaction` use: RLP for type 0,
/// the type's byte and RLP for the others (EIP-2718). The sender is not recovered. What only execution can
/// judge is not judged here: a type 3 or 4 transaction without `to`, an empty authorization list, a signature
/// out of range decode.
[[nodiscard]] DecodeResult<Transaction> decode_transaction(BytesView encoded);
/// The same, where the transaction is to lie. Precondition: `out` is as it was made. After an error it is
/// half filled.
[[nodiscard]] std::expected<void, DecodeError> decode_transaction(BytesView encoded, Transaction& out);
/// Reads a transaction from a block body: a list, or a string that holds a typed transaction.
[[nodiscard]] Transaction decode_from_body(rlp::Decoder& decoder);

/// Appends the form that decode_transaction reads.
void encode(Bytes& out, const Transaction& transaction);
[[nodiscard]] Bytes encode(const Transaction& transaction);
/// Appends the form that decode_from_body reads.
void encode_in_body(Bytes& out, const Transaction& transaction);

/// Appends an access list as types 1 to 4 hold it.
void encode(Bytes& out, const std::vector<AccessTuple>& access_list);

/// v as a legacy transaction carries it: y parity + 27, or + 35 + 2 * chain id (EIP-155).
[[nodiscard]] uint256 legacy_v(const Transaction& transaction) noexcept;
/// The reverse: sets y_parity and chain_id.
void set_legacy_v(Transaction& transaction, const uint256& v) noexcept;

/// Keccak-256 of encode(transaction).
[[nodiscard]] Hash transaction_hash(const Transaction& transaction);
/// Appends what the sender, or an authority, signed: the preimage of signing_hash().
void append_signing_message(Bytes& out, const Transaction& transaction);
void append_signing_message(Bytes& out, const Authorization& authorization);
/// The same from the bytes that the transaction was decoded from, without encoding its fields again.
void append_signing_message(Bytes& out, const Transaction& transaction, BytesView encoded);
/// What the sender signed (EIP-155 where chain_id is there, EIP-2718 for typed transactions).
[[nodiscard]] Hash signing_hash(const Transaction& transaction);
/// What an authority signed: keccak256(0x05 || rlp([chain_id, address, nonce])) (EIP-7702).
[[nodiscard]] Hash signing_hash(const Authorization& authorization);

/// EIP-2: from Homestead on, and in every authorization, s is at most half the order of secp256k1.
[[nodiscard]] constexpr bool is_low_s(const uint256& s) noexcept {
    return s <= uint256{0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff};
}
/// The signer, or nullopt where the signature is none (y parity not 0 or 1, r or s zero or beyond the order,
/// no point). A high s is accepted: Frontier allows it, from Homestead on is_low_s must be asked as well.
[[nodiscard]] std::optional<Address> recover_sender(const Transaction& transaction);
/// recover_sender for each transaction, many signatures at a time. Precondition: out.size() ==
/// transactions.size().
void recover_senders(std::span<const Transaction> transactions, std::span<std::optional<Address>> out);
/// The authority of an EIP-7702 authorization, or nullopt where the signature is none or its s is high.
[[nodiscard]] std::optional<Address> recover_authority(const Authorization& authorization);

}  // namespace weft::primitives

namespace weft {
using primitives::Transaction;
using primitives::TxType;
}  // namespace weft
