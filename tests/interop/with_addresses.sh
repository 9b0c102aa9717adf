# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Addresses as numbers: those that misbehave say what, and in time.

with - 80 network
refused='dial: connection refused'
timed_out='dial: timed out'
forbidden='dial: permission denied'
unreachable='dial: no route to host'
no_network='dial: network is unreachable'
invalid='dial: invalid argument'

try ipv4 'RST' "$refused" "sock connect tcp:$v4.9:80"
try ipv6 'RST' "$refused" "sock connect tcp:[${v6}9]:80"
try ipv4 'silence, until the deadline' "$timed_out" \
    "sock connect --timeout 0.3 tcp:$v4.10:80"
try ipv6 'silence, until the deadline' "$timed_out" \
    "sock connect --timeout 0.3 tcp:[${v6}10]:80"
try ipv4 'ICMP: prohibited' "$unreachable" "sock connect tcp:$v4.11:80"
try ipv6 'ICMP: prohibited' "$forbidden" "sock connect tcp:[${v6}11]:80"
try ipv4 'route: unreachable' "$unreachable" 'sock connect tcp:10.78.0.1:80'
try ipv6 'route: unreachable' "$unreachable" \
    'sock connect tcp:[2001:db8:78::1]:80'
try ipv4 'route: blackhole' "$invalid" 'sock connect tcp:10.79.0.1:80'
try ipv6 'route: blackhole' "$invalid" 'sock connect tcp:[2001:db8:79::1]:80'
try ipv4 'route: prohibit' "$forbidden" 'sock connect tcp:10.80.0.1:80'
try ipv6 'route: prohibit' "$forbidden" 'sock connect tcp:[2001:db8:80::1]:80'
try ipv4 'no route' "$no_network" 'sock connect tcp:192.0.2.1:80'
try ipv6 'no route' "$no_network" 'sock connect tcp:[2001:db8:99::1]:80'

with http 80 nginx-light
get="printf 'GET /1k HTTP/1.0\r\n\r\n' | sock connect --timeout 15"
same="tail -c 1024 | cmp - web/files/1k && echo same"
try ipv4 'sock connect, HTTP by hand' same "$get tcp:$v4.1:http | $same"
try ipv6 'sock connect, HTTP by hand' same "$get tcp:[${v6}1]:http | $same"
try ipv4 'the same, every fifth packet lost' same "$get tcp:$v4.12:80 | $same"
try ipv6 'the same, every fifth packet lost' same \
    "$get tcp:[${v6}12]:80 | $same"
try ipv4 'bytes into an MTU hole, until the deadline' 'idle: nothing came' \
    "head -c 99999 /dev/zero | sock connect --timeout 0.5 tcp:$v4.13:80"
try ipv6 'bytes into an MTU hole, until the deadline' 'idle: nothing came' \
    "head -c 99999 /dev/zero | sock connect --timeout 0.5 tcp:[${v6}13]:80"
try ipv4 'numeric dials' '^reached tcp:10' "race 21 tcp:$v4.1:80"
