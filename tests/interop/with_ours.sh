# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The other way round: what curl, openssl and gnutls-cli, from the network of
# the servers, say of servers that are ours.

ours_serve() {
	printf 'HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nrig\n' >response
	set -- --keep --cert certificates/good-ec.pem \
	    --key certificates/leaf.key
	sock listen "$@" 'tls:*:7777' <response >log/ours 2>&1 &
	ours=$!
	sock listen "$@" --trust certificates/root.crt 'tls:*:7778' \
	    <response >log/ours-asks 2>&1 &
	ours="$ours $!"
	httpd --root web/files --no-log --cert certificates/good-ec.pem \
	    --key certificates/leaf.key 'tls:*:7779' >log/ours-httpd 2>&1 &
	ours="$ours $!"
	for log in ours ours-asks ours-httpd; do
		timeout 20 sh -c "until grep -q '^listening' log/$log
		    do sleep 0.05; done"
	done
}

# theirs FAMILY WHAT PATTERN COMMAND: try, in the network of the servers.
theirs() {
	try "$1" "$2" "$3" "nsenter --net=/run/netns/servers $4"
}

name=client.$domain
printf 'GET /1k HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' \
    "$name" >request
s_client='openssl s_client -brief -verify_return_error'
ours_serve
for host in $v4.2 "${v6}2"; do
	family=ipv6 at="[$host]"
	[ "$host" != "$v4.2" ] || family=ipv4 at=$host
	with tls 7777 'sock listen'
	theirs $family 'curl: a page' '^rig$' \
	    "curl -sS --resolve '$name:7777:$at' https://$name:7777/"
	for version in tls1_2 tls1_3; do
		theirs $family "openssl s_client -$version" 'Verification: OK' \
		    "$s_client -$version -verify_hostname $name \
		    -connect '$at:7777' </dev/null"
	done
	theirs $family 'openssl s_client -tls1_1 is refused' \
	    'alert protocol version' "$s_client -tls1_1 \
	    -cipher ALL:@SECLEVEL=0 -connect '$at:7777' </dev/null"
	theirs $family 'gnutls-cli' '^rig$' "gnutls-cli -p 7777 \
	    --sni-hostname=$name --verify-hostname=$name '$host' </dev/null"
	theirs $family 'gnutls-cli: another name is refused' 'NOT trusted' \
	    "gnutls-cli -p 7777 --verify-hostname=other.example '$host' \
	    </dev/null"
	with tls 7778 'sock listen'
	theirs $family 'curl: a certificate of its own' '^rig$' \
	    "curl -sS --resolve '$name:7778:$at' \
	    --cert certificates/client.pem --key certificates/leaf.key \
	    https://$name:7778/"
	theirs $family 'curl: none of its own is refused' '^exit [1-9]' \
	    "curl -sS --resolve '$name:7778:$at' https://$name:7778/
	    echo exit \$?"
	theirs $family 'curl: an expired one of its own is refused' \
	    '^exit [1-9]' "curl -sS --resolve '$name:7778:$at' \
	    --cert certificates/client-expired.pem \
	    --key certificates/leaf.key https://$name:7778/; echo exit \$?"
	with tls 7779 httpd
	for version in tls1_2 tls1_3; do
		again="openssl s_client -$version -ign_eof -connect $at:7779"
		theirs $family "openssl s_client -$version: resumed" \
		    '^Reused, ' "$again -sess_out session <request >/dev/null
		    nsenter --net=/run/netns/servers \
		    $again -sess_in session <request"
	done
	theirs $family 'gnutls-cli: resumed' 'This is a resumed session' \
	    "gnutls-cli --resume --waitresumption -p 7779 \
	    --sni-hostname=$name --verify-hostname=$name '$host' <request"
done
# shellcheck disable=SC2086 # all
kill $ours
