# cmake -DBUILD=... -DSOURCE=... -P: installs the build to BUILD/install-check/prefix, builds examples/ as a stranger
# would, with nothing but that prefix, and runs every example.
set(work ${BUILD}/install-check)
file(REMOVE_RECURSE ${work})

function(step NAME)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${NAME} failed (${result})\n${output}")
  endif()
endfunction()

step("install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
step("configure" ${CMAKE_COMMAND} -S ${SOURCE}/examples -B ${work}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${work}/prefix
  -DCMAKE_BUILD_TYPE=${CONFIG} -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS})
step("build" ${CMAKE_COMMAND} --build ${work}/build)
step("run" ${CMAKE_CTEST_COMMAND} --test-dir ${work}/build --output-on-failure --no-tests=error)

# The C++ examples once more, with the compiler that Debian gives: Weft's headers ask for no particular one.
find_program(GXX g++)
if(GXX)
  step("configure with g++" ${CMAKE_COMMAND} -S ${SOURCE}/examples -B ${work}/gcc -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_BUILD_TYPE=${CONFIG} -DCMAKE_CXX_COMPILER=${GXX})
  step("build with g++" ${CMAKE_COMMAND} --build ${work}/gcc)
  step("run of g++'s" ${CMAKE_CTEST_COMMAND} --test-dir ${work}/gcc --output-on-failure --no-tests=error)
endif()

# The C example once more, from the archives and without CMake. (-l: names the archive, as the shared library lies beside it.)
find_program(PKG_CONFIG pkg-config)
if(NOT PKG_CONFIG)
  message("skipped: pkg-config is not there")
  return()
endif()
file(GLOB_RECURSE pc ${work}/prefix/*/weft.pc)
get_filename_component(folder ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${folder})
execute_process(COMMAND ${PKG_CONFIG} --static --cflags --libs weft OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "-lweft " "-l:libweft.a " flags "${flags}")
separate_arguments(flags UNIX_COMMAND "${flags}")
step("static build" ${C} ${SOURCE}/examples/c/main.c -o ${work}/static ${flags})
step("static run" ${CMAKE_COMMAND} -DPROGRAM=${work}/static -DEXPECTED=${SOURCE}/examples/c/expected_output.txt
  -P ${SOURCE}/examples/check_output.cmake)
