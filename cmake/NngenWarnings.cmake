# nngen_settings(TARGET): language level and warnings for the project's own code.
function(nngen_settings target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  if(CMAKE_C_COMPILER_ID MATCHES "Clang|GNU")
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${NNGEN_WERROR}>:-Werror>)
  endif()
endfunction()
