# SPDX-License-Identifier: MIT
#
# httpd serves files, parts of them, folders, and says no in the right words,
# on every kind of address and in every mode.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"

make_site
date='Sat, 29 Feb 2020 12:00:00 GMT'
before='Sat, 29 Feb 2020 11:59:59 GMT'
# shellcheck disable=SC2154 # site and modes: httpd_site.sh sets them

files() {
	for name in thousand.txt nothing.css 1k 32k 32k1 5m.bin index.html; do
		status 200 "/$name"
		body "$site/$name"
		field Content-Length "$(stat -c %s "$site/$name")"
		field Last-Modified "$date"
		field Accept-Ranges bytes
		status 200 "/$name" --head
		field Content-Length "$(stat -c %s "$site/$name")"
	done
	status 200 /
	body "$site/index.html"
	field Content-Type 'text/html; charset=utf-8'
	status 200 /folder/
	body "$site/folder/index.html"
	status 200 /folder/deep/../../data.json?x=y
	says '{}'
	field Content-Type application/json
	status 200 /plain/README
	field Content-Type application/octet-stream
	status 200 "/plain/a%20b%26c%3Cd%3E%22e'%2525%3F%23.txt"
	says odd
	status 200 /plain/%C3%BC.txt
	says umlaut
	status 200 /plain/ü.txt
	says umlaut
	status 200 /in
	says deep
}

folders() {
	status 301 '/folder?x=y'
	field Location '/folder/?x=y'
	status 301 //folder
	field Location /folder/
	status 403 /plain/
	status 403 /empty/
	status 404 /none/
	status 404 /1k/
	status 301 /plain
}

refused() {
	status 404 /none
	says 'Not Found'
	status 404 /none --head
	field Content-Length 10
	status 404 /index.html/x
	status 403 /out
	status 403 /up/secret
	status 403 /up/
	status 403 /loop
	status 403 /fifo
	[ "$(id -u)" -eq 0 ] || status 403 /hidden
	for path in /../secret /folder/../../secret /%2e%2e/secret \
	    /.%2E/secret /up/../../secret /a%00b /%zz /%; do
		status 400 "$path"
	done
	for path in /..%2fsecret /%c0%ae%c0%ae/secret /..%c0%afsecret \
	    '/..\secret' /%252e%252e/secret; do
		status 404 "$path"
	done
	status 405 / -X POST -d x
	field Allow 'GET, HEAD, OPTIONS'
	status 405 / -X DELETE
	status 501 / -X BREW
	status 204 / -X OPTIONS
	field Allow 'GET, HEAD, OPTIONS'
	status 417 / -H 'Expect: tea'
	status 414 "/$(head -c 9000 /dev/zero | tr '\0' a)"
	status 404 "/$(head -c 300 /dev/zero | tr '\0' a)"
	status 414 "/$(head -c 5000 /dev/zero | tr '\0' a)"
	status 431 / -H "A: $(head -c 9000 /dev/zero | tr '\0' a)"
	status 400 / -H 'Host: a b'
	status 413 / -X GET --data-binary "@$site/5m.bin"
}

parts() {
	status 206 /thousand.txt -r 10-19
	same "$where: a part" "$(head -c 20 "$site/thousand.txt" | tail -c 10)" \
	    "$(cat "$dir/body")"
	field Content-Range 'bytes 10-19/1000'
	field Content-Length 10
	status 206 /thousand.txt -r 990-
	field Content-Range 'bytes 990-999/1000'
	status 206 /thousand.txt -r -5
	field Content-Range 'bytes 995-999/1000'
	status 206 /5m.bin -r 1000000-4999999
	tail -c 4000000 "$site/5m.bin" >"$dir/tail"
	body "$dir/tail"
	status 416 /thousand.txt -r 1000-
	field Content-Range 'bytes */1000'
	status 200 /thousand.txt -r 0-1,5-6
	body "$site/thousand.txt"
	status 200 /thousand.txt -r 0-1 --head
	etag=$(tr -d '\r' <"$dir/head" | sed -n 's/^ETag: //p')
	for same in "$etag" "$date"; do
		status 206 /thousand.txt -r 0-1 -H "If-Range: $same"
	done
	for other in '"x"' "W/$etag" "$before"; do
		status 200 /thousand.txt -r 0-1 -H "If-Range: $other"
	done
}

conditions() {
	status 304 /thousand.txt -H "If-None-Match: $etag"
	says ''
	field ETag "$etag"
	field Content-Length ''
	status 304 /thousand.txt -H "If-Modified-Since: $date"
	status 304 /thousand.txt --head -H "If-Modified-Since: $date"
	status 200 /thousand.txt -H "If-Modified-Since: $before"
	status 200 /thousand.txt -H 'If-None-Match: "x"' \
	    -H "If-Modified-Since: $date"
	status 412 /thousand.txt -H 'If-Match: "x"'
	status 412 /thousand.txt -H "If-Unmodified-Since: $before"
	# It may change again within the tick of its clock.
	printf 'new' >"$site/new"
	touch -d '20 seconds' "$site/new" # however long curl takes to ask
	status 200 /new
	case $(grep -i '^etag' "$dir/head") in
	*W/*) ;;
	*) same "$where: the name of what has just changed" weak strong ;;
	esac
}

bodies() {
	for how in "" "-H Transfer-Encoding:chunked" "-H Expect:100-continue"; do
		# shellcheck disable=SC2086 # two words, or none
		status 200 /1k -X GET $how --data-binary "@$site/32k"
		body "$site/1k"
	done
}

# The same connection serves them all, as many as curl asks for.
again() {
	# shellcheck disable=SC2086 # as above
	same "$where: connections of ten requests" "$1" "$(curl -sS $through \
	    -o /dev/null -w '%{num_connects}\n' "$at/1k?[1-10]" |
	    awk '{ n += $1 } END { print n }')"
	status 200 /1k --http1.0
	field Connection close
	status 200 /1k --http1.0 -H 'Connection: keep-alive'
	[ "$1" = 10 ] || field Connection keep-alive
	status 200 /1k -H 'Connection: close'
	field Connection close
}

serve tcp:127.0.0.1:0
files
folders
refused
parts
conditions
bodies
again 1

# What has become shorter is not made to look whole.
truncate -s 100M "$site/100m"
talk "$address"
printf 'GET /100m HTTP/1.0\r\n\r\n' >&6
read -r _ <&7
truncate -s 1M "$site/100m"
cat <&7 >"$dir/cut"
exec 6>&- 7<&-
wait "$talker"
same 'exit code of a client whose answer is cut' 1 $?
[ "$(stat -c %s "$dir/cut")" -lt 100000000 ] || same 'the answer' cut whole
stopped 0 TERM

for mode in $modes; do
	for where in $(addresses); do
		serve "$where" --mode "$mode"
		where="$where, $mode"
		status 200 /5m.bin
		body "$site/5m.bin"
		status 206 /thousand.txt -r 10-19
		status 404 /none
		if [ "$mode" = iterative ]; then
			again 10
		else
			again 1
		fi
		stopped 0 INT
	done
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there
for where in udp:127.0.0.1:0 "unixgram:$dir/gram" "unixpacket:$dir/packet"; do
	code 2 httpd "$where"
	err "httpd: $where: only tcp:, tls: and unix: addresses are served"
done
[ ! -e "$dir/packet" ] || same 'the file of a packet socket' gone there
finish
