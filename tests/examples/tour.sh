# SPDX-License-Identifier: MIT
#
# The tour shows all its stops, in 80 columns; the programs follow with theirs.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

code 0 tour
err ''
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"

# shows HOW_OFTEN PATTERN
shows() {
	same "lines like $2" "$1" "$(grep -c "$2" "$dir/out")"
}

shows 9 '^[1-9]\. '
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
for mode in fibers threads processes forking; do
	shows 1 "^  $mode  *8 of 8  .*  8  *8  *[0-9]*\$"
done
shows 1 '^  iterative  1 of 8  *1  *1  *8  *8  *[0-9]*$'
code 2 tour x
err 'usage: tour'

code 0 sh "$ROOT/examples/tour/programs.sh" "$BIN" 10
err ''
shows 1 '^10\. '
shows 1 '^  anna > Is the kettle on?$'
shows 1 '^  ben  | anna: Is the kettle on?$'
shows 2 '| \* the server ends; good-bye$'
shows 1 ' 1 accepted, 1 finished; 0 bytes in, '
if grep -q '^  not here: this needs openssl' "$dir/out"; then
	shows 1 '^  Hello from a file.$'
else
	shows 2 '^  Hello from a file.$'
	shows 1 'certificate is for "localhost", not "127.0.0.1"$'
	shows 1 '^  accepted   yes$'
fi
shows 1 '^  HTTP/1.1 200 OK$'
if ipv6; then
	shows 3 '^  hello$'
	shows 3 ' 1 accepted, 1 finished; 6 bytes in, 6 out$'
else
	shows 2 '^  hello$'
	shows 2 ' 1 accepted, 1 finished; 6 bytes in, 6 out$'
fi
finish
