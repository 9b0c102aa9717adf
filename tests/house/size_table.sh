# SPDX-License-Identifier: MIT
#
# size_table.sh SIZE NM LIBSOCK.SO OBJECTS: where the bytes of the library are:
# what is in each module (code and constants of its objects, before the linker
# has seen the whole), in each table of the registry, and in the sections of the
# library.  For whoever needs room.
set -eu
size=$1 nm=$2 lib=$3 objects=$4

echo 'module      bytes'
while read -r object; do
	"$size" "$object" | awk -v path="$object" 'NR == 2 {
		n = split(path, part, "/")
		print (part[n] ~ /^registry/ ? "registry" : part[n - 1]), $1 + $2
	}'
done <"$objects" | awk '{ sum[$1] += $2 }
    END { for (m in sum) printf "%-10s %6d\n", m, sum[m] }' | sort -k2nr

echo
echo 'table of the registry           bytes'
"$nm" -S -t d "$lib" | awk '/ [rR] socki_registry_/ {
	printf "%-30s %6d\n", $4, $2
}' | sort -k2nr

echo
echo 'section             bytes'
"$size" -A "$lib" | awk '$1 ~ /^\./ && $1 !~ /^\.(debug|comment|t?bss)/ {
	printf "%-18s %6d\n", $1, $2
}' | sort -k2nr
