#pragma once

#include "weft/crypto/recovery/kernels.hpp"

namespace weft::crypto::recovery {

/// Recovery's arithmetic on y^2 = x^3 + 7, over a Field of one or many lanes (field_avx512.hpp,
/// field_portable.hpp). No branch depends on a lane's numbers.
///
/// A point is (x : y : z) in Jacobian coordinates, x / z^2 and y / z^3. The formulas for sums are incomplete:
/// where both points have the same x, z becomes 0, and stays so through everything that follows. So one look
/// at the last z finds every exception.
template <class Field>
struct Curve {
    using Element = typename Field::Element;
    using Sum = typename Field::Sum;
    using Mask = typename Field::Mask;
    static constexpr size_t lanes = Field::lanes;

    struct Point {
        Element x, y, z;
    };
    /// The odd multiples of each lane's point.
    struct PointTable {
        Row row[lanes][point_entries];
    };

#define WEFT_INLINE [[gnu::always_inline]] static inline
    WEFT_INLINE Element multiply(const Element& a, const Element& b) noexcept {
        return Field::carry(Field::product(a, b));
    }
    WEFT_INLINE Element square(const Element& a) noexcept { return Field::carry(Field::square(a)); }
    WEFT_INLINE Element subtract(const Element& a, const Element& b) noexcept {
        return Field::carry(Field::template minus<1>(Field::sum(a), b));
    }
    WEFT_INLINE Element negate(const Element& a) noexcept {
        return Field::carry(Field::template minus<1>(Field::sum(Field::constant(zero)), a));
    }

    static constexpr uint64_t zero[4] = {}, one[4] = {1}, seven[4] = {7};
    /// A cube root of 1: (beta x, y) is lambda (x, y) (R. Gallant, R. Lambert, S. Vanstone, "Faster point
    /// multiplication on elliptic curves with efficient endomorphisms", CRYPTO 2001).
    static constexpr uint64_t beta[4] = {0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9,
                                         0x7ae96a2b657c0710};

    /// Elements that go through the same chain of powers: one's multiplications fill the other's waits.
    template <size_t n>
    struct Several {
        Element element[n];
    };
    /// a^(2^times).
    template <size_t n>
    [[gnu::noinline]] static Several<n> square_often(Several<n> a, int times) noexcept {
        for (int i = 0; i < times; ++i)
            for (Element& element : a.element) element = square(element);
        return a;
    }
    template <size_t n>
    [[gnu::noinline]] static Several<n> times(const Several<n>& a, const Several<n>& b) noexcept {
        Several<n> out;
        for (size_t i = 0; i < n; ++i) out.element[i] = multiply(a.element[i], b.element[i]);
        return out;
    }

    /// The powers of a that both exponents below begin with: a to 2^2 - 1, 2^22 - 1 and 2^223 - 1.
    template <size_t n>
    struct Powers {
        Several<n> x2, x22, x223;
    };
    template <size_t n>
    static Powers<n> powers(const Several<n>& a) noexcept {
        const auto x2 = times(square_often(a, 1), a);
        const auto x3 = times(square_often(x2, 1), a);
        const auto x6 = times(square_often(x3, 3), x3);
        const auto x9 = times(square_often(x6, 3), x3);
        const auto x11 = times(square_often(x9, 2), x2);
        const auto x22 = times(square_often(x11, 11), x11);
        const auto x44 = times(square_often(x22, 22), x22);
        const auto x88 = times(square_often(x44, 44), x44);
        const auto x176 = times(square_often(x88, 88), x88);
        const auto x220 = times(square_often(x176, 44), x44);
        return {x2, x22, times(square_often(x220, 3), x3)};
    }
    /// a^((p + 1) / 4), which is a root of a if it has one, as p = 3 mod 4. In bits the exponent is 223 ones,
    /// 0, 22 ones, 0000, 11, 00.
    template <size_t n>
    static Several<n> square_root(const Several<n>& a) noexcept {
        const auto p = powers(a);
        const auto t = times(square_often(p.x223, 23), p.x22);
        return square_often(times(square_often(t, 6), p.x2), 2);
    }
    /// 1 / a; precondition: a is not zero. As a^(p - 2) where the field knows nothing better. In bits this is
    /// 223 ones, 0, 22 ones, 0000, 1, 0, 11, 0, 1.
    static Element inverse(const Element& element) noexcept {
        if constexpr (requires { Field::invert(element); }) return Field::invert(element);
        const Several<1> a{{element}};
        const auto p = powers(a);
        auto t = times(square_often(p.x223, 23), p.x22);
        t = times(square_often(t, 5), a);
        t = times(square_often(t, 3), p.x2);
        return times(square_often(t, 2), a).element[0];
    }

    /// What is known of a nonce point of each lane.
    struct Nonce {
        Element x, y;
        Mask odd;       ///< whether y is to be odd
        Mask on_curve;  ///< whether there is a point with this x
    };
    WEFT_INLINE Element right_side(const Element& x) noexcept {
        return Field::carry(Field::plus(Field::product(square(x), x), Field::constant(seven)));
    }
    /// Finds y and on_curve from x and odd.
    template <size_t n>
    static void lift(Nonce* points) noexcept {
        Several<n> right;
        for (size_t i = 0; i < n; ++i) right.element[i] = right_side(points[i].x);
        const auto roots = square_root(right);
        for (size_t i = 0; i < n; ++i) {
            const Element& root = roots.element[i];
            points[i].on_curve = Field::is_zero(subtract(square(root), right.element[i]));
            points[i].y = Field::select(Field::is_odd(root) ^ points[i].odd, root, negate(root));
        }
    }

    /// Twice a point, in 3 M + 4 S (a = 0; EFD, dbl-2009-l, with D = 4 X B as a product: it spares carries).
    [[gnu::noinline]] static void double_often(Point& point, unsigned times) noexcept {
        for (; times > 0; --times) {
            const Element e = Field::carry(Field::template multiple<3>(Field::square(point.x)));      // E
            const Element b = square(point.y);                                                        // B
            const Element d = Field::carry(Field::template multiple<4>(Field::product(point.x, b)));  // D
            const Sum ee = Field::square(e);
            point.x = Field::carry(Field::template minus<2>(ee, d));
            // D - X3 = 3 D - E^2, for which X3 need not be carried first.
            const Element rest = Field::carry(Field::minus(Field::template multiple<3>(Field::sum(d)), ee));
            // These two wait for nothing: they fill the time in which x and then y are finished.
            point.z = Field::carry(Field::template multiple<2>(Field::product(point.y, point.z)));
            const Element c8 = Field::carry(Field::template multiple<8>(Field::square(b)));  // 8 C
            point.y = Field::carry(Field::template minus<1>(Field::product(e, rest), c8));
        }
    }

    /// point += (x, y), an affine point of the curve on which `point` is given by z_scaled in z's place; in
    /// 8 M + 3 S (H. Cohen, A. Miyaji, T. Ono, "Efficient elliptic curve exponentiation using mixed
    /// coordinates", ASIACRYPT 1998).
    [[gnu::noinline]] static void add(Point& point, const Element& x, const Element& y,
                                      const Element& z_scaled) noexcept {
        const Element zz = square(z_scaled);
        const Element zzz = multiply(zz, z_scaled);
        const Element h = Field::carry(Field::template minus<1>(Field::product(x, zz), point.x));
        const Element r = Field::carry(Field::template minus<1>(Field::product(y, zzz), point.y));
        const Element hh = square(h);
        const Element hhh = multiply(hh, h);
        const Element v = multiply(point.x, hh);
        point.x = Field::carry(Field::template minus<1>(Field::template minus<2>(Field::square(r), v), hhh));
        point.z = multiply(point.z, h);
        point.y = Field::carry(Field::product(negate(point.y), hhh, r, subtract(v, point.x)));
    }

    /// The odd multiples P, 3 P, ... of P = (x, y), all with one z, which is returned: they are affine points
    /// of an isomorphic curve (as libsecp256k1 does it). 2 P is added again and again with both points on a
    /// common z (N. Meloni, "New point addition formulae for ECC applications", WAIFI 2007), 4 M + 2 S each,
    /// z itself not computed; then all are scaled to the last one's z, 4 M + 1 S each.
    static Element odd_multiples(const Element& x, const Element& y, PointTable& table) noexcept {
        Element xs[point_entries], ys[point_entries], ratio[point_entries];
        // P and 2 P on z = 2 y.
        const Element b = square(y);
        const Element e = Field::carry(Field::template multiple<3>(Field::square(x)));
        xs[0] = Field::carry(Field::template multiple<4>(Field::product(x, b)));
        ys[0] = Field::carry(Field::template multiple<8>(Field::square(b)));
        Element z = Field::carry(Field::template multiple<2>(Field::sum(y)));
        Element x2 = Field::carry(Field::template minus<2>(Field::square(e), xs[0]));
        Element y2 = Field::carry(Field::template minus<1>(Field::product(e, subtract(xs[0], x2)), ys[0]));
        for (unsigned i = 1; i < point_entries; ++i) {
            ratio[i] = subtract(xs[i - 1], x2);
            const Element c = square(ratio[i]);
            const Element w1 = multiply(x2, c);
            const Element w2 = multiply(xs[i - 1], c);
            const Element difference = subtract(ys[i - 1], y2);
            xs[i] = Field::carry(
                Field::template minus<1>(Field::template minus<1>(Field::square(difference), w1), w2));
            x2 = w1;
            y2 = multiply(y2, subtract(w2, w1));
            ys[i] =
                Field::carry(Field::template minus<1>(Field::product(difference, subtract(w1, xs[i])), y2));
        }
        Element scale = Field::constant(one);
        for (unsigned i = point_entries; i-- > 0;) {
            const Element squared = square(scale);
            put(table, i, multiply(xs[i], squared), multiply(ys[i], multiply(squared, scale)));
            scale = multiply(scale, i == 0 ? z : ratio[i]);
        }
        return scale;
    }

    static void put(PointTable& table, unsigned place, const Element& x, const Element& y) noexcept {
        Row* rows[lanes];
        for (size_t lane = 0; lane < lanes; ++lane) rows[lane] = &table.row[lane][place];
        Field::store(Field::fit(x), Field::fit(y), rows);
    }

    /// The rows that one digit of each lane names; `digit_of(lane)` and `rows_of(lane)` say which.
    template <class DigitOf, class RowsOf>
    [[gnu::always_inline]] static inline void look_up(DigitOf digit_of, RowsOf rows_of, Element& x,
                                                      Element& y) noexcept {
        const Row* rows[lanes];
        Mask negative = 0;
        for (size_t lane = 0; lane < lanes; ++lane) {
            const Digit digit = digit_of(lane);
            rows[lane] = rows_of(lane) + digit.place;
            negative |= static_cast<Mask>(digit.negative) << lane;
        }
        Field::load(rows, x, y);
        y = Field::select(negative, y, negate(y));
    }

    /// A generator's row may have to come from far, so it is asked for a digit earlier.
    static void prefetch(const Multiplication* in, const GeneratorTable& generator, unsigned digit) noexcept {
        for (size_t lane = 0; lane < lanes; ++lane)
            for (unsigned half = 0; half < 2; ++half)
                __builtin_prefetch(&generator.row[half][in[lane].generator[half][digit].place]);
    }

    /// The sum that `in` stands for (Multiplication), by E. Straus's interleaving ("Addition chains of
    /// vectors", 1964): all digits share the doublings. The point is left on the table's isomorphic curve
    /// while it is added to; a row of the generator's table is brought there by z * table_z.
    [[gnu::noinline]] static Point multiply_and_add(const Multiplication* in, const GeneratorTable& generator,
                                                    const PointTable& table,
                                                    const Element& table_z) noexcept {
        const Element root = Field::constant(beta);
        Point sum;
        Element x, y;
        unsigned doublings = 0;
        constexpr unsigned top = (point_digits - 1) * point_window;
        static_assert((generator_digits - 1) * generator_window <= top);
        for (unsigned bit = top + 1; bit-- > 0; ++doublings) {
            if (bit % point_window == 0)
                for (unsigned half = 0; half < 2; ++half) {
                    look_up([&](size_t lane) { return in[lane].point[half][bit / point_window]; },
                            [&](size_t lane) { return table.row[lane]; }, x, y);
                    if (half == 1) x = multiply(x, root);
                    if (bit == top && half == 0) {
                        sum = {x, y, Field::constant(one)};
                        doublings = 0;
                        continue;
                    }
                    double_often(sum, doublings);
                    doublings = 0;
                    add(sum, x, y, sum.z);
                }
            if (bit % generator_window == 0 && bit / generator_window < generator_digits) {
                const unsigned place = bit / generator_window;
                if (place > 0) prefetch(in, generator, place - 1);
                for (unsigned half = 0; half < 2; ++half) {
                    look_up([&](size_t lane) { return in[lane].generator[half][place]; },
                            [&](size_t) { return generator.row[half]; }, x, y);
                    double_often(sum, doublings);
                    doublings = 0;
                    add(sum, x, y, multiply(sum.z, table_z));
                }
            }
        }
        sum.z = multiply(sum.z, table_z);
        return sum;
    }

    /// A Kernel: the sums in Jacobian coordinates, then one inversion for the z of all (P. Montgomery's
    /// trick).
    static void run(const Multiplication* in, size_t count, const GeneratorTable& generator,
                    Key* out) noexcept {
        constexpr size_t most = kernel_most / lanes;
        Point sums[most];
        Element before[most];  // the product of the z of all groups before
        Mask on_curve[most], exceptional[most];
        PointTable table;
        Nonce nonces[2];
        const size_t groups = count / lanes;
        Element all = Field::constant(one);
        for (size_t i = 0; i < groups; ++i) {
            const Multiplication* const group = in + i * lanes;
            Nonce& nonce = nonces[i % 2];
            if (i % 2 == 0) {
                const bool two = i + 1 < groups;
                nonces[0].odd = load_x(group, nonces[0].x);
                if (two) nonces[1].odd = load_x(group + lanes, nonces[1].x);
                two ? lift<2>(nonces) : lift<1>(nonces);
            }
            prefetch(group, generator, generator_digits - 1);
            on_curve[i] = nonce.on_curve;
            const Element z = odd_multiples(nonce.x, nonce.y, table);
            sums[i] = multiply_and_add(group, generator, table, z);
            exceptional[i] = Field::is_zero(sums[i].z);
            sums[i].z = Field::select(exceptional[i], sums[i].z, Field::constant(one));
            before[i] = all;
            all = multiply(all, sums[i].z);
        }
        Element inverses = inverse(all);
        for (size_t i = groups; i-- > 0;) {
            const Element z = multiply(inverses, before[i]);
            inverses = multiply(inverses, sums[i].z);
            const Element zz = square(z);
            store_key(multiply(sums[i].x, zz), multiply(sums[i].y, multiply(zz, z)), on_curve[i],
                      exceptional[i], out + i * lanes);
        }
    }

    static Mask load_x(const Multiplication* in, Element& x) noexcept {
        Row rows[lanes];
        const Row* places[lanes];
        Mask odd = 0;
        for (size_t lane = 0; lane < lanes; ++lane) {
            rows[lane] = Row{{in[lane].x[0], in[lane].x[1], in[lane].x[2], in[lane].x[3], 0, 0, 0, 0}};
            places[lane] = &rows[lane];
            odd |= static_cast<Mask>(in[lane].y_is_odd) << lane;
        }
        Element ignored;
        Field::load(places, x, ignored);
        return odd;
    }
    static void store_key(const Element& x, const Element& y, Mask on_curve, Mask exceptional,
                          Key* out) noexcept {
        Row rows[lanes];
        Row* places[lanes];
        for (size_t lane = 0; lane < lanes; ++lane) places[lane] = &rows[lane];
        Field::store(Field::canonical(x), Field::canonical(y), places);
        for (size_t lane = 0; lane < lanes; ++lane) {
            for (int i = 0; i < 4; ++i) out[lane].x[i] = rows[lane].word[i];
            for (int i = 0; i < 4; ++i) out[lane].y[i] = rows[lane].word[4 + i];
            out[lane].outcome = (on_curve >> lane & 1) == 0      ? Outcome::no_point
                                : (exceptional >> lane & 1) != 0 ? Outcome::exceptional
                                                                 : Outcome::found;
        }
    }

    /// For tests: an operation on one element a lane, `a` and `b` being any numbers of 256 bits.
    static void operate(FieldOperation which, const Row* a, const Row* b, Row* out) noexcept {
        const Row *from_a[lanes], *from_b[lanes];
        Row* to[lanes];
        for (size_t lane = 0; lane < lanes; ++lane) {
            from_a[lane] = a + lane;
            from_b[lane] = b + lane;
            to[lane] = out + lane;
        }
        Element x, y, ignored, result = Field::constant(zero), odd = Field::constant(zero);
        Field::load(from_a, x, ignored);
        Field::load(from_b, y, ignored);
        if (which == FieldOperation::multiply) result = multiply(x, y);
        if (which == FieldOperation::square) result = square(x);
        if (which == FieldOperation::subtract) result = subtract(x, y);
        if (which == FieldOperation::negate) result = negate(x);
        if (which == FieldOperation::inverse) result = inverse(x);
        if (which == FieldOperation::square_root) result = square_root(Several<2>{{y, x}}).element[1];
        if (which == FieldOperation::two_products)
            result = Field::carry(Field::product(x, y, negate(x), subtract(x, y)));
        if (which == FieldOperation::eight_squares_less)
            result = Field::carry(Field::template minus<1>(
                Field::template minus<2>(Field::template multiple<8>(Field::square(x)), y), y));
        if (which == FieldOperation::three_less_square)
            result = Field::carry(Field::minus(Field::template multiple<3>(Field::sum(x)), Field::square(y)));
        if (which == FieldOperation::parity)
            result = Field::select(Field::is_odd(x), result, Field::constant(one));
        if (which == FieldOperation::equal)
            result = Field::select(Field::is_zero(subtract(x, y)), result, Field::constant(one));
        Field::store(Field::canonical(result), odd, to);
    }
#undef WEFT_INLINE
};

}  // namespace weft::crypto::recovery
