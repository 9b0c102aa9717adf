# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# What the name server says, as others see it.

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
