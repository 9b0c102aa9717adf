# SPDX-License-Identifier: MIT
#
# fetch: URLs, redirects, and what a request says to whom.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/fetch_script.sh
. "$(dirname "$0")/fetch_script.sh"

# leads STATUS FROM LOCATION TARGET: it is asked for there next.
leads() {
	forget
	answer 1 "HTTP/1.1 $1 x" "Location: $3" 'Content-Length: 9' '' 'elsewhere'
	answer 2 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
	code 0 fetch "$http$2"
	out hello
	same "$2 to $3" "GET $4 HTTP/1.1" \
	    "$(tr -d '\r' <"$dir/asked" | grep '^GET' | tail -n 1)"
}

for status in 301 302 303 307 308; do
	leads $status / /there /there
done
# RFC 3986, 5.4, with the base http://a/b/c/d;p?q.
base='/b/c/d;p?q'
while read -r location target; do
	leads 302 "$base" "$location" "$target"
done <<'EOT'
g /b/c/g
./g /b/c/g
g/ /b/c/g/
/g /g
?y /b/c/d;p?y
g?y /b/c/g?y
#s /b/c/d;p?q
g#s /b/c/g
;x /b/c/;x
g;x?y#s /b/c/g;x?y
. /b/c/
./ /b/c/
.. /b/
../g /b/g
../.. /
../../g /g
../../../../g /g
/./g /g
/../g /g
g. /b/c/g.
..g /b/c/..g
./g/. /b/c/g/
g;x=1/../y /b/c/y
g?y/../x /b/c/g?y/../x
EOT
leads 302 / "$http/a b" /a%20b
leads 302 / "//${http#http://}/ä" /%C3%A4
leads 302 / "HTTP://${http#http://}?x" '/?x'

# Round and round.
forget
answer 1.again 'HTTP/1.1 302 x' 'Location: /' '' ''
code 3 fetch "$http/"
err "fetch: $http/: more redirects than --redirects allows"
asked '^GET' 11
forget
answer 1.again 'HTTP/1.1 302 x' 'Location: /' '' ''
code 3 fetch --redirects 0 "$http/"
asked '^GET' 1

# refuses LOCATION WHY
refuses() {
	forget
	answer 1 'HTTP/1.1 302 x' "Location: $1" '' ''
	code 3 fetch "$http/"
	err "fetch: $http/: it redirects to $1: $2"
	asked '^GET' 1
}

refuses file:///etc/passwd 'only http and https are spoken here'
refuses ftp://example.org/ 'only http and https are spoken here'
refuses gopher:x 'it is no URL: one begins with http:// or https://'
refuses http://user:word@example.org/ 'a user in a URL is refused; see --header'
refuses 'http://exa mple/' 'its host holds what no host name has'
forget
answer 1 'HTTP/1.1 302 x' '' ''
code 3 fetch "$http/"
err "fetch: $http/: it redirects, and does not say where"
for status in 300 304 400 404 500; do
	answer 1 "HTTP/1.1 $status Why" "Location: /" '' ''
	code 3 fetch "$http/"
	err "fetch: $http/: the server answers $status Why"
done

# What is told: to its server alone.
forget
answer 1 'HTTP/1.1 200 OK' '' ''
code 0 fetch -H 'X-Key: secret' -H 'User-Agent: me' "$http"
asked '^GET / HTTP/1.1$' 1
asked "^Host: ${http#http://}\$" 1
asked '^X-Key: secret$' 1
asked '^User-Agent' 1
asked '^Connection: close$' 1
forget
answer 1 'HTTP/1.1 302 x' 'Location: /again' '' ''
answer 2 'HTTP/1.1 200 OK' '' ''
code 0 fetch -H 'X-Key: secret' "$http"
asked '^X-Key' 2
forget
answer 1 'HTTP/1.1 302 x' "Location: http://localhost:${http##*:}/" '' ''
answer 2 'HTTP/1.1 200 OK' '' hello
code 0 fetch -H 'X-Key: secret' "$http"
out hello
asked '^X-Key' 1
# Through a proxy, to which names are nothing but text.
forget
answer 1 'HTTP/1.1 200 OK' '' 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
code 0 fetch --proxy "connect:me:secret@${http#http://}" http://there.invalid:81/x
out hello
asked '^CONNECT there.invalid:81 HTTP/1.1$' 1
asked '^Proxy-Authorization: Basic bWU6c2VjcmV0$' 1
answer 1 'HTTP/1.1 407 Who are you' '' ''
code 1 fetch --proxy "connect:${http#http://}" http://there.invalid/
err "fetch: http://there.invalid/: dial tcp:there.invalid:80: permission \
denied: the proxy wants a user and a password"
code 2 fetch --proxy socks4:127.0.0.1:1 http://there.invalid/

# Back from another server it does not come along again.
if ipv6; then
	here=$server there=$http
	start scripted "$dir/answers" "$dir/asked" 'tcp:[::1]:0'
	forget
	answer 1 'HTTP/1.1 302 x' "Location: http://${address#tcp:}/" '' ''
	answer 2 'HTTP/1.1 302 x' "Location: $there/back" '' ''
	answer 3 'HTTP/1.1 302 x' 'Location: /more' '' ''
	answer 4 'HTTP/1.1 200 OK' '' hello
	code 0 fetch -H 'X-Key: secret' "$there"
	out hello
	asked '^X-Key' 1
	asked '^Host: \[::1\]:[0-9]*$' 1
	kill "$here"
fi

# bad URL WHY, before anything is asked.
bad() {
	code 2 fetch -- "$1"
	err "fetch: ${3-$1}: $2"
}

bad '' 'it is no URL: one begins with http:// or https://' '""'
bad example.org 'it is no URL: one begins with http:// or https://'
bad example.org:80 'it is no URL: one begins with http:// or https://'
bad http:/example.org 'it is no URL: one begins with http:// or https://'
bad https://:80/ 'it names no host'
bad ftp://example.org/ 'only http and https are spoken here'
bad http:// 'it names no host'
bad http:///x 'it names no host'
bad http://:80/ 'it names no host'
bad 'http://[::1/' 'its brackets hold no IPv6 address'
bad 'http://[::1]x/' 'something stands behind its host'
bad 'http://[fe80::1%]/' 'its brackets hold no IPv6 address'
bad 'http://[]/' 'its brackets hold no IPv6 address'
bad 'http://[YYYYe80::0%et0]/' 'its brackets hold no IPv6 address'
bad 'http://[fe80::1%sixteen-bytes-16]/' 'its brackets hold no IPv6 address'
for url in 'http://::1/' 'http://2001:db8::5:80/' 'http://fe80::1/'; do
	bad "$url" 'an IPv6 address stands in brackets, as in http://[::1]/'
done
for host in 'a b' 'a\b' 'a%41' 'a,b' 'ä'; do
	shown=$(printf %s "$host" | sed 's/ä/\\xc3\\xa4/')
	bad "http://$host/" 'its host holds what no host name has' "http://$shown/"
done
for port in 0 080 65536 999999 00; do
	bad "http://127.0.0.1:$port/" 'its port is no plain number from 1 to 65535'
done
bad http://127.0.0.1:nosuch/ 'there is no service of this name'
bad http://127.0.0.1:+1/ 'its port is neither a number nor the name of a service'
bad http://me:pw@127.0.0.1/ 'a user in a URL is refused; see --header'
bad "http://127.0.0.1/$(printf 'x\r\nX: y')" 'it holds control characters' \
    'http://127.0.0.1/x\x0d\x0aX: y'
bad "http://127.0.0.1/$(head -c 5000 /dev/zero | tr '\0' x)" \
    'it is over 4,095 bytes' \
    "http://127.0.0.1/$(head -c 5000 /dev/zero | tr '\0' x)"
code 2 fetch http://127.1/
grep -q '^fetch: http://127.1/: dial tcp:127.1:80: the address is not under' \
    "$dir/err" || err 'the address is not understood'

code 1 fetch 'http://[fe80::1%25no-such]/'
grep -q '^fetch: http://\[fe80::1%25no-such\]/: dial tcp:\[fe80::1%no-such\]:80: ' \
    "$dir/err" || err 'the zone is %no-such'

# header LINE WHY [SHOWN]
header() {
	code 2 fetch -H "$1" "$http/"
	err "fetch: ${3-$1}: $2"
}

header 'X' 'a header is "Name: value"'
header ': y' 'a header is "Name: value"'
header 'X y: z' 'no header has such a name'
header 'X : z' 'no header has such a name'
for end in '\r\n' '\n' '\r'; do
	header "$(printf 'X: a%bY: b' "$end")" \
	    'a header holds no line ends and no controls' \
	    "X: a$(printf %s "$end" | sed 's/\\r/\\x0d/; s/\\n/\\x0a/')Y: b"
done
for name in Host connection Content-Length Transfer-Encoding Range; do
	header "$name: x" 'this header is written by fetch itself'
done

# says CODE ARGUMENTS: usage
code 2 fetch
err 'fetch: no URL; see fetch --help'
code 2 fetch "$http" "$http"
code 2 fetch -c "$http"
err 'fetch: --continue needs --output FILE; see fetch --help'
code 2 fetch -I -o x "$http"
for range in '' 5 x - -0 5-4 1-2-3 1-2,4-5 ' 1-2' 1234567890123456789-; do
	code 2 fetch -r "$range" "$http"
	err 'fetch: --range wants FIRST-LAST, FIRST- or -COUNT; see fetch --help'
done
code 2 fetch --redirects x "$http"
code 2 fetch -t 0 "$http"
code 2 fetch --nonsense
code 0 fetch --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 0 fetch --version
code 1 sh -c 'fetch --help >/dev/full'
finish
