# SPDX-License-Identifier: MIT
#
# httpd refuses what two readers could understand in two ways, and goes on
# serving whatever comes.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"

make_site

# gets STATUSES BYTES: what comes back to them, as printf makes them.
gets() {
	# shellcheck disable=SC2059 # it is a format
	printf "$2" | sock connect "$address" >"$dir/answer" 2>"$dir/err"
	same "statuses for: $2" "$1" "$(tr -d '\r\0' <"$dir/answer" |
	    sed -n 's/.*HTTP\/1\.1 \([1-5][0-9][0-9]\) .*/\1/p' |
	    paste -s -d ' ')"
}

host='Host: x\r\n'
get="GET /1k HTTP/1.1\r\n$host"
serve tcp:127.0.0.1:0
gets 200 "$get\r\n"
gets '200 200 200' "$get\r\n$get\r\n$get\r\n"
gets '200 404 200' "$get\r\nGET /none HTTP/1.1\r\n$host\r\n$get\r\n"
gets '200 200' "\r\n$get\r\n\r\n\r\n$get\r\n"
gets '200 200' "$get\r\n${get}Connection: close\r\n\r\n$get\r\n"
gets '200' "GET /1k HTTP/1.0\r\n\r\n$get\r\n"
gets '200 200' "GET /1k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\
${get}Connection: close\r\n\r\n"
gets 200 "GET http://x/1k HTTP/1.1\r\n$host\r\n"
gets 204 "OPTIONS * HTTP/1.1\r\n$host\r\n"
gets 405 "CONNECT x:443 HTTP/1.1\r\n$host\r\n"
gets '' ''
gets '' 'GET /1k HTT'

# Bodies are dropped, and nothing of them is a request.
gets '200 200' "${get}Content-Length: 5\r\n\r\nhello$get\r\n"
gets '200 404' "${get}Transfer-Encoding: chunked\r\n\r\n\
5\r\nhello\r\n0\r\n\r\nGET /none HTTP/1.1\r\n$host\r\n"
gets '100 200 200' "${get}Expect: 100-continue\r\n\
Content-Length: 5\r\n\r\nhello$get\r\n"
gets '405 200' "POST / HTTP/1.1\r\n$host\r\n$get\r\n"
gets 405 "POST / HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello$get\r\n"
gets 413 "${get}Content-Length: 70000\r\n\r\n$get\r\n"
gets 413 "${get}Content-Length: 99999999999999999999\r\n\r\n$get\r\n"

# Two ways to read it, or none.
for fields in 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n' \
    'Content-Length: 5\r\nContent-Length: 6\r\n' \
    'Content-Length: 5\r\nContent-Length: 5\r\n' \
    'Content-Length: 5, 5\r\n' 'Content-Length: +5\r\n' \
    'Transfer-Encoding: chunked, chunked\r\n' \
    'Content-Length : 5\r\n' ' Content-Length: 5\r\n' \
    'A: b\r\n Content-Length: 5\r\n' 'A: b\rContent-Length: 5\r\n' \
    'A: b\nContent-Length: 5\r\n' 'A: \000\r\n' 'A\r\n' ': b\r\n' \
    'Host: x\r\n' 'A: b\r\n\r\r\n'; do
	gets 400 "$get$fields\r\nhello$get\r\n"
done
gets 501 "${get}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n$get"
for chunk in '5\nhello\r\n0\r\n\r\n' '5\r\nhello0\r\n\r\n' \
    '0x5\r\nhello\r\n0\r\n\r\n' 'ffffffffffffffff\r\nhello' '-1\r\n' \
    '5 x\r\nhello\r\n0\r\n\r\n' '0\r\nA : b\r\n\r\n'; do
	gets 400 "${get}Transfer-Encoding: chunked\r\n\r\n$chunk$get\r\n"
done
gets 400 'GET /1k HTTP/1.1\r\n\r\n'
gets 400 'GET /1k\r\n\r\n'
gets 400 'GET /1k HTTP/1.0\n\n'
gets 400 'GET /\000 HTTP/1.0\r\n\r\n'
gets 400 '\026\003\001\002'
gets 400 'SSH-2.0-x\r\n\r\n'
gets 505 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
stopped 0 TERM

for mode in fibers threads processes; do
	serve tcp:127.0.0.1:0 --mode $mode
	code 0 unruly garble "$address" 7 1000
	stopped 0 TERM
done

# Many that never come to the end of their heads keep nobody waiting.
serve tcp:127.0.0.1:0 --idle 1
code 0 unruly drip "$address" 100
talk "$address"
printf 'GET /1k HTT' >&6
read -r answer <&7
same 'an answer to a beginning' 'HTTP/1.1 408 Request Timeout' \
    "$(echo "$answer" | tr -d '\r')"
cat <&7 >"$dir/rest"
hang_up
# One that says nothing at all is ended without a word.
talk "$address"
answer=
read -r answer <&7
same 'an answer to nothing' '' "$answer"
hang_up
stopped 0 TERM

# An older kernel: no symbolic links, and no way out either.
under=without_openat2
serve tcp:127.0.0.1:0
for path in /1k /folder/deep/file.txt / /folder/deep/../; do
	status 200 $path
done
for path in /in /out /loop /fifo /plain/; do
	status 403 $path
done
for path in /none /1k/ /1k/x /up/secret /none/ /..%2fsecret; do
	status 404 $path
done
status 400 /../secret
status 301 /folder
stopped 0 TERM
finish
