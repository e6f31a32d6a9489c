// The field in both its forms, lane by lane against uint256's division.
#include <gtest/gtest.h>

#include <random>

#include "weft/base/uint256.hpp"
#include "weft/crypto/recovery/batch.hpp"
#include "weft/crypto/recovery/kernels.hpp"

namespace weft::crypto::recovery {
namespace {

constexpr uint256 p{0xfffffffefffffc2f, ~0ULL, ~0ULL, ~0ULL};

struct Form {
    Way way;
    size_t lanes;
    FieldTest* operate;
};
class Field : public testing::TestWithParam<Form> {
protected:
    void SetUp() override {
        if (!is_there(GetParam().way)) GTEST_SKIP() << "this processor lacks AVX-512 IFMA";
    }
};

uint256 mod_p(const uint256& a) { return base::divide(a, p).remainder; }
uint256 minus(const uint256& a) { return mod_p(a).is_zero() ? uint256{} : p - mod_p(a); }
uint256 power_mod(const uint256& a, const uint256& exponent) {
    uint256 out = 1;
    for (unsigned bit = 256; bit-- > 0;) {
        out = base::mul_mod(out, out, p);
        if (((exponent >> bit).low() & 1) != 0) out = base::mul_mod(out, a, p);
    }
    return out;
}

uint256 expected(FieldOperation which, const uint256& a, const uint256& b) {
    using enum FieldOperation;
    switch (which) {
        case multiply:
            return base::mul_mod(a, b, p);
        case square:
            return base::mul_mod(a, a, p);
        case subtract:
            return base::add_mod(a, minus(b), p);
        case negate:
            return minus(a);
        case inverse:
            return power_mod(a, p - uint256{2});
        case square_root:
            return power_mod(a, (p >> 2) + uint256{1});
        case two_products:
            return base::add_mod(base::mul_mod(a, b, p),
                                 base::mul_mod(minus(a), base::add_mod(a, minus(b), p), p), p);
        case eight_squares_less:
            return base::add_mod(base::mul_mod(8, base::mul_mod(a, a, p), p), base::mul_mod(3, minus(b), p),
                                 p);
        case three_less_square:
            return base::add_mod(base::mul_mod(3, a, p), minus(base::mul_mod(b, b, p)), p);
        case parity:
            return mod_p(a).low() & 1;
        case equal:
            return mod_p(a) == mod_p(b) ? 1 : 0;
    }
    return {};
}

// Zero, p, what is next to them, single limbs of 52 bits full and empty, and numbers without a pattern.
std::vector<uint256> numbers() {
    std::vector<uint256> out{0, 1, 2, p - uint256{1}, p, p + uint256{1}, uint256::max(), uint256{1} << 255};
    for (unsigned limb = 0; limb < 5; ++limb) {
        const uint256 full = uint256{(1ULL << 52) - 1} << 52 * limb;
        for (const uint256& number : {full, ~full, full + uint256{1}}) out.push_back(number);
    }
    std::mt19937_64 random(6);
    for (int i = 0; i < 9; ++i) out.push_back({random(), random(), random(), random()});
    return out;
}

Row row(const uint256& a) { return {{a.limb[0], a.limb[1], a.limb[2], a.limb[3], 0, 0, 0, 0}}; }

TEST_P(Field, EveryNumberWithEveryOtherInEveryLane) {
    using enum FieldOperation;
    const auto& [way, lanes, operate] = GetParam();
    const std::vector<uint256> all = numbers();
    for (const FieldOperation which : {multiply, square, subtract, negate, inverse, square_root, two_products,
                                       eight_squares_less, three_less_square, parity, equal}) {
        const bool one_operand = which == inverse || which == square_root;
        for (size_t i = 0; i < all.size(); ++i)
            for (size_t j = 0; j < (one_operand ? 1 : all.size()); ++j) {
                Row a[16], b[16], out[16];
                for (size_t lane = 0; lane < lanes; ++lane) {
                    a[lane] = row(all[(i + lane) % all.size()]);
                    b[lane] = row(all[(j + 3 * lane) % all.size()]);
                }
                operate(which, a, b, out);
                for (size_t lane = 0; lane < lanes; ++lane) {
                    const uint256 &x = all[(i + lane) % all.size()], &y = all[(j + 3 * lane) % all.size()];
                    if (which == inverse && mod_p(x).is_zero()) continue;  // there is none
                    const uint64_t* const word = out[lane].word;
                    ASSERT_EQ((uint256{word[0], word[1], word[2], word[3]}), expected(which, x, y))
                        << "operation " << static_cast<int>(which) << ", numbers " << i << " and " << j
                        << ", lane " << lane;
                }
            }
    }
}

INSTANTIATE_TEST_SUITE_P(, Field,
                         testing::Values(Form{Way::portable, portable_lanes, field_operation_portable},
                                         Form{Way::avx512, avx512_lanes, field_operation_avx512}),
                         [](const auto& form) {
                             return form.param.way == Way::avx512 ? "avx512" : "portable";
                         });

}  // namespace
}  // namespace weft::crypto::recovery
