# SPDX-License-Identifier: MIT
#
# daytime prints what a server says, and tells when there is none.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# What is no text of a time, such as a terminal's commands, is not shown.
printf 'noon\033[2J\302\233J\233J\t\177\000\r\n' >"$dir/time"
start sock listen tcp:127.0.0.1:0 <"$dir/time"
code 0 daytime "$address"
out "$(printf 'noon?[2J??J?J???\r')"
stopped 0

start sock listen tcp:127.0.0.1:0 <"$dir/time"
daytime "$address" >/dev/full 2>"$dir/err"
same 'exit code with a full output' 1 $?
err 'daytime: standard output: not all could be written'
stopped 0

for where in $(addresses); do
	echo 'Saturday, November 22, 2025 12:00:00-UTC' >"$dir/time"
	start sock listen "$where" <"$dir/time"
	code 0 daytime "$address"
	out "$(cat "$dir/time")"
	stopped 0
done

code 1 daytime "$address"
err "daytime: dial $address: no such file or directory"
code 1 daytime tcp:127.0.0.1:nosuch
err 'daytime: dial tcp:127.0.0.1:nosuch: no such service: "nosuch" over tcp, at byte 14'
code 2 daytime one two
err 'usage: daytime [ADDRESS]'
finish
