# SPDX-License-Identifier: MIT
#
# format.sh ROOT: every C file is as clang-format 14 would have it, says its
# licence in its first line, and has 400 lines at most.
set -eu
cd "$1"

files=$(find include lib tests examples -name '*.[ch]' | sort)
wrong=0
for file in $files; do
	if [ "$(head -n 1 "$file")" != '/* SPDX-License-Identifier: MIT */' ]; then
		echo "$file: no SPDX line"
		wrong=1
	fi
	if [ "$(wc -l <"$file")" -gt 400 ]; then
		echo "$file: more than 400 lines"
		wrong=1
	fi
done
scripts=$(find . \( -path './build*' -o -path './.git' \) -prune -o -type f \
    \( -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt -o -name run \) \
    -print | sort)
for file in $scripts; do
	if ! head -n 2 "$file" | grep -q '^# SPDX-License-Identifier: MIT$'; then
		echo "$file: no SPDX line"
		wrong=1
	fi
done

for format in clang-format-14 clang-format none; do
	case $("$format" --version 2>/dev/null) in
	*'version 14.'*) break ;;
	esac
done
if [ $wrong -eq 0 ] && [ "$format" = none ]; then
	echo 'SKIP: no clang-format 14 (apt-get install clang-format-14)'
	exit 77
fi
if [ "$format" != none ]; then
	# shellcheck disable=SC2086 # our file names have no spaces
	"$format" --dry-run -Werror $files || wrong=1
fi
exit $wrong
