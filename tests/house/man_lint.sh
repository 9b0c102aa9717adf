# SPDX-License-Identifier: MIT
#
# man_lint.sh MAN: mandoc finds nothing to say of the pages, and no line of
# what they print is longer than a terminal's.
set -eu
man=$1
if ! command -v mandoc >/dev/null; then
	echo 'SKIP: no mandoc (apt-get install mandoc)'
	exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# What a machine has installed is not the pages' business, nor whose they are.
mandoc -T lint -W style "$man"/*.[137] 2>/dev/null |
    grep -v -e 'referenced manual not found' \
	-e 'operating system' -e 'Mdocdate' >"$dir/said" || true
for page in "$man"/*.[137]; do
	mandoc -T ascii "$page" | sed "s/.$(printf '\b')//g" |
	    awk -v page="${page##*/}" 'length > 80 {
		print page ": more than 80 columns: " $0
	}' >>"$dir/said"
done
cat "$dir/said"
[ ! -s "$dir/said" ]
