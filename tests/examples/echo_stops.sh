# SPDX-License-Identifier: MIT
#
# echo stops on SIGTERM: under load it ends without cutting anybody, but it does
# not wait for ever.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

here=$(dirname "$0") # "echo" alone would be the shell's
modes='fibers threads processes forking iterative'

# SIGTERM: whoever is connected is served to the end, others are refused.
load() {
	command -v python3 >/dev/null || return
	mkfifo "$dir/ready"
	python3 "$here/echo_load.py" "$address" >"$dir/ready" 2>"$dir/failed" &
	loader=$!
	read -r said <"$dir/ready"
	rm "$dir/ready"
	same 'the load' ready "$said"
}

loaded() {
	command -v python3 >/dev/null || return
	wait "$loader"
	same "load, $mode, $where" 0 $?
	same failures '' "$(cat "$dir/failed")"
}

for mode in $modes; do
	for where in $(addresses); do
		start "$BIN/echo" --mode "$mode" "$where"
		load
		[ "$mode" = iterative ] || { talk "$address"; say early early; }
		kill -s TERM "$server"
		loaded
		code 1 sock connect "$address" </dev/null
		[ "$mode" = iterative ] || { say late late; hang_up; }
		stopped 0
	done
done

# It does not wait for ever: not beyond --drain, nor a second signal.
endless() {
	rm -f "$dir/answers"
	mkfifo "$dir/answers"
	sock connect "$1" </dev/null >"$dir/answers" 2>/dev/null &
	talker=$!
	pids="$pids $talker"
	exec 7<"$dir/answers"
	same 'the first of many bytes' ' ' "$(head -c 1 <&7)"
}

cut_off() {
	cat <&7 >/dev/null
	wait "$talker"
	same "exit code of who is cut, $mode" 1 $?
	exec 7<&-
}

for mode in $modes; do
	start "$BIN/echo" --mode "$mode" --drain 0.1 chargen=tcp:127.0.0.1:0
	endless "$address"
	stopped 0 TERM
	cut_off

	start "$BIN/echo" --mode "$mode" tcp:127.0.0.1:0 chargen=tcp:127.0.0.1:0
	next_place
	endless "$place"
	kill -s TERM "$server"
	while sock connect "$address" </dev/null >"$dir/out" 2>&1; do
		:
	done
	stopped 0 INT
	cut_off
done

finish
