# SPDX-License-Identifier: MIT
#
# sock table beside ss(8), in a namespace with sockets of every kind and state.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
command -v ss >/dev/null || skip 'no ss (apt-get install iproute2)'
here=$(dirname "$0")
if [ -z "${TABLE_INSIDE-}" ]; then
	unshare -rnm true 2>/dev/null || skip 'no network namespace'
	unshare -rnm env TABLE_INSIDE=1 sh "$0"
	exit
fi
ip link set lo up || skip 'no loopback'
ipv6 || skip 'no IPv6'

echo 'nameserver 127.0.0.1' >"$dir/resolv.conf"
mount --bind "$dir/resolv.conf" /etc/resolv.conf || skip 'no mount namespace'
python3 "$here/table_watch.py" "$BIN/sock" || wrong=1

mkfifo "$dir/hold" "$dir/said"
python3 "$here/table_states.py" "$dir" <"$dir/hold" >"$dir/said" &
maker=$!
pids="$pids $maker"
exec 5>"$dir/hold"
read -r said <"$dir/said"
same 'the maker of sockets' ready "$said"

agrees() {
	python3 "$here/table_agrees.py" "$dir/theirs" "$dir/ours" || wrong=1
}

ss -tuanxH >"$dir/theirs"
sock table -n --tcp --udp --unix >"$dir/ours"
agrees

# Each state, each transport, each end alone.
lines() {
	grep -c '' "$1"
}
for state in established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait \
    unconnected close-wait last-ack listen closing; do
	upper=$(printf %s "$state" | tr '[:lower:]' '[:upper:]')
	code 0 sock table -n --tcp --udp --unix --state "$state"
	same "rows of $state" "$(grep -c " $upper\$" "$dir/ours")" \
	    "$(lines "$dir/out")"
done
code 0 sock table --tcp --listen
same 'listeners' "$(grep -c '^tcp .*LISTEN$' "$dir/ours")" \
    "$(lines "$dir/out")"
port=$(sed -n 's/^tcp  127.0.0.1:\([0-9]*\)  \*:\*  LISTEN$/\1/p' \
    "$dir/ours" | head -n 1)
code 0 sock table -n --port "$port"
same "rows of port $port" "$(grep -c "^tcp .*:$port " "$dir/ours")" \
    "$(lines "$dir/out")"
code 0 sock table --owner="$maker" --listen --tcp
same 'rows of an owner' "$(grep -c '^tcp .*LISTEN$' "$dir/ours")" \
    "$(grep -c "  $maker/python3\$" "$dir/out")"
code 0 sock table --owner=nobody-of-this-name
out ''

# Look-ups by the dozen, none of which ends by itself for seconds.
code 0 timeout 30 sock table --names -n --tcp --state established
same 'rows with names' "$(grep -c '^tcp .* ESTABLISHED$' "$dir/ours")" \
    "$(lines "$dir/out")"

# Of two ports the service has a name.
start sock listen tcp:127.0.0.1:8000 </dev/null
code 0 sock table --port 8000 --listen --tcp
out 'tcp  127.0.0.1:irdmi  *:*  LISTEN'
stopped 0 TERM
code 0 sock table --state established --tcp --class --port "$port"
same 'classes' 0 "$(grep -cv 'given to clients > ' "$dir/out")"

code 0 sock table --summary --tcp
same 'the sum' "sockets  $(grep -c '^tcp ' "$dir/ours") (tcp \
$(grep -c '^tcp ' "$dir/ours"), udp 0, unix 0)" "$(head -n 1 "$dir/out")"

code 0 sock table --json --tcp --udp --unix
python3 - "$dir/out" "$dir/ours" "$maker" <<-'EOF' || wrong=1
	import json, sys
	keys = ('transport state local peer service class uid owners '
	    'receive_queue send_queue')
	rows = [json.loads(line) for line in open(sys.argv[1])]
	for row in rows:
	    if ' '.join(row) != keys:
	        sys.exit(f'{row}: the keys are not {keys}')
	if len(rows) != len(open(sys.argv[2]).readlines()):
	    sys.exit(f'{len(rows)} objects')
	for row in rows:
	    pids = [o['pid'] for o in row['owners']]
	    if row['state'] in ('TIME-WAIT', 'SYN-RECV'):
	        wanted = []
	    elif 'LISTEN' in row['state']:
	        wanted = [int(sys.argv[3])]
	    else:
	        continue
	    if pids != wanted:
	        sys.exit(f'{row}: not the owners {wanted}')
EOF

exec 5>&-
wait "$maker"
same 'exit code of the maker' 0 $?

python3 "$here/table_served.py" <"$dir/hold" >"$dir/said" &
maker=$!
pids="$pids $maker"
exec 5>"$dir/hold"
read -r said <"$dir/said"
same 'the maker of servers' ready "$said"

# Its listener makes the port a service, be it shown itself or not.
for transport in tcp udp; do
	code 0 sock table --$transport --state established --port bacnet
	same "a service of $transport" 1 \
	    "$(grep -c "^$transport  127.0.0.1:bacnet  " "$dir/out")"
	code 0 sock table --$transport --state established --port 47808 \
	    --summary
	same "the sum of a service of $transport" "bacnet/$transport 1" \
	    "$(sed -n '/^services/,$s/^ *\(bac[^ ]*\) *\([0-9]*\).*/\1 \2/p' \
		"$dir/out")"
done

# A service may have another port on each transport.
code 0 sock table -n --tcp --port raid-am
out 'tcp  127.0.0.1:2013  *:*  LISTEN'
code 0 sock table -n --port raid-am --udp
out 'udp  127.0.0.1:2007  *:*  UNCONNECTED'
code 0 sock table -n --tcp --udp --unix --port raid-am
out 'tcp  127.0.0.1:2013  *:*  LISTEN
udp  127.0.0.1:2007  *:*  UNCONNECTED'
code 0 sock table --unix --port raid-am
out ''
code 0 sock table -n --udp --port 2013
out 'udp  127.0.0.1:2013  *:*  UNCONNECTED'

# All owners are there, be they ever so many.
code 0 sock table -n --tcp --listen --port 47808 -o
same 'owners' 61 "$(grep -o '[0-9]*/systemd-resolve' "$dir/out" |
    sort -u | grep -c '')"

# The kernel keeps 15 bytes of a process's name.
for name in systemd-resolve systemd-resolved; do
	code 0 sock table -n --tcp --listen --port 47808 --owner=$name
	same "rows of $name" 1 "$(lines "$dir/out")"
done
code 0 sock table -n --tcp --listen --port 47808 --owner=systemd-resolv
out ''

exec 5>&-
wait "$maker"
same 'exit code of the maker' 0 $?

code 2 sock table --state nonsense
err 'sock: nonsense: table: no such state; see sock table --help'
code 2 sock table --port 65536
code 3 sock table --port nosuchservice
code 2 sock table argument
code 2 sock table --watch --json
err 'sock: --watch: table: a live screen has neither --json nor --summary'
code 0 sock table --json --names --listen
same 'rows without names' '' "$(grep -v '"peer_host"' "$dir/out")"
code 2 sock table --watch=0
code 2 sock table --watch </dev/null
err 'sock: --watch: table: standard input and output are no terminal'
code 0 sock table --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 1 sh -c 'sock table --unix --tcp --udp --summary >/dev/full'
finish
