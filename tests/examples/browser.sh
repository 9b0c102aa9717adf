# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For tests with a browser: browse HOME URL leaves in $dir/dom what chromium
# makes of the page, as it runs for a user with this HOME, and in $dir/errors
# what it complains about.

: "${dir:?}" # of the harness
command -v chromium >/dev/null || skip 'no chromium (apt-get install chromium)'

# render HOME URL SECONDS
render() {
	rm -rf "$1/browser"
	HOME=$1 timeout "$3" chromium --headless --no-sandbox --disable-gpu \
	    --user-data-dir="$1/browser" --virtual-time-budget=10000 \
	    --dump-dom "$2" >"$dir/dom" 2>"$dir/errors"
}

# A slow machine has a second, longer chance; no browser here is one that does
# not even show an empty page.
browse() {
	for patience in 50 100; do
		render "$1" "$2" $patience
		status=$?
		[ "$status" = 124 ] || break
	done
	[ "$status" != 0 ] || return 0
	why=$(tail -n 1 "$dir/errors")
	if [ "$status" != 124 ]; then
		render "$1" about:blank 100
		case $? in
		0 | 124) ;;
		*) skip "chromium does not run here: $why" ;;
		esac
	fi
	same "exit code of chromium, 124 after $patience seconds" 0 "$status"
	echo "$2: $why"
	finish
}
