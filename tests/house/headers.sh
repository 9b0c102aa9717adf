# SPDX-License-Identifier: MIT
#
# headers.sh INCLUDE BEFORE COMPILER...: each public header compiles, twice in
# one file, alone (BEFORE is "-") or after all the system headers that BEFORE
# lists and this machine has.
set -eu
include=$1 before=$2
shift 2
if ! command -v "$1" >/dev/null; then
	echo "SKIP: no $1"
	exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
: >"$dir/before.h"
[ "$before" = - ] || sed -n 's|^[a-z].*|#if __has_include(<&>)\
#include <&>\
#endif|p' "$before" >"$dir/before.h"

wrong=0
count=0
for header in "$include"/sock.h "$include"/sock/*.h; do
	name=${header#"$include"/}
	cat >"$dir/try.c" <<-EOF
		#include "before.h"
		#include <$name>
		#include <$name>
	EOF
	if ! "$@" -fsyntax-only -I "$dir" -I "$include" "$dir/try.c"; then
		echo "<$name> does not compile: $*"
		wrong=$((wrong + 1))
	fi
	count=$((count + 1))
done
echo "$count headers, $wrong do not compile"
[ "$wrong" -eq 0 ] && [ "$count" -gt 1 ]
