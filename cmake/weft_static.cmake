# weft_static_program(TARGET ORDER file)
# Links a program with archives instead of shared libraries, where the system has them: no page of it is written to by
# relocations of libraries that it hardly uses, and what a run needs lies together (`file`: names of functions in their
# order, made by tools/order_functions.py; a name that is no more is passed over). Sanitizers need shared libraries.
option(WEFT_STATIC_PROGRAM "Link the program weft with archives only, where there are such" ON)

# With a sanitizer such a program links, too, but ends before main(): the sanitizer's run-time looks for the functions
# that it wraps in shared libraries.
set(weft_links_archives ${WEFT_STATIC_PROGRAM})
if(CMAKE_CXX_FLAGS MATCHES "sanitize")
  set(weft_links_archives OFF)
endif()

include(CheckCXXSourceCompiles)
if(weft_links_archives)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie)
  set(CMAKE_REQUIRED_LIBRARIES crypto gmp pthread dl m)
  check_cxx_source_compiles("
    #include <gmp.h>
    #include <openssl/sha.h>
    int main(int argc, char** argv) { mpz_t n; mpz_init(n); return SHA256((unsigned char*)argv[0], argc, 0) != 0; }"
    WEFT_HAS_ARCHIVES)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

# What the rooms link of the system's: archives in a program that has the property WEFT_STATIC.
set(is_static $<BOOL:$<TARGET_PROPERTY:WEFT_STATIC>>)
add_library(weft_fmt INTERFACE)
target_link_libraries(weft_fmt INTERFACE $<$<NOT:${is_static}>:fmt::fmt>)
add_library(weft_openssl INTERFACE)
target_link_libraries(weft_openssl INTERFACE $<IF:${is_static},crypto,OpenSSL::Crypto>)
set_target_properties(weft_fmt PROPERTIES EXPORT_NAME fmt)
set_target_properties(weft_openssl PROPERTIES EXPORT_NAME openssl)
install(TARGETS weft_fmt weft_openssl EXPORT weft-targets)

function(weft_static_program TARGET)
  cmake_parse_arguments(P "" "ORDER" "" ${ARGN})
  if(NOT weft_links_archives OR NOT WEFT_HAS_ARCHIVES)
    target_link_libraries(${TARGET} PRIVATE fmt::fmt)
    return()
  endif()
  set_target_properties(${TARGET} PROPERTIES WEFT_STATIC ON)
  # Debian has no archive of fmt: its functions come from its headers.
  target_sources(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/fmt_functions.cpp)
  target_link_options(${TARGET} PRIVATE -static-pie LINKER:--gc-sections)
  # Only lld knows both.
  if(CMAKE_EXE_LINKER_FLAGS MATCHES "fuse-ld=lld")
    set(order ${CMAKE_CURRENT_SOURCE_DIR}/${P_ORDER})
    target_link_options(${TARGET} PRIVATE LINKER:-z,pack-relative-relocs
      LINKER:--symbol-ordering-file=${order},--no-warn-symbol-ordering)
    set_target_properties(${TARGET} PROPERTIES LINK_DEPENDS ${order})
  endif()
endfunction()
