// Blocks as bytes: EIP-155's example transaction in a block, and real blocks there and back.
#include <dirent.h>

#include "test.h"

// EIP-155's example: nonce 9, 1 ether to 0x3535..., signed with the key 0x4646...
static const char signed_transaction[] =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939"
    "bc2195"
    "fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a"
    "3b6d83";
static const char signer[] =
    "{\"0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F\": {\"nonce\": 9, \"balance\": \"0x1bc16d674ec80000\"}}";

/// Wraps what lies at `items` as an RLP list of 256 to 65535 bytes.
static size_t wrap_list(uint8_t* items, size_t size) {
    memmove(items + 3, items, size);
    items[0] = 0xf9;
    items[1] = (uint8_t)(size >> 8);
    items[2] = (uint8_t)size;
    return size + 3;
}

/// A block with the one transaction, 110 bytes; its header says gas used 21000.
static size_t make_block(uint8_t* out, uint8_t gas_price_digit) {
    uint8_t* at = out;
    const size_t sizes[] = {32, 32, 20, 32, 32, 32};
    for (int i = 0; i < 6; ++i) {  // parent, ommers, coinbase, roots: zero
        *at++ = (uint8_t)(0x80 + sizes[i]);
        memset(at, 0, sizes[i]);
        at += sizes[i];
    }
    const uint8_t bloom[] = {0xb9, 0x01, 0x00};
    memcpy(at, bloom, 3);
    memset(at + 3, 0, 256);
    at += 259;
    // difficulty 1, number 1, gas limit 30000, gas used 21000, timestamp 12, no extra data
    const uint8_t rest[] = {0x01, 0x01, 0x82, 0x75, 0x30, 0x82, 0x52, 0x08, 0x0c, 0x80, 0xa0};
    memcpy(at, rest, sizeof rest);
    at += sizeof rest;
    memset(at, 0, 32);  // mix hash, nonce
    at[32] = 0x88;
    memset(at + 33, 0, 8);
    at += 41;
    size_t size = wrap_list(out, (size_t)(at - out));
    out[size++] = 0xf8;
    out[size++] = 110;
    const size_t transaction = size;
    size += unhex(signed_transaction, out + size);
    out[transaction + 4] = gas_price_digit;
    out[size++] = 0xc0;  // no ommers
    return wrap_list(out, size);
}

void test_rlp(void) {
    weft_config* const config = config_of("Istanbul");
    weft_context* const context = context_of(WEFT_EXECUTOR_SEQUENTIAL, 1);
    weft_state* const state = state_of(signer);
    uint8_t rlp[1024];
    size_t size = make_block(rlp, 0x04);
    weft_block* block = NULL;
    CHECK_OK(weft_block_from_rlp(NULL, rlp, size, &block, error));
    weft_bytes again;
    CHECK_OK(weft_block_rlp(block, &again, error));
    CHECK(again.size == size && memcmp(again.data, rlp, size) == 0);
    weft_result* result = NULL;
    CHECK_OK(weft_execute_block(context, config, state, block, NULL, &result, error));
    CHECK(weft_result_gas_used(result) == 21000);
    // With the header checked, the receipts root is what is wrong; with the right one nothing is.
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    options.check_header = true;
    weft_result* none = NULL;
    weft_error* why = NULL;
    CHECK(weft_execute_block(context, config, state, block, &options, &none, &why) ==
          WEFT_ERROR_INVALID_BLOCK);
    CHECK(strcmp(weft_error_reason(why), "wrong receipts root") == 0);
    weft_error_free(why);
    weft_hash root, block_hash, other_hash, zero = {{0}};
    CHECK_OK(weft_block_state_root(block, &root, error));
    CHECK(SAME(root, zero));
    CHECK_OK(weft_block_hash(block, &block_hash, error));
    CHECK_OK(weft_result_receipts_root(result, &root, error));
    weft_result_free(result);
    weft_block_free(block);
    memcpy(rlp + 3 + 3 + 33 + 33 + 21 + 33 + 33 + 1, root.bytes, 32);
    CHECK_OK(weft_block_from_rlp(context, rlp, size, &block, error));
    CHECK_OK(weft_block_hash(block, &other_hash, error));
    CHECK(!SAME(block_hash, other_hash));
    CHECK_OK(weft_execute_block(context, config, state, block, &options, &result, error));
    weft_result_free(result);
    weft_block_free(block);

    // Another gas price than was signed: the signer is another, who has nothing.
    size = make_block(rlp, 0x03);
    CHECK_OK(weft_block_from_rlp(NULL, rlp, size, &block, error));
    CHECK(weft_execute_block(context, config, state, block, NULL, &result, &why) == WEFT_ERROR_INVALID_BLOCK);
    CHECK(weft_error_transaction(why) == 0);
    weft_error_free(why);
    weft_block_free(block);
    // r = 0 is no signature.
    size = make_block(rlp, 0x04);
    const uint8_t r_start[] = {0xa0, 0x28, 0xef};
    for (size_t i = 0; i + 33 < size; ++i)
        if (memcmp(rlp + i, r_start, 3) == 0) memset(rlp + i + 1, 0xff, 32);  // beyond the curve's order
    CHECK_OK(weft_block_from_rlp(context, rlp, size, &block, error));
    CHECK(weft_execute_block(context, config, state, block, NULL, &result, &why) == WEFT_ERROR_INVALID_BLOCK);
    CHECK(weft_error_transaction(why) == 0 && strcmp(weft_error_reason(why), "invalid signature") == 0);
    weft_error_free(why);
    weft_block_free(block);

    // Every truncation is an error.
    size = make_block(rlp, 0x04);
    for (size_t shorter = 0; shorter < size; ++shorter)
        CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_rlp(NULL, rlp, shorter, &block, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_block_from_rlp(NULL, NULL, 0, &block, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_json("{}", 2, &block, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_block_from_json(NULL, 2, &block, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_block_hash(NULL, &root, error));
    weft_state_free(state);
    weft_context_free(context);
    weft_config_free(config);
}

/// Executes one block from its bytes, against its header, on the state itself and on callbacks to it.
static void check_block(const weft_config* config, weft_context* context, weft_state* state,
                        const weft_block* block) {
    weft_bytes rlp;
    CHECK_OK(weft_block_rlp(block, &rlp, error));
    weft_block* decoded = NULL;
    CHECK_OK(weft_block_from_rlp(context, rlp.data, rlp.size, &decoded, error));
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    options.check_header = true;
    weft_result* result = NULL;
    CHECK_OK(weft_execute_block(context, config, state, decoded, &options, &result, error));
    CHECK(weft_result_receipt_count(result) == weft_block_transaction_count(block));

    weft_state_callbacks callbacks = callbacks_to(state);
    weft_state* behind = NULL;
    CHECK_OK(weft_state_from_callbacks(&callbacks, &behind, error));
    weft_result* same = NULL;
    CHECK_OK(weft_execute_block(context, config, behind, decoded, &options, &same, error));
    CHECK(weft_result_account_count(result) == weft_result_account_count(same));
    weft_hash root;
    CHECK_OK(weft_state_root(state, &root, error));
    CHECK_OK(weft_state_apply(state, result, error));
    check_root_of_copy(state);
    weft_state_free(behind);
    weft_result_free(same);
    weft_result_free(result);
    weft_block_free(decoded);
}

/// {"NUMBER": "0xHASH", ...}
static void load_block_hashes(weft_state* state, const char* json) {
    for (const char* at = json; (at = strchr(at, '"')) != NULL;) {
        unsigned long long block = 0;
        int length = 0;
        char digits[65] = "";
        if (sscanf(at, "\"%llu\" : \"0x%64[0-9a-f]\"%n", &block, digits, &length) != 2 || length == 0) break;
        weft_hash hash;
        CHECK(unhex(digits, hash.bytes) == 32);
        CHECK_OK(weft_state_set_block_hash(state, block, &hash, error));
        at += length;
    }
}

int test_mainnet(const char* folder) {
    DIR* const directory = opendir(folder);
    if (directory == NULL) return 0;
    weft_config* config = NULL;
    CHECK_OK(weft_config_mainnet(&config, error));
    weft_context* const contexts[] = {context_of(WEFT_EXECUTOR_SEQUENTIAL, 1),
                                      context_of(WEFT_EXECUTOR_OPTIMISTIC, 2)};
    int blocks = 0;
    char hashes_path[4096];
    size_t hashes_size = 0;
    snprintf(hashes_path, sizeof hashes_path, "%s/block_hashes.json", folder);
    char* const hashes = read_file(hashes_path, &hashes_size);
    for (const struct dirent* entry; (entry = readdir(directory)) != NULL;) {
        char path[4096];
        size_t block_size = 0, state_size = 0;
        snprintf(path, sizeof path, "%s/%s/block.json", folder, entry->d_name);
        char* const block_json = read_file(path, &block_size);
        snprintf(path, sizeof path, "%s/%s/prestate.json", folder, entry->d_name);
        char* const state_json = read_file(path, &state_size);
        if (block_json != NULL && state_json != NULL) {
            weft_block* block = NULL;
            CHECK_OK(weft_block_from_json(block_json, block_size, &block, error));
            weft_state* state = NULL;
            CHECK_OK(weft_state_new(&state, error));
            CHECK_OK(weft_state_load_json(state, state_json, state_size, error));
            if (hashes != NULL) load_block_hashes(state, hashes);
            check_block(config, contexts[blocks % 2], state, block);
            weft_state_free(state);
            weft_block_free(block);
            ++blocks;
        }
        free(block_json);
        free(state_json);
    }
    closedir(directory);
    free(hashes);
    weft_context_free(contexts[0]);
    weft_context_free(contexts[1]);
    weft_config_free(config);
    return blocks;
}
