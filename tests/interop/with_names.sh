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
	for question in "$domain A" "$domain AAAA" "$domain MX" "$domain NS" \
	    "$domain SOA" "$domain TXT" "_pick._tcp.$domain SRV" \
	    "www.$domain CNAME" "chain.$domain A" "long.$domain TXT" \
	    "control.$domain TXT" "-x $v4.2" "-x ${v6}2"; do
		try $family "dns_query as dig: $question" '^same' \
		    "dns_query -s @$server $question | sort >ours
		    $dig +short $question | grep -v '^;' | sort >digs
		    [ -s ours ] && diff ours digs && echo same"
	done
	try $family 'dns_query: by TCP' "^$v4.1\$" \
	    "dns_query -s --tcp @$server $domain"
	try $family 'dns_query: no such name' 'exit 3' \
	    "dns_query -s @$server nowhere.$domain; echo exit \$?"
	try $family 'dns_query: no such records' 'exit 3' \
	    "dns_query -s @$server nodata.$domain; echo exit \$?"
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
# One in four has the second target first: forty have both.
try both 'sock resolve: SRV, by weight' '^2$' \
    "sock resolve \$(yes srv:_pick._tcp.$domain | head -n 40) |
    awk 'BEGIN { RS = \"\" } { print \$1 }' | sort -u | wc -l"
resolved 'the name of an IPv4 address' "client.$domain" -x $v4.2
resolved 'the name of an IPv6 address' "client.$domain" -x ${v6}2
resolved 'no such name' '.*: no such host' nowhere.$domain
resolved 'a name without an address' '.*: no such host' nodata.$domain
resolved 'CNAME to nowhere' '.*: no such host' dangling.$domain
resolved 'no service by SRV (".")' '.*: no such service: .*' \
    srv:_none._tcp.$domain

with domain 53 dnsdist
for how in SERVFAIL REFUSED NOTIMP FORMERR; do
	name=$(echo $how | tr '[:upper:]' '[:lower:]').$domain
	try ipv4 "dig: $how" "status: $how" "dig +tries=1 $name"
	try ipv4 "dns_query: $how" "$how exit 4" \
	    "{ dns_query -s $name 2>&1; echo exit \$?; } | paste -sd' '"
done
try ipv4 'dig: a slow answer' 'time: (149.|1[5-9]..|[2-9]...) ' \
    "dig +tries=1 slow.$domain"
try ipv4 'dns_query: a slow answer' "^$v4.1\$" "dns_query -s slow.$domain"
try ipv4 'dig: truncated' 'retrying in TCP' "dig truncated.$domain"
try ipv4 'dns_query: truncated' 'SERVER: .*TCP' "dns_query truncated.$domain"
try ipv4 'dig: no answer' 'timed out' \
    "dig +tries=1 +timeout=1 below.drop.$domain"
try ipv4 'dns_query: no answer, until the deadline' 'timed out' \
    "dns_query -t 0.5 drop.$domain"
try ipv4 'dns_query: a PTR with control characters' \
    '^a\\027\[31mred\\007\.' "dns_query -s -x $v4.66"
with - 53 network
try ipv4 'dns_query: RST and port unreachable' 'connection refused' \
    "dns_query @$v4.9 $domain"
try ipv6 'dns_query: RST and port unreachable' 'connection refused' \
    "dns_query @${v6}9 $domain"
try ipv4 'dns_query: silence, until the deadline' 'timed out' \
    "dns_query -t 0.5 @$v4.10 $domain"
with domain 53 dnsdist
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
