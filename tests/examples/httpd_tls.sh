# SPDX-License-Identifier: MIT
#
# httpd over TLS, in each way of serving: curl and openssl get what is there.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

! httpd --cert x tls:127.0.0.1:0 2>&1 | grep -q 'built without TLS' ||
    skip 'httpd was built without TLS'
command -v curl >/dev/null || skip 'no curl (apt-get install curl)'
# shellcheck source=tests/examples/certificates.sh
. "$(dirname "$0")/certificates.sh"

certificate server localhost DNS:localhost,IP:127.0.0.1
mkdir "$dir/www"
head -c 1000000 /dev/urandom >"$dir/www/file"
echo hello >"$dir/www/small"

# serve OPTION...
serve() {
	start httpd --root "$dir/www" --no-log --cert "$dir/server.pem" \
	    --key "$dir/server.key" "$@" tls:127.0.0.1:0
	https=https://localhost:${address##*:}
}

# get PATH FILE: by curl, on one connection twice.
get() {
	curl -sS --cacert "$dir/ca.pem" --http1.1 "$https$1" -o "$dir/1" \
	    "$https$1" -o "$dir/2" 2>"$dir/err"
	same "curl of $1" 0 $?
	err ''
	same 'the first' '' "$(cmp "$2" "$dir/1")"
	same 'the second' '' "$(cmp "$2" "$dir/2")"
}

# ask OPTION...: for a page, which is said to be the last; by openssl.
ask() {
	printf 'GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
	    timeout 20 openssl s_client -ign_eof \
		-connect "127.0.0.1:${address##*:}" "$@" >"$dir/out" 2>&1
}

# resumes VERSION: who comes again need not shake hands in full.
resumes() {
	ask "-$1" -sess_out "$dir/session"
	ask "-$1" -sess_in "$dir/session"
	same "what is resumed by $1" 'Reused hello' \
	    "$(sed -n -e 's/^\(Reused\), .*/\1/p' -e '/^hello/p' "$dir/out" |
		paste -sd' ')"
}

for mode in fibers threads processes forking iterative; do
	serve --mode $mode
	get /file "$dir/www/file"
	get /small "$dir/www/small"
	for version in tls1_2 tls1_3; do
		resumes $version
	done
	code 60 curl -sS "$https/small" # not trusted
	stopped 0 TERM
done

# The protocol that it speaks, and no other.
serve
echo | openssl s_client -connect "127.0.0.1:${address##*:}" \
    -CAfile "$dir/ca.pem" -alpn h2,http/1.1 >"$dir/out" 2>&1
grep -q '^ALPN protocol: http/1.1$' "$dir/out" || out 'ALPN protocol: http/1.1'
echo | openssl s_client -connect "127.0.0.1:${address##*:}" -alpn h2 \
    >"$dir/out" 2>&1
grep -q 'no application protocol' "$dir/out" || out 'no application protocol'
code 52 curl -sS "http://localhost:${address##*:}/small"
get /small "$dir/www/small"
stopped 0 TERM

code 2 httpd tls:127.0.0.1:0
err 'httpd: --cert is for tls:, which needs it; see httpd --help'
code 2 httpd --cert "$dir/server.pem" tcp:127.0.0.1:0
code 2 httpd --key "$dir/server.key" tcp:127.0.0.1:0
code 2 httpd --cert "$dir/none" tls:127.0.0.1:0
grep -q "\"$dir/none\": no such file or directory\$" "$dir/err" ||
    err "\"$dir/none\": no such file or directory"
code 2 httpd --cert "$dir/server.pem" --key "$dir/ca.key" tls:127.0.0.1:0
finish
