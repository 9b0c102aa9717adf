# SPDX-License-Identifier: MIT
#
# sock tells what is wrong, and exits as --help says.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# says CODE MESSAGE ARGUMENTS...
says() {
	expected_code=$1 expected_message=$2
	shift 2
	code "$expected_code" sock "$@"
	out ''
	err "sock: $expected_message"
}

not_understood='the address is not understood'

says 2 'no command; see sock --help'
says 2 'nosuch: command: there is none of this name; see sock --help' nosuch
says 2 'an argument is missing; see sock --help' port
says 2 'an address is missing; see sock --help' listen
says 2 'one address at a time; see sock --help' connect a b
says 2 'this option is for connect and listen; see sock --help' port 1 --keep
says 2 '--keep is for listen; see sock --help' connect a --keep
says 2 '--timeout is for resolve, connect, listen and tls; see sock --help' \
    port 1 --timeout 1
says 2 '--reverse is for resolve; see sock --help' connect a --reverse
says 2 '--proxy is for connect and tls; see sock --help' listen a --proxy b
says 2 'this option is for connect, listen and tls; see sock --help' \
    port 1 --alpn h2
says 2 'this option is for connect, listen and tls; see sock --help' \
    resolve 1 --crl a
says 2 '--insecure and --servername are for connect and tls; see sock --help' \
    listen a --insecure
says 2 '--key needs --cert; see sock --help' connect a --key b
says 2 '--crl needs --trust: else listen asks no client for a certificate; '\
'see sock --help' listen --cert c --crl l tls:*:1
for command in connect tls; do
	says 2 '--crl and --insecure exclude each other; see sock --help' \
	    $command --crl l --insecure tls:127.0.0.1:1
done
says 2 'tcp:127.0.0.1:1: dial: it is no tls: address, and there are options '\
'for one' connect tcp:127.0.0.1:1 --insecure
for seconds in '' x 0 -1 1e9 nan 5s; do
	says 2 '--timeout wants seconds; see sock --help' \
	    connect tcp:127.0.0.1:1 --timeout "$seconds"
done

for port in 65536 070 99999999999999999999; do
	says 2 "$port: port: a port is a plain number from 0 to 65535" \
	    port $port
	says 2 "$port/tcp: service: a port is a plain number from 0 to 65535" \
	    service $port/tcp
done
says 2 '22/icmp: service: a transport is tcp, udp, sctp or dccp' \
    service 22/icmp
for name in nosuch +22 '22 ' -1 0x16; do
	says 3 "$name: port: no such service" port -- "$name"
	says 3 "$name: service: no such service" service -- "$name"
done
says 3 'imaps/udp: service: no such service' service imaps/udp
says 3 '51000: service: no service has this port' service 51000
says 3 '"": service: no such service' service ''
says 3 '\x1b[2J: service: no such service' service "$(printf '\033[2J')"

says 2 "tcp:::1:80: parse: $not_understood: an IPv6 address stands in \
brackets, at byte 4: write [::1]:80" addr tcp:::1:80
says 2 "\"\": parse: $not_understood: it is empty" addr ''
says 2 "tcp:127.0.0.1:70000: dial: $not_understood: bad port: over 65535, \
at byte 14" connect tcp:127.0.0.1:70000
says 3 "tcp:no.invalid:80: dial: no such host: no name below .invalid is one \
(RFC 6761)" connect tcp:no.invalid:80
says 3 "tcp:127.0.0.1:nosuch: listen: no such service: \"nosuch\" over tcp, \
at byte 14" listen tcp:127.0.0.1:nosuch
says 1 "unix:$dir/none: dial: no such file or directory" connect "unix:$dir/none"

start sock listen tcp:127.0.0.1:0 </dev/null
says 1 "$address: listen: address in use" listen "$address"
stopped 0 TERM
says 1 "$address: dial: connection refused" connect "$address"

# What can be shown is shown, and the worst of the codes remains.
code 3 sock service nosuch imaps
out 'imaps            993/tcp        well-known'
code 2 sock addr x @y nosuch
grep -q '^name     @y$' "$dir/out" || same addr @y none

# Options end with --, before the command as before its arguments.
code 0 sock -- addr @y
code 0 sock -- table
says 2 '--tcp: table: there is nothing to name; see sock table --help' \
    -- table --tcp

code 0 sock --version
out "sock $(sed -n 's/.*define SOCK_VERSION "\(.*\)"/\1/p' \
    "$ROOT/include/sock/base.h")"
code 0 sock --help
grep -q '^Exit status: 0 ' "$dir/out" || same '--help' 'exit status' none
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 2 sock --nonsense
code 1 sh -c 'sock --help >/dev/full'
finish
