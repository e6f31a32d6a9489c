//! The curve libraries behind weft/crypto, as one static library with a C interface.
//! Each function is declared and documented once more in weft/crypto/native/native.h, its only user's header.
//! blst has a C interface of its own, which C++ calls directly: here it is only pulled into the library.

mod bn254;
mod secp256k1;

#[used]
static KEEP_BLST: unsafe extern "C" fn(*const blst::blst_p1_affine) -> bool = blst::blst_p1_affine_in_g1;
