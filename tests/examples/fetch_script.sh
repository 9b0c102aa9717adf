# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the tests of fetch: a scripted server at $http, and its answers.

: "${dir:?}" "${address=}" # of the harness
mkdir "$dir/answers"
: >"$dir/asked"
start scripted "$dir/answers" "$dir/asked"
# shellcheck disable=SC2034 # for those who read this
http=http://${address#tcp:}

# answer NAME LINE... BODY: what the next connection gets.  The lines end in
# CR LF; the body is for printf '%b'.
answer() {
	name=$1
	shift
	{
		while [ $# -gt 1 ]; do
			printf '%s\r\n' "$1"
			shift
		done
		printf '%b' "$1"
	} >"$dir/answers/$name"
}

# body NAME FILE LINE...: the same with the body in a file.
body() {
	name=$1 from=$2
	shift 2
	{ printf '%s\r\n' "$@" '' && cat "$from"; } >"$dir/answers/$name"
}

# asked PATTERN COUNT: so many lines of the requests since forget are like it.
asked() {
	same "requests with $1" "$2" \
	    "$(tr -d '\r' <"$dir/asked" | grep -c -- "$1")"
}

forget() {
	: >"$dir/asked"
	rm -f "$dir"/answers/*
}
