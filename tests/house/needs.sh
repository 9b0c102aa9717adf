# SPDX-License-Identifier: MIT
#
# needs.sh READELF LIB.SO STEM...: it loads the C library, and beside it what
# begins with a STEM, each of which it does load.
set -eu
readelf=$1 lib=$2
shift 2

needed=$("$readelf" -d "$lib" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
wrong=0
for name in $needed; do
	known=no
	case $name in
	libc.so* | ld-linux* | ld64.so* | ld-musl*) known=yes ;;
	esac
	for stem in "$@"; do
		case $name in
		"$stem"*) known=yes ;;
		esac
	done
	if [ $known = no ]; then
		echo "${lib##*/} loads $name"
		wrong=1
	fi
done
for stem in "$@"; do
	case "
$needed" in
	*"
$stem"*) ;;
	*)
		echo "${lib##*/} does not load $stem"
		wrong=1
		;;
	esac
done
echo "it loads $(echo "$needed" | tr '\n' ' ')"
exit $wrong
