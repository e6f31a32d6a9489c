// Every function of weft.h, called from C11.
#include "test.h"

int checks_failed = 0;

size_t unhex(const char* digits, uint8_t* out) {
    size_t size = 0;
    for (unsigned byte = 0; sscanf(digits + 2 * size, "%2x", &byte) == 1; ++size) out[size] = (uint8_t)byte;
    return size;
}

char* read_file(const char* path, size_t* size) {
    FILE* const file = fopen(path, "rb");
    if (file == NULL) return NULL;
    fseek(file, 0, SEEK_END);
    const long length = ftell(file);
    rewind(file);
    char* const text = malloc((size_t)length + 1);
    *size = fread(text, 1, (size_t)length, file);
    text[*size] = 0;
    fclose(file);
    return text;
}

weft_config* config_of(const char* fork) {
    weft_config* config = NULL;
    CHECK_OK(weft_config_named(fork, &config, error));
    return config;
}

weft_context* context_of(weft_executor executor, uint32_t threads) {
    weft_context_options options = WEFT_CONTEXT_OPTIONS;
    options.executor = executor;
    options.threads = threads;
    weft_context* context = NULL;
    CHECK_OK(weft_context_new(&options, &context, error));
    return context;
}

weft_state* state_of(const char* json) {
    weft_state* state = NULL;
    CHECK_OK(weft_state_new(&state, error));
    CHECK_OK(weft_state_load_json(state, json, strlen(json), error));
    return state;
}

weft_block* block_of(const char* json) {
    weft_block* block = NULL;
    CHECK_OK(weft_block_from_json(json, strlen(json), &block, error));
    return block;
}

void check_root_of_copy(const weft_state* state) {
    weft_state* copy = NULL;
    weft_hash kept, made_anew;
    CHECK_OK(weft_state_copy(state, &copy, error));
    CHECK_OK(weft_state_root(state, &kept, error));
    CHECK_OK(weft_state_root(copy, &made_anew, error));
    CHECK(SAME(kept, made_anew));
    weft_state_free(copy);
}

static int passed = 0;
static int failed = 0;

static void run(const char* name, void (*test)(void)) {
    const int before = checks_failed;
    test();
    if (checks_failed == before) {
        ++passed;
    } else {
        ++failed;
        printf("FAILED %s\n", name);
    }
}

int main(int argc, char** argv) {
    run("values", test_values);
    run("states", test_states);
    run("execution", test_execution);
    run("rlp", test_rlp);
    run("callbacks", test_callbacks);
    run("cancellation", test_cancellation);
    run("proofs", test_proofs);
    run("witness", test_witness);
    run("directed", test_directed);
    run("null arguments", test_null_arguments);
    run("empty arguments", test_empty_arguments);
    run("huge arguments", test_huge_arguments);
    run("messages", test_messages);
    run("bad callbacks", test_bad_callbacks);
    run("threads", test_threads);

    int skipped = 0;
#ifdef WEFT_SANITIZED
    printf("skipped: out of memory: the sanitiser reserves more address space than any limit leaves\n");
    printf("skipped: impossible sizes: the sanitiser ends the program where memory is refused\n");
    skipped += 2;
#else
    run("impossible sizes", test_impossible_sizes);
    run("out of memory", test_out_of_memory);
#endif
    const int before = checks_failed;
    const int blocks = argc > 1 ? test_mainnet(argv[1]) : 0;
    if (argc > 1 && blocks == 0) {
        printf("skipped: %s is not there\n", argv[1]);
        ++skipped;
    } else if (checks_failed != before) {
        ++failed;
    } else {
        passed += blocks;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 ? 0 : 1;
}
