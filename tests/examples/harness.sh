# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts beside it, which begin with it: ". harness.sh".  BIN is where
# the programs are, ROOT the source; dir is a folder that goes when the script
# ends, with whatever it left running.
set -u

# What a user may have set would have curl ask somebody else, or end the options
# of a program at its first argument.
unset http_proxy https_proxy all_proxy ALL_PROXY HTTPS_PROXY POSIXLY_CORRECT
export no_proxy='*'

# The name of a UNIX socket has 107 bytes at most.
[ "$(printf %s "${TMPDIR-}" | wc -c)" -lt 40 ] || unset TMPDIR
dir=$(mktemp -d) || exit 1
pids=
pid=
trap 'for pid in $pids; do kill -9 "$pid" 2>/dev/null; done; rm -rf "$dir"' EXIT
PATH=$BIN:$PATH
# Else ThreadSanitizer ends a child that starts threads, as servers' do.
export TSAN_OPTIONS="die_after_fork=0:${TSAN_OPTIONS-}"
wrong=0

# same WHAT EXPECTED GOT
same() {
	[ "$2" = "$3" ] && return
	printf '%s\n--- expected\n%s\n--- got\n%s\n' "$1" "$2" "$3"
	wrong=1
}

# skip WHY: the rest, if all was well so far.
skip() {
	[ $wrong = 0 ] || exit 1
	echo "SKIP: $*"
	exit 77
}

# finish: the script's last line.
finish() {
	exit $wrong
}

# code EXPECTED PROGRAM ...: how it exits; what it says is in out and err.
code() {
	expected=$1
	shift
	"$@" >"$dir/out" 2>"$dir/err"
	same "exit code of: $*" "$expected" $?
}

# out EXPECTED, err EXPECTED: what the program of the last code said.
out() {
	same 'standard output' "$1" "$(cat "$dir/out")"
}

err() {
	same 'standard error' "$1" "$(cat "$dir/err")"
}

# start PROGRAM ...: a server, until it listens, at address, as process server.
# Its input is what start's is, its output goes to served, and what else it
# says on standard error is to be read from descriptor 8.
start() {
	rm -f "$dir/said"
	mkfifo "$dir/said"
	exec 9<&0 # else sh would give it /dev/null
	"$@" >"$dir/served" 2>"$dir/said" <&9 9<&- &
	server=$!
	exec 9<&-
	pids="$pids $server"
	exec 8<"$dir/said"
	if ! read -r said <&8; then
		echo "does not listen: $*"
		exit 1
	fi
	# shellcheck disable=SC2034 # for those who call this
	address=${said#listening on }
}

# next_place: where else the server of the last start listens, as place.
next_place() {
	read -r said <&8
	# shellcheck disable=SC2034 # for those who call this
	place=${said#listening on }
}

# stopped EXPECTED [SIGNAL]: the server exits so, after the signal.
stopped() {
	[ $# -lt 2 ] || kill -s "$2" "$server"
	wait "$server"
	same 'exit code of the server' "$1" $?
}

# ipv6: whether this machine has it.
ipv6() {
	[ -e /proc/sys/net/ipv6/conf/lo/disable_ipv6 ] &&
	    [ "$(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6)" = 0 ]
}

# addresses: to listen on, of each kind that this machine has.
addresses() {
	echo tcp:127.0.0.1:0
	! ipv6 || echo 'tcp:[::1]:0'
	echo "unix:$dir/socket"
}

# talk ADDRESS: a conversation that stays open; say WORDS ANSWER goes on with
# it, hang_up ends it.
talk() {
	rm -f "$dir/in" "$dir/answers"
	mkfifo "$dir/in" "$dir/answers"
	sock connect "$1" <"$dir/in" >"$dir/answers" &
	talker=$!
	pids="$pids $talker"
	exec 6>"$dir/in" 7<"$dir/answers"
}

say() {
	echo "$1" >&6
	answer=
	read -r answer <&7
	same "the answer to $1" "$2" "$answer"
}

hang_up() {
	exec 6>&-
	wait "$talker"
	same 'exit code of the client' 0 $?
	exec 7<&-
}
