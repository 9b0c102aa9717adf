# SPDX-License-Identifier: MIT
#
# The tour shows all its stops, in 80 columns.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

code 0 tour
err ''
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"

# shows HOW_OFTEN PATTERN
shows() {
	same "lines like $2" "$1" "$(grep -c "$2" "$dir/out")"
}

shows 8 '^[1-8]\. '
shows 1 '^    443  well-known '
shows 1 'www .* has port 80/tcp; .* is called http$'
shows 2 'stands$\|in brackets, at byte 4: write \[::1\]:80$'
shows 1 'dial tcp:127.0.0.1:[0-9]*: connection refused$'
shows 1 'A privileged port'
shows 2 'TCP over IPv4, from a '
shows 2 'server  unix:/'
shows 1 'read tcp:127.0.0.1:[0-9]*: timed out$'
shows 1 '^  tcp  127.0.0.1:[0-9]*  *[*]  *LISTEN  *tour, [0-9]*$'
shows 2 '^  tcp  127.0.0.1:[0-9]*  *127.0.0.1:[0-9]*  *ESTABLISHED  tour, '
shows 1 '^  tcp  127.0.0.1:[0-9]*  *127.0.0.1:[0-9]*  *TIME-WAIT  *-$'
shows 1 'Of three streams, number 2 has news'
shows 1 '10000 of them slept'
if ipv6; then
	shows 2 'client  tcp:\[::1\]:[0-9]* '
	shows 1 'connected to tcp:127.0.0.1:[0-9]* after [0-9]* ms$'
else
	shows 1 'TCP over IPv6: not on this machine'
fi
code 2 tour x
err 'usage: tour'
finish
