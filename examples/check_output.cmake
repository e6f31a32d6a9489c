# cmake -DPROGRAM=... -DEXPECTED=... [-DGO=... -DC=... -DSOURCE=... -DLIBRARY=...] -P: runs the program; it must succeed and
# print exactly what the file says. With GO the program is first built from the Go module in SOURCE, against the libweft.so in
# the folder LIBRARY, whose weft.pc lies beside it or in pkgconfig/ there.
if(GO)
  set(ENV{PKG_CONFIG_PATH} ${LIBRARY}:${LIBRARY}/pkgconfig)
  set(ENV{LD_LIBRARY_PATH} ${LIBRARY})
  set(ENV{CGO_ENABLED} 1)
  set(ENV{CC} ${C})
  set(ENV{GOTOOLCHAIN} local)
  execute_process(COMMAND ${GO} build -o ${PROGRAM} . WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "go build failed (${result})\n${output}")
  endif()
endif()
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE result OUTPUT_VARIABLE output)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} (${result}) printed\n${output}\ninstead of\n${expected}")
endif()
