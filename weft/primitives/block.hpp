#pragma once

#include <optional>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/bloom.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::primitives {

/// A block header, Frontier to Amsterdam; the optional fields came with the fork named beside them.
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
    std::optional<uint256> base_fee_per_gas;       ///< London, EIP-1559
    std::optional<Hash> withdrawals_root;          ///< Shanghai, EIP-4895
    std::optional<uint64_t> blob_gas_used;         ///< Cancun, EIP-4844
    std::optional<uint64_t> excess_blob_gas;       ///< Cancun, EIP-4844
    std::optional<Hash> parent_beacon_block_root;  ///< Cancun, EIP-4788
    std::optional<Hash> requests_hash;             ///< Prague, EIP-7685
    /// Amsterdam, EIP-7928: Keccak-256 of the RLP of the block's access list. Present from Amsterdam on and
    /// never before; whether it is the right one shows only by execution.
    std::optional<Hash> block_access_list_hash;
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

/// Keccak-256 of the RLP of an empty list: ommers_hash of a block without ommers.
inline constexpr Hash empty_ommers_hash{
    {{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
      0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}}};

/// Keccak-256 of the RLP of an empty list: block_access_list_hash of a block that accesses nothing.
inline constexpr Hash empty_access_list_hash = empty_ommers_hash;

/// Header, body and block as RLP, in the yellow paper's order (section 4.4) and the EIPs' extensions.
/// Of a header's optional fields those before the first absent one are encoded.
[[nodiscard]] DecodeResult<Header> decode_header(BytesView encoded);
[[nodiscard]] Header decode_header(rlp::Decoder& decoder);
void encode(Bytes& out, const Header& header);
[[nodiscard]] Bytes encode(const Header& header);

[[nodiscard]] Withdrawal decode_withdrawal(rlp::Decoder& decoder);
void encode(Bytes& out, const Withdrawal& withdrawal);
[[nodiscard]] Bytes encode(const Withdrawal& withdrawal);

/// Senders are not recovered.
[[nodiscard]] DecodeResult<Block> decode_block(BytesView encoded);
void encode(Bytes& out, const Block& block);
[[nodiscard]] Bytes encode(const Block& block);

/// A block's hash: Keccak-256 of its header's RLP.
[[nodiscard]] Hash header_hash(const Header& header);
/// What the seal of a proof-of-work block is over: Keccak-256 of its header's RLP without mix_hash and nonce
/// (yellow paper, section 11.5).
[[nodiscard]] Hash seal_hash(const Header& header);
/// Keccak-256 of the list of the ommers' headers.
[[nodiscard]] Hash ommers_hash(std::span<const Header> ommers);

/// EIP-7685: sha256 over the sha256 of each request (its type byte and data); requests without data are left
/// out.
[[nodiscard]] Hash requests_hash(std::span<const Bytes> requests);

}  // namespace weft::primitives

namespace weft {
using primitives::Block;
using primitives::Header;
using primitives::Withdrawal;
}  // namespace weft
