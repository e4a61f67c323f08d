# nngen_add_model_library(NAME name ARCH file.lua [OPTIONS option...])
#
#   Compiles an architecture to C and the C to a static library `name`, which exports
#   `nn_model_<name>` (a `-` in the name becomes `_`) and brings the folder of model.h along.
#   OPTIONS go to nngen, for example OPTIONS -D hidden=128.
#
# nngen_add_model(NAME name ARCH file.lua [OPTIONS option...])
#
#   The same as a program `name` in bin/ that trains, evaluates and checks the model.
#
# `name` is the name that the architecture gives to nn.model. The generated file is
# ${NNGEN_GENERATED_DIR}/<name>.c, by default in generated/ of the current build folder.

set(NNGEN_MODEL_FLAGS "" CACHE STRING "Further compiler flags for generated code")
set(NNGEN_ROOT ${CMAKE_CURRENT_LIST_DIR}/.. CACHE INTERNAL "Source folder of nngen")

function(nngen_add_model_library)
  cmake_parse_arguments(PARSE_ARGV 0 MODEL "" "NAME;ARCH;OUTPUT_TARGET" "OPTIONS")
  if(NOT MODEL_NAME OR NOT MODEL_ARCH OR MODEL_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "usage: nngen_add_model(NAME name ARCH file.lua [OPTIONS option...])")
  endif()
  set(target ${MODEL_NAME})
  if(MODEL_OUTPUT_TARGET)
    set(target ${MODEL_OUTPUT_TARGET})
  endif()
  set(folder ${NNGEN_GENERATED_DIR})
  if(NOT folder)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated)
  endif()
  set(output ${folder}/${MODEL_NAME}.c)
  cmake_path(ABSOLUTE_PATH MODEL_ARCH NORMALIZE OUTPUT_VARIABLE source)
  cmake_path(GET source PARENT_PATH source_folder)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE shown)
  file(GLOB siblings CONFIGURE_DEPENDS ${source_folder}/*.lua)

  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${output}
    COMMAND nngen ${MODEL_OPTIONS} -o ${output} ${shown}
    DEPENDS nngen ${source} ${siblings}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMENT "nngen ${shown}"
    VERBATIM)
  add_library(${target} STATIC ${output})
  nngen_settings(${target})
  separate_arguments(flags NATIVE_COMMAND "${NNGEN_MODEL_FLAGS}")
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O2> ${flags})
  target_include_directories(${target}
    PRIVATE ${NNGEN_ROOT}
    PUBLIC $<BUILD_INTERFACE:${NNGEN_ROOT}/runtime>)
  target_link_libraries(${target} PUBLIC m)
endfunction()

function(nngen_add_model)
  cmake_parse_arguments(PARSE_ARGV 0 MODEL "" "NAME;ARCH" "OPTIONS")
  nngen_add_model_library(${ARGV} OUTPUT_TARGET ${MODEL_NAME}_model)
  string(REPLACE "-" "_" symbol ${MODEL_NAME})
  add_executable(${MODEL_NAME} ${NNGEN_ROOT}/runtime/main.c)
  nngen_settings(${MODEL_NAME})
  set_target_properties(${MODEL_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  target_compile_definitions(${MODEL_NAME} PRIVATE NN_MODEL_SYMBOL=nn_model_${symbol})
  target_link_libraries(${MODEL_NAME} PRIVATE ${MODEL_NAME}_model nngen_runtime)
endfunction()
