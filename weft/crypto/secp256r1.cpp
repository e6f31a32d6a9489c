// ECDSA_do_verify takes the hash as it is and needs a quarter less time than the EVP interface that replaces
// it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "weft/crypto/secp256r1.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <memory>

#include "weft/base/modulus.hpp"

namespace weft::crypto {
namespace {

// SEC 2, section 2.4.2.
constexpr uint256 field_modulus{0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};
const base::PreparedModulus field{field_modulus};
constexpr uint256 coefficient{0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7};
constexpr uint256 order{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000};

/// y^2 = x^3 - 3x + b. OpenSSL would see it too, ten times as slowly.
bool on_curve(const uint256& x, const uint256& y) noexcept {
    const uint256 square_less_three = base::add_mod(field.multiply(x, x), field_modulus - 3, field_modulus);
    return field.multiply(y, y) ==
           base::add_mod(field.multiply(square_less_three, x), coefficient, field_modulus);
}

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Releaser<BN_free>>;

Number to_number(const uint256& value) noexcept {
    uint8_t bytes[32];
    base::store_be(bytes, value);
    return Number{BN_bin2bn(bytes, sizeof bytes, nullptr)};
}

// A key object holds a copy of the whole group, so each thread keeps one and gives it another point for each
// signature.
struct Verifier {
    std::unique_ptr<EC_KEY, Releaser<EC_KEY_free>> key{EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)};
    std::unique_ptr<BN_CTX, Releaser<BN_CTX_free>> scratch{BN_CTX_new()};
    std::unique_ptr<EC_POINT, Releaser<EC_POINT_free>> point{key ? EC_POINT_new(EC_KEY_get0_group(key.get()))
                                                                 : nullptr};
    std::unique_ptr<ECDSA_SIG, Releaser<ECDSA_SIG_free>> signature{ECDSA_SIG_new()};
};

}  // namespace

bool secp256r1_verify(const Hash& message_hash, const uint256& r, const uint256& s, const uint256& x,
                      const uint256& y) noexcept {
    if (r.is_zero() || s.is_zero() || r >= order || s >= order || x >= field_modulus || y >= field_modulus ||
        !on_curve(x, y))
        return false;
    thread_local Verifier verifier;
    EC_KEY* const key = verifier.key.get();
    EC_POINT* const point = verifier.point.get();
    const Number number_x = to_number(x), number_y = to_number(y);
    // (0, 0), which stands for infinity, is not on the curve. The group's order is prime, so the key check
    // that EC_KEY_set_public_key_affine_coordinates would add has nothing left to find.
    if (EC_POINT_set_affine_coordinates(EC_KEY_get0_group(key), point, number_x.get(), number_y.get(),
                                        verifier.scratch.get()) != 1 ||
        EC_KEY_set_public_key(key, point) != 1)
        return false;
    ECDSA_SIG_set0(verifier.signature.get(), to_number(r).release(), to_number(s).release());
    return ECDSA_do_verify(message_hash.data(), static_cast<int>(message_hash.size()),
                           verifier.signature.get(), key) == 1;
}

}  // namespace weft::crypto
