# What `cmake --install` installs: the compiler, what generated code and programs need, and the files by
# which CMake, make (through pkg-config), shells and man find them. Included by the top CMakeLists.txt.

# Beside bin/ on every system: there nngen looks for the runtime.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Folder of libraries")
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nngen)
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR}/nngen)
set(main_dir ${CMAKE_INSTALL_DATADIR}/nngen)

if(TARGET nngen)
  install(TARGETS nngen)
endif()
install(FILES runtime/model.h runtime/program.h DESTINATION ${header_dir})
install(FILES runtime/main.c DESTINATION ${main_dir})
set_target_properties(nngen_runtime PROPERTIES EXPORT_NAME runtime)
set_target_properties(nngraph PROPERTIES EXPORT_NAME graph)
install(TARGETS nngen_runtime nngraph EXPORT nngen-runtime ARCHIVE)
install(EXPORT nngen-runtime NAMESPACE nngen:: DESTINATION ${package_dir})

# For CMake.
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/package/nngen-config.cmake.in ${PROJECT_BINARY_DIR}/package/nngen-config.cmake
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS header_dir main_dir CMAKE_INSTALL_BINDIR
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/nngen-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT) # of the library of another machine the config says so
install(
  FILES
    ${PROJECT_BINARY_DIR}/package/nngen-config.cmake
    ${PROJECT_BINARY_DIR}/package/nngen-config-version.cmake
    cmake/NngenModel.cmake cmake/NngenSettings.cmake cmake/NngenRuntimeNeeds.cmake
  DESTINATION ${package_dir})

# For pkg-config: nngen for a library alone, nngen-runtime for programs.
foreach(name nngen nngen-runtime)
  configure_file(cmake/package/${name}.pc.in package/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

include(NngenPackage)
