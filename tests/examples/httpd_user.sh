# SPDX-License-Identifier: MIT
#
# httpd --user nobody tcp:*:80 has no privilege when it serves, in no process
# and no thread of it.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"

[ "$(id -u)" -eq 0 ] || skip 'only root can become nobody'
unshare -n true 2>/dev/null || skip 'no namespaces of the network here'

make_site
chmod 755 "$dir" "$site"
chmod 600 "$site/data.json"
cat >"$dir/inside" <<'END'
ip link set lo up && exec "$@"
END

# of PID: it, and its children.
of() {
	echo "$1"
	cat "/proc/$1/task/$1/children"
}

under="unshare -n sh $dir/inside"
for mode in fibers threads processes forking; do
	serve 'tcp:*:80' --user nobody --mode $mode --log "$dir/log"
	for inside in 127.0.0.1 '[::1]'; do
		[ "$inside" = 127.0.0.1 ] || ipv6 || continue
		for row in 200:1k 403:data.json; do
			same "$mode: $row" "${row%:*}" "$(nsenter -t "$server" \
			    -n curl -sS -o /dev/null -w '%{http_code}' \
			    "http://$inside/${row#*:}")"
		done
	done
	nobody=$(id -u nobody)
	for process in $(of "$server"); do
		cat "/proc/$process/task/"*/status
	done >"$dir/status"
	same "$mode: users" "Uid: $nobody $nobody $nobody $nobody" \
	    "$(grep '^Uid' "$dir/status" | tr '\t' ' ' | sort -u)"
	same "$mode: capabilities" 0000000000000000 \
	    "$(sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):\t//p' "$dir/status" |
	    sort -u)"
	stopped 0 TERM
done
[ "$(wc -l <"$dir/log")" -ge 8 ] || same "lines of the log" 8 "$(cat "$dir/log")"
code 1 httpd --user no-such-user tcp:127.0.0.1:0
finish
