// What the senders of transactions cost: public keys recovered a second, on one core and on two.
//
//   weft_senders_bench [--rounds R]
//
// libsecp256k1 as the crate brings it and as Debian does (where its package is), one signature after the
// other, and Weft's batches in both forms at several sizes. All by turns, R rounds, each one's best; every
// round takes the same signatures, and every answer is held against the crate's.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "weft/base/thread_pool.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/crypto/recovery/batch.hpp"

#ifdef WEFT_DEBIAN_SECP256K1
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#endif

namespace weft {
namespace {

using crypto::SignedHash;
using crypto::recovery::Way;
using Addresses = std::vector<std::optional<Address>>;
using Recover = std::function<void(std::span<const SignedHash>, std::span<std::optional<Address>>)>;

constexpr size_t signature_count = 4000;

std::vector<SignedHash> make_signatures() {
    std::vector<SignedHash> out;
    Hash key = crypto::empty_code_hash;
    while (out.size() < signature_count) {
        key = keccak256(key.view());
        const Hash message = keccak256(key.view());
        if (const auto made = crypto::sign(message, key))
            out.push_back({message, made->r, made->s, made->y_parity});
    }
    return out;
}

#ifdef WEFT_DEBIAN_SECP256K1
std::optional<Address> recover_with_debian(const SignedHash& signature) {
    uint8_t compact[64], serialized[65];
    base::store_be(compact, signature.r);
    base::store_be(compact + 32, signature.s);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    size_t size = sizeof serialized;
    const auto* const context = secp256k1_context_static;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, compact,
                                                            static_cast<int>(signature.recovery_id)) != 1 ||
        secp256k1_ecdsa_recover(context, &key, &parsed, signature.message_hash.data()) != 1 ||
        secp256k1_ec_pubkey_serialize(context, serialized, &size, &key, SECP256K1_EC_UNCOMPRESSED) != 1)
        return std::nullopt;
    Address out;
    std::memcpy(out.data(), keccak256(BytesView{serialized}.subspan(1)).data() + 12, out.size());
    return out;
}
#endif

struct Contender {
    std::string name;
    size_t batch;
    Recover recover;
    double one_core = 1e9, two_cores = 1e9;  ///< microseconds a signature, the best round's
};

std::vector<Contender> contenders() {
    const auto way = [](Way which) -> Recover {
        return [which](auto signatures, auto out) { crypto::recovery::recover(which, signatures, out); };
    };
    std::vector<Contender> out{{"libsecp256k1 (crate)", 1, way(Way::library)}};
#ifdef WEFT_DEBIAN_SECP256K1
    out.push_back({"libsecp256k1 (Debian)", 1, [](auto signatures, auto to) {
                       std::ranges::transform(signatures, to.begin(), recover_with_debian);
                   }});
#else
    fmt::print("Debian's libsecp256k1 is left out: libsecp256k1-dev was not there when this was built\n");
#endif
    if (!is_there(Way::avx512)) fmt::print("avx512 is left out: this processor lacks AVX-512 IFMA\n");
    for (const size_t batch : {1, 2, 4, 8, 64, 1000})
        if (is_there(Way::avx512)) out.push_back({"weft avx512", batch, way(Way::avx512)});
    for (const size_t batch : {1, 8, 64, 1000}) out.push_back({"weft portable", batch, way(Way::portable)});
    return out;
}

double microseconds_each(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
           signature_count;
}

int run(int rounds) {
    const std::vector<SignedHash> signatures = make_signatures();
    Addresses wanted(signature_count), got(signature_count);
    crypto::recovery::recover(Way::library, signatures, wanted);
    std::vector<Contender> all = contenders();
    base::ThreadPool pool(1);
    for (int round = 0; round < rounds; ++round)
        for (Contender& contender : all) {
            const auto part = [&](size_t begin, size_t end) {
                contender.recover({signatures.data() + begin, end - begin},
                                  {got.data() + begin, end - begin});
            };
            const double one = microseconds_each([&] {
                for (size_t i = 0; i < signature_count; i += contender.batch)
                    part(i, std::min(i + contender.batch, signature_count));
            });
            const double two =
                microseconds_each([&] { base::parallel_for(pool, signature_count, contender.batch, part); });
            contender.one_core = std::min(contender.one_core, one);
            contender.two_cores = std::min(contender.two_cores, two);
            if (got != wanted) {
                fmt::print("{}, batches of {}: wrong answers\n", contender.name, contender.batch);
                return 1;
            }
        }
    fmt::print("{:<22} {:>6} {:>10} {:>10} {:>8} {:>12} {:>9}\n", "", "batch", "us each", "a second", "times",
               "on two cores", "times own");
    for (const Contender& contender : all)
        fmt::print("{:<22} {:>6} {:>10.2f} {:>10.0f} {:>8.2f} {:>12.0f} {:>9.2f}\n", contender.name,
                   contender.batch, contender.one_core, 1e6 / contender.one_core,
                   all.front().one_core / contender.one_core, 1e6 / contender.two_cores,
                   contender.one_core / contender.two_cores);
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    int rounds = 5;
    if (argc == 3 && std::strcmp(argv[1], "--rounds") == 0) rounds = std::atoi(argv[2]);
    if ((argc != 1 && argc != 3) || rounds < 1) {
        fmt::print("usage: weft_senders_bench [--rounds R]\n");
        return 2;
    }
    return weft::run(rounds);
}
