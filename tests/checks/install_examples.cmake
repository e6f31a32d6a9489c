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
