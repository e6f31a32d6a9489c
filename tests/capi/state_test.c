#include "test.h"

void test_values(void) {
    CHECK(weft_abi_version() == WEFT_ABI_VERSION);
    CHECK(strchr(weft_version(), '.') != NULL);

    CHECK(weft_error_code(NULL) == WEFT_OK);
    CHECK(strcmp(weft_error_message(NULL), "") == 0);
    CHECK(strcmp(weft_error_reason(NULL), "") == 0);
    CHECK(weft_error_transaction(NULL) == WEFT_NO_TRANSACTION);
    weft_error_free(NULL);

    weft_config* config = NULL;
    CHECK_OK(weft_config_mainnet(&config, error));
    CHECK(weft_config_chain_id(config) == 1);
    weft_config_free(config);
    config = NULL;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_config_named("Atlantis", &config, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_config_named(NULL, &config, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_config_mainnet(NULL, error));
    CHECK(weft_config_mainnet(NULL, NULL) == WEFT_ERROR_ARGUMENT);
    const char* const alone = "{\"chainId\": 7, \"berlinBlock\": 0}";
    CHECK_OK(weft_config_from_json(alone, strlen(alone), &config, error));
    CHECK(weft_config_chain_id(config) == 7);
    weft_config_free(config);
    const char* const genesis = "{\"config\": {\"chainId\": 1337}, \"gasLimit\": \"0x1\", \"alloc\": {}}";
    CHECK_OK(weft_config_from_json(genesis, strlen(genesis), &config, error));
    CHECK(weft_config_chain_id(config) == 1337);
    weft_config_free(config);
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_config_from_json("{", 1, &config, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_config_from_json("[]", 2, &config, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_config_from_json(NULL, 2, &config, error));
    CHECK(weft_config_chain_id(NULL) == 0);
    weft_config_free(NULL);

    weft_context* context = NULL;
    weft_context_options options = WEFT_CONTEXT_OPTIONS;
    options.executor = 77;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_context_new(&options, &context, error));
    options = (weft_context_options)WEFT_CONTEXT_OPTIONS;
    options.struct_size = 3;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_context_new(&options, &context, error));
    options.struct_size = sizeof options + 64;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_context_new(&options, &context, error));
    options = (weft_context_options)WEFT_CONTEXT_OPTIONS;
    options.threads = 1U << 30;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_context_new(&options, &context, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_context_new(NULL, NULL, error));
    CHECK_OK(weft_context_new(NULL, &context, error));
    weft_context_free(context);
    weft_context_free(NULL);
}

/// The root of a state with one account, from EIP-161's empty trie on: known from the yellow paper's
/// definition.
static void check_root(const weft_state* state, const char* digits) {
    weft_hash root, expected;
    CHECK(unhex(digits, expected.bytes) == 32);
    CHECK_OK(weft_state_root(state, &root, error));
    CHECK(SAME(root, expected));
}

static void check_account(const weft_state* state, weft_address who) {
    weft_account account = {7, {{1}}, {{1}}};
    bool exists = true;
    const weft_address nobody = address(0xdead);
    CHECK_OK(weft_state_account(state, &nobody, &account, &exists, error));
    CHECK(!exists && account.nonce == 0 && low(&account.balance) == 0);
    CHECK_OK(weft_state_account(state, &who, &account, &exists, error));
    CHECK(exists && account.nonce == 5 && low(&account.balance) == 1000);
}

void test_states(void) {
    weft_state* state = NULL;
    CHECK_OK(weft_state_new(&state, error));
    check_root(state, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

    const uint8_t code[] = {0x60, 0x00};
    weft_hash code_hash = {{0}};
    CHECK_OK(weft_state_set_code(state, code, sizeof code, &code_hash, error));
    CHECK_OK(weft_state_set_code(state, NULL, 0, NULL, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_set_code(state, NULL, 1, NULL, error));
    weft_bytes found = {NULL, 0};
    CHECK_OK(weft_state_code(state, &code_hash, &found, error));
    CHECK(found.size == sizeof code && memcmp(found.data, code, sizeof code) == 0);
    const weft_hash none = WEFT_EMPTY_CODE_HASH;
    CHECK_OK(weft_state_code(state, &none, &found, error));
    CHECK(found.size == 0);
    const weft_hash unknown = {{1}};
    CHECK_FAILS(WEFT_ERROR_STATE, weft_state_code(state, &unknown, &found, error));

    const weft_address who = address(0xa11c);
    weft_account account = {5, number(1000), code_hash};
    CHECK_OK(weft_state_set_account(state, &who, &account, error));
    check_account(state, who);
    const weft_uint256 key = number(1);
    weft_uint256 value = number(42);
    bool has_storage = true;
    CHECK_OK(weft_state_has_storage(state, &who, &has_storage, error));
    CHECK(!has_storage);
    CHECK_OK(weft_state_set_storage(state, &who, &key, &value, error));
    value = number(0);
    CHECK_OK(weft_state_storage(state, &who, &key, &value, error));
    CHECK(low(&value) == 42);
    CHECK_OK(weft_state_has_storage(state, &who, &has_storage, error));
    CHECK(has_storage);
    weft_hash hash = {{9}};
    CHECK_OK(weft_state_set_block_hash(state, 3, &hash, error));
    CHECK_OK(weft_state_block_hash(state, 3, &hash, error));
    CHECK(hash.bytes[0] == 9);
    CHECK_OK(weft_state_block_hash(state, 4, &hash, error));
    CHECK(hash.bytes[0] == 0);

    // The same from JSON, by both ways in; and after an error nothing has changed.
    weft_state* const read = state_of(
        "{\"0x000000000000000000000000000000000000a11c\": {\"balance\": \"0x3e8\", "
        "\"nonce\": 5, \"code\": \"0x6000\", \"storage\": {\"0x1\": \"0x2a\"}}}");
    weft_state* const genesis = state_of(
        "{\"config\": {}, \"alloc\": {\"000000000000000000000000000000000000a11c\": {\"balance\": \"1000\", "
        "\"nonce\": \"0x5\", \"code\": \"0x6000\", \"storage\": {\"0x01\": \"0x2a\"}}}}");
    weft_hash root, same_root;
    CHECK_OK(weft_state_root(state, &root, error));
    CHECK_OK(weft_state_root(read, &same_root, error));
    CHECK(SAME(root, same_root));
    CHECK_OK(weft_state_root(genesis, &same_root, error));
    CHECK(SAME(root, same_root));
    const char* const broken =
        "{\"0x00000000000000000000000000000000000000aa\": {\"balance\": \"1\"}, \"0x12\": {}}";
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_state_load_json(read, broken, strlen(broken), error));
    CHECK_OK(weft_state_root(read, &same_root, error));
    CHECK(SAME(root, same_root));

    // A copy is independent.
    weft_state* copy = NULL;
    CHECK_OK(weft_state_copy(state, &copy, error));
    check_root_of_copy(copy);
    CHECK_OK(weft_state_remove_account(copy, &who, error));
    check_root(copy, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    check_account(state, who);
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_set_account(NULL, &who, &account, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_set_account(state, NULL, &account, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_remove_account(state, NULL, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_set_storage(state, &who, &key, NULL, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_load_json(state, NULL, 0, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_root(state, NULL, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_copy(NULL, &copy, error));
    weft_state_free(copy);
    weft_state_free(genesis);
    weft_state_free(read);
    weft_state_free(state);
    weft_state_free(NULL);
}
