# What `cmake --install` installs: the compiler, what generated code and programs need, and the files by
# which CMake, make (through pkg-config), shells and man find them. Included by the top CMakeLists.txt.

# Beside bin/ on every system: there nngen looks for the runtime.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Folder of libraries")
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nngen)
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR}/nngen)

# For man and the shells: nngen and the runtime write them from their tables of options. A cross build has
# none that runs here.
set(pages)
set(page_folders)
if(TARGET nngen AND NOT CMAKE_CROSSCOMPILING)
  add_executable(nngen_program_page cmake/package/program_page.c)
  nngen_settings(nngen_program_page)
  target_compile_definitions(nngen_program_page PRIVATE NNGEN_VERSION="${PROJECT_VERSION}")
  target_include_directories(nngen_program_page PRIVATE runtime)
  target_link_libraries(nngen_program_page PRIVATE nngen_runtime)
  set_target_properties(nngen_program_page PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/package)
  set(wanted "nngen_program_page man nngen-program.1 ${CMAKE_INSTALL_MANDIR}/man1")
  foreach(program nngen nngen-data)
    if(TARGET ${program})
      list(APPEND wanted
        "${program} man ${program}.1 ${CMAKE_INSTALL_MANDIR}/man1"
        "${program} bash ${program} ${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
        "${program} zsh _${program} ${CMAKE_INSTALL_DATADIR}/zsh/site-functions"
        "${program} fish ${program}.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
    endif()
  endforeach()
  # And what editors read: the types of the language.
  list(APPEND wanted "nngen luals nn.d.lua ${CMAKE_INSTALL_DATADIR}/nngen/luals")
  foreach(page IN LISTS wanted)
    string(REPLACE " " ";" page ${page})
    list(GET page 0 program)
    list(GET page 1 kind)
    list(GET page 2 file)
    list(GET page 3 destination)
    add_custom_command(OUTPUT package/pages/${file}
      COMMAND ${CMAKE_COMMAND} -E make_directory package/pages
      COMMAND ${program} --help=${kind} > package/pages/${file}
      WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
      DEPENDS ${program}
      VERBATIM)
    list(APPEND pages ${PROJECT_BINARY_DIR}/package/pages/${file})
    list(APPEND page_folders ${destination})
  endforeach()
endif()

# All that is built for an installation: without the programs of arch/, which are not part of it.
add_custom_target(nngen_package ALL DEPENDS ${pages})
add_dependencies(nngen_package nngen_runtime nngraph nngen_nn)
set(built ${pages} $<TARGET_FILE:nngen_runtime> $<TARGET_FILE:nngraph> $<$<TARGET_EXISTS:nngen_mpi>:$<TARGET_FILE:nngen_mpi>> ${nn_source} ${constant_source})
if(TARGET nngen)
  add_dependencies(nngen_package nngen)
  list(APPEND built $<TARGET_FILE:nngen>)
endif()
if(TARGET nngen-data)
  add_dependencies(nngen_package nngen-data)
  list(APPEND built $<TARGET_FILE:nngen-data>)
endif()
# Before anything is installed: half of it helps nobody.
install(CODE "
  set(built \"${built}\")
  foreach(file IN LISTS built)
    if(NOT EXISTS \"\${file}\")
      message(FATAL_ERROR \"\${file} is not built yet. This builds all that is installed:\n\"
        \"  cmake --build \\\"${PROJECT_BINARY_DIR}\\\" --target nngen_package\")
    endif()
  endforeach()")

foreach(program nngen nngen-data)
  if(TARGET ${program})
    install(TARGETS ${program})
  endif()
endforeach()
install(FILES runtime/model.h runtime/program.h runtime/nn.h runtime/peers_mpi.h DESTINATION ${header_dir})
install(FILES runtime/main.c ${nn_source} ${constant_source} DESTINATION ${CMAKE_INSTALL_DATADIR}/nngen)
set_target_properties(nngen_runtime PROPERTIES EXPORT_NAME runtime)
set_target_properties(nngraph PROPERTIES EXPORT_NAME graph)
install(TARGETS nngen_runtime nngraph EXPORT nngen-runtime ARCHIVE)
install(EXPORT nngen-runtime NAMESPACE nngen:: DESTINATION ${package_dir})

if(TARGET nngen_mpi)
  add_dependencies(nngen_package nngen_mpi)
  install(TARGETS nngen_mpi EXPORT nngen-mpi ARCHIVE)
  install(EXPORT nngen-mpi NAMESPACE nngen:: DESTINATION ${package_dir})
endif()

foreach(page folder IN ZIP_LISTS pages page_folders)
  install(FILES ${page} DESTINATION ${folder})
endforeach()

# For CMake.
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/package/nngen-config.cmake.in ${PROJECT_BINARY_DIR}/package/nngen-config.cmake
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS header_dir CMAKE_INSTALL_BINDIR CMAKE_INSTALL_DATADIR
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
