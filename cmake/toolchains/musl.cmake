# SPDX-License-Identifier: MIT
#
# Static programs with musl, which run here without an emulator.  This
# machine's libraries are glibc's and not for them; its kernel's headers are.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(BUILD_SHARED_LIBS OFF)

set(sock_kernel "${CMAKE_BINARY_DIR}/kernel-headers")
file(MAKE_DIRECTORY "${sock_kernel}")
foreach(dir linux asm asm-generic)
  file(GLOB from "/usr/include/${dir}"
    "/usr/include/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu/${dir}")
  if(from)
    list(GET from 0 from)
    file(CREATE_LINK "${from}" "${sock_kernel}/${dir}" SYMBOLIC)
  endif()
endforeach()
set(CMAKE_C_FLAGS_INIT "-idirafter ${sock_kernel}")

set(CMAKE_FIND_ROOT_PATH /usr/lib/musl)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
