// Proofs, access lists and the directed executor, and what a witness needs. (Witnesses made and used along a
// whole chain: tests/stateless.)
#include "test.h"

#define ALICE "0x000000000000000000000000000000000000a11c"
#define COUNTER "0x000000000000000000000000000000000000c0de"
#define SYSTEM_CONTRACT(address) "\"" address "\": {\"nonce\": 1, \"code\": \"0x00\"}"

static const char pre[] =
    "{\"" ALICE
    "\": {\"balance\": \"0xde0b6b3a7640000\"},"
    " \"" COUNTER
    "\": {\"nonce\": 1, \"code\": \"0x600054600101600055\", \"storage\": {\"0x0\": \"0x29\", \"0x5\": "
    "\"0x6\"}}," SYSTEM_CONTRACT("0x00000961Ef480Eb55e80D19ad83579A64c007002") "," SYSTEM_CONTRACT(
        "0x0000BBdDc7CE488642fb579F8B00f3a590007"
        "251") "}";
static const char block_json[] =
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", \"baseFeePerGas\": \"0x7\","
    " \"miner\": \"0x000000000000000000000000000000000000f00d\", \"parentBeaconBlockRoot\": "
    "\"0x0000000000000000000000000000000000000000000000000000000000000001\", \"transactions\": ["
    "{\"type\": \"0x2\", \"nonce\": \"0x0\", \"gas\": \"0x186a0\", \"maxFeePerGas\": \"0x14\", "
    "\"maxPriorityFeePerGas\": \"0x1\", \"to\": \"" COUNTER
    "\", \"value\": \"0x0\", \"input\": \"0x\", \"chainId\": \"0x1\", \"from\": \"" ALICE "\"}]}";

static void check_proof(const weft_state* state, const weft_address* of, const char* part) {
    const weft_uint256 keys[] = {number(5), number(6)};
    weft_buffer* proof = NULL;
    CHECK_OK(weft_state_proof(state, of, keys, 2, &proof, error));
    const weft_bytes text = weft_buffer_bytes(proof);
    char* const json = malloc(text.size + 1);
    memcpy(json, text.data, text.size);
    json[text.size] = 0;
    CHECK(strstr(json, part) != NULL);
    weft_hash root, zero = {{0}};
    CHECK_OK(weft_state_root(state, &root, error));
    CHECK_OK(weft_verify_proof(&root, json, text.size, error));
    CHECK_FAILS(WEFT_ERROR_PROOF, weft_verify_proof(&zero, json, text.size, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_verify_proof(&root, json, text.size - 1, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_verify_proof(&root, "{}", 2, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_verify_proof(&root, NULL, 2, error));
    char* const value = strstr(json, "\"value\":\"0x6\"");
    if (value != NULL) {
        value[11] = '7';
        CHECK_FAILS(WEFT_ERROR_PROOF, weft_verify_proof(&root, json, text.size, error));
    }
    free(json);
    weft_buffer_free(proof);
}

void test_proofs(void) {
    weft_state* const state = state_of(pre);
    const weft_address counter = address(0xc0de), nobody = address(0x1234);
    check_proof(state, &counter, "\"value\":\"0x6\"");
    check_proof(state, &nobody, "\"balance\":\"0x0\"");
    weft_buffer* proof = NULL;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_proof(state, &counter, NULL, 1, &proof, error));
    weft_state_callbacks callbacks = callbacks_to(state);
    weft_state* behind = NULL;
    CHECK_OK(weft_state_from_callbacks(&callbacks, &behind, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_proof(behind, &counter, NULL, 0, &proof, error));
    weft_state_free(behind);
    CHECK(proof == NULL && weft_buffer_bytes(NULL).size == 0);
    weft_buffer_free(NULL);
    weft_state_free(state);
}

void test_witness(void) {
    weft_config* const config = config_of("Shanghai");
    weft_state* const state = state_of(pre);
    weft_block* const block = block_of(block_json);
    weft_buffer* witness = NULL;
    const weft_bytes none = {NULL, 0}, no_block = {(const uint8_t*)"\xc1\x80", 2};
    CHECK_FAILS(WEFT_ERROR_STATE, weft_make_witness(config, state, block, &none, 0, &witness, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_make_witness(config, state, block, &none, 1, &witness, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_make_witness(config, state, block, &no_block, 1, &witness, error));
    CHECK_FAILS(WEFT_ERROR_STATE, weft_make_witness(config, state, block, NULL, 0, &witness, error));
    const weft_bytes nowhere = {NULL, 5};
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_make_witness(config, state, block, NULL, 1, &witness, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_make_witness(config, state, block, &nowhere, 1, &witness, error));
    CHECK(witness == NULL);
    weft_block_free(block);
    weft_state_free(state);
    weft_config_free(config);
}

/// Executes the block with the list; the result, or NULL and the code that is expected.
static weft_result* execute(weft_executor executor, const weft_execute_options* options, weft_code expected) {
    weft_config* const config = config_of("Amsterdam");
    weft_context* const context = context_of(executor, 2);
    weft_state* const state = state_of(pre);
    weft_block* const block = block_of(block_json);
    weft_result* result = NULL;
    weft_error* error = NULL;
    CHECK(weft_execute_block(context, config, state, block, options, &result, &error) == expected);
    if (weft_error_code(error) != expected) fprintf(stderr, "%s\n", weft_error_message(error));
    weft_error_free(error);
    weft_block_free(block);
    weft_state_free(state);
    weft_context_free(context);
    weft_config_free(config);
    return result;
}

void test_directed(void) {
    weft_result* const plain = execute(WEFT_EXECUTOR_SEQUENTIAL, NULL, WEFT_OK);
    weft_bytes list;
    CHECK_OK(weft_result_access_list(plain, &list, error));
    CHECK(list.size > 50);
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    options.access_list = list;
    weft_result* const directed = execute(WEFT_EXECUTOR_DIRECTED, &options, WEFT_OK);
    CHECK(weft_result_gas_used(directed) == weft_result_gas_used(plain));
    weft_bytes again;
    CHECK_OK(weft_result_access_list(directed, &again, error));
    CHECK(again.size == list.size && memcmp(again.data, list.data, list.size) == 0);

    // Another value that the counter ends with: wrong as the block's own list, harmless as a guess.
    uint8_t* const altered = malloc(list.size);
    memcpy(altered, list.data, list.size);
    size_t at = list.size;
    for (size_t i = 0; i < list.size; ++i)
        if (altered[i] == 42) at = i;
    CHECK(at < list.size);
    altered[at] = 43;
    options.access_list.data = altered;
    CHECK(execute(WEFT_EXECUTOR_DIRECTED, &options, WEFT_ERROR_INVALID_BLOCK) == NULL);
    CHECK(execute(WEFT_EXECUTOR_SEQUENTIAL, &options, WEFT_ERROR_INVALID_BLOCK) == NULL);
    options.access_list_is_predicted = true;
    weft_result* const guessed = execute(WEFT_EXECUTOR_DIRECTED, &options, WEFT_OK);
    CHECK(weft_result_gas_used(guessed) == weft_result_gas_used(plain));
    options.access_list.size = 7;
    CHECK(execute(WEFT_EXECUTOR_DIRECTED, &options, WEFT_ERROR_DECODE) == NULL);
    // A program compiled with the first header has a smaller struct: what lies behind it is not looked at.
    options.struct_size = offsetof(weft_execute_options, access_list);
    weft_result_free(execute(WEFT_EXECUTOR_DIRECTED, &options, WEFT_OK));

    free(altered);
    weft_result_free(guessed);
    weft_result_free(directed);
    weft_result_free(plain);
}
