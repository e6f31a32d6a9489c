// Embeds Weft in C: a state in memory, a block, executed on all cores; prints what it did. weft.h explains
// each call.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft.h>

// Alice, and a contract that counts: SSTORE(0, SLOAD(0) + 1).
static const char state_json[] =
    "{\"0x00000000000000000000000000000000000a11ce\": {\"balance\": \"0xde0b6b3a7640000\"},"
    " \"0x000000000000000000000000000000000000c0de\": {\"nonce\": 1, \"code\": \"0x600054600101600055\"}}";

// As eth_getBlockByNumber gives it; blocks in RLP go through weft_block_from_rlp().
static const char block_json[] =
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", \"baseFeePerGas\": \"0x7\","
    " \"miner\": \"0x00000000000000000000000000000000000f00d5\", \"transactions\": ["
    "{\"type\": \"0x2\", \"nonce\": \"0x0\", \"gas\": \"0xc350\", \"maxFeePerGas\": \"0x14\", "
    "\"maxPriorityFeePerGas\": \"0x1\","
    " \"to\": \"0x0000000000000000000000000000000000000b0b\", \"value\": \"0x3e8\", \"input\": \"0x\", "
    "\"chainId\": \"0x1\","
    " \"from\": \"0x00000000000000000000000000000000000a11ce\"},"
    "{\"type\": \"0x2\", \"nonce\": \"0x1\", \"gas\": \"0xc350\", \"maxFeePerGas\": \"0x14\", "
    "\"maxPriorityFeePerGas\": \"0x1\","
    " \"to\": \"0x000000000000000000000000000000000000c0de\", \"value\": \"0x0\", \"input\": \"0x\", "
    "\"chainId\": \"0x1\","
    " \"from\": \"0x00000000000000000000000000000000000a11ce\"}]}";

// Ends the program where a call fails; a longer-lived one would go on with the error's code and message.
static weft_error* error = NULL;
static void check(weft_code code) {
    if (code == WEFT_OK) return;
    fprintf(stderr, "%s\n", weft_error_message(error));
    weft_error_free(error);
    exit(1);
}

static void print_hex(const uint8_t* bytes, size_t size) {
    printf("0x");
    for (size_t i = 0; i < size; ++i) printf("%02x", bytes[i]);
}

static void print_receipts(const weft_result* result) {
    printf("gas used: %" PRIu64 "\n", weft_result_gas_used(result));
    for (size_t i = 0; i < weft_result_receipt_count(result); ++i) {
        weft_receipt receipt;
        check(weft_result_receipt(result, i, &receipt, &error));
        printf("  receipt: %s, %" PRIu64 " gas\n", receipt.success ? "success" : "failure", receipt.gas_used);
    }
}

static void print_changes(const weft_result* result) {
    for (size_t i = 0; i < weft_result_account_count(result); ++i) {
        weft_account_diff account;
        check(weft_result_account(result, i, &account, &error));
        print_hex(account.address.bytes, 20);
        printf(": nonce %" PRIu64 " -> %" PRIu64 "\n", account.before.nonce, account.after.nonce);
        for (size_t j = 0; j < account.slot_count; ++j) {
            weft_slot_diff slot;
            check(weft_result_slot(result, i, j, &slot, &error));
            printf("  a slot: %u -> %u\n", slot.before.bytes[31], slot.after.bytes[31]);
        }
    }
}

// What eth_getProof answers for the contract's counter, and whether it holds under the root.
static void print_proof(const weft_state* state, const weft_hash* root) {
    const weft_address contract = {.bytes = {[18] = 0xc0, [19] = 0xde}};
    const weft_uint256 counter = {{0}};
    weft_buffer* proof = NULL;
    check(weft_state_proof(state, &contract, &counter, 1, &proof, &error));
    const weft_bytes json = weft_buffer_bytes(proof);
    check(weft_verify_proof(root, (const char*)json.data, json.size, &error));
    printf("the counter's proof, %zu bytes of JSON, holds\n", json.size);
    weft_buffer_free(proof);
}

int main(void) {
    if (weft_abi_version() != WEFT_ABI_VERSION) return 1;
    weft_config* config = NULL;
    weft_context* context = NULL;  // keep it: one for many blocks
    weft_state* state = NULL;
    weft_block* block = NULL;
    weft_result* result = NULL;
    check(weft_config_named("Cancun", &config, &error));
    check(weft_context_new(NULL, &context, &error));
    check(weft_state_new(&state, &error));
    check(weft_state_load_json(state, state_json, strlen(state_json), &error));
    check(weft_block_from_json(block_json, strlen(block_json), &block, &error));

    check(weft_execute_block(context, config, state, block, NULL, &result, &error));
    print_receipts(result);
    print_changes(result);
    check(weft_state_apply(state, result, &error));
    weft_hash root;
    check(weft_state_root(state, &root, &error));
    printf("state root: ");
    print_hex(root.bytes, 32);
    printf("\n");
    print_proof(state, &root);

    weft_result_free(result);
    result = NULL;
    // The same block again: its nonces are used now.
    if (weft_execute_block(context, config, state, block, NULL, &result, &error) ==
        WEFT_ERROR_INVALID_BLOCK) {
        printf("again: %s\n", weft_error_message(error));
        weft_error_free(error);
    }
    weft_block_free(block);
    weft_state_free(state);
    weft_context_free(context);
    weft_config_free(config);
    return 0;
}
