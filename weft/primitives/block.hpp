#pragma once

#include <optional>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/bloom.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::primitives {

/// A block header, Frontier to Osaka; the optional fields came with the fork named beside them.
struct Header {
    Hash parent_hash;
    Hash ommers_hash;
    Address coinbase;
    Hash state_root;
    Hash transactions_root;
    Hash receipts_root;
    Bloom logs_bloom;
    uint256 difficulty;
    uint64_t number = 0;
    uint64_t gas_limit = 0;
    uint64_t gas_used = 0;
    uint64_t timestamp = 0;  ///< seconds since 1970
    Bytes extra_data;
    Hash mix_hash;  ///< prevRandao from Paris on
    std::array<uint8_t, 8> nonce{};
    std::optional<uint256> base_fee_per_gas;         ///< London, EIP-1559
    std::optional<Hash> withdrawals_root;            ///< Shanghai, EIP-4895
    std::optional<uint64_t> blob_gas_used;           ///< Cancun, EIP-4844
    std::optional<uint64_t> excess_blob_gas;         ///< Cancun, EIP-4844
    std::optional<Hash> parent_beacon_block_root;    ///< Cancun, EIP-4788
    std::optional<Hash> requests_hash;               ///< Prague, EIP-7685
    friend bool operator==(const Header&, const Header&) = default;
};

/// EIP-4895; the amount is in Gwei.
struct Withdrawal {
    uint64_t index = 0;
    uint64_t validator_index = 0;
    Address address;
    uint64_t amount = 0;
    friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

struct Block {
    Header header;
    std::vector<Transaction> transactions;
    std::vector<Header> ommers;
    std::optional<std::vector<Withdrawal>> withdrawals;
    friend bool operator==(const Block&, const Block&) = default;
};

}  // namespace weft::primitives

namespace weft {
using primitives::Block;
using primitives::Header;
using primitives::Withdrawal;
}  // namespace weft
