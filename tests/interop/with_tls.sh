# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# TLS: what openssl and curl say of the servers.

s_client="openssl s_client -verify_return_error -verify_hostname $domain"
# It hangs up once its input ends, so that does after the answer.
echo='rm -f answer
    { echo rig; until grep -qs rig answer; do sleep 0.05; done; }'
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with https 443 nginx-light
	try $family 'curl: a page' 'rig</title' "curl -sS 'https://$host/'"
	with tls 7007 stunnel4
	try $family 'openssl s_client: an echo' '^rig$' "$echo |
	    $s_client -brief -connect '$host:7007' >answer; cat answer"
	with tls 7010 gnutls-bin
	try $family 'openssl s_client: an echo' '^rig$' "$echo |
	    $s_client -brief -connect '$host:7010' >answer; cat answer"
	with redis 6380 redis-server
	bare=${host#[}
	try $family 'redis-cli: PING over TLS' PONG \
	    "redis-cli --tls -h '${bare%]}' -p 6380 ping"
done

while read -r port name _; do
	with https "$port" nginx-light
	case $name in
	revoked) crl='--crlfile certificates/revoked.pem' ;;
	cn-only) continue ;; # curl goes by the CN of a certificate without names
	*) crl= ;;
	esac
	try ipv4 "curl refuses: $name" '^exit (35|60)' \
	    "curl -sS $crl https://$domain:$port/; echo exit \$?"
done <<END
$(tls_bad)
END
for row in 9471:'TLS 1.0' 9472:'TLS 1.1' 9473:'a group of 1024 bits' \
    9474:'no cipher'; do
	port=${row%%:*}
	with https "$port" nginx-light
	try ipv4 "curl refuses: ${row#*:}" '^exit 35' \
	    "curl -sS https://$domain:$port/; echo exit \$?"
done
