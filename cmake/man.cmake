# SPDX-License-Identifier: MIT

# The pages of lib/man, and for each other name that a page of section 3 has a
# page of one line that leads there.
set(sock_man "${PROJECT_SOURCE_DIR}/lib/man")
set(sock_man_links "${PROJECT_BINARY_DIR}/man3")
set(sock_man_left_out)
if(NOT SOCK_TLS)
  set(sock_man_left_out REGEX "/sock_[a-z_]*tls[^/]*$" EXCLUDE)
endif()

function(sock_man_link page)
  get_filename_component(name "${page}" NAME)
  get_filename_component(own "${page}" NAME_WE)
  file(STRINGS "${page}" lines REGEX "^\\.(Nm [a-z]|Sh )")
  foreach(line IN LISTS lines)
    if(line STREQUAL ".Sh NAME")
      continue()
    elseif(NOT line MATCHES "^\\.Nm ([a-z0-9_]+)")
      break() # the next section
    elseif(NOT CMAKE_MATCH_1 STREQUAL own)
      file(WRITE "${sock_man_links}/${CMAKE_MATCH_1}.3" ".so man3/${name}\n")
    endif()
  endforeach()
endfunction()

file(REMOVE_RECURSE "${sock_man_links}")
file(GLOB sock_man_pages CONFIGURE_DEPENDS "${sock_man}/*.3")
foreach(page IN LISTS sock_man_pages)
  if(SOCK_TLS OR NOT page MATCHES "/sock_[a-z_]*tls[^/]*$")
    sock_man_link("${page}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  endif()
endforeach()

foreach(section 3 7)
  install(DIRECTORY "${sock_man}/" COMPONENT dev
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}"
    FILES_MATCHING PATTERN "*.${section}" ${sock_man_left_out})
endforeach()
install(DIRECTORY "${sock_man_links}/" COMPONENT dev
  DESTINATION "${CMAKE_INSTALL_MANDIR}/man3")
if(TARGET sock)
  install(DIRECTORY "${sock_man}/" COMPONENT tools
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
    FILES_MATCHING PATTERN "*.1")
endif()
