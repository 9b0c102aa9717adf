# SPDX-License-Identifier: MIT
#
# telnet on a terminal, which is as it was before when it ends.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
python3 "$(dirname "$0")/telnet_terminal.py" "$BIN/telnet" || wrong=1
finish
