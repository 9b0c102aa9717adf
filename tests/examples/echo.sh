# SPDX-License-Identifier: MIT
#
# echo serves five services over each kind of stream in each mode, within limits.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

modes='fibers threads processes forking iterative'

head -c 300000 /dev/urandom >"$dir/much"
awk 'BEGIN { for (line = 0; line < 190; line++) {
	for (i = 0; i < 72; i++)
		printf "%c", 32 + (line + i) % 95
	printf "\r\n" } }' >"$dir/pattern"

# number FILE: its four bytes, the most significant one first.
number() {
	# shellcheck disable=SC2046 # four words
	set -- $(od -An -tu1 "$1")
	same 'bytes of the time' 4 $#
	echo $((($1 * 256 + $2) * 65536 + $3 * 256 + $4))
}

# near WHAT SECONDS: it is now, or was a moment ago.
near() {
	late=$(($(date +%s) - $2))
	if [ $late -lt 0 ] || [ $late -gt 20 ]; then
		same "$1, seconds late" 0 $late
	fi
}

# The five, as their RFCs have them, at the same time in one process.
services() {
	for service in discard daytime time chargen; do
		echo "$service=$1" | sed "s/socket/$service/"
	done
}

for mode in $modes; do
	for where in $(addresses); do
		# shellcheck disable=SC2046 # an argument each
		start "$BIN/echo" --mode "$mode" --stats "$where" $(services "$where")
		for word in first second; do
			same "$mode, $where" $word \
			    "$(echo $word | sock connect "$address")"
		done
		sock connect "$address" <"$dir/much" >"$dir/back"
		same 'many bytes' '' "$(cmp "$dir/much" "$dir/back")"

		next_place
		sock connect "$place" <"$dir/much" >"$dir/back"
		same 'discarded bytes' 0 "$(wc -c <"$dir/back")"

		next_place
		daytime "$place" >"$dir/back"
		same 'lines of daytime' 1 "$(grep -c '^[A-Z][a-z]*day, '\
'[A-Z][a-z]* [0-9][0-9], 20[0-9][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]-UTC.$' \
		    "$dir/back")"
		near daytime "$(date -d "$(tr '\r-' '  ' <"$dir/back")" +%s)"
		same 'what daytime is told' 0 \
		    "$(sock connect "$place" <"$dir/much" 2>/dev/null |
		        grep -vc day,)"

		next_place
		sock connect "$place" </dev/null >"$dir/back"
		near time $(($(number "$dir/back") - 2208988800))

		next_place
		sock connect "$place" </dev/null 2>&1 | head -c 14060 |
		    cmp - "$dir/pattern" || same chargen pattern 'something else'
		same 'chargen, with much to be told' 14060 "$(sock connect \
		    "$place" <"$dir/much" 2>&1 | head -c 14060 | wc -c)"
		stopped 0 TERM
		same stats "echo $address: 3 accepted, 3 finished; 300013 \
bytes in, 300013 out" "$(head -n 1 "$dir/served")"
	done
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there

start "$BIN/echo" --client-first tcp:127.0.0.1:0
same '--client-first' hello "$(echo hello | sock connect "$address")"
stopped 0 TERM

# The limits.
start "$BIN/echo" --max-per-peer 1 --stats tcp:127.0.0.1:0
talk "$address"
say one one
same 'the second of a peer' '' "$(echo two | sock connect "$address" 2>&1 |
    grep two)"
hang_up
stopped 0 INT
grep -q ', 1 turned away; ' "$dir/served" ||
    same stats '1 turned away' "$(cat "$dir/served")"

for limit in first idle lifetime; do
	start "$BIN/echo" --$limit 0.1 --stats tcp:127.0.0.1:0
	talk "$address"
	same "the end, --$limit" '' "$(cat <&7)"
	exec 6>&- 7<&-
	stopped 0 TERM
	grep -q ', 1 timed out; ' "$dir/served" ||
	    same "stats, --$limit" '1 timed out' "$(cat "$dir/served")"
done

code 2 "$BIN/echo"
err 'echo: an address is missing; see echo --help'
code 2 "$BIN/echo" --mode none tcp:127.0.0.1:0
err 'echo: there is no such MODE; see echo --help'
code 2 "$BIN/echo" --workers 0 tcp:127.0.0.1:0
err 'echo: a COUNT is from 1 to 1000000; see echo --help'
code 2 "$BIN/echo" --idle -1 tcp:127.0.0.1:0
code 2 "$BIN/echo" --well-known tcp:127.0.0.1:0
code 2 "$BIN/echo" tcp:127.0.0.1:0 nosuch
code 2 "$BIN/echo" tcp:127.0.0.1:nosuch
for where in tls:127.0.0.1:0 tls:localhost:0 udp:127.0.0.1:0 \
    "unixgram:$dir/g" "unixpacket:$dir/p"; do
	code 2 "$BIN/echo" "$where"
	err "echo: $where: only tcp: and unix: addresses are served, without TLS"
done
for service in nosuch '' echo1 Echo; do
	code 2 "$BIN/echo" "$service=tcp:127.0.0.1:0"
	err 'echo: there is no such SERVICE; there are echo, discard, chargen, daytime and time'
done
start "$BIN/echo" "unix:$dir/a=b"
same 'a = in an address' hello "$(echo hello | sock connect "$address")"
stopped 0 TERM
code 1 "$BIN/echo" "unix:$dir/none/here"
code 1 "$BIN/echo" --user no-such-user tcp:127.0.0.1:0
code 0 "$BIN/echo" --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
finish
