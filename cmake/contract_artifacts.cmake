# cmake -DOUTPUT=FILE "-DARTIFACTS=a.json;b.json" -P contract_artifacts.cmake
# Writes a C++ header with each contract's runtime code, storage layout and selectors (see weft/workload/artifact.hpp).

# field_rows(OUT ARRAY TYPES PREFIX): one {"name", slot, offset, size} for each entry of a layout's JSON array.
function(field_rows OUT ARRAY TYPES PREFIX)
  set(rows "")
  string(JSON count LENGTH "${ARRAY}")
  math(EXPR last "${count} - 1")
  foreach(i RANGE 0 ${last})
    string(JSON entry GET "${ARRAY}" ${i})
    string(JSON label GET "${entry}" label)
    string(JSON slot GET "${entry}" slot)
    string(JSON offset GET "${entry}" offset)
    string(JSON type GET "${entry}" type)
    string(JSON size GET "${TYPES}" "${type}" numberOfBytes)
    string(APPEND rows "    {\"${PREFIX}${label}\", ${slot}, ${offset}, ${size}},\n")
  endforeach()
  set(${OUT} "${rows}" PARENT_SCOPE)
endfunction()

# The contract's own variables, then each struct's members as "Struct.member", their slots counted from its start.
function(layout_rows OUT LAYOUT)
  string(JSON variables GET "${LAYOUT}" storage)
  string(JSON types GET "${LAYOUT}" types)
  string(JSON variable_count LENGTH "${variables}")
  set(all "")
  if(variable_count GREATER 0)
    field_rows(all "${variables}" "${types}" "")
    string(JSON type_count LENGTH "${types}")
    math(EXPR last "${type_count} - 1")
    foreach(i RANGE 0 ${last})
      string(JSON key MEMBER "${types}" ${i})
      if(key MATCHES "^t_struct\\(([A-Za-z0-9_]+)\\)_storage$")
        set(name ${CMAKE_MATCH_1})
        string(JSON members GET "${types}" "${key}" members)
        field_rows(rows "${members}" "${types}" "${name}.")
        string(APPEND all "${rows}")
      endif()
    endforeach()
  endif()
  set(${OUT} "${all}" PARENT_SCOPE)
endfunction()

function(method_rows OUT METHODS)
  set(rows "")
  string(JSON count LENGTH "${METHODS}")
  math(EXPR last "${count} - 1")
  foreach(i RANGE 0 ${last})
    string(JSON signature MEMBER "${METHODS}" ${i})
    string(JSON selector GET "${METHODS}" "${signature}")
    string(APPEND rows "    {\"${signature}\", 0x${selector}},\n")
  endforeach()
  set(${OUT} "${rows}" PARENT_SCOPE)
endfunction()

set(text "// Made from contracts/artifacts by cmake/contract_artifacts.cmake.
#pragma once

#include \"weft/workload/artifact.hpp\"

namespace weft::workload::artifacts {
")
foreach(file IN LISTS ARTIFACTS)
  file(READ ${file} json)
  string(JSON contract GET "${json}" contract)
  string(JSON layout GET "${json}" storageLayout)
  string(JSON methods GET "${json}" methodIdentifiers)
  string(JSON code GET "${json}" deployedBytecode)
  string(REGEX REPLACE "([a-z0-9])([A-Z])" "\\1_\\2" name ${contract})
  string(TOLOWER ${name} name)
  layout_rows(fields "${layout}")
  method_rows(selectors "${methods}")
  string(REGEX REPLACE "^0x" "" code ${code})
  string(REGEX REPLACE "(..)" "0x\\1," code ${code})
  string(APPEND text "
inline constexpr Field ${name}_fields[] = {
${fields}};
inline constexpr Method ${name}_methods[] = {
${selectors}};
inline constexpr uint8_t ${name}_code[] = {${code}};
inline constexpr Artifact ${name}{\"${contract}\", ${name}_fields, ${name}_methods, ${name}_code};
")
endforeach()
string(APPEND text "
}  // namespace weft::workload::artifacts
")
file(WRITE ${OUTPUT} "${text}")
