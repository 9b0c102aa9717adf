# SPDX-License-Identifier: MIT
#
# foreign_loop goes there and back over each kind of stream; so does the one
# that is built where libuv is.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

for where in $(addresses) tcp:localhost:0 unix:@sock-examples-$$; do
	code 0 foreign_loop "$where"
	out 'there and back by poll(2)'
done
code 1 foreign_loop tcp:*:0
code 2 foreign_loop
err 'usage: foreign_loop ADDRESS'

[ -x "$BIN/foreign_loop_uv" ] || finish
for where in $(addresses); do
	start echo_once "$where"
	code 0 foreign_loop_uv "$address"
	out 'there and back by libuv'
	stopped 0 TERM
	code 1 foreign_loop_uv "$address"
done
err "foreign_loop_uv: dial $address: no such file or directory"
code 2 foreign_loop_uv
finish
