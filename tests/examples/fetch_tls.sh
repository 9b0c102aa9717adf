# SPDX-License-Identifier: MIT
#
# fetch: https, whom it believes, and what it then says of itself.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
! fetch https://127.0.0.1:1/ 2>&1 | grep -q 'built without TLS' ||
    skip 'fetch was built without TLS'
# shellcheck source=tests/examples/certificates.sh
. "$(dirname "$0")/certificates.sh"
# shellcheck source=tests/examples/fetch_script.sh
. "$(dirname "$0")/fetch_script.sh"

# Nobody else is to be believed here.
export SSL_CERT_FILE="$dir/none" SSL_CERT_DIR="$dir/none"
certificate server localhost DNS:localhost,IP:127.0.0.1
certificate other other.example DNS:other.example
certificate anna anna email:anna@example.org
plain=${address#tcp:}

# front CERTIFICATE [OPTION...]: TLS before the scripted server, at $port.
front() {
	name=$1
	shift
	start python3 "$ROOT/tests/examples/tls_front.py" "$@" \
	    "$dir/$name.pem" "$dir/$name.key" "$plain"
	port=${address##*:}
}

# gets ARGUMENT...: hello, and nothing else.
gets() {
	forget
	answer 1 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
	code 0 fetch "$@"
	out hello
	err ''
}

# fails CODE WHY ARGUMENT...: the last one is the URL.
fails() {
	expected_code=$1 why=$2
	shift 2
	for last; do :; done
	code "$expected_code" fetch "$@"
	err "fetch: $last: $why"
}

# served LINE: what the front says of its last connection.
served() {
	same 'what the server was told' "$1" "$(tail -n 1 "$dir/served")"
}

ca="--cacert $dir/ca.pem"

# By name and by address, to those who vouch for it.
front server
# shellcheck disable=SC2086 # several words
for trust in '' "$ca"; do
	[ -n "$trust" ] || export SSL_CERT_FILE="$dir/ca.pem"
	gets $trust "https://localhost:$port/"
	served 'TLSv1.3 http/1.1 localhost -'
	asked "^Host: localhost:$port\$" 1
	gets $trust "https://127.0.0.1:$port/"
	served 'TLSv1.3 http/1.1 - -'
	export SSL_CERT_FILE="$dir/none"
done
# shellcheck disable=SC2086
{
# Who is not vouched for, or is somebody else, gets no request.
forget
fails 1 "dial tls:localhost:$port: the system trusts nobody: there are no \
roots in \"$dir/none\" nor in \"$dir/none\"" "https://localhost:$port/"
openssl_quietly req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
    -nodes -keyout "$dir/stranger.key" -out "$dir/stranger.pem" -days 2 \
    -subj /CN=stranger -addext subjectAltName=DNS:localhost
code 1 fetch --cacert "$dir/stranger.pem" "https://localhost:$port/"
grep -q "^fetch: https://localhost:$port/: dial tls:localhost:$port: \
.*certificate is of an unknown issuer, \"An authority\"" "$dir/err" ||
    err 'an unknown issuer'
front other
code 1 fetch $ca "https://localhost:$port/"
grep -q 'certificate is for "other.example", not "localhost"$' "$dir/err" ||
    err 'certificate is for "other.example", not "localhost"'
asked '' 0
gets -k "https://localhost:$port/"
gets --insecure "https://127.0.0.1:$port/"
echo '220 hello' >"$dir/greeting"
start sock listen tcp:127.0.0.1:0 <"$dir/greeting"
fails 1 "dial tls:${address#tcp:}: the peer does not speak TLS: \
it sent \"220 hello...\"" \
    $ca "https://${address#tcp:}/"

# Files that are none.
code 2 fetch --cacert "$dir/none" "https://localhost:$port/"
err "fetch: --cacert: trust: \"$dir/none\": no such file or directory"
code 2 fetch $ca --cert "$dir/ca.key" "https://localhost:$port/"
grep -q '^fetch: --cert: ' "$dir/err" || err 'fetch: --cert: ...'
code 2 fetch --key "$dir/ca.key" "https://localhost:$port/"
err 'fetch: --key needs --cert; see fetch --help'

# Who was revoked since, or of whom nobody says.
front server
revocations other
gets $ca --crl "$dir/crl.pem" "https://localhost:$port/"
revocations other server
forget
code 1 fetch $ca --crl "$dir/crl.pem" "https://localhost:$port/"
grep -q ": certificate was revoked on 20..-..-..\$" "$dir/err" ||
    err 'certificate was revoked on ...'
cat "$dir/stranger.pem" "$dir/ca.pem" >"$dir/two.pem"
openssl_quietly ca -config "$dir/ca.conf" -cert "$dir/stranger.pem" \
    -keyfile "$dir/stranger.key" -gencrl -out "$dir/strange.pem"
code 1 fetch --cacert "$dir/two.pem" --crl "$dir/strange.pem" \
    "https://localhost:$port/"
grep -q 'revocation list' "$dir/err" || err '... revocation list ...'
asked '' 0
code 2 fetch $ca --crl "$dir/none" "https://localhost:$port/"
err "fetch: --crl: revoked: \"$dir/none\": no such file or directory"
code 2 fetch $ca --crl "$dir/ca.pem" "https://localhost:$port/"
grep -q '^fetch: --crl: ' "$dir/err" || err 'fetch: --crl: ...'
code 2 fetch --crl "$dir/crl.pem" -k "https://localhost:$port/"
err 'fetch: --crl and --insecure exclude each other; see fetch --help'

# To a server that asks: who we are, and to no other.
front server --ask "$dir/ca.pem"
asking=$port
code 1 fetch $ca "https://localhost:$port/"
anna="--cert $dir/anna.pem --key $dir/anna.key"
gets $ca $anna "https://localhost:$port/"
served 'TLSv1.3 http/1.1 localhost anna'
cat "$dir/anna.pem" "$dir/anna.key" >"$dir/both.pem"
gets $ca -E "$dir/both.pem" "https://localhost:$port/"
served 'TLSv1.3 http/1.1 localhost anna'
forget
answer 1 'HTTP/1.1 302 x' "Location: https://localhost:$asking/" '' ''
front server
code 1 fetch $ca $anna "https://localhost:$port/"
asked '^GET' 1

# From http to https, and back if somebody insists.
forget
answer 1 'HTTP/1.1 302 x' "Location: https://localhost:$port/there" '' ''
answer 2 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
code 0 fetch $ca -H 'X-Key: secret' "$http/"
out hello
asked '^GET /there' 1
asked '^X-Key' 1
forget
answer 1 'HTTP/1.1 302 x' "Location: $http/there" '' ''
answer 2 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
fails 3 "it redirects to $http/there: that is without TLS; see --downgrade" \
    $ca "https://localhost:$port/"
asked '^GET' 1
forget
answer 1 'HTTP/1.1 302 x' "Location: $http/there" '' ''
answer 2 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
code 0 fetch $ca --downgrade "https://localhost:$port/"
out hello
forget
answer 1 'HTTP/1.1 302 x' "Location: //localhost:$port/there" '' ''
answer 2 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hello
code 0 fetch $ca "https://localhost:$port/"
out hello

# Cut, and made whole.
head -c 300000 /dev/urandom >"$dir/whole"
head -c 100000 "$dir/whole" >"$dir/begin"
tail -c 200000 "$dir/whole" >"$dir/rest"
forget
body 1 "$dir/begin" 'HTTP/1.1 200 OK' 'Content-Length: 300000'
fails 4 "it ended before its body did, after 100000 of 300000 bytes; \
--continue fetches the rest" $ca -o "$dir/file" "https://localhost:$port/"
body 1 "$dir/rest" 'HTTP/1.1 206 Partial Content' \
    'Content-Range: bytes 100000-299999/300000'
code 0 fetch $ca -c -o "$dir/file" "https://localhost:$port/"
same 'the file' '' "$(cmp "$dir/whole" "$dir/file" 2>&1)"
asked '^Range: bytes=100000-$' 1

# A body whose end is the stream's ends with close_notify, or was cut by anybody.
forget
answer 1 'HTTP/1.1 200 OK' '' hello
code 0 fetch $ca "https://localhost:$port/"
out hello
front server --cut
forget
answer 1 'HTTP/1.1 200 OK' '' hello
fails 4 "the TLS session was cut off, after 5 bytes" \
    $ca "https://localhost:$port/"
out hello
gets $ca "https://localhost:$port/"

# Through a proxy, which hears the name and no more.
front server --proxy
gets $ca --proxy "connect:${address#tls:}" https://localhost:4430/secret
served 'TLSv1.3 http/1.1 localhost -'
same 'what the proxy was told' 'CONNECT localhost:4430 HTTP/1.1' \
    "$(head -n 1 "$dir/served")"
asked '^GET /secret ' 1
}
finish
