// What cryptography costs: Keccak-256 in its forms, sender recovery, and one run of every precompile that
// computes.
#include <benchmark/benchmark.h>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/crypto/secp256k1.hpp"
#include "weft/evm/precompiles/precompiles.hpp"

namespace {

using namespace weft;

void keccak(benchmark::State& state) {
    Bytes message(static_cast<size_t>(state.range(0)), 0x5a);
    for (auto _ : state) message[0] = keccak256(message)[0];  // each hash waits for the one before
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(keccak)->Arg(32)->Arg(64)->Arg(135)->Arg(544)->Arg(24576);

void keccak_64_bytes(benchmark::State& state) {
    uint8_t message[64]{};
    for (auto _ : state) message[0] = crypto::keccak256_64(message)[0];
}
BENCHMARK(keccak_64_bytes);

void keccak_batch(benchmark::State& state) {
    const Bytes data(1024, 0x5a);
    std::vector<BytesView> messages;
    for (size_t i = 0; i < 256; ++i)
        messages.push_back(BytesView{data}.subspan(i, static_cast<size_t>(state.range(0))));
    std::vector<Hash> out(messages.size());
    for (auto _ : state) {
        crypto::keccak256_batch(messages, out);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(messages.size()));
}
BENCHMARK(keccak_batch)->Arg(32)->Arg(64)->Arg(532);

using namespace base::literals;
const Hash signed_hash = "0x18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"_hash;
const Hash signature_r = "0x73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"_hash;
const Hash signature_s = "0xeeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"_hash;

void recover_address(benchmark::State& state) {
    const uint256 r = base::to_uint256(signature_r), s = base::to_uint256(signature_s);
    for (auto _ : state) benchmark::DoNotOptimize(crypto::recover_address(signed_hash, r, s, 1));
}
BENCHMARK(recover_address)->Unit(benchmark::kMicrosecond);

// Throughput counts gas: what a block full of this one call would execute at.
void precompile(benchmark::State& state, unsigned number, const std::string& input_hex) {
    Address address;
    address[18] = static_cast<uint8_t>(number >> 8);
    address[19] = static_cast<uint8_t>(number);
    constexpr Revision revision = primitives::newest_revision;
    const evm::Precompile* const contract = evm::precompile_at(address, revision);
    const Bytes input = *from_hex(input_hex);
    Bytes output;
    for (auto _ : state) {
        if (!contract->run(input, revision, output) || output.empty())
            state.SkipWithError("the precompile refused its input");
        benchmark::DoNotOptimize(output.data());
    }
    state.counters["gas/s"] = benchmark::Counter(static_cast<double>(contract->gas(input, revision)),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

std::string word(uint64_t value) { return base::to_hex(base::to_hash(value)).substr(2); }
std::string repeat(const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

const std::string bn_g1 = word(1) + word(2);
const std::string bn_g2 =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4"
    "f75edadd46debd5c"
    "d992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408f"
    "e3d1e7690c43d37b"
    "4ce6cc0166fa7daa";
const std::string padding(32, '0');
const std::string bls_g1 =
    padding +
    "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb" +
    padding +
    "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
const std::string bls_g2 =
    padding +
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8" +
    padding +
    "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
    padding +
    "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801" +
    padding +
    "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
const std::string scalar = "3d5f1b0c8e7a69245f1b0c8e7a69243d5f1b0c8e7a69243d5f1b0c8e7a69243d";
const std::string field_element =
    padding +
    "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
// The identity polynomial: commitment [tau]G1, proof [1]G1, and y = z.
const std::string point_evaluation =
    "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81"
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const std::string modulus = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const std::string p256_signature =
    "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bfefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b"
    "56aaf991c34d0ea8"
    "4eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda860fed4ba255a9d31c961eb74c6356d68"
    "c049b8923b61fa6c"
    "e669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

#define WEFT_PRECOMPILE_BENCH(NAME, NUMBER, INPUT) \
    BENCHMARK_CAPTURE(precompile, NAME, NUMBER, INPUT)->Unit(benchmark::kMicrosecond)

WEFT_PRECOMPILE_BENCH(ecrecover, 0x01,
                      base::to_hex(signed_hash) + word(28) + base::to_hex(signature_r).substr(2) +
                          base::to_hex(signature_s).substr(2));
WEFT_PRECOMPILE_BENCH(sha256_1024, 0x02, repeat("5a", 1024));
WEFT_PRECOMPILE_BENCH(ripemd160_1024, 0x03, repeat("5a", 1024));
WEFT_PRECOMPILE_BENCH(modexp_256_bits, 0x05, word(32) + word(32) + word(32) + scalar + modulus + modulus);
WEFT_PRECOMPILE_BENCH(modexp_2048_bits, 0x05,
                      word(256) + word(3) + word(256) + repeat(scalar, 8) + "010001" + repeat(modulus, 8));
WEFT_PRECOMPILE_BENCH(bn254_add, 0x06, bn_g1 + bn_g1);
WEFT_PRECOMPILE_BENCH(bn254_mul, 0x07, bn_g1 + scalar);
WEFT_PRECOMPILE_BENCH(bn254_pairing_2, 0x08, repeat(bn_g1 + bn_g2, 2));
WEFT_PRECOMPILE_BENCH(blake2f_12, 0x09, "0000000c" + repeat("5a", 208) + "01");
WEFT_PRECOMPILE_BENCH(bls12_g1_add, 0x0b, repeat(bls_g1, 2));
WEFT_PRECOMPILE_BENCH(bls12_g1_msm_1, 0x0c, bls_g1 + scalar);
WEFT_PRECOMPILE_BENCH(bls12_g1_msm_128, 0x0c, repeat(bls_g1 + scalar, 128));
WEFT_PRECOMPILE_BENCH(bls12_g2_add, 0x0d, repeat(bls_g2, 2));
WEFT_PRECOMPILE_BENCH(bls12_g2_msm_1, 0x0e, bls_g2 + scalar);
WEFT_PRECOMPILE_BENCH(bls12_g2_msm_128, 0x0e, repeat(bls_g2 + scalar, 128));
WEFT_PRECOMPILE_BENCH(bls12_pairing_2, 0x0f, repeat(bls_g1 + bls_g2, 2));
WEFT_PRECOMPILE_BENCH(bls12_map_fp_to_g1, 0x10, field_element);
WEFT_PRECOMPILE_BENCH(bls12_map_fp2_to_g2, 0x11, repeat(field_element, 2));
WEFT_PRECOMPILE_BENCH(p256_verify, 0x100, p256_signature);

void point_evaluation_precompile(benchmark::State& state) {
    // The versioned hash of the commitment needs the precompile SHA-256's help.
    Address address;
    address[19] = 2;
    Bytes hash;
    evm::precompile_at(address, primitives::newest_revision)
        ->run(BytesView{*from_hex(point_evaluation)}.first(48), primitives::newest_revision, hash);
    hash[0] = 1;
    precompile(state, 0x0a, base::to_hex(hash) + scalar + scalar + point_evaluation);
}
BENCHMARK(point_evaluation_precompile)->Unit(benchmark::kMicrosecond);

}  // namespace
