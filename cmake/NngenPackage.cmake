# What `cpack` needs to know to make a .deb of what is installed. Included by NngenInstall.cmake.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nngen)
set(CPACK_PACKAGE_VENDOR "the nngen authors")
set(CPACK_PACKAGE_CONTACT "The nngen authors <nngen@nngen.invalid>" CACHE STRING "Maintainer of packages")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
"nngen turns the description of a neural network, a short Lua file, into one
C file that holds its training step and inference, as vector code for
AVX-512, AVX2, NEON and any other machine. With the runtime in this package the C
becomes a program that trains, evaluates and checks the network; by itself
it needs nothing but a C compiler.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package/debian.cmake)
set(CPACK_NNGEN_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# Without them there is the C of a network, and no program.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "clang | gcc, libjansson-dev, zlib1g-dev, libprotobuf-c-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, pkg-config, libopenmpi-dev")
include(CPack)
