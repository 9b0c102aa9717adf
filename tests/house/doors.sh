# SPDX-License-Identifier: MIT
#
# doors.sh NM DOORS OBJECTS: every undefined symbol of the library's objects,
# and every header in a folder that DOORS names, goes through a door that it opens
# for their module.
set -eu
nm=$1 doors=$2 objects=$3

{
	cd "$(dirname "$doors")"
	grep -Eo '^#include ["<][a-z]+/[a-z0-9_]+\.h[">]' ./*/*.[ch] |
	    sed 's|^\./\([a-z]*\)/\([^:]*\):#include .\(.*\).|\1 \1/\2 \3|'
	while read -r object; do
		module=${object#*_objects.dir/}
		file=${module%.o}
		module=${module%%/*}
		"$nm" -P -u "$object" | sed "s|^|$module $file |"
	done <"$objects"
} | awk '
FNR == NR {
	if ($0 == "" || $0 ~ /^#/)
		next
	split($0, half, ":")
	n = split(half[2], names, " ")
	for (i = 1; i <= n; i++)
		doors[names[i]] = doors[names[i]] " " half[1] " "
	next
}
{
	symbol = $3
	seen++
	if (symbol ~ /^__.*_chk$/)
		gsub(/^__|_chk$/, "", symbol) # _FORTIFY_SOURCE
	allowed = ""
	for (name in doors) {
		stem = name
		if (name == symbol ||
		    (sub(/\*$/, "", stem) && index(symbol, stem) == 1))
			allowed = allowed doors[name]
	}
	# Symbols of the compiler and of errno begin with two.
	if (allowed == "" && symbol ~ /^(__|_GLOBAL_OFFSET|sock)|\//)
		next
	if (index(allowed, " * ") || index(allowed, " " $1 " "))
		next
	if (allowed == "")
		allowed = " no door at all"
	printf "lib/%s: %s: the door is:%s\n", $2, symbol, allowed
	wrong++
}
END {
	printf "%d symbols, %d through a wrong door\n", seen, wrong
	exit (wrong > 0 || seen == 0)
}' "$doors" -
