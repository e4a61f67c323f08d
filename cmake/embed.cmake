# cmake -P embed.cmake OUTPUT FILE...: writes C that holds the text of each header as a constant,
# embedded_<name of the file without extensions>. The guard and what the header includes stay out.
set(output ${CMAKE_ARGV3})
set(code "/* Made by cmake/embed.cmake. */\n")
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  set(file ${CMAKE_ARGV${i}})
  cmake_path(GET file STEM name)
  file(READ ${file} text)
  string(REGEX REPLACE "\n#ifndef [A-Z0-9_]*_H\n#define [A-Z0-9_]*_H\n" "\n" text "${text}")
  string(REGEX REPLACE "\n#include [^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n#endif\n$" "\n" text "${text}")
  string(HEX "${text}" bytes)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND code
    "extern const char embedded_${name}[];\nconst char embedded_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${output} "${code}")
