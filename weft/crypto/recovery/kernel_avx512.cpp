#include "weft/crypto/recovery/curve.hpp"
#include "weft/crypto/recovery/field_avx512.hpp"

namespace weft::crypto::recovery {

using Lanes = Curve<VectorField<avx512_lanes / 8>>;

void multiply_avx512(const Multiplication* in, size_t count, const GeneratorTable& generator,
                     Key* out) noexcept {
    Lanes::run(in, count, generator, out);
}

void field_operation_avx512(FieldOperation which, const Row* a, const Row* b, Row* out) noexcept {
    Lanes::operate(which, a, b, out);
}

}  // namespace weft::crypto::recovery
