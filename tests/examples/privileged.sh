# SPDX-License-Identifier: MIT
#
# sock listen tcp:*:80 tells an ordinary user what is missing.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

start_of=/proc/sys/net/ipv4/ip_unprivileged_port_start
[ "$(cat $start_of)" -gt 80 ] || skip "$start_of: port 80 is for everybody"
if [ "$(id -u)" -ne 0 ]; then
	code 1 sock listen 'tcp:*:80' </dev/null
else
	command -v setpriv >/dev/null || skip 'no setpriv (util-linux)'
	setpriv --reuid 65534 --clear-groups sock --version >"$dir/out" 2>&1 ||
	    skip 'an ordinary user cannot reach the build folder'
	code 1 setpriv --reuid 65534 --clear-groups sock listen 'tcp:*:80' \
	    </dev/null
fi
err 'sock: tcp:*:80: listen: permission denied: 80 is a well-known port and '\
'this process lacks CAP_NET_BIND_SERVICE'
finish
