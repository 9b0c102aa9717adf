# SPDX-License-Identifier: MIT
#
# chat: people talk in rooms, whichever worker they are on; who does not read is
# dropped; on SIGTERM all hear good-bye.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
here=$(dirname "$0")

people() {
	python3 "$here/chat_people.py" "$address" "$1" || same "$1" 0 1
}

for mode in 'fibers --workers 2' threads; do
	for where in $(addresses); do
		# shellcheck disable=SC2086 # a mode and its option
		start chat --stats --mode $mode "$where"
		for what in manners endings hurried crowd; do
			people $what
		done
		mkfifo "$dir/ready"
		people good_bye >"$dir/ready" &
		last=$!
		read -r said <"$dir/ready"
		same 'people who wait' ready "$said"
		rm "$dir/ready"
		stopped 0 TERM
		wait "$last"
		same "good-bye, $mode" 0 $?
		code 1 sock connect "$address" </dev/null
		# Some leave without having read all.
		same stats "$address: 90 came, 90 left or cut, 0 turned away" \
		    "$(awk '{ print $1, $2, "came,", $4 + $6, "left or cut,",
		        $8, $9, $10 }' "$dir/served")"
	done
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there

# As people use it, and one room behind two doors.
for mode in fibers threads; do
	start chat --mode $mode --outbox 32 tcp:127.0.0.1:0 "unix:$dir/socket"
	read -r said <&8
	same 'the second door' "listening on unix:$dir/socket" "$said"
	talk "unix:$dir/socket"
	read -r said <&7
	same welcome '* you are guest1, in lobby; /help tells more' "$said"
	(echo hello; echo /quit) | sock connect "$address" >"$dir/other"
	for line in '* guest2 is here' 'guest2: hello' '* guest2 has left'; do
		read -r said <&7
		same 'what one hears' "$line" "$said"
	done
	same 'what the other hears' '* good-bye' "$(tail -n 1 "$dir/other")"
	people flood
	for address in "$address" "unix:$dir/socket"; do
		people slow
		read -r said <&8
		same 'what the server tells' 'chat: guest' "${said%%[0-9]*}"
	done
	kill -s INT "$server"
	hang_up
	stopped 0
done

for mode in processes forking; do
	code 2 chat --mode $mode tcp:127.0.0.1:0
	err 'chat: each process would have rooms of its own; see chat --help'
done
code 2 chat --mode iterative tcp:127.0.0.1:0
err 'chat: one at a time has nobody to talk to; see chat --help'
code 2 chat
err 'chat: an address is missing; see chat --help'
code 2 chat --outbox 31 tcp:127.0.0.1:0
err 'chat: an outbox holds 32 lines at least; see chat --help'
code 2 chat nosuch
for where in tls:127.0.0.1:0 udp:127.0.0.1:0 "unixgram:$dir/gram"; do
	code 2 chat "$where"
	err "chat: $where: only tcp: and unix: addresses are served, without TLS"
done
code 0 chat --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
finish
