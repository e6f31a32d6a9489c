// The precompiles that check signatures and proofs: ECRECOVER, P256VERIFY, point evaluation.
#include "weft/crypto/hashes.hpp"
#include "weft/crypto/kzg.hpp"
#include "weft/crypto/secp256k1.hpp"
#include "weft/crypto/secp256r1.hpp"
#include "weft/evm/precompiles/contracts.hpp"

namespace weft::evm::precompiles {
namespace {

Hash hash_at(const uint8_t* p) noexcept {
    Hash out;
    std::memcpy(out.data(), p, 32);
    return out;
}

// Yellow paper, appendix E: hash, v (27 or 28), r, s; the address left-padded, or nothing where there is no
// signer.
bool run_ecrecover(BytesView input, Revision, Bytes& output) noexcept {
    output.clear();
    const auto in = padded<128>(input);
    const uint256 v = base::load_be(in.data() + 32);
    if (v != uint256{27} && v != uint256{28}) return true;
    const auto signer =
        crypto::recover_address(hash_at(in.data()), base::load_be(in.data() + 64),
                                base::load_be(in.data() + 96), static_cast<unsigned>(v.low() - 27));
    if (!signer) return true;
    output.assign(12, 0);
    output.insert(output.end(), signer->begin(), signer->end());
    return true;
}

// EIP-7951: hash, r, s, x, y; 1 as a word for a valid signature, nothing for anything else.
bool run_p256_verify(BytesView input, Revision, Bytes& output) noexcept {
    output.clear();
    if (input.size() != 160) return true;
    const uint8_t* const in = input.data();
    if (crypto::secp256r1_verify(hash_at(in), base::load_be(in + 32), base::load_be(in + 64),
                                 base::load_be(in + 96), base::load_be(in + 128))) {
        output.assign(32, 0);
        output.back() = 1;
    }
    return true;
}

// EIP-4844: versioned hash, z, y, commitment, proof. The result names the field: FIELD_ELEMENTS_PER_BLOB,
// BLS_MODULUS.
constexpr size_t point_evaluation_size = 192;
constexpr uint8_t versioned_hash_version_kzg = 0x01;
constexpr uint256 field_elements_per_blob{4096};
constexpr uint256 bls_modulus{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48};

bool run_point_evaluation(BytesView input, Revision, Bytes& output) noexcept {
    if (input.size() != point_evaluation_size) return false;
    const auto commitment = part<48>(input, 96);
    Hash versioned_hash = crypto::sha256(commitment);
    versioned_hash[0] = versioned_hash_version_kzg;
    if (versioned_hash != hash_at(input.data())) return false;
    if (!crypto::kzg_verify_proof(commitment, part<32>(input, 32), part<32>(input, 64), part<48>(input, 144)))
        return false;
    output.resize(64);
    base::store_be(output.data(), field_elements_per_blob);
    base::store_be(output.data() + 32, bls_modulus);
    return true;
}

}  // namespace

const Precompile ecrecover{fixed_gas<3000>, run_ecrecover, "ECREC"};
const Precompile p256_verify{fixed_gas<6900>, run_p256_verify, "P256VERIFY"};
const Precompile point_evaluation{fixed_gas<50000>, run_point_evaluation, "KZG_POINT_EVALUATION"};

}  // namespace weft::evm::precompiles
