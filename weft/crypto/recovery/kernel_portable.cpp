#include "weft/crypto/recovery/curve.hpp"
#include "weft/crypto/recovery/field_portable.hpp"

namespace weft::crypto::recovery {

using One = Curve<ScalarField>;

void multiply_portable(const Multiplication* in, size_t count, const GeneratorTable& generator,
                       Key* out) noexcept {
    One::run(in, count, generator, out);
}

namespace {

struct Affine {
    One::Element x, y;
};

Affine row(const Row& from) noexcept {
    Affine out;
    ScalarField::load({&from}, out.x, out.y);
    return out;
}
void put(const Affine& point, Row& to) noexcept {
    ScalarField::store(ScalarField::canonical(point.x), ScalarField::canonical(point.y), {&to});
}

// The third point of the line through a with this slope, mirrored; b_x is the second one's x.
Affine chord(const Affine& a, const One::Element& b_x, const One::Element& slope) noexcept {
    const One::Element x = One::subtract(One::subtract(One::square(slope), a.x), b_x);
    return {x, One::subtract(One::multiply(slope, One::subtract(a.x, x)), a.y)};
}

Affine twice(const Affine& a) noexcept {
    const One::Element xx = One::square(a.x);
    const One::Element three_xx = ScalarField::carry(ScalarField::multiple<3>(ScalarField::sum(xx)));
    const One::Element two_y = ScalarField::carry(ScalarField::multiple<2>(ScalarField::sum(a.y)));
    return chord(a, a.x, One::multiply(three_xx, ScalarField::invert(two_y)));
}

// 1, 3, 5 ... times the point: the first m of them with 2 m times the point added are the next m, all with
// one inversion. No two points of a sum are equal or opposite: the multiples are smaller than half the order.
void fill(const Affine& point, Row (&out)[generator_entries]) noexcept {
    put(point, out[0]);
    Affine step = twice(point);
    for (size_t m = 1; m < generator_entries; m *= 2, step = twice(step)) {
        One::Element before[generator_entries / 2], all = ScalarField::constant(One::one);
        for (size_t i = 0; i < m; ++i) {
            before[i] = all;
            all = One::multiply(all, One::subtract(step.x, row(out[i]).x));
        }
        One::Element inverses = ScalarField::invert(all);
        for (size_t i = m; i-- > 0;) {
            const Affine a = row(out[i]);
            const One::Element slope =
                One::multiply(One::subtract(step.y, a.y), One::multiply(inverses, before[i]));
            inverses = One::multiply(inverses, One::subtract(step.x, a.x));
            put(chord(a, step.x, slope), out[m + i]);
        }
    }
}

}  // namespace

void make_generator_table(GeneratorTable& out) noexcept {
    // SEC 2, section 2.4.1.
    constexpr Row g{{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac,
                     0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}};
    const Affine generator = row(g);
    fill(generator, out.row[0]);
    One::Point far{generator.x, generator.y, ScalarField::constant(One::one)};
    One::double_often(far, generator_window * generator_digits);
    const One::Element z = ScalarField::invert(far.z), zz = One::square(z);
    fill({One::multiply(far.x, zz), One::multiply(far.y, One::multiply(zz, z))}, out.row[1]);
}

void field_operation_portable(FieldOperation which, const Row* a, const Row* b, Row* out) noexcept {
    One::operate(which, a, b, out);
}

}  // namespace weft::crypto::recovery
