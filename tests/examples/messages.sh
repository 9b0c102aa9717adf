# SPDX-License-Identifier: MIT
#
# sock connect and sock listen over udp and UNIX messages: each line is one.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

places() {
	echo udp:127.0.0.1:0
	! ipv6 || echo 'udp:[::1]:0'
}

mkfifo "$dir/input"
for where in $(places); do
	# It answers whoever has sent; the end is silence.
	exec 5<>"$dir/input"
	start sock listen "$where" <"$dir/input" 5<&-
	talk "$address" 5<&-
	echo first >&6
	echo second >&6
	echo answer >&5
	read -r answer <&7
	same 'the answer' answer "$answer"
	exec 5<&-
	hang_up
	stopped 0
	same 'what came' 'first second' "$(paste -s -d ' ' "$dir/served")"

	# A client after the other, until a signal.
	start sock listen --keep -v "$where" </dev/null
	code 0 sock connect -v --timeout 1 "$address" <<-'END'
		one
		two
	END
	grep -q '^finished: 8 bytes sent, 0 received$' "$dir/err" ||
	    err 'finished: 8 bytes sent, 0 received'
	printf 'without end' | sock connect "$address"
	printf 'a\nb\r\n' | sock connect --crlf "$address"
	stopped 0 TERM
	same 'what came' "$(printf 'one\ntwo\nwithout end\na\r\nb\r\n' | od -c)" \
	    "$(od -c <"$dir/served")"
	same 'what listen tells' 'finished: 0 bytes sent, 25 received' "$(cat <&8)"

	# Nobody is there.
	code 1 sh -c "echo x | sock connect --timeout 5 $address"
	err "sock: $address: receive: connection refused"
done

# A message of no bytes is none of the end, and a large one stays whole.
start sock listen --keep udp:127.0.0.1:0 </dev/null
head -c 60000 /dev/zero | tr '\0' x >"$dir/large"
sock connect "$address" <"$dir/large"
head -c 70000 /dev/zero | tr '\0' x >"$dir/large"
code 1 sh -c "sock connect $address <$dir/large"
stopped 0 TERM
same 'a large message' 60001 "$(wc -c <"$dir/served")"

# Silence before the input has ended.
exec 5<>"$dir/input"
start sock listen --keep udp:127.0.0.1:0 </dev/null 5<&-
code 1 sock connect --timeout 0.05 "$address" <"$dir/input" 5<&-
err "sock: $address: idle: nothing came or went for 0.05 s"
exec 5<&-
stopped 0 INT

# UNIX: packets have an end, datagrams a path.
start sock listen "unixpacket:$dir/packets" </dev/null
code 0 sh -c "printf 'one\ntwo' | sock connect -v unixpacket:$dir/packets"
same 'the unnamed end' 'unixpacket: (unnamed)' \
    "$(sed -n 's/^  local //p' "$dir/err")"
stopped 0
same 'packets' 'one two' "$(paste -s -d ' ' "$dir/served")"
start sock listen --keep "unixgram:$dir/datagrams" </dev/null
code 0 sh -c "echo one | sock connect unixgram:$dir/datagrams"
stopped 0 TERM
same 'datagrams' one "$(cat "$dir/served")"

# A file goes to each, from its beginning.
printf 'one\ntwo' >"$dir/file"
start sock listen --keep "unixpacket:$dir/packets" <"$dir/file"
for turn in 1 2; do
	same "turn $turn" 'one two' "$(sock connect "unixpacket:$dir/packets" \
	    </dev/null | paste -s -d ' ')"
done
stopped 0 TERM

# Over UNIX one may be larger than any of IP's: it is cut, and told.
command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
start sock listen --keep "unixgram:$dir/datagrams" </dev/null
python3 - "$dir/datagrams" <<-'END' || wrong=1
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.sendto(b'x' * 100000, sys.argv[1])
	s.sendto(b'small', sys.argv[1])
END
read -r said <&8
same 'of a large one' "sock: unixgram:$dir/datagrams: receive: a message over 65,536 bytes is cut" "$said"
while [ "$(wc -c <"$dir/served")" -lt 65543 ] && kill -0 "$server"; do
	sleep 0.01
done
stopped 0 TERM
same 'a large one, cut' 65543 "$(wc -c <"$dir/served")"

# What was read ahead for one who went is not for the next one.
seq 100000 199999 >"$dir/file"
start sock listen --keep "unixpacket:$dir/packets" <"$dir/file"
python3 - "$dir/packets" <<-'END' || wrong=1
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.connect(sys.argv[1])
	if s.recv(100) != b'100000\n':
	    sys.exit('not the first line')
END
sock connect "unixpacket:$dir/packets" </dev/null >"$dir/came"
same 'all of the file' '' "$(cmp "$dir/file" "$dir/came")"
stopped 0 TERM

# A peer of packets that has said all still hears what we say.
python3 - "$BIN/sock" "$dir/packets" <<-'END' || wrong=1
	import socket, subprocess, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.bind(sys.argv[2])
	s.listen()
	p = subprocess.Popen([sys.argv[1], 'connect', 'unixpacket:' + sys.argv[2]],
	                     stdin=subprocess.PIPE)
	c, _ = s.accept()
	c.shutdown(socket.SHUT_WR)
	c.settimeout(0.3)
	try:
	    sys.exit(f'it does not stay: {c.recv(100)}')
	except TimeoutError:
	    c.settimeout(20)
	p.stdin.write(b'late\n')
	p.stdin.close()
	if c.recv(100) != b'late\n' or c.recv(100) != b'' or p.wait() != 0:
	    sys.exit('not what was said late')
END
finish
