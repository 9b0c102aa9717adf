# SPDX-License-Identifier: MIT
#
# sock::sock_shared, sock::sock_static, and sock::sock, which is the shared one
# unless BUILD_SHARED_LIBS says no.  A component brings the same three under
# its own name: sock::tls_shared, sock::tls_static, sock::tls.

include(CMakeFindDependencyMacro)
find_dependency(Threads)

foreach(sock_component IN ITEMS core LISTS sock_FIND_COMPONENTS)
  set(sock_file "${CMAKE_CURRENT_LIST_DIR}/sock-${sock_component}")
  set(sock_missing "")
  if(NOT EXISTS "${sock_file}-shared.cmake")
    set(sock_missing "has no component \"${sock_component}\"")
  elseif(sock_component STREQUAL "tls")
    # Of OpenSSL the shared library needs nothing at building.
    find_package(OpenSSL 3.0 QUIET COMPONENTS SSL Crypto)
    if(NOT OPENSSL_FOUND AND DEFINED BUILD_SHARED_LIBS AND
       NOT BUILD_SHARED_LIBS)
      set(sock_missing "needs OpenSSL 3 (libssl-dev) for a static sock::tls")
    endif()
  endif()
  if(sock_missing)
    set(sock_${sock_component}_FOUND FALSE)
    if(sock_FIND_REQUIRED_${sock_component})
      set(sock_FOUND FALSE)
      set(sock_NOT_FOUND_MESSAGE
        "this libsock (${CMAKE_CURRENT_LIST_DIR}) ${sock_missing}")
    endif()
    continue()
  endif()
  include("${sock_file}-shared.cmake")
  include("${sock_file}-static.cmake")
  set(sock_name ${sock_component})
  if(sock_component STREQUAL "core")
    set(sock_name sock)
  endif()
  if(NOT TARGET sock::${sock_name})
    if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
      add_library(sock::${sock_name} ALIAS sock::${sock_name}_static)
    else()
      add_library(sock::${sock_name} ALIAS sock::${sock_name}_shared)
    endif()
  endif()
  set(sock_${sock_component}_FOUND TRUE)
endforeach()
unset(sock_component)
unset(sock_file)
unset(sock_missing)
unset(sock_name)
