# SPDX-License-Identifier: MIT
#
# sock listen --keep serves one after the other, and ends on a signal.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

for where in $(addresses); do
	start sock listen --keep "$where" </dev/null
	echo one | sock connect "$address"
	echo two | sock connect "$address"
	stopped 0 TERM
	same 'what came' 'one two' "$(paste -s -d ' ' "$dir/served")"
	code 1 sock connect "$address" </dev/null

	# A file goes to each.
	echo hello >"$dir/file"
	start sock listen -k "$where" <"$dir/file"
	for turn in 1 2; do
		same "turn $turn" hello "$(sock connect "$address" </dev/null)"
	done
	stopped 0 INT

	# From a pipe a conversation ends with its peer, and the next one comes.
	rm -f "$dir/input"
	mkfifo "$dir/input"
	exec 5<>"$dir/input"
	start sock listen --keep "$where" <"$dir/input" 5<&-
	for turn in 1 2; do
		talk "$address" 5<&-
		echo $turn >&5
		answer=
		read -r answer <&7
		same "turn $turn" $turn "$answer"
		hang_up
	done
	exec 5<&-

	# A signal lets the conversation under way go on.
	talk "$address"
	same 'the end of the input' '' "$(cat <&7)" # so it was accepted
	kill -s TERM "$server"
	echo last >&6
	hang_up
	stopped 0
	same 'the last word' last "$(cat "$dir/served")"
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there

start sock listen -v tcp:127.0.0.1:0 </dev/null
code 0 sock connect -v "$address" </dev/null
stopped 0
sed 's/:[0-9][0-9]* (.*/:PORT (...)/' "$dir/err" >"$dir/told"
same 'what connect tells' 'connected
  peer  tcp:127.0.0.1:PORT (...)
  local tcp:127.0.0.1:PORT (...)
finished: 0 bytes sent, 0 received' "$(cat "$dir/told")"
same 'what listen tells' "$(cat "$dir/told")" \
    "$(sed 's/:[0-9][0-9]* (.*/:PORT (...)/' <&8)"

# Nor does an output that nobody takes keep it from ending on one.
command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
python3 - "$BIN/sock" <<-'END' || wrong=1
	import os, select, signal, socket, subprocess, sys
	def ends(code, kind, stdin, *args):
	    r, w = os.pipe()
	    p = subprocess.Popen([sys.argv[1], 'listen', *args], stdin=stdin,
	                         stdout=w, stderr=subprocess.PIPE)
	    port = int(p.stderr.readline().decode().rsplit(':', 1)[1])
	    s = socket.socket(socket.AF_INET, kind)
	    s.settimeout(0.01)
	    s.connect(('127.0.0.1', port))
	    while select.select([], [w], [], 0)[1]:
	        try:
	            s.send(b'x' * 8000)
	        except TimeoutError:
	            pass
	    for turn in range(40):
	        if turn == 0 or '--keep' in args:
	            p.send_signal(signal.SIGTERM)
	        try:
	            got = p.wait(0.5)
	            break
	        except subprocess.TimeoutExpired:
	            pass
	    else:
	        p.kill()
	        sys.exit(f'{args}: it does not end')
	    if got != code:
	        sys.exit(f'{args}: {got} instead of {code}')
	stream, message = socket.SOCK_STREAM, socket.SOCK_DGRAM
	never, _ = os.pipe()
	ends(1, stream, subprocess.DEVNULL, 'tcp:127.0.0.1:0')
	ends(0, stream, subprocess.DEVNULL, '--keep', 'tcp:127.0.0.1:0')
	ends(1, message, never, 'udp:127.0.0.1:0')
END
finish
