# SPDX-License-Identifier: MIT
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(sock_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sock")

# An export file for each component and kind: core-shared, core-static.
function(sock_install_library name component)
  foreach(kind shared static)
    install(TARGETS ${name}_${kind} EXPORT sock-${component}-${kind}
      LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        COMPONENT ${component}-runtime NAMELINK_COMPONENT dev
      ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev
      INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT sock-${component}-${kind} NAMESPACE sock::
      DESTINATION "${sock_package_dir}" COMPONENT dev)
  endforeach()
endfunction()
sock_install_library(sock core)
if(SOCK_TLS)
  sock_install_library(sock_tls tls)
endif()
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/sock-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_SOURCE_DIR}/cmake/sock-config.cmake"
  "${PROJECT_BINARY_DIR}/sock-config-version.cmake"
  DESTINATION "${sock_package_dir}" COMPONENT dev)

# No header without its library.
set(sock_not_installed)
if(NOT SOCK_TLS)
  set(sock_not_installed PATTERN "tls.h" EXCLUDE)
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev
  FILES_MATCHING PATTERN "*.h" ${sock_not_installed})

# The prefix is found from where sock.pc lies, so that the tree may be moved;
# with an absolute libdir nothing says where the prefix is, and it is written.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(sock_pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(sock_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
  file(RELATIVE_PATH sock_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" sock_pc_up "${sock_pc_up}")
  set(sock_pc_prefix "\${pcfiledir}/${sock_pc_up}")
  set(sock_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(sock_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(sock_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
function(sock_install_pc name)
  configure_file(cmake/${name}.pc.in "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
endfunction()
sock_install_pc(sock)
if(SOCK_TLS)
  sock_install_pc(sock-tls)
endif()

if(TARGET sock) # examples/tools/sock.c
  if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(sock PROPERTIES
      INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  endif()
  install(TARGETS sock
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
endif()

install(FILES
  "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT doc)

include("${CMAKE_CURRENT_LIST_DIR}/man.cmake")
