# SPDX-License-Identifier: MIT
#
# sh examples/run tells an ordinary user which packages are missing.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# Nothing but a shell that finds its way, and an id of no privilege.
mkdir "$dir/bin"
for program in sh dirname; do
	ln -s "$(command -v $program)" "$dir/bin"
done
printf '#!/bin/sh\necho 65534\n' >"$dir/bin/id"
chmod +x "$dir/bin/id"
code 3 env PATH="$dir/bin" sh "$ROOT/examples/run"
case $(cat "$dir/err") in
'missing; as root: apt-get install -y gcc cmake make'*) ;;
*) err 'missing; as root: apt-get install -y gcc cmake make' ;;
esac
code 2 sh "$ROOT/examples/run" x
err 'usage: sh examples/run'
finish
