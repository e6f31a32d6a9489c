// Recovery of batches against libsecp256k1: signatures of any numbers, of numbers that belong together (so
// that the sums meet equal points, opposite points and infinity) and of keys that signed.
#include <vector>

#include "tests/fuzz/input.hpp"
#include "weft/crypto/recovery/batch.hpp"

namespace weft {
namespace {

using crypto::SignedHash;
using crypto::recovery::Way;

constexpr uint256 n = crypto::secp256k1_order;

Hash hash_of(const uint256& number) { return base::to_hash(number); }

/// The x of 1 to 5 and 2^132 times the generator.
constexpr uint256 x_of_multiples[] = {
    {0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac},
    {0xabac09b95c709ee5, 0x5c778e4b8cef3ca7, 0x3045406e95c07cd8, 0xc6047f9441ed7d6d},
    {0x8601f113bce036f9, 0xb531c845836f99b0, 0x49344f85f89d5229, 0xf9308a019258c310},
    {0x74fa94abe8c4cd13, 0xcc6c13900ee07584, 0x581e4904930b1404, 0xe493dbf1c10d80f3},
    {0xcba8d569b240efe4, 0xe88b84bddc619ab7, 0x55b4a7250a5c5128, 0x2f8bde4d1a072093},
    {0x6686fd5053231e11, 0x1f48e86503681e3e, 0x5ff99ff9198c3609, 0xe4f3fb0176af85d6}};

/// The key is (s R - hash G) / r: with R a known multiple of G and the hash a multiple of s, whatever is
/// added up on the way is a multiple of G that may come twice.
SignedHash related(fuzz::Input& in) {
    const uint256 r = x_of_multiples[in.below(std::size(x_of_multiples))], s = in.number();
    return {hash_of(base::mul_mod(s, in.number(), n)), r, s, static_cast<unsigned>(in.below(2))};
}

SignedHash any(fuzz::Input& in) {
    const Hash hash = hash_of(in.number());
    const uint256 r = in.number();
    return {hash, r, in.number(), static_cast<unsigned>(in.below(5))};
}

SignedHash signed_by_a_key(fuzz::Input& in) {
    const Hash hash = hash_of(in.number()), key = hash_of(in.number());
    const auto made = crypto::sign(hash, key);
    if (!made) return {hash, 1, 1, 0};
    return {hash, made->r, made->s, made->y_parity};
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    fuzz::Input in(data, size);
    std::vector<SignedHash> signatures;
    const size_t most = 1 + in.below(20);
    while (signatures.size() < most && !in.empty()) {
        const size_t kind = in.below(4);
        if (kind == 0 && !signatures.empty()) {
            const SignedHash again = signatures[in.below(signatures.size())];
            signatures.push_back(again);
        } else {
            signatures.push_back(kind == 1 ? related(in) : kind == 2 ? signed_by_a_key(in) : any(in));
        }
    }
    std::vector<std::optional<Address>> wanted(signatures.size()), got(signatures.size());
    recover(Way::library, signatures, wanted);
    for (const Way way : {Way::portable, Way::avx512}) {
        if (!is_there(way)) continue;
        recover(way, signatures, got);
        fuzz::require(got == wanted, way == Way::avx512 ? "avx512 gives what libsecp256k1 gives"
                                                        : "portable gives what libsecp256k1 gives");
    }
    return 0;
}
