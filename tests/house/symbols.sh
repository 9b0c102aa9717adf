# SPDX-License-Identifier: MIT
#
# symbols.sh NM LIB.SO LIB.A LIB.MAP INCLUDE: the functions that the library's
# headers declare, that the map names and that the shared library exports are
# the same; it calls nothing that would touch the whole process; and no name in
# the static one can clash with a program's.  sock-tls.map is that of the
# library whose header is sock/tls.h; all others are libsock's.
set -eu
nm=$1 lib=$2 archive=$3 map=$4 include=$5
denied='exit|_Exit|abort|atexit|signal|sigaction|raise|kill|umask
|setlocale|printf|fprintf|vfprintf|puts|putchar|fputs|perror|syslog|select
|getservbyname|getservbyport|gethostbyname|gethostbyaddr'

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for header in "$include"/sock/*.h; do
	case ${map##*/}:${header##*/} in
	sock-tls.map:tls.h) ;;
	sock-tls.map:* | *:tls.h) continue ;;
	esac
	sed -n '/visibility push/,/visibility pop/p' "$header" |
	    sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' |
	    grep -o '\<sock_[a-z0-9_]*('
done | tr -d '(' | LC_ALL=C sort >"$dir/declared"
sed -n 's/^	\(sock_[a-z0-9_]*\);$/\1/p' "$map" |
    LC_ALL=C sort >"$dir/mapped"
"$nm" -D -P --defined-only "$lib" | awk '$2 != "A" { print $1 }' |
    sed 's/@.*//' | LC_ALL=C sort >"$dir/exported"
"$nm" -D -P -u "$lib" | sed -e 's/[@ ].*//' -e 's/^__\(.*\)_chk$/\1/' |
    grep -Ex "$(printf %s "$denied" | tr -d '\n')" >"$dir/denied" || true

"$nm" -P -g --defined-only "$archive" |
    awk 'NF > 1 && $1 !~ /^socki?_/' >"$dir/clashes"

wrong=0
for other in mapped exported; do
	if ! diff "$dir/declared" "$dir/$other" >"$dir/diff"; then
		sed -n -e "s/^</declared, but not $other:/p" \
		    -e "s/^>/$other, but not declared:/p" "$dir/diff"
		wrong=1
	fi
done
if [ -s "$dir/denied" ]; then
	sed 's/^/calls what it must not: /' "$dir/denied"
	wrong=1
fi
if [ -s "$dir/clashes" ]; then
	sed 's/^/a name without our prefix: /' "$dir/clashes"
	wrong=1
fi
if [ "$(grep -c . "$dir/declared")" -lt 10 ]; then
	echo "no declarations found in $include"
	wrong=1
fi
echo "$(grep -c . "$dir/exported") functions exported"
exit $wrong
