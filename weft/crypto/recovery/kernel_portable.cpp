#include "weft/crypto/recovery/curve.hpp"
#include "weft/crypto/recovery/field_portable.hpp"

namespace weft::crypto::recovery {

using One = Curve<ScalarField>;

void multiply_portable(const Multiplication* in, size_t count, const GeneratorTable& generator,
                       Key* out) noexcept {
    One::run(in, count, generator, out);
}

namespace {

constexpr size_t block = 64;  // points made affine with one inversion

// Writes the affine forms of the points.
void put_affine(const One::Point (&points)[block], Row* out) noexcept {
    One::Element before[block], all = ScalarField::constant(One::one);
    for (size_t i = 0; i < block; ++i) {
        before[i] = all;
        all = One::multiply(all, points[i].z);
    }
    One::Element inverses = One::inverse(all);
    for (size_t i = block; i-- > 0;) {
        const One::Element z = One::multiply(inverses, before[i]), zz = One::square(z);
        inverses = One::multiply(inverses, points[i].z);
        ScalarField::store(ScalarField::canonical(One::multiply(points[i].x, zz)),
                           ScalarField::canonical(One::multiply(points[i].y, One::multiply(zz, z))),
                           {out + i});
    }
}

// 1, 3, 5 ... times the point.
void fill(One::Point point, Row (&out)[generator_entries]) noexcept {
    static_assert(generator_entries % block == 0);
    One::Point points[block];
    for (auto& p : points) p = point;
    One::double_often(points[1], 1);
    put_affine(points, out);
    One::Element x, y, twice_x, twice_y;
    ScalarField::load({&out[0]}, x, y);
    ScalarField::load({&out[1]}, twice_x, twice_y);
    One::Point next{x, y, ScalarField::constant(One::one)};
    for (size_t i = 0; i < generator_entries; i += block) {
        for (auto& p : points) {
            p = next;
            One::add(next, twice_x, twice_y, next.z);
        }
        put_affine(points, out + i);
    }
}

}  // namespace

void make_generator_table(GeneratorTable& out) noexcept {
    // SEC 2, section 2.4.1.
    constexpr Row g{{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac,
                     0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}};
    One::Point point;
    ScalarField::load({&g}, point.x, point.y);
    point.z = ScalarField::constant(One::one);
    fill(point, out.row[0]);
    One::double_often(point, generator_window * generator_digits);
    fill(point, out.row[1]);
}

void field_operation_portable(FieldOperation which, const Row* a, const Row* b, Row* out) noexcept {
    One::operate(which, a, b, out);
}

}  // namespace weft::crypto::recovery
