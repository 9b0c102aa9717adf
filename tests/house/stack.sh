# SPDX-License-Identifier: MIT
#
# stack.sh OBJECTS: no function of the library takes more than 8 KiB of stack,
# nor an amount that the compiler cannot tell.  musl gives a thread 128 KiB.
set -eu

sed 's/\.o$/.su/' "$1" | while read -r su; do
	[ ! -f "$su" ] || cat "$su"
done | awk -F '\t' '
{ seen++; if ($2 > most) { most = $2; where = $1 } }
$2 > 8192 || $3 ~ /^dynamic$/ { print; wrong++ }
END {
	printf "%d functions, at most %d bytes: %s\n", seen, most, where
	exit (wrong > 0 || seen == 0)
}'
