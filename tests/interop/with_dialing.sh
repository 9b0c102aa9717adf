# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Dialing by name: what misbehaves is gone past in time.  ROUNDS: how often
# each is timed (9), curl beside it, in the same minute.

rounds=${ROUNDS:-9}

# past NAME WHOM WHAT: who is reached of the name's addresses.
past() {
	try both "$3" "^reached tcp:$2:80\$" "race $rounds tcp:$1.$domain:80
	    sh $here/curl_times.sh $rounds http://$1.$domain/empty"
}

with http 80 nginx-light
four=$v4.1
six="\\[${v6}1\\]"
past he-silent "$four" 'race: the AAAA is silent'
past he-v4silent "$six" 'race: the A is silent'
past he-rst "$four" 'race: the AAAA answers RST'
past he-prohibited "$four" 'race: the AAAA is prohibited'
past he-unreachable "$four" 'race: the AAAA is unreachable'
past he-blackhole "$four" 'race: the AAAA is a blackhole'
past he-noroute "$four" 'race: no route to the AAAA'
past he-lossy "($four|\\[${v6}12\\])" 'race: the AAAA loses packets'
past he-many "$four" 'race: of five addresses one works'
past late-aaaa "($four|$six)" 'race: the AAAA comes 400 ms late'
past late-silent "$four" 'race: it comes late, and is silent'
past servfail-aaaa "$four" 'race: SERVFAIL for the AAAA'
past nxdomain-aaaa "$four" 'race: NXDOMAIN for the AAAA'
past www "$six" 'race: both work'
# Where curl waits until the resolver gives up.
try both 'race: the AAAA is never answered' "^reached tcp:$four:80\$" \
    "race $rounds tcp:drop-aaaa.$domain:80"
try ipv4 'race: a number, 64 dead names in flight' '^reached' \
    "race $rounds tcp:$v4.1:80 drop.$domain"

any="^reached tcp:($four|$six):80\$"
try both 'race: SRV' "$any" "race $rounds srv:_http._tcp.$domain"
try both 'race: SRV, the first target refuses' "$any" \
    "race $rounds srv:_fallback._tcp.$domain"
try both 'race: SRV, the first target has no address' "$any" \
    "race $rounds srv:_dangling._tcp.$domain"

# named FAMILY WHAT WANT ADDRESS
named() {
	try "$1" "sock connect: $2" "$3" "sock connect --timeout 2 $4"
}

with domain 53 dnsdist
lost='dial: no such host'
failed='dial: the name service failed'
named both 'no such name' "$lost" "tcp:nowhere.$domain:80"
named both 'a name without an address' "$lost" "tcp:nodata.$domain:80"
named both 'CNAME to nowhere' "$lost" "tcp:dangling.$domain:80"
named both 'CNAME in a circle' "$lost|$failed" "tcp:loop.$domain:80"
named both 'SERVFAIL' "$failed" "tcp:servfail.$domain:80"
named both 'REFUSED' "$failed" "tcp:refused.$domain:80"
named both 'no answer, until the deadline' 'dial: timed out' \
    "tcp:drop.$domain:80"
named both 'every address refuses' 'connection refused' \
    "tcp:all-rst.$domain:80"
named both 'every address is silent' ': timed out' \
    "tcp:all-silent.$domain:80"
try both 'sock connect: SRV, the first target is silent' '^exit 0' \
    "sock connect --timeout 9 srv:_silent._tcp.$domain; echo exit \$?"
named both 'no service by SRV (".")' 'no such service' "srv:_none._tcp.$domain"

asked_by() {
	asking "$1" "$2" "sock connect --timeout 2 $3"
}

asked_by 'a number' '' "tcp:$v4.9:80"
asked_by 'localhost' '' tcp:localhost:9
asked_by 'a name below .localhost' '' tcp:a.localhost:9
asked_by 'a name below .onion' '' tcp:a.onion:80
asked_by 'a name below .invalid' '' tcp:a.invalid:80
asked_by 'a name with a dot at its end' ' nowhere. A  nowhere. AAAA' \
    tcp:nowhere.:80
