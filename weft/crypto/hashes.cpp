// OpenSSL's low-level calls: deprecated, but they need no lookup of an algorithm by name for each message
// (which takes longer than hashing a short one), nor the legacy provider.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "weft/crypto/hashes.hpp"

#include <openssl/ripemd.h>
#include <openssl/sha.h>

namespace weft::crypto {

Hash sha256(BytesView message) noexcept {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, message.data(), message.size());
    Hash out;
    SHA256_Final(out.data(), &context);
    return out;
}

base::FixedBytes<20> ripemd160(BytesView message) noexcept {
    RIPEMD160_CTX context;
    RIPEMD160_Init(&context);
    RIPEMD160_Update(&context, message.data(), message.size());
    base::FixedBytes<20> out;
    RIPEMD160_Final(out.data(), &context);
    return out;
}

}  // namespace weft::crypto
