#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "weft/base/bytes.hpp"

namespace weft::workload {

/// Where solc puts a variable: its first slot, and inside that slot the offset and size in bytes, counted
/// from the least significant end (Solidity documentation, "Layout of State Variables in Storage"). A
/// struct's member is named "Struct.member", its slot counted from the struct's first.
struct Field {
    std::string_view name;
    uint64_t slot;
    uint32_t offset;
    uint32_t size;
};

/// A function's signature and the four bytes that call it.
struct Method {
    std::string_view signature;
    uint32_t selector;
};

/// A compiled contract, as contracts/artifacts/NAME.json says. A name that the contract lacks doesn't
/// compile.
struct Artifact {
    std::string_view contract;
    std::span<const Field> fields;
    std::span<const Method> methods;
    BytesView code;  ///< runtime code

    [[nodiscard]] consteval Field field(std::string_view name) const {
        for (const Field& candidate : fields)
            if (candidate.name == name) return candidate;
        throw "no such variable";
    }
    [[nodiscard]] consteval uint32_t selector(std::string_view signature) const {
        for (const Method& candidate : methods)
            if (candidate.signature == signature) return candidate.selector;
        throw "no such function";
    }
};

}  // namespace weft::workload
