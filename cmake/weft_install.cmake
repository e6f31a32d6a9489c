# `cmake --install build/release --prefix P` and, elsewhere, find_package(weft): the rooms as weft::base ... weft::execution.
# The rooms themselves are installed by weft_room(); here is what CMake needs to find them.
include(CMakePackageConfigHelpers)

set(weft_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
configure_package_config_file(cmake/weftConfig.cmake.in ${PROJECT_BINARY_DIR}/weftConfig.cmake
  INSTALL_DESTINATION ${weft_package_folder} PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(EXPORT weft-targets NAMESPACE weft:: DESTINATION ${weft_package_folder})
install(FILES ${PROJECT_BINARY_DIR}/weftConfig.cmake ${PROJECT_BINARY_DIR}/weftConfigVersion.cmake
  DESTINATION ${weft_package_folder})
