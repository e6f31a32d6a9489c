#pragma once

// The part of blst's C interface (version 0.3.17, inside the static library built from native/) that
// weft/crypto uses, declared as its bindings/blst.h has it. Field elements are in Montgomery form, six (or
// four) limbs, least significant first; compound layouts are plain nestings of them.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t b[32];
} blst_scalar;
typedef struct {
    uint64_t l[6];
} blst_fp;
typedef struct {
    blst_fp fp[2];
} blst_fp2;
typedef struct {
    blst_fp2 fp2[3];
} blst_fp6;
typedef struct {
    blst_fp6 fp6[2];
} blst_fp12;
typedef struct {
    blst_fp x, y, z;
} blst_p1;
typedef struct {
    blst_fp x, y;
} blst_p1_affine;
typedef struct {
    blst_fp2 x, y, z;
} blst_p2;
typedef struct {
    blst_fp2 x, y;
} blst_p2_affine;

void blst_scalar_from_bendian(blst_scalar* out, const uint8_t a[32]);
// Reduces modulo the group's order; false if the result is zero.
bool blst_scalar_from_be_bytes(blst_scalar* out, const uint8_t* in, size_t size);
bool blst_scalar_fr_check(const blst_scalar* a);

void blst_fp_from_bendian(blst_fp* out, const uint8_t a[48]);
void blst_bendian_from_fp(uint8_t out[48], const blst_fp* a);

void blst_p1_add_or_double(blst_p1* out, const blst_p1* a, const blst_p1* b);
void blst_p1_add_or_double_affine(blst_p1* out, const blst_p1* a, const blst_p1_affine* b);
void blst_p1_cneg(blst_p1* p, bool negate);
void blst_p1_mult(blst_p1* out, const blst_p1* p, const uint8_t* scalar, size_t bits);
void blst_p1_from_affine(blst_p1* out, const blst_p1_affine* in);
void blst_p1_to_affine(blst_p1_affine* out, const blst_p1* in);
bool blst_p1_is_inf(const blst_p1* a);
const blst_p1* blst_p1_generator(void);
bool blst_p1_affine_on_curve(const blst_p1_affine* p);
bool blst_p1_affine_in_g1(const blst_p1_affine* p);
bool blst_p1_affine_is_inf(const blst_p1_affine* p);
int blst_p1_uncompress(blst_p1_affine* out, const uint8_t in[48]);

void blst_p2_add_or_double_affine(blst_p2* out, const blst_p2* a, const blst_p2_affine* b);
void blst_p2_mult(blst_p2* out, const blst_p2* p, const uint8_t* scalar, size_t bits);
void blst_p2_from_affine(blst_p2* out, const blst_p2_affine* in);
void blst_p2_to_affine(blst_p2_affine* out, const blst_p2* in);
bool blst_p2_affine_on_curve(const blst_p2_affine* p);
bool blst_p2_affine_in_g2(const blst_p2_affine* p);
bool blst_p2_affine_is_inf(const blst_p2_affine* p);
const blst_p2_affine* blst_p2_affine_generator(void);
int blst_p2_uncompress(blst_p2_affine* out, const uint8_t in[96]);

size_t blst_p1s_mult_pippenger_scratch_sizeof(size_t count);
void blst_p1s_mult_pippenger(blst_p1* out, const blst_p1_affine* const points[], size_t count,
                             const uint8_t* const scalars[], size_t bits, uint64_t* scratch);
size_t blst_p2s_mult_pippenger_scratch_sizeof(size_t count);
void blst_p2s_mult_pippenger(blst_p2* out, const blst_p2_affine* const points[], size_t count,
                             const uint8_t* const scalars[], size_t bits, uint64_t* scratch);

void blst_map_to_g1(blst_p1* out, const blst_fp* u, const blst_fp* v);
void blst_map_to_g2(blst_p2* out, const blst_fp2* u, const blst_fp2* v);

void blst_miller_loop_n(blst_fp12* out, const blst_p2_affine* const q[], const blst_p1_affine* const p[],
                        size_t count);
void blst_precompute_lines(blst_fp6 lines[68], const blst_p2_affine* q);
void blst_miller_loop_lines(blst_fp12* out, const blst_fp6 lines[68], const blst_p1_affine* p);
bool blst_fp12_finalverify(const blst_fp12* a, const blst_fp12* b);
void blst_final_exp(blst_fp12* out, const blst_fp12* f);
bool blst_fp12_is_one(const blst_fp12* a);
const blst_fp12* blst_fp12_one(void);

#ifdef __cplusplus
}
#endif
