# SPDX-License-Identifier: MIT
#
# foreign_loop goes there and back over each kind of stream.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

for where in $(addresses) tcp:localhost:0 unix:@sock-examples-$$; do
	code 0 foreign_loop "$where"
	out 'there and back by poll(2)'
done
code 1 foreign_loop tcp:*:0
code 2 foreign_loop
err 'usage: foreign_loop ADDRESS'
finish
