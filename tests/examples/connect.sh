# SPDX-License-Identifier: MIT
#
# sock connect and sock listen: all bytes, both ways at once, and each
# direction ends by itself.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/c1.sh
. "$(dirname "$0")/c1.sh"

for where in $(addresses); do
	head -c 500000 /dev/urandom >"$dir/there"
	head -c 700000 /dev/urandom >"$dir/back"
	start sock listen "$where" <"$dir/back"
	sock connect "$address" <"$dir/there" >"$dir/came"
	same 'exit code of connect' 0 $?
	stopped 0
	same 'what came back' '' "$(cmp "$dir/back" "$dir/came")"
	same 'what arrived' '' "$(cmp "$dir/there" "$dir/served")"

	# The client ends first: the server's output ends, and the answer comes.
	rm -f "$dir/late" "$dir/served"
	mkfifo "$dir/late" "$dir/served"
	exec 5<>"$dir/late"
	cat "$dir/served" >"$dir/heard" 5<&- &
	heard=$!
	start sock listen "$where" <"$dir/late" 5<&-
	echo question | sock connect "$address" >"$dir/came" 5<&- &
	client=$!
	wait $heard
	same 'the question' question "$(cat "$dir/heard")"
	echo answer >&5
	exec 5<&-
	stopped 0
	wait $client
	same 'the answer' answer "$(cat "$dir/came")"
	rm "$dir/served"

	# The server ends first: the client's output ends, and it may go on.
	start sock listen "$where" </dev/null
	talk "$address"
	same 'the end of the server' '' "$(cat <&7)"
	echo afterwards >&6
	hang_up
	stopped 0
	same 'what came afterwards' afterwards "$(cat "$dir/served")"
done

# By name: whichever of its addresses somebody listens on.
start sock listen tcp:127.0.0.1:0 <"$dir/there"
sock connect "tcp:localhost:${address##*:}" </dev/null >"$dir/came"
stopped 0
same 'what came by name' '' "$(cmp "$dir/there" "$dir/came")"

# Through a proxy, to which the name is nothing but text.
printf 'HTTP/1.1 200 OK\r\n\r\nhello\n' >"$dir/through"
start sock listen tcp:127.0.0.1:0 <"$dir/through"
code 0 sh -c "echo question | sock connect \
    --proxy connect:${address#tcp:} tcp:there.invalid:7"
out hello
stopped 0
same 'what the proxy was told' \
    "CONNECT there.invalid:7 HTTP/1.1|Host: there.invalid:7||question" \
    "$(tr -d '\r' <"$dir/served" | paste -s -d '|')"

start sock listen --crlf tcp:127.0.0.1:0 <<'EOF'
GET / HTTP/1.0

EOF
sock connect "$address" </dev/null >"$dir/came"
stopped 0
same '--crlf' "$(printf 'GET / HTTP/1.0\r\n\r\n' | od -c)" \
    "$(od -c <"$dir/came")"

# On a terminal a peer cannot move the cursor, but with --raw; elsewhere the
# bytes are as they are.
if command -v script >/dev/null; then
	evil='caf\0303\0251 \033[2J\0302\0233x\0177\tb\r\nc\rd\0'
	for how in '' --raw; do
		printf '%b' "$evil" >"$dir/evil"
		start sock listen tcp:127.0.0.1:0 <"$dir/evil"
		script -qec "sock connect $how $address 2>/dev/null" /dev/null </dev/null \
		    >"$dir/came"
		stopped 0
		case $how in
		--raw) want=$(printf '%b' "$evil" | sed 's/\r*$//' | cat -v) ;;
		*) want=$(printf 'cafM-CM-) %s\tb\nc%s' '\x1b[2JM-B\x9bx\x7f' \
		    '\x0dd\x00') ;;
		esac
		same "on a terminal $how" "$want" \
		    "$(sed 's/\r*$//' "$dir/came" | cat -v)"
	done

	# C1 is in characters of UTF-8 alone, and these may come in pieces.
	mkdir "$dir/scripts"
	start scripted "$dir/scripts" /dev/null
	for way in 1 1.drip; do
		printf '%b' "$(c1_bytes)" >"$dir/scripts/$way"
		printf '\r\n\r\n' >"$dir/evil"
		script -qec "sock connect $address 2>/dev/null <$dir/evil" \
		    /dev/null </dev/null >"$dir/came"
		same "C1 on a terminal, $way" "$(c1_shown)" \
		    "$(sed 's/\r*$//' "$dir/came" | cat -v)"
	done
	stopped 143 TERM
fi

# Nobody says anything.
mkfifo "$dir/silence"
exec 5<>"$dir/silence"
start sock listen tcp:127.0.0.1:0 <"$dir/silence" 5<&-
code 1 sock connect --timeout 0.05 "$address" <"$dir/silence" 5<&-
err "sock: $address: idle: nothing came or went for 0.05 s"
kill -s TERM "$server"
wait "$server"

# Whoever reads the output goes away.
start sock listen tcp:127.0.0.1:0 </dev/zero
code 1 sh -c "sock connect $address </dev/null >/dev/full"
err 'sock: standard output: write: no space left'
stopped 1

# A peer that speaks is not idle, though it takes nothing for longer; one that
# does neither is, and all of it ends.
command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
python3 - "$BIN/sock" <<-'END' || wrong=1
	import socket, subprocess, sys, time
	listener = socket.socket()
	listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
	listener.bind(('127.0.0.1', 0))
	listener.listen()
	address = 'tcp:127.0.0.1:%d' % listener.getsockname()[1]
	p = subprocess.Popen([sys.argv[1], 'connect', '-t', '2', address],
	                     stdin=open('/dev/zero'), stderr=subprocess.PIPE,
	                     stdout=subprocess.DEVNULL)
	c, _ = listener.accept()
	until = time.monotonic() + 3
	while time.monotonic() < until:
	    c.send(b'x')
	    time.sleep(0.05)
	c.settimeout(20)
	n = 0
	while n < 20000000:
	    got = len(c.recv(65536))
	    if got == 0:
	        sys.exit('the input ended')
	    n += got
	try:
	    told = p.communicate(timeout=20)[1].decode()
	except subprocess.TimeoutExpired:
	    p.kill()
	    sys.exit('it does not give up')
	if p.returncode != 1 or told != \
	    f'sock: {address}: idle: nothing came or went for 2 s\n':
	    sys.exit(f'{p.returncode}, {told}')
END

# Without --timeout it is TCP that gives up on a peer that has gone.
unshare -rn ip link set lo up 2>/dev/null || skip 'no network namespace, or no ip'
unshare -rn python3 - "$BIN/sock" <<-'END' || wrong=1
	import socket, subprocess, sys
	subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
	with open('/proc/sys/net/ipv4/tcp_retries2', 'w') as file:
	    file.write('1')
	listener = socket.create_server(('127.0.0.1', 0))
	address = 'tcp:127.0.0.1:%d' % listener.getsockname()[1]
	p = subprocess.Popen([sys.argv[1], 'connect', address],
	                     stdin=subprocess.PIPE, stderr=subprocess.PIPE)
	c, _ = listener.accept()
	subprocess.run(['ip', 'link', 'set', 'lo', 'down'], check=True)
	try:
	    told = p.communicate(b'x', timeout=60)[1].decode()
	except subprocess.TimeoutExpired:
	    p.kill()
	    sys.exit('nobody gives up')
	if p.returncode != 1 or not told.startswith(f'sock: {address}: read: '):
	    sys.exit(f'{p.returncode}, {told}')
END
finish
