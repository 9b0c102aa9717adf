# SPDX-License-Identifier: MIT

# libsock-tls is built where OpenSSL is, unless somebody says else; a later
# configuring looks again.
set(SOCK_TLS AUTO CACHE STRING "Build libsock-tls, on OpenSSL 3: ON, OFF, AUTO")
set_property(CACHE SOCK_TLS PROPERTY STRINGS AUTO ON OFF)
if(NOT SOCK_TLS)
  set(SOCK_TLS OFF)
  return()
endif()
find_package(OpenSSL 3.0 QUIET COMPONENTS SSL Crypto)
if(NOT OPENSSL_FOUND AND NOT SOCK_TLS STREQUAL "AUTO")
  message(FATAL_ERROR "SOCK_TLS=${SOCK_TLS}, and there is no OpenSSL 3 here: "
    "apt-get install libssl-dev, or configure with -DSOCK_TLS=OFF")
endif()
if(OPENSSL_FOUND)
  message(STATUS "libsock-tls: with OpenSSL ${OPENSSL_VERSION}")
  set(SOCK_TLS ON)
else()
  message(STATUS "libsock-tls: no, there is no OpenSSL 3 (libssl-dev)")
  set(SOCK_TLS OFF)
endif()
