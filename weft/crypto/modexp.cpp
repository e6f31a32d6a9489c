#include "weft/crypto/modexp.hpp"

#include <gmp.h>

#include <algorithm>

#include "weft/crypto/montgomery.hpp"

namespace weft::crypto {
namespace {

BytesView without_leading_zeros(BytesView bytes) noexcept {
    const auto first = std::find_if(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
    return bytes.subspan(static_cast<size_t>(first - bytes.begin()));
}

class Integer {
public:
    explicit Integer(BytesView bytes = {}) noexcept {
        mpz_init(value_);
        mpz_import(value_, bytes.size(), 1, 1, 1, 0, bytes.data());
    }
    ~Integer() { mpz_clear(value_); }
    Integer(const Integer&) = delete;
    Integer& operator=(const Integer&) = delete;
    [[nodiscard]] mpz_ptr get() noexcept { return value_; }

private:
    mpz_t value_;
};

}  // namespace

void modexp(BytesView base, BytesView exponent, BytesView modulus, std::span<uint8_t> out) noexcept {
    std::ranges::fill(out, uint8_t{0});
    base = without_leading_zeros(base);
    exponent = without_leading_zeros(exponent);
    modulus = without_leading_zeros(modulus);
    if (modulus.empty()) return;

    if (modulus.size() <= 32 && base.size() <= 32 && (modulus.back() & 1) != 0) {
        uint8_t result[32];
        base::store_be(result, power_mod_odd(base::load_be(base), exponent, base::load_be(modulus)));
        std::copy(result + 32 - modulus.size(), result + 32,
                  out.end() - static_cast<ptrdiff_t>(modulus.size()));
        return;
    }
    Integer b{base}, e{exponent}, m{modulus}, result;
    mpz_powm(result.get(), b.get(), e.get(), m.get());
    const size_t size =
        (mpz_sizeinbase(result.get(), 2) + 7) / 8;  // one for zero, for which nothing is written
    mpz_export(out.data() + out.size() - size, nullptr, 1, 1, 1, 0, result.get());
}

}  // namespace weft::crypto
