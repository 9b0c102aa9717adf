# SPDX-License-Identifier: MIT
#
# size.sh STRIP READELF LIBSOCK.SO OBJECTS: stripped, the library has less than
# 276 KiB (250 were to be enough, and are not since it has servers and what a
# layer such as TLS needs), of which IANA's registry is 101; that is shared by
# all processes that use it (no relocation writes to it), and the stack is not
# executable.  Where its bytes are, the target size_table shows: size_table.sh.
set -eu
strip=$1 readelf=$2 lib=$3 objects=$4

copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
"$strip" -o "$copy" "$lib"
size=$(wc -c <"$copy")
wrong=0

echo "$size bytes stripped"
if [ "$size" -ge $((276 * 1024)) ]; then
	echo "that is not under 276 KiB"
	wrong=1
fi
grep -E '/registry[^/]*\.o$' "$objects" >"$copy" ||
    { echo 'no object of the registry'; wrong=1; }
while read -r object; do
	if "$readelf" -rW "$object" | grep -F '.rela.data'; then
		echo "$object: its tables hold pointers"
		wrong=1
	fi
done <"$copy"
if "$readelf" -lW "$lib" | grep GNU_STACK | grep -E '[R ]WE'; then
	echo "the stack is executable"
	wrong=1
fi
exit $wrong
