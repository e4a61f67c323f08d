# nngen_add_model_library(NAME name ARCH file.lua [OPTIONS option...])
#
#   Compiles an architecture to C and the C to a static library `name`, which exports
#   `nn_model_<model>` (a `-` becomes `_`), where <model> is the name that the architecture gives to
#   nn.model, and brings the folders of model.h and of the header <name>.h along. OPTIONS go to nngen,
#   for example OPTIONS -D hidden=128.
#
# nngen_add_model(NAME name ARCH file.lua [OPTIONS option...])
#
#   The same as a program `name` that trains, evaluates and checks the model; it lies in bin/ of the
#   build folder, or where CMAKE_RUNTIME_OUTPUT_DIRECTORY says.
#
#   FOLDER sub, of both: program and generated files lie in `sub` below these folders, and the target is
#   called <sub>-<name>, so that the same name is free elsewhere.
#
# The generated files are ${NNGEN_GENERATED_DIR}/<name>.c and <name>.h, by default in generated/ of the
# current build folder. The C is optimised whatever the build type is, unless that is Debug; NNGEN_MODEL_FLAGS come last.
#
# Here and in a project that has found an installed nngen these names are the same: nngen::nngen is the
# compiler, nngen::model the folder of model.h, nngen::nn the small interface nn.h with its C file, nngen::runtime
# what programs are linked with.

set(NNGEN_MODEL_FLAGS "" CACHE STRING "Further compiler flags for generated code")

# Sets `target`, the model's name or <folder>-<name>, and `below`, empty or /<folder>.
function(nngen_place_model folder name)
  if(folder)
    string(REPLACE "/" "-" target "${folder}/${name}")
    set(target ${target} PARENT_SCOPE)
    set(below /${folder} PARENT_SCOPE)
  else()
    set(target ${name} PARENT_SCOPE)
    set(below "" PARENT_SCOPE)
  endif()
endfunction()

function(nngen_add_model_library)
  cmake_parse_arguments(PARSE_ARGV 0 MODEL "" "NAME;ARCH;FOLDER;TARGET_SUFFIX" "OPTIONS")
  if(NOT MODEL_NAME OR NOT MODEL_ARCH OR MODEL_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "usage: nngen_add_model(NAME name ARCH file.lua [FOLDER sub] [OPTIONS option...])")
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT C IN_LIST languages)
    message(FATAL_ERROR "nngen makes C: name it among the project's languages, project(... LANGUAGES C CXX)")
  endif()
  nngen_place_model("${MODEL_FOLDER}" ${MODEL_NAME})
  string(APPEND target "${MODEL_TARGET_SUFFIX}")
  set(folder ${NNGEN_GENERATED_DIR})
  if(NOT folder)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated)
  endif()
  string(APPEND folder "${below}")
  set(generated ${folder}/${MODEL_NAME}.c)
  set(header ${folder}/${MODEL_NAME}.h)
  set(made_dir ${CMAKE_CURRENT_BINARY_DIR}/nngen.dir${below})
  set(made ${made_dir}/${MODEL_NAME}.c)
  set(main ${made_dir}/${MODEL_NAME}.main.c)
  cmake_path(ABSOLUTE_PATH MODEL_ARCH NORMALIZE OUTPUT_VARIABLE source)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE shown)

  # nngen's own output is the stamp of the command; its depfile names what the architecture requires. What is
  # compiled is a copy that keeps its time while it stays the same: so another nngen compiles no C again.
  file(MAKE_DIRECTORY ${folder} ${made_dir})
  add_custom_command(
    OUTPUT ${made}
    BYPRODUCTS ${generated} ${header} ${main}
    COMMAND nngen::nngen ${MODEL_OPTIONS} --depfile ${made}.d -o ${made} ${source}
    COMMAND nngen::nngen ${MODEL_OPTIONS} --emit=main -o ${made}.main ${source}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${made} ${generated}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${made_dir}/${MODEL_NAME}.h ${header}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${made}.main ${main}
    DEPENDS nngen::nngen ${source}
    DEPFILE ${made}.d
    COMMENT "nngen ${shown}"
    VERBATIM)
  set_source_files_properties(${made} PROPERTIES HEADER_FILE_ONLY ON)
  add_library(${target} STATIC ${generated} ${made})
  nngen_settings(${target})
  separate_arguments(flags NATIVE_COMMAND "${NNGEN_MODEL_FLAGS}")
  target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O2> ${flags})
  target_include_directories(${target} PUBLIC ${folder})
  target_link_libraries(${target} PUBLIC nngen::model)
endfunction()

function(nngen_add_model)
  cmake_parse_arguments(PARSE_ARGV 0 MODEL "" "NAME;ARCH;FOLDER" "OPTIONS")
  nngen_add_model_library(${ARGV} TARGET_SUFFIX _model)
  if(NOT TARGET nngen::runtime)
    include(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/NngenRuntimeNeeds.cmake)
    if(COMMAND nngen_import_runtime)
      nngen_import_runtime()
    endif()
  endif()
  if(NOT TARGET nngen::runtime)
    list(JOIN NNGEN_RUNTIME_MISSING ", " missing)
    message(FATAL_ERROR "nngen_add_model(NAME ${MODEL_NAME}): a program also needs ${missing}; "
      "what nngen_add_model_library makes does not")
  endif()
  nngen_place_model("${MODEL_FOLDER}" ${MODEL_NAME})
  set(folder ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  if(NOT folder)
    set(folder ${CMAKE_BINARY_DIR}/bin)
  endif()
  add_executable(${target} ${CMAKE_CURRENT_BINARY_DIR}/nngen.dir${below}/${MODEL_NAME}.main.c)
  nngen_settings(${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${MODEL_NAME} RUNTIME_OUTPUT_DIRECTORY ${folder}${below})
  target_include_directories(${target} BEFORE PRIVATE ${NNGEN_MAIN_DIR})
  if(TARGET nngen::mpi)
    target_link_libraries(${target} PRIVATE nngen::mpi)
  endif()
  target_link_libraries(${target} PRIVATE ${target}_model nngen::runtime)
endfunction()
