# weft_room(NAME [PUBLIC lib...] [PRIVATE lib...])
# One folder weft/NAME = one target weft_NAME (alias weft::NAME) = one namespace weft::NAME.
# Sources: every *.cpp of the folder (and of its subfolders); *_test.cpp go to the test program weft_NAME_test,
# which runs with the repository as working directory. Files named *_avx512.cpp are compiled for AVX-512
# and must be reached through run-time dispatch only.
if(WEFT_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

add_library(weft_options INTERFACE)
target_compile_features(weft_options INTERFACE cxx_std_23)
target_compile_options(weft_options INTERFACE
  $<BUILD_INTERFACE:-march=x86-64-v3> $<BUILD_INTERFACE:-Wall> $<BUILD_INTERFACE:-Wextra> $<BUILD_INTERFACE:-Wshadow>
  # A 256-bit word is computed limb by limb; a vector load of limbs just stored one by one can't be forwarded from the
  # store buffer (measured: dependent AND, ISZERO, EQ after ADD take 3 to 4 times as long), so limbs stay scalar.
  $<BUILD_INTERFACE:-fno-slp-vectorize>
  $<BUILD_INTERFACE:-Wnon-virtual-dtor> $<BUILD_INTERFACE:-Wextra-semi> $<BUILD_INTERFACE:-Werror>)
target_include_directories(weft_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS weft_options EXPORT weft-targets)

set(WEFT_AVX512_FLAGS -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx512ifma -mavx512vbmi -mprefer-vector-width=512)

function(weft_room NAME)
  cmake_parse_arguments(ROOM "" "" "PUBLIC;PRIVATE" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/weft/${NAME})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$") # main.cpp is a program beside the room
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.hpp)

  if(NOT sources AND NOT headers)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty_room.cpp "")  # a room whose first file is still to come
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty_room.cpp)
  endif()
  add_library(weft_${NAME} STATIC ${sources} ${headers})
  add_library(weft::${NAME} ALIAS weft_${NAME})
  set_property(GLOBAL APPEND PROPERTY WEFT_ROOMS weft::${NAME})
  set_target_properties(weft_${NAME} PROPERTIES EXPORT_NAME ${NAME} LINKER_LANGUAGE CXX)
  target_link_libraries(weft_${NAME} PUBLIC weft_options ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  foreach(source ${sources})
    if(source MATCHES "_avx512\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${WEFT_AVX512_FLAGS}")
    endif()
  endforeach()
  set(counters "")
  if(WEFT_COUNTERS AND NAME MATCHES "^(base|state|execution)$")
    set(counters WEFT_COUNTERS)
  endif()
  target_compile_definitions(weft_${NAME} PRIVATE ${counters})
  if(WEFT_TIDY)
    set_target_properties(weft_${NAME} PROPERTIES CXX_CLANG_TIDY "clang-tidy-19;--quiet")
  endif()
  install(TARGETS weft_${NAME} EXPORT weft-targets)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

  if(WEFT_TESTS AND tests)
    add_executable(weft_${NAME}_test ${tests})
    target_compile_definitions(weft_${NAME}_test PRIVATE ${counters})
    target_link_libraries(weft_${NAME}_test PRIVATE weft_${NAME} ${ROOM_PRIVATE} GTest::gtest GTest::gtest_main)
    gtest_discover_tests(weft_${NAME}_test TEST_PREFIX ${NAME}. WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
