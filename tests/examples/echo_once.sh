# SPDX-License-Identifier: MIT
#
# echo_once gives every byte back, to one client after the other; SIGTERM lets
# the conversation under way go on to its end.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

for where in $(addresses); do
	start echo_once "$where"
	for word in first second; do
		same "$where" $word "$(echo $word | sock connect "$address")"
	done
	head -c 300000 /dev/urandom >"$dir/much"
	sock connect "$address" <"$dir/much" >"$dir/back"
	same 'many bytes' '' "$(cmp "$dir/much" "$dir/back")"

	talk "$address"
	say before before
	kill -s TERM "$server"
	say after after
	hang_up
	stopped 0
	code 1 sock connect "$address" </dev/null
done
[ ! -e "$dir/socket" ] || same 'the socket file' gone there

code 2 echo_once
err 'usage: echo_once ADDRESS'
code 1 echo_once tcp:127.0.0.1
finish
