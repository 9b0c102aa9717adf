# SPDX-License-Identifier: MIT
#
# fork_echo serves several at once, leaves no zombies, and on SIGTERM takes no
# more but waits for those it has.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# children: of the server, one process a line, with their state.
children() {
	for stat in /proc/[0-9]*/stat; do
		sed -n "s/^[0-9]* (fork_echo) \(.\) $server .*/\1/p" "$stat" \
		    2>/dev/null
	done
}

for where in $(addresses); do
	start fork_echo "$where"
	talk "$address"
	say first first
	for word in second third; do
		same "$where" $word "$(echo $word | sock connect "$address")"
	done
	say again again
	case $(children) in
	*Z*) same children 'no zombies' "$(children)" ;;
	esac

	kill -s TERM "$server"
	while sock connect "$address" </dev/null >"$dir/out" 2>&1; do
		:
	done
	say late late
	hang_up
	stopped 0
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there

code 2 fork_echo a b
err 'usage: fork_echo ADDRESS'
code 1 fork_echo nosuch
finish
