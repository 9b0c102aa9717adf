# SPDX-License-Identifier: MIT
#
# sock resolve: names that need no name service, in the order of dialing.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

both='::1
127.0.0.1'

code 0 sock resolve localhost
out "$both"
code 0 sock resolve a.b.localhost
out "$both"
code 0 sock resolve tcp:localhost:https udp:localhost:53
out 'tcp:[::1]:443
tcp:127.0.0.1:443

udp:[::1]:53
udp:127.0.0.1:53'
code 0 sock resolve --json localhost localhost:80
out '{"name":"localhost","addresses":["::1","127.0.0.1"]}
{"name":"localhost:80","addresses":["tcp:[::1]:80","tcp:127.0.0.1:80"]}'

# What is an address already.
for address in 192.0.2.7 2001:db8::5 tcp:192.0.2.7:80 'udp:[2001:db8::5]:53' \
    unix:/run/x unix:@x; do
	code 0 sock resolve "$address"
	out "$address"
	err ''
done
code 0 sock resolve 2001:DB8:0::5 '[::1]:80'
out '2001:db8::5

tcp:[::1]:80'

# refuses CODE NAME WHY
refuses() {
	code "$1" sock resolve "$2"
	out ''
	err "sock: ${4-$2}: resolve: $3"
}

invalid='no such host: no name below .invalid is one (RFC 6761)'
refuses 3 nosuch.invalid "$invalid"
refuses 3 tcp:nosuch.invalid:80 "$invalid"
refuses 2 '' 'a host name has 1 to 253 bytes' '""'
refuses 3 localhost:nosuch \
    'no such service: "nosuch" over tcp, at byte 10'
refuses 2 1.2.3 'the address is not understood: an IPv4 address has four '\
'decimal parts, at byte 9 (a host that ends in a number is an IPv4 address)' \
    tcp:1.2.3:0
code 3 sock resolve nosuch.invalid a.invalid
out ''
code 3 sock resolve nosuch.invalid ::5 ::6
out '::5

::6'
for name in 'a b' a..b "$(printf 'a\033b')" 127.1 \
    "$(head -c 300 /dev/zero | tr '\0' x)" \
    "$(head -c 3000 /dev/zero | tr '\0' x)"; do
	code 2 sock resolve "$name"
	out ''
	same 'control characters' '' "$(tr -d '\n -~' <"$dir/err")"
done

code 2 sock resolve -x localhost
err 'sock: localhost: resolve: --reverse wants an IP address'
code 2 sock resolve -x unix:/run/x
code 2 sock resolve
finish
