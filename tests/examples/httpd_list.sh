# SPDX-License-Identifier: MIT
#
# httpd --list shows folders, and the log what was asked for: neither can be
# made to say something else.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"

# shellcheck disable=SC2154 # site: httpd_site.sh sets it
make_site
: >"$site/plain/.hidden"
: >"$site/plain/b:c"
ln -s ../folder "$site/plain/link"
ln -s /etc "$site/plain/out"
serve tcp:127.0.0.1:0 --list
status 200 /plain/
field Content-Type 'text/html; charset=utf-8'
says '<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>/plain/</title></head>
<body><h1>/plain/</h1>
<ul>
<li><a href="../">../</a></li>
<li><a href="README">README</a></li>
<li><a href="a%20b%26c%3Cd%3E%22e%27%2525%3F%23.txt">'\
'a b&#38;c&#60;d&#62;&#34;e&#39;%25?#.txt</a></li>
<li><a href="b%3Ac">b:c</a></li>
<li><a href="inner/">inner/</a></li>
<li><a href="link">link</a></li>
<li><a href="out">out</a></li>
<li><a href="%C3%BC.txt">ü.txt</a></li>
</ul>
</body></html>'
status 200 /plain/ --head
field Content-Length "$(curl -sS "$at/plain/" | wc -c)"
status 200 /folder/
says '<title>folder</title>'
status 200 /plain/inner/
status 403 /plain/out/
status 301 /plain
status 404 /none/

# More than a page wants to hold.
mkdir "$site/many"
(cd "$site/many" && seq 2001 | xargs touch)
status 200 /many/
same 'links' 2001 "$(grep -c '<li>' "$dir/body")"
same 'their end' 1 "$(grep -c 'there are more' "$dir/body")"
stopped 0 TERM

# The log: on standard output, and in a file that is appended to.
# logged PATTERN...: its last lines are these, with a time.
logged() {
	for pattern; do
		read -r line
		# shellcheck disable=SC2254 # it is one
		case $line in
		$pattern) ;;
		*) same 'a line of the log' "$pattern" "$line" ;;
		esac
	done
}

echo earlier >"$dir/log"
serve tcp:127.0.0.1:0 --log "$dir/log"
status 200 /1k
status 404 /none --head
status 206 /1k -H 'Range: bytes=5-9' -X GET -d x
printf 'GET /"\\ HTTP/1.0\r\n\r\n' | sock connect "$address" >"$dir/out"
printf 'GET /\033[2J\r\nHost: \r\n\r\n' | sock connect "$address" >"$dir/out"
printf 'GET /\nx\n' | sock connect "$address" >"$dir/out"
printf '\026\003\001\002' | sock connect "$address" >"$dir/out"
stopped 0 TERM
logged <"$dir/log" earlier \
    '127.0.0.1 - - ?[0-3][0-9]/???/2???:??:??:?? +0000? "GET /1k HTTP/1.1" 200 1024' \
    '127.0.0.1 - - ??*? "HEAD /none HTTP/1.1" 404 0' \
    '127.0.0.1 - - ??*? "GET /1k HTTP/1.1" 206 5' \
    '127.0.0.1 - - ??*? "GET /?"?? HTTP/1.0" 404 10' \
    '127.0.0.1 - - ??*? "GET /?x1b?2J" 400 12' \
    '127.0.0.1 - - ??*? "GET /" 400 12' \
    '127.0.0.1 - - ??*? "?x16?x03?x01?x02" 400 12'
same 'lines of the log' 8 "$(wc -l <"$dir/log")"
same 'standard output' '' "$(cat "$dir/served")"

if ipv6; then
	serve 'tcp:[::1]:0'
	status 200 /1k
	stopped 0 TERM
	logged <"$dir/served" '::1 - - ??*? "GET /1k HTTP/1.1" 200 1024'
fi
serve "unix:$dir/socket"
status 200 /1k
stopped 0 TERM
logged <"$dir/served" '- - - ??*? "GET /1k HTTP/1.1" 200 1024'
serve tcp:127.0.0.1:0 --no-log
status 200 /1k
stopped 0 TERM
same 'standard output' '' "$(cat "$dir/served")"

# Many at once write whole lines, from several workers, or processes.
for mode in fibers threads processes forking; do
	serve tcp:127.0.0.1:0 --mode $mode --workers 2
	clients=
	for client in 1 2 3 4; do
		curl -sS "$at/1k?[1-250]$client" -o /dev/null &
		clients="$clients $!"
	done
	# shellcheck disable=SC2086 # several words
	wait $clients
	stopped 0 TERM
	same "$mode: whole lines" 1000 "$(grep -cE '^127\.0\.0\.1 - - \[[^]]*\] '\
'"GET /1k\?[0-9]+ HTTP/1\.1" 200 1024$' "$dir/served")"
	same "$mode: lines" 1000 "$(wc -l <"$dir/served")"
done
finish
