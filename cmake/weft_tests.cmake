# How a test plugs in. ./test runs everything that ctest knows and that carries no label `nightly`;
# `./test nightly` runs that too. Labels: nightly (long), check (looks at the sources, release build only).
#
# weft_test_program(NAME SOURCES file... [LIBRARIES target...] [LABELS label...] [TIMEOUT seconds])
#   A GoogleTest program, each case a ctest of its own named NAME.Suite.Case, run from the repository root.
# weft_suite(NAME COMMAND command... [LABELS label...] [TIMEOUT seconds] [CORES n] [SERIAL])
#   One command, run from the repository root. Where it runs many cases itself it prints `N passed, N failed,
#   N skipped` alone on a line, and ./test adds these; a line `skipped: REASON` says why, `warning: TEXT` is shown.
#   CORES: how many it keeps busy (1 where not said). SERIAL: no other test beside it.
# weft_fuzz_target(NAME SOURCES file... [LIBRARIES target...] [CORPUS folder] [DICTIONARY file])
#   A libFuzzer target (it defines LLVMFuzzerTestOneInput). Under the preset `fuzz` the test fuzz.NAME fuzzes for
#   WEFT_FUZZ_SECONDS; elsewhere the same code replays the corpus and seeded mutations of it.

set(WEFT_FUZZ_SECONDS 60 CACHE STRING "How long each libFuzzer target runs under ctest")

function(weft_test_program NAME)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 600)
  endif()
  add_executable(weft_${NAME}_test ${T_SOURCES})
  target_link_libraries(weft_${NAME}_test PRIVATE weft_options ${T_LIBRARIES} GTest::gtest GTest::gtest_main)
  set(labels)
  if(T_LABELS)
    set(labels LABELS "${T_LABELS}")
  endif()
  gtest_discover_tests(weft_${NAME}_test TEST_PREFIX ${NAME}. WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT ${T_TIMEOUT} ${labels})
endfunction()

function(weft_suite NAME)
  cmake_parse_arguments(T "SERIAL" "TIMEOUT;CORES" "COMMAND;LABELS" ${ARGN})
  add_test(NAME ${NAME} COMMAND ${T_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${NAME} PROPERTIES SKIP_RETURN_CODE 77)
  if(T_LABELS)
    set_tests_properties(${NAME} PROPERTIES LABELS "${T_LABELS}")
  endif()
  if(T_TIMEOUT)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT ${T_TIMEOUT})
  endif()
  if(T_CORES)
    set_tests_properties(${NAME} PROPERTIES PROCESSORS ${T_CORES})
  endif()
  if(T_SERIAL)
    set_tests_properties(${NAME} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

function(weft_fuzz_target NAME)
  cmake_parse_arguments(T "" "CORPUS;DICTIONARY" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(weft_${NAME}_fuzz ${T_SOURCES})
  target_link_libraries(weft_${NAME}_fuzz PRIVATE weft_options ${T_LIBRARIES})
  set(corpus)
  if(T_CORPUS)
    get_filename_component(corpus ${T_CORPUS} ABSOLUTE)
  endif()
  set(dictionary)
  if(T_DICTIONARY)
    get_filename_component(dictionary ${T_DICTIONARY} ABSOLUTE)
    set(dictionary -dict=${dictionary})
  endif()
  if(WEFT_FUZZ)
    target_link_options(weft_${NAME}_fuzz PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_CURRENT_BINARY_DIR}/corpus/${NAME}) # new inputs go to the first folder named
    file(MAKE_DIRECTORY ${found})
    math(EXPR timeout "${WEFT_FUZZ_SECONDS} + 240")
    weft_suite(fuzz.${NAME} TIMEOUT ${timeout}
      COMMAND weft_${NAME}_fuzz -max_total_time=${WEFT_FUZZ_SECONDS} -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 ${dictionary}
              -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/crash-${NAME}- ${found} ${corpus})
  else()
    target_sources(weft_${NAME}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    weft_suite(replay.${NAME} COMMAND weft_${NAME}_fuzz ${corpus})
  endif()
endfunction()
