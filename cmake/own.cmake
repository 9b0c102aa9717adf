# SPDX-License-Identifier: MIT

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
