// What the C interface's tests share: checks that count, and a few values.
#ifndef WEFT_TESTS_CAPI_TEST_H
#define WEFT_TESTS_CAPI_TEST_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft.h"

extern int checks_failed;

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            ++checks_failed;                                                                      \
            fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, __func__, #condition); \
        }                                                                                         \
    } while (0)

/// The call succeeds, and says so with a NULL error.
#define CHECK_OK(call)                                                                       \
    do {                                                                                     \
        weft_error* check_error = NULL;                                                      \
        weft_error** const error = &check_error;                                             \
        const weft_code check_code = (call);                                                 \
        if (check_code != WEFT_OK || check_error != NULL) {                                  \
            ++checks_failed;                                                                 \
            fprintf(stderr, "%s:%d: %s: %d: %s\n", __FILE__, __LINE__, __func__, check_code, \
                    weft_error_message(check_error));                                        \
            weft_error_free(check_error);                                                    \
        }                                                                                    \
    } while (0)

/// The call fails with this code, both as its value and in the error, which has a message.
#define CHECK_FAILS(code, call)                                                                       \
    do {                                                                                              \
        weft_error* check_error = NULL;                                                               \
        weft_error** const error = &check_error;                                                      \
        const weft_code check_code = (call);                                                          \
        if (check_code != (code) || weft_error_code(check_error) != (code) ||                         \
            strlen(weft_error_message(check_error)) == 0) {                                           \
            ++checks_failed;                                                                          \
            fprintf(stderr, "%s:%d: %s: %d (%s), not %s\n", __FILE__, __LINE__, __func__, check_code, \
                    weft_error_message(check_error), #code);                                          \
        }                                                                                             \
        weft_error_free(check_error);                                                                 \
    } while (0)

/// A weft_uint256 or weft_hash with a small number.
static inline weft_uint256 number(uint64_t value) {
    weft_uint256 out = {{0}};
    for (int i = 0; i < 8; ++i) out.bytes[31 - i] = (uint8_t)(value >> (8 * i));
    return out;
}
static inline uint64_t low(const weft_uint256* value) {
    uint64_t out = 0;
    for (int i = 24; i < 32; ++i) out = out << 8 | value->bytes[i];
    return out;
}
static inline weft_address address(uint16_t value) {
    weft_address out = {{0}};
    out.bytes[18] = (uint8_t)(value >> 8);
    out.bytes[19] = (uint8_t)value;
    return out;
}
#define SAME(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0)

/// From hex digits; returns how many bytes.
size_t unhex(const char* digits, uint8_t* out);
/// A whole file, to be freed; NULL where it can't be read.
char* read_file(const char* path, size_t* size);

weft_config* config_of(const char* fork);
weft_context* context_of(weft_executor executor, uint32_t threads);
weft_state* state_of(const char* json);
weft_block* block_of(const char* json);

/// A state behind callbacks that ask `memory`.
weft_state_callbacks callbacks_to(weft_state* memory);

/// The state's root, kept up with the blocks applied, is that of its copy, which is made from all its
/// accounts.
void check_root_of_copy(const weft_state* state);

/// Each group of cases; test_mainnet returns the number of blocks.
void test_values(void);
void test_states(void);
void test_execution(void);
void test_rlp(void);
void test_callbacks(void);
void test_cancellation(void);
void test_proofs(void);
void test_witness(void);
void test_directed(void);
void test_null_arguments(void);
void test_empty_arguments(void);
void test_huge_arguments(void);
void test_impossible_sizes(void);
void test_messages(void);
void test_bad_callbacks(void);
void test_threads(void);
void test_out_of_memory(void);
int test_mainnet(const char* folder);

#endif
