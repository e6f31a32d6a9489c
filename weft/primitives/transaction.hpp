#pragma once

#include <optional>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

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

/// An EIP-7702 authorization. Values are as signed; whether they are valid is decided when the transaction executes.
struct Authorization {
    uint256 chain_id;
    Address address;
    uint64_t nonce = 0;
    uint256 y_parity;
    uint256 r, s;
    /// Who signed, once recovered; absent where the signature is none. `authority_recovered` says whether it was tried.
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

    /// Signature: y parity (0 or 1; any value a decoder met is kept), r, s.
    uint256 y_parity, r, s;
    /// Who signed. Recovered from the signature, or given (RPC form, eth_call).
    Address sender;

    friend bool operator==(const Transaction&, const Transaction&) = default;
};

}  // namespace weft::primitives

namespace weft {
using primitives::Transaction;
using primitives::TxType;
}  // namespace weft
