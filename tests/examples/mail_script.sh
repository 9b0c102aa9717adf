# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the tests of mail_send and mail_check: a scripted server at $at, and what
# it is to say.

: "${dir:?}" "${address=}" # of the harness
command -v python3 >/dev/null || skip 'no python3'
mkdir "$dir/answers"
: >"$dir/asked"
MAIL_PASSWORD=secret
export MAIL_PASSWORD
start python3 "$ROOT/tests/examples/mail_script.py" "$dir/answers" \
    "$dir/asked" ${certificate+"$certificate" "$key"}
# shellcheck disable=SC2034 # for those who read this
at=${address#tcp:}

# script LINE...: what the next connection is, see mail_script.py.
script() {
	: >"$dir/asked"
	rm -f "$dir"/answers/*
	printf '%s\n' "$@" >"$dir/answers/1"
}

# heard PATTERN COUNT: so many lines of what the server heard are like it.
heard() {
	same "lines with $1" "$2" \
	    "$(tr -d '\r' <"$dir/asked" | grep -c -- "$1")"
}

# as_scripted: the client said what it was to say.
as_scripted() {
	heard '^WRONG' 0
}
