# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The servers start, all at once, and are waited for.  A new one is a function
# that writes its configuration in a folder of its own and calls serve, and a
# line here.

servers_up() {
	listens=
	certificates_make
	names_serve
	web_serve
	proxies_serve
	logins_serve
	files_serve
	mail_serve
	tls_serve
	servers_wait
}

# serve NAME PORT COMMAND...: beside the others; it stays in the foreground
# and listens on the TCP port.
serve() {
	name=$1
	listens="$listens $1:$2"
	shift 2
	nsenter --net=/run/netns/servers "$@" </dev/null >"log/$name" 2>&1 &
	echo $! >"log/$name.pid"
}

servers_wait() {
	tries=0
	for each in $listens; do
		name=${each%:*}
		until [ -n "$(at_servers ss -Hltn "sport = :${each#*:}")" ]; do
			tries=$((tries + 1))
			if [ $tries -gt 300 ] ||
			    ! kill -0 "$(cat "log/$name.pid")" 2>/dev/null; then
				echo "$name does not listen on ${each#*:}:"
				cat "log/$name"
				exit 1
			fi
			sleep 0.05
		done
	done
}
