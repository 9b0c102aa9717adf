# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# TLS: what openssl, curl and fetch say of the servers.

s_client="openssl s_client -verify_return_error -verify_hostname $domain"
# It hangs up once its input ends, so that does after the answer.
echo='rm -f answer
    { echo rig; until grep -qs rig answer; do sleep 0.05; done; }'
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with https 443 nginx-light
	try $family 'curl: a page' 'rig</title' "curl -sS 'https://$host/'"
	tls_try $family 'fetch: a page' 'rig</title' "fetch -q 'https://$host/'"
	tls_try $family 'fetch: 100 MB' same \
	    "fetch -q 'https://$host/100m' | cmp - web/files/100m && echo same"
	tls_try $family 'fetch: from http to https' 'rig</title' \
	    "fetch -q 'http://$host/tls'"
	with tls 7007 stunnel4
	try $family 'openssl s_client: an echo' '^rig$' "$echo |
	    $s_client -brief -connect '$host:7007' >answer; cat answer"
	tls_try $family 'sock connect: an echo' '^rig$' \
	    "echo rig | sock connect --timeout 9 'tls:$host:7007'"
	with tls 7010 gnutls-bin
	try $family 'openssl s_client: an echo' '^rig$' "$echo |
	    $s_client -brief -connect '$host:7010' >answer; cat answer"
	tls_try $family 'sock connect: an echo' '^rig$' \
	    "echo rig | sock connect --timeout 9 'tls:$host:7010'"
	with redis 6380 redis-server
	tls_try $family 'sock connect: PING' PONG \
	    "printf 'PING\r\n' | sock connect --timeout 9 'tls:$host:6380'"
	bare=${host#[}
	try $family 'redis-cli: PING over TLS' PONG \
	    "redis-cli --tls -h '${bare%]}' -p 6380 ping"
done

# refuses PORT NAME CURL PATTERN: curl exits so, and fetch tells why.
refuses() {
	with https "$1" "$([ "$1" = 21 ] && echo vsftpd || echo nginx-light)"
	[ "$3" = - ] || try ipv4 "curl refuses: $2" "^exit $3\$" \
	    "curl -sS https://$domain:$1/; echo exit \$?"
	tls_try ipv4 "fetch refuses: $2" "$4.* exit 1\$" \
	    "{ fetch -q https://$domain:$1/ 2>&1; echo exit \$?; } |
	    paste -sd' '"
}

refuses 9441 expired 60 'certificate expired on 20..-..-..'
refuses 9442 'not valid yet' 60 'certificate is not valid before 20..-..-..'
refuses 9443 'for another host' 60 \
    "certificate is for \"wrong.example\", not \"$domain\""
refuses 9444 self-signed 60 'certificate is self-signed'
refuses 9445 'of an untrusted root' 60 'root that is not trusted, "rig else'
refuses 9447 'signed with SHA-1' 60 'weak signature, RSA-SHA1'
refuses 9448 'RSA 512' 60 'weak key, RSA 512'
refuses 9449 'the intermediate is missing' 60 'unknown issuer, "rig inter"'
# curl goes by the common name where there is no other.
refuses 9450 'a common name alone' - 'no name that counts'
refuses 9451 'for clients' 60 'not for a server'
refuses 9452 'signed by no authority' 60 'not for a certificate authority'
refuses 9453 'by an authority of other names' 60 'permitted subtree violation'
refuses 9454 'the intermediate expired' 60 'rig old-inter" expired on 20'
refuses 9455 'an unknown critical extension' 60 'unhandled critical extension'
refuses 9456 'a name with a NUL in it' 60 \
    "\"rig.test.x00.evil.example\", not \"$domain\""
refuses 9457 'RSA 1024' 60 'weak key, RSA 1024'
refuses 9458 'a longer path than allowed' 60 'path length constraint exceeded'
refuses 9459 'too wild a wildcard' 60 "\"[*].test\", \"[*]\", not \"$domain\""
refuses 9460 'signed with MD5' 60 'weak signature, RSA-MD5'
refuses 9471 'TLS 1.0' 35 'no version of TLS in common'
refuses 9472 'TLS 1.1' 35 'no version of TLS in common'
refuses 9473 'a group of 1024 bits' 35 'temporary key is weak'
refuses 9474 'no cipher' 35 'handshake failure'
refuses 80 'no TLS: HTTP' 35 'does not speak TLS: it sent "HTTP/1.1 400'
refuses 21 'no TLS: FTP' 35 'does not speak TLS: it sent "220 '

for row in 8441:'TLS 1.2 alone' 8442:'TLS 1.3 alone' 8444:'Ed25519' \
    8445:'another group than was offered' 8446:'ChaCha20, RSA'; do
	port=${row%%:*}
	with https "$port" nginx-light
	tls_try both "fetch: ${row#*:}" '^good-' "fetch -q https://$domain:$port/"
done
for row in 8442:TLSv1.3 8441:TLSv1.2; do
	with https "${row%%:*}" nginx-light
	tls_try both "sock tls: ${row#*:}" '^same' "sock tls '$domain:${row%%:*}' |
	    grep -c -e '^protocol *${row#*:}$' -e '^resumes *yes' \
	    -e '^accepted *yes' | grep -qx 3 && echo same"
done
with https 9441 nginx-light
tls_try both 'sock tls: who is not believed' \
    'accepted *no: certificate expired on .*exit 4$' \
    "{ sock tls $domain:9441; echo exit \$?; } | paste -sd' '"
with https 8443 nginx-light
tls_try both 'fetch: a certificate of its own' 'CN=rig client$' \
    "fetch -q --cert certificates/client.pem --key certificates/leaf.key \
    https://$domain:8443/"
tls_try both 'fetch: a revoked one of its own' '400 .*exit 3$' \
    "{ fetch -q --cert certificates/client-revoked.pem \
    --key certificates/leaf.key https://$domain:8443/ 2>&1; echo exit \$?; } |
    paste -sd' '"
tls_try both 'fetch: none of its own' '400 .*exit 3$' \
    "{ fetch -q https://$domain:8443/ 2>&1; echo exit \$?; } | paste -sd' '"
with https 9446 nginx-light
try ipv4 'curl refuses: revoked' '^exit 60$' "curl -sS --crlfile \
    certificates/revoked.pem https://$domain:9446/; echo exit \$?"
tls_try ipv4 'fetch refuses: revoked' \
    'certificate was revoked on 20..-..-.. exit 1$' \
    "{ fetch -q --crl certificates/revoked.pem https://$domain:9446/ 2>&1
    echo exit \$?; } | paste -sd' '"
with https 443 nginx-light
tls_try ipv4 'fetch: not revoked' 'rig</title' \
    "fetch -q --crl certificates/revoked.pem https://$domain/"
