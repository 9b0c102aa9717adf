# SPDX-License-Identifier: MIT
#
# cmake -DLIB=lib -P floors.cmake: every include in lib/ points down.

file(STRINGS "${LIB}/floors.txt" lines REGEX "^[0-9]")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([0-9]+) ([a-z]+)$" line "${line}")
  set(floor_${CMAKE_MATCH_2} ${CMAKE_MATCH_1})
endforeach()

set(wrong 0)
file(GLOB_RECURSE sources RELATIVE "${LIB}" "${LIB}/*.[chS]")
foreach(source IN LISTS sources)
  string(REGEX REPLACE "/.*" "" module "${source}")
  file(STRINGS "${LIB}/${source}" includes REGEX "^[ \t]*#[ \t]*include")
  foreach(include IN LISTS includes)
    if(include MATCHES "\"([a-z]+)/[^\"]+\"")
      set(to ${CMAKE_MATCH_1})
      if(to STREQUAL module OR
         (DEFINED floor_${to} AND DEFINED floor_${module} AND
          floor_${to} LESS floor_${module}))
        continue()
      endif()
    elseif(include MATCHES "<[^>]+>")
      continue()
    endif()
    message("lib/${source}: ${include}: does not point down")
    math(EXPR wrong "${wrong} + 1")
  endforeach()
endforeach()
if(wrong OR NOT sources)
  message(FATAL_ERROR "${wrong} includes break the floors of floors.txt")
endif()
