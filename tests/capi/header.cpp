// weft.h compiles alone, as any C++ from C++11 on, and C++ may call it.
#include "weft.h"

static_assert(sizeof(weft_hash) == 32 && sizeof(weft_address) == 20, "no padding");

int main() {
    const weft_context_options options = WEFT_CONTEXT_OPTIONS;
    const weft_hash none = WEFT_EMPTY_CODE_HASH;
    weft_context* context = nullptr;
    const bool made = weft_context_new(&options, &context, nullptr) == WEFT_OK;
    weft_context_free(context);
    return made && none.bytes[0] == 0xc5 && weft_abi_version() == WEFT_ABI_VERSION ? 0 : 1;
}
