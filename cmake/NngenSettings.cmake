# nngen_settings(TARGET): language level, warnings and optimisation of the project's own code, whatever
# the project around it sets.
function(nngen_settings target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF UNITY_BUILD OFF)
  if(CMAKE_C_COMPILER_ID MATCHES "Clang|GNU")
    # The build types that CMake knows say themselves how much to optimise; no type would mean -O0.
    target_compile_options(${target} PRIVATE
      -ffp-contract=off # products that feed a sum are rounded, on every machine
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${NNGEN_WERROR}>:-Werror>
      $<$<NOT:$<CONFIG:Debug,Release,RelWithDebInfo,MinSizeRel>>:-O2>)
  endif()
endfunction()
