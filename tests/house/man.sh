# SPDX-License-Identifier: MIT
#
# man.sh MAN INCLUDE CC: each function and each macro that is called like one
# has its page, one alone; each option and constant of the public headers is
# told; no page leads to one that is not there; and the programs of EXAMPLES
# compile.
set -eu
man=$1 include=$2 cc=$3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
wrong=0
complain() {
	echo "$*"
	wrong=1
}

# names PAGE: what its NAME lists.
names() {
	awk '/^\.Sh / { here = $2 == "NAME" } here && $1 == ".Nm" { print $2 }' \
	    "$1"
}

cat "$include"/sock.h "$include"/sock/*.h |
    sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' >"$dir/headers"
{
	sed -n '/visibility push/,/visibility pop/p' "$dir/headers" |
	    grep -o '\<sock_[a-z0-9_]*('
	sed -n 's/^#define \(sock_[a-z0-9_]*(\).*/\1/p' "$dir/headers"
} | tr -d '(' | LC_ALL=C sort -u >"$dir/declared"
for page in "$man"/*.3; do
	names "$page"
done | LC_ALL=C sort >"$dir/documented"
if ! diff "$dir/declared" "$dir/documented" >"$dir/diff"; then
	sed -n -e 's/^</declared, but in no NAME of a page:/p' \
	    -e 's/^>/in a NAME, but not declared, or twice:/p' "$dir/diff"
	wrong=1
fi

# Members of options, constants, codes.
cat "$man"/*.[137] >"$dir/pages"
tr -cs 'A-Za-z0-9_' '\n' <"$dir/pages" | LC_ALL=C sort -u >"$dir/words"
{
	grep -o '\<SOCK_[A-Z0-9_]*[A-Z0-9]\>' "$dir/headers" |
	    grep -v -e '_H$' -e '^SOCK_VERSION_'
	sed -n '/^struct sock_[a-z_]*options {/,/^}/p' "$dir/headers" |
	    sed -n 's/.*[ *]\([a-z0-9_]*[a-z0-9]\)\[*[A-Z0-9_]*\]*;.*/\1/p'
} | LC_ALL=C sort -u >"$dir/public"
comm -23 "$dir/public" "$dir/words" >"$dir/untold"
while read -r word; do
	complain "$word: no page tells of it"
done <"$dir/untold"

# blocks PAGE: each literal display of EXAMPLES, into $dir/PAGE-N.c.
blocks() {
	awk -v to="$dir/${1##*/}" '
	/^\.Sh / { here = $2 == "EXAMPLES" }
	here && /^\.Bd -literal/ { file = to "-" ++n ".c"; next }
	/^\.Ed/ { file = "" }
	file != "" {
		gsub(/\\&/, "")
		gsub(/\\e/, "\\")
		print > file
	}' "$1"
}

for page in "$man"/*.[137]; do
	name=${page##*/}
	section=${name##*.}
	own=${name%.*}
	[ "$(head -n 1 "$page")" = '.\" SPDX-License-Identifier: MIT' ] ||
	    complain "$name: no SPDX line"
	grep -qix "\\.Dt $own $section" "$page" ||
	    complain "$name: .Dt has another name"
	names "$page" | grep -qx "$own" ||
	    complain "$name: not in its own NAME"
	# Not socket(7), sock_diag(7).
	sed -n -e 's/^\.Xr \(sock\(-[a-z]*\)*\) \([17]\).*/\1 \3/p' \
	    -e 's/^\.Xr \(sock_[a-z0-9_]*\) 3.*/\1 3/p' "$page" |
	    sort -u >"$dir/leads"
	while read -r other section; do
		[ -e "$man/$other.$section" ] || { [ "$section" = 3 ] &&
		    grep -qx "$other" "$dir/documented"; } ||
		    complain "$name: there is no $other($section)"
	done <"$dir/leads"
	[ "${name##*.}" = 1 ] || blocks "$page"
done
for program in "$dir"/*.c; do
	"$cc" -std=c11 -Wall -Wextra -Werror -fsyntax-only -I "$include" \
	    "$program" || complain "${program##*/} does not compile"
done
echo "$(grep -c . "$dir/documented") functions have a page"
exit $wrong
