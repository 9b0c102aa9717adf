# SPDX-License-Identifier: MIT

# Sanitizers and coverage bring symbols, sizes and stacks of their own.
if(CMAKE_C_FLAGS MATCHES "-fsanitize|--coverage")
  set(sock_instrumented ON)
else()
  set(sock_instrumented OFF)
endif()

# What every target of ours is compiled with, and no target of others.
function(sock_own target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wundef -Wvla -Wformat=2 -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wmissing-declarations
    $<$<BOOL:${SOCK_WERROR}>:-Werror>)
endfunction()
