# SPDX-License-Identifier: MIT
#
# sock over TLS: connect and listen, with each other and with openssl; and
# sock tls, which tells what a server is.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

! sock tls 127.0.0.1:1 2>&1 | grep -q 'built without TLS' ||
    skip 'sock was built without TLS'
# shellcheck source=tests/examples/certificates.sh
. "$(dirname "$0")/certificates.sh"

export SSL_CERT_FILE="$dir/ca.pem" SSL_CERT_DIR="$dir/none"
certificate server localhost DNS:localhost,IP:127.0.0.1
certificate other other.example DNS:other.example
certificate anna anna email:anna@example.org

# listen CERTIFICATE OPTION...
listen() {
	name=$1
	shift
	start sock listen --cert "$dir/$name.pem" --key "$dir/$name.key" "$@" \
	    tls:127.0.0.1:0
	port=${address##*:}
}

# All bytes, both ways at once.
head -c 500000 /dev/urandom >"$dir/there"
head -c 700000 /dev/urandom >"$dir/back"
listen server <"$dir/back"
sock connect "tls:localhost:$port" <"$dir/there" >"$dir/came"
same 'exit code of connect' 0 $?
stopped 0
same 'what came back' '' "$(cmp "$dir/back" "$dir/came")"
same 'what arrived' '' "$(cmp "$dir/there" "$dir/served")"

# A scheme has letters of either case.
start sock listen --cert "$dir/server.pem" --key "$dir/server.key" \
    TLS:127.0.0.1:0 </dev/null
echo hello | sock connect "Tls:${address#tls:}"
stopped 0
same 'what came over TLS:' hello "$(cat "$dir/served")"

# sees ARGUMENT...: with -v, what connect tells of TLS.
sees() {
	of_tls=$1
	shift
	code 0 sock connect -v "$@" </dev/null
	same "of TLS with $*" "$of_tls" "$(sed -n 's/^  tls   //p' "$dir/err")"
}

# refuses CODE WHY ARGUMENT...: the last one is the address.
refuses() {
	expected_code=$1 why=$2
	shift 2
	for last; do :; done
	code "$expected_code" sock connect "$@" </dev/null
	err "sock: $last: dial: $why"
}

# Who is believed, and by whom.
suite=TLS_AES_256_GCM_SHA384
listen server --keep --alpn h2,http/1.1 </dev/null
sees "TLSv1.3, $suite; the peer is localhost, 127.0.0.1" "tls:127.0.0.1:$port"
sees "TLSv1.3, $suite, http/1.1; the peer is localhost, 127.0.0.1" \
    --alpn http/1.1 "tls:localhost:$port"
refuses 1 'the peer refused: no application protocol in common' \
    --alpn smtp "tls:127.0.0.1:$port"
refuses 1 'certificate is for "localhost", "127.0.0.1", not "nosuch"' \
    --servername nosuch "tls:127.0.0.1:$port"
sees "TLSv1.3, $suite; the peer is localhost, 127.0.0.1, it says" \
    --insecure --servername nosuch "tls:127.0.0.1:$port"
refuses 1 'certificate is of an unknown issuer, "An authority", whose own the '\
'peer did not send' --trust "$dir/other.pem" "tls:127.0.0.1:$port"
sock connect "tcp:127.0.0.1:$port" <"$dir/ca.pem" >"$dir/came"
stopped 0 TERM
same 'what the server tells of those who did not get in' \
    'no application protocol in common
the peer refused: bad certificate
the peer refused: it does not know the issuer of our certificate
the peer does not speak TLS: it sent "-----BEGIN CERTIFICATE--..."' \
    "$(sed -n 's/^sock: tls:127.0.0.1:[0-9]*: handshake: //p' <&8)"

# A server that asks for a certificate.
listen server --keep --trust "$dir/ca.pem" </dev/null
code 1 sock connect "tls:127.0.0.1:$port"
anna="--cert $dir/anna.pem --key $dir/anna.key"
# shellcheck disable=SC2086 # several words
echo hello | sock connect $anna "tls:127.0.0.1:$port"
stopped 0 TERM
same 'what came' hello "$(cat "$dir/served")"

# Who was revoked since is refused by whoever has the list, either way round.
revocations anna
listen server --keep --trust "$dir/ca.pem" --crl "$dir/crl.pem" </dev/null
# shellcheck disable=SC2086
code 1 sock connect $anna "tls:127.0.0.1:$port"
stopped 0 TERM
grep -q ': certificate was revoked on 20..-..-..$' <&8 ||
    same 'what the server tells' 'certificate was revoked on ...' 'nothing'
listen server --keep </dev/null
code 0 sock connect --crl "$dir/crl.pem" "tls:127.0.0.1:$port" </dev/null
revocations anna server
code 1 sock connect --crl "$dir/crl.pem" "tls:127.0.0.1:$port"
grep -q ': certificate was revoked on 20..-..-..$' "$dir/err" ||
    err '...: certificate was revoked on ...'
code 4 sock tls --crl "$dir/crl.pem" "127.0.0.1:$port"
grep -q '^accepted   no: certificate was revoked on 20..-..-..$' "$dir/out" ||
    out 'accepted   no: certificate was revoked on ...'
stopped 0 TERM
code 2 sock connect --crl "$dir/none" tls:127.0.0.1:1

# Whose input goes on ends TLS all the same when its peer does.
mkfifo "$dir/endless"
exec 5<>"$dir/endless"
listen server --keep <"$dir/endless"
code 0 sock connect "tls:localhost:$port" </dev/null
err ''
stopped 0 TERM
exec 5>&-

# What is no certificate, or no file, or for no TLS.
code 2 sock listen tls:127.0.0.1:0
err 'sock: tls:127.0.0.1:0: listen: TLS needs --cert FILE, and --key FILE unless the key is in it'
code 2 sock listen --cert "$dir/none" tls:127.0.0.1:0
code 2 sock listen --cert "$dir/other.pem" --key "$dir/anna.key" tls:127.0.0.1:0
code 2 sock connect --trust "$dir/none" tls:127.0.0.1:1

# With openssl, either way round.
echo hello >"$dir/hello"
listen server <"$dir/hello"
openssl s_client -connect "127.0.0.1:$port" -CAfile "$dir/ca.pem" -quiet \
    -verify_return_error -verify_ip 127.0.0.1 </dev/null \
    >"$dir/came" 2>"$dir/openssl" || cat "$dir/openssl"
stopped 0
same 'what openssl got' hello "$(cat "$dir/came")"

# serve OPTION...: openssl with a page, at $port.
serve() {
	rm -f "$dir/said"
	mkfifo "$dir/said"
	openssl s_server -accept 127.0.0.1:0 -www -cert "$dir/server.pem" \
	    -key "$dir/server.key" "$@" >"$dir/said" 2>&1 &
	server=$!
	pids="$pids $server"
	exec 8<"$dir/said"
	while read -r said <&8; do
		case $said in
		ACCEPT*) break ;;
		esac
	done
	port=${said##*:}
}

# tells CODE ARGUMENT LINE...: among what sock tls tells of it.
tells() {
	code "$1" sock tls --alpn http/1.1 "$2"
	shift 2
	for line; do
		grep -qx -- "$line" "$dir/out" || out "$line"
	done
}

serve -tls1_3
printf 'GET / HTTP/1.0\n\n' | sock connect --crlf "tls:127.0.0.1:$port" \
    >"$dir/came"
grep -q '^HTTP/1.0 200 ok' "$dir/came" || same 'a page' 'HTTP/1.0 200 ok' \
    "$(head -n 1 "$dir/came")"
tells 0 "127.0.0.1:$port" "address    tls:127.0.0.1:$port" \
    'protocol   TLSv1.3' "cipher     $suite" 'alpn       none' \
    'resumes    yes' 'accepted   yes' 'subject    CN=localhost' \
    'issuer     CN=An authority' 'names      localhost, 127.0.0.1' \
    'key        EC 256' 'valid      .* to .*, [12] days* left'
code 4 sock tls --servername nosuch "127.0.0.1:$port"
for line in '^accepted   no: certificate is for .*, not "nosuch"$' \
    '^subject    CN=localhost$'; do
	grep -q "$line" "$dir/out" || out "$line"
done
code 0 sock tls --json "localhost:$port"
out "{\"address\":\"tls:127.0.0.1:$port\",\"protocol\":\"TLSv1.3\",\
\"cipher\":\"$suite\",\"alpn\":\"\",\"resumes\":true,\"accepted\":true,\
\"reason\":null,\"certificates\":[{\"subject\":\"CN=localhost\",\
\"issuer\":\"CN=An authority\",\"names\":\"localhost, 127.0.0.1\",\
\"key\":\"EC 256\",$(grep -o '"not_before.*' "$dir/out")"
kill "$server"
serve -tls1_2 -alpn http/1.1 -cert_chain "$dir/ca.pem" -no_ticket -no_cache
tells 0 "tls:127.0.0.1:$port" 'protocol   TLSv1.2' 'alpn       http/1.1' \
    'resumes    no' 'accepted   yes' 'subject    CN=An authority'
tells 0 "TLS://127.0.0.1:$port" "address    tls:127.0.0.1:$port"
kill "$server"
serve -Verify 1 -CAfile "$dir/ca.pem"
code 1 sock tls "127.0.0.1:$port"
err "sock: 127.0.0.1:$port: read: the peer refused: it wants a certificate of ours"
# shellcheck disable=SC2086
code 0 sock tls $anna "127.0.0.1:$port"
kill "$server"
wait "$server"
code 1 sock tls "127.0.0.1:$port"
err "sock: 127.0.0.1:$port: dial: connection refused"
code 3 sock tls nosuch.invalid
code 2 sock tls ::1:443:
code 2 sock tls ''
code 2 sock tls https://localhost/
err 'sock: https://localhost/: tls: HOST or HOST:PORT is wanted'
finish
