# cmake -DPROGRAM=... -DEXPECTED=... -P: runs the program; it must succeed and print exactly what the file says.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE result OUTPUT_VARIABLE output)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} (${result}) printed\n${output}\ninstead of\n${expected}")
endif()
