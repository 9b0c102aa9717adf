# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # harness.sh sets them
#
# For the tests of httpd: a folder to serve, and a client.

command -v curl >/dev/null || skip 'no curl (apt-get install curl)'

# modes: in which httpd serves.
# shellcheck disable=SC2034 # for those who source this
modes='fibers threads processes forking iterative'

# site: the folder, at $site; secret lies beside it.
site=$dir/site
make_site() {
	mkdir -p "$site/folder/deep" "$site/plain/inner" "$site/empty"
	printf '<title>index</title>\n' >"$site/index.html"
	printf 'deep\n' >"$site/folder/deep/file.txt"
	printf '<title>folder</title>\n' >"$site/folder/index.html"
	printf '{}' >"$site/data.json"
	printf 'README' >"$site/plain/README"
	: >"$site/nothing.css"
	seq 100000 999999 | head -c 1000 >"$site/thousand.txt"
	seq 100000 999999 | head -c 1024 >"$site/1k"
	seq 100000 999999 | head -c 32768 >"$site/32k"
	seq 100000 999999 | head -c 32769 >"$site/32k1"
	seq 10000000 99999999 | head -c 5000000 >"$site/5m.bin"
	printf 'odd' >"$site/plain/a b&c<d>\"e'%25?#.txt"
	printf 'umlaut' >"$site/plain/ü.txt"
	printf 'secret' >"$dir/secret"
	ln -s ../secret "$site/out"
	ln -s "$dir" "$site/up"
	ln -s folder/deep/file.txt "$site/in"
	ln -s loop "$site/loop"
	mkfifo "$site/fifo"
	printf 'hidden' >"$site/hidden"
	chmod 000 "$site/hidden"
	find "$site" -type f -exec touch -d '2020-02-29 12:00:00 UTC' {} +
}

# serve ADDRESS OPTION...: httpd, under the command in $under if there is one,
# and where it is for curl: $at.
under=
serve() {
	where=$1
	shift
	# shellcheck disable=SC2086 # several words, or none
	start $under httpd --root "$site" "$@" "$where"
	case $address in
	unix:*) set -- --unix-socket "${address#unix:}" ;;
	*) set -- ;;
	esac
	through=$*
	case $address in
	unix:*) at=http://socket ;;
	*) at=http://${address#tcp:} ;;
	esac
}

# status EXPECTED PATH ARGUMENT...: what curl gets for it, with ARGUMENTs.
status() {
	expected_status=$1
	path=$2
	shift 2
	rm -f "$dir/body" "$dir/head"
	# shellcheck disable=SC2086 # two words, or none
	got=$(curl -sS --max-time 20 --path-as-is $through -o "$dir/body" \
	    -D "$dir/head" -w '%{http_code}' "$@" "$at$path" 2>&1)
	same "$where: status of $path $*" "$expected_status" "$got"
	touch "$dir/body"
}

# field NAME EXPECTED: of the last answer.
field() {
	same "$where: $1 of $path" "$2" \
	    "$(tr -d '\r' <"$dir/head" | sed -n "s/^$1: //p")"
}

# body FILE: the last answer's is this.
body() {
	same "$where: body of $path" '' "$(cmp "$1" "$dir/body" 2>&1)"
}

# says WORDS: the last answer's body is this.
says() {
	same "$where: body of $path" "$1" "$(cat "$dir/body")"
}
