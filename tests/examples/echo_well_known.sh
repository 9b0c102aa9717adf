# SPDX-License-Identifier: MIT
#
# echo --well-known --user nobody: all five on their own ports, and served
# without any privilege, in each mode.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

[ "$(id -u)" -eq 0 ] || skip 'not root: nobody to become'
if [ -z "${ECHO_INSIDE-}" ]; then
	unshare -n true 2>/dev/null || skip 'no network namespace'
	unshare -n env ECHO_INSIDE=1 sh "$0"
	exit
fi
ip link set lo up 2>/dev/null || skip 'no ip (apt-get install iproute2)'
getent passwd nobody >/dev/null || skip 'no user nobody'

# powers PID: ids and capabilities, of each thread.
powers() {
	cat /proc/"$1"/task/*/status |
	    grep '^[UG]id\|^Groups\|^Cap[IPEA]' | tr -d ' \t' | sort -u
}

# family: the server's processes.
family() {
	echo "$server"
	sed -n "s/^\([0-9]*\) (echo) . $server .*/\1/p" /proc/[0-9]*/stat \
	    2>/dev/null
}

uid=$(id -u nobody)
gid=$(id -g nobody)
for mode in fibers threads processes forking iterative; do
	start "$BIN/echo" --mode $mode --well-known --user nobody
	same 'the first address' 'tcp:*:7' "$address"
	for port in 9 19 13 37; do
		read -r said <&8
		same 'an address' "listening on tcp:*:$port" "$said"
	done
	talk tcp:127.0.0.1:echo
	say hello hello
	for process in $(family); do
		same "powers, $mode" "CapAmb:0000000000000000
CapEff:0000000000000000
CapInh:0000000000000000
CapPrm:0000000000000000
Gid:$gid$gid$gid$gid
Groups:$gid
Uid:$uid$uid$uid$uid" "$(powers "$process")"
	done
	hang_up
	same daytime 1 "$(daytime tcp:127.0.0.1:daytime | grep -c day,)"
	if ipv6; then
		same daytime 1 "$(daytime 'tcp:[::1]:daytime' | grep -c day,)"
	fi
	same time 4 "$(sock connect tcp:127.0.0.1:time </dev/null | wc -c)"
	same discard 0 "$(echo x | sock connect tcp:127.0.0.1:discard | wc -c)"
	same chargen ' !"#' "$(sock connect tcp:127.0.0.1:chargen \
	    </dev/null 2>&1 | head -c 4)"
	stopped 0 TERM
done
finish
