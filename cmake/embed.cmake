# cmake -P embed.cmake OUTPUT FILE...: writes C that holds the text of each file as a constant,
# embedded_<name of the file without extensions>.
set(output ${CMAKE_ARGV3})
set(code "/* Made by cmake/embed.cmake. */\n")
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  set(file ${CMAKE_ARGV${i}})
  cmake_path(GET file STEM name)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND code
    "extern const char embedded_${name}[];\nconst char embedded_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${output} "${code}")
