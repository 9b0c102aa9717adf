# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2086,SC2154 # words that rig.sh sets
#
# What the name server says, by itself and through the machine's resolver.

with domain 53 knot
for server in $v4.1 ${v6}1; do
	family=ipv6
	[ "$server" != "$v4.1" ] || family=ipv4
	dig="dig +tries=1 +timeout=2 @$server"
	try $family 'dig: A' "^$v4.1\$" "$dig +short $domain A"
	try $family 'dig: AAAA, by TCP' "^${v6}1\$" \
	    "$dig +tcp +short $domain AAAA"
	try $family 'dig: text longer than a datagram' '^"0*140"' \
	    "$dig +short long.$domain TXT"
done

# resolved WHAT WANT ARGUMENT...: want is all that comes, in a line.
resolved() {
	what=$1
	want=$2
	shift 2
	try both "sock resolve: $what" "^$want\$" \
	    "sock resolve --timeout 3 $* 2>&1 | paste -sd' '"
}

four=$v4.1
six=${v6}1
resolved 'both families' "$six $four" $domain
resolved 'IPv4 alone' "$four" v4.$domain
resolved 'IPv6 alone' "$six" v6.$domain
resolved 'a short name' "$four" v4
resolved 'a name of /etc/hosts' "$six $four" hosts.$domain
resolved 'CNAMEs in a chain' "$six $four" chain.$domain
resolved 'a wildcard' "$four" any.wild.$domain
resolved 'a name of 253 bytes' "$four" "$(names_longest).$domain"
resolved 'forty addresses, by TCP' "$v4.101( $v4\.[0-9]*){39}" many.$domain
resolved 'SRV, by priority' \
    "tcp:.*:80 tcp:.*:80 tcp:\\[$six]:9 tcp:$four:9" srv:_pick._tcp.$domain
resolved 'the name of an IPv4 address' "client.$domain" -x $v4.2
resolved 'the name of an IPv6 address' "client.$domain" -x ${v6}2
resolved 'no such name' '.*: no such host' nowhere.$domain
resolved 'a name without an address' '.*: no such host' nodata.$domain
resolved 'CNAME to nowhere' '.*: no such host' dangling.$domain
resolved 'no service by SRV (".")' '.*: no such service: .*' \
    srv:_none._tcp.$domain

with domain 53 dnsdist
for how in SERVFAIL REFUSED NOTIMP FORMERR; do
	name=$(echo $how | tr '[:upper:]' '[:lower:]')
	try ipv4 "dig: $how" "status: $how" "dig +tries=1 $name.$domain"
done
try ipv4 'dig: no answer' 'timed out' \
    "dig +tries=1 +timeout=1 below.drop.$domain"
try ipv4 'dig: a slow answer' 'time: 1[56]' "dig +tries=1 slow.$domain"
try ipv4 'dig: truncated' 'retrying in TCP' "dig truncated.$domain"
try ipv4 'dig: a PTR with control characters' '027\[31mred.007' \
    "dig -x $v4.66"
for how in servfail refused notimp; do
	resolved $how '.*: the name service failed for now' $how.$domain
done
resolved 'SERVFAIL for the AAAA' "$four" servfail-aaaa.$domain
resolved 'NXDOMAIN for the AAAA' "$four" nxdomain-aaaa.$domain
resolved 'truncated, then by TCP' "$four" truncated.$domain
resolved 'a slow answer' "$four" slow.$domain
resolved 'the AAAA comes 400 ms late' "$six $four" late-aaaa.$domain
resolved 'the AAAA is never answered' "$four" drop-aaaa.$domain
resolved 'no answer, until the deadline' '.*: timed out' drop.$domain
resolved 'a PTR with control characters' '.*: no such host' -x $v4.66
