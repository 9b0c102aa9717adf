# SPDX-License-Identifier: MIT
#
# Makes the tables of name/registry.h: SOCK_REGISTRY_C is their file.  The
# generator runs on the machine that builds, whatever machine it builds for.

set(SOCK_REGISTRY_C "${CMAKE_CURRENT_BINARY_DIR}/registry_data.c")
set(sock_registry_tsv "${CMAKE_CURRENT_LIST_DIR}/registry.tsv")
set(sock_everyday_tsv "${CMAKE_CURRENT_LIST_DIR}/everyday.tsv")
set(sock_make_registry_c
  "${CMAKE_CURRENT_LIST_DIR}/make_registry.c"
  "${CMAKE_CURRENT_LIST_DIR}/make_tables.c"
  "${CMAKE_CURRENT_LIST_DIR}/rows.c")
set(sock_make_registry_h
  "${CMAKE_CURRENT_LIST_DIR}/make_registry.h"
  "${CMAKE_CURRENT_LIST_DIR}/registry.h"
  "${CMAKE_CURRENT_LIST_DIR}/rows.h")

if(CMAKE_CROSSCOMPILING)
  set(SOCK_HOST_CC cc CACHE STRING
    "C compiler of the machine that builds, for the registry's generator")
  set(sock_make_registry "${CMAKE_CURRENT_BINARY_DIR}/make_registry")
  add_custom_command(OUTPUT "${sock_make_registry}"
    COMMAND ${SOCK_HOST_CC} -std=c11 -O1 "-I${CMAKE_CURRENT_SOURCE_DIR}"
      -o "${sock_make_registry}" ${sock_make_registry_c}
    DEPENDS ${sock_make_registry_c} ${sock_make_registry_h}
    COMMENT "Building make_registry with ${SOCK_HOST_CC}" VERBATIM)
else()
  add_executable(sock_make_registry ${sock_make_registry_c})
  sock_own(sock_make_registry)
  target_include_directories(sock_make_registry PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}")
  set_target_properties(sock_make_registry PROPERTIES
    OUTPUT_NAME make_registry
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  set(sock_make_registry sock_make_registry)
endif()

add_custom_command(OUTPUT "${SOCK_REGISTRY_C}"
  COMMAND "${sock_make_registry}" "${sock_registry_tsv}"
    "${sock_everyday_tsv}" "${SOCK_REGISTRY_C}"
  DEPENDS "${sock_make_registry}" "${sock_registry_tsv}" "${sock_everyday_tsv}"
  COMMENT "Making the registry" VERBATIM)

# For maintainers: refresh_registry.c says how.
if(NOT CMAKE_CROSSCOMPILING)
  add_executable(refresh_registry EXCLUDE_FROM_ALL
    "${CMAKE_CURRENT_LIST_DIR}/refresh_registry.c"
    "${CMAKE_CURRENT_LIST_DIR}/rows.c")
  sock_own(refresh_registry)
  target_include_directories(refresh_registry PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}")
endif()
